"""GraphQL: the posts for who wants some fields of them, and of what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError, build_schema

from examples.site import settings
from examples.site.content import content_of
from examples.site.formats import url_of
from responder_graphql import FieldCost, QueryLimits

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

    import responder
    from examples.site.gallery import Picture as PictureFacts
    from examples.site.posts import Post as PostFacts

SCHEMA = build_schema('''
"""The site."""
type Query {
  "Posts, the newest first; of one tag where it is given."
  posts(first: Int = 10, skip: Int = 0, tag: String): [Post!]!
  post(slug: ID!): Post
  tags: [Tag!]!
  pictures: [Picture!]!
  "Posts that have all of these words, the best first."
  search(words: String!): [Post!]!
}

type Post {
  slug: ID!
  url: String!
  title: String!
  "The day, as `2026-02-22`."
  date: String!
  summary: String!
  tags: [Tag!]!
  minutes: Int!
  markdown: String!
  html: String!
  picture: Picture
}

type Tag {
  name: ID!
  count: Int!
  posts(first: Int = 10): [Post!]!
}

type Picture {
  name: ID!
  title: String!
  alt: String!
  caption: String!
  posts: [Post!]!
}
''')

_MOST = 50


class Post:
    """A post; its methods and attributes are the fields of the type."""

    def __init__(self, post: PostFacts) -> None:
        self._post = post
        self.slug, self.title, self.summary = post.slug, post.title, post.summary
        self.date = post.date.isoformat()
        self.minutes, self.markdown, self.html = post.minutes, post.body, post.html

    def url(self, info: GraphQLResolveInfo) -> str:
        """Where it is read."""
        return url_of(info.context.request, self._post)

    def tags(self, _info: GraphQLResolveInfo) -> list[Tag]:
        """What it is about."""
        return [Tag(name) for name in self._post.tags]

    def picture(self, info: GraphQLResolveInfo) -> Picture | None:
        """The picture that goes with it."""
        name = self._post.picture
        return None if name is None else Picture(content_of(info.context.request).pictures[name])


class Tag:
    """A tag."""

    def __init__(self, name: str) -> None:
        self.name = name

    def count(self, info: GraphQLResolveInfo) -> int:
        """How many posts it has."""
        return len(content_of(info.context.request).library.by_tag().get(self.name, []))

    def posts(self, info: GraphQLResolveInfo, first: int) -> list[Post]:
        """Its posts, the newest first."""
        posts = content_of(info.context.request).library.by_tag().get(self.name, [])
        return [Post(post) for post in posts[: _check(first)]]


class Picture:
    """A picture."""

    def __init__(self, picture: PictureFacts) -> None:
        self.name, self.title = picture.name, picture.title
        self.alt, self.caption = picture.alt, picture.caption

    def posts(self, info: GraphQLResolveInfo) -> list[Post]:
        """The posts that it belongs to."""
        posts = content_of(info.context.request).library.posts
        return [Post(post) for post in posts if post.picture == self.name]


class Root:
    """The fields of ``Query``."""

    def posts(
        self, info: GraphQLResolveInfo, first: int, skip: int, tag: str | None = None
    ) -> list[Post]:
        """Posts, the newest first."""
        found = [
            post
            for post in content_of(info.context.request).library.posts
            if tag is None or tag in post.tags
        ]
        start = max(0, skip)
        return [Post(post) for post in found[start : start + _check(first)]]

    def post(self, info: GraphQLResolveInfo, slug: str) -> Post | None:
        """One post."""
        found = content_of(info.context.request).library.get(slug)
        return None if found is None else Post(found)

    def tags(self, info: GraphQLResolveInfo) -> list[Tag]:
        """All tags."""
        return [Tag(name) for name in content_of(info.context.request).library.by_tag()]

    def pictures(self, info: GraphQLResolveInfo) -> list[Picture]:
        """The gallery."""
        return [Picture(each) for each in content_of(info.context.request).pictures.values()]

    def search(self, info: GraphQLResolveInfo, words: str) -> list[Post]:
        """What was found."""
        content = content_of(info.context.request)
        hits = content.search.find(words[:200], settings.RESULTS_PER_SEARCH)
        found = (content.library.get(hit.slug) for hit in hits)
        return [Post(post) for post in found if post is not None]


def _check(first: int) -> int:
    if 0 <= first <= _MOST:
        return first
    msg = f"first is 0 to {_MOST}, not {first}"
    raise GraphQLError(msg)


def _cost(field: FieldCost) -> int:
    """What a field costs: a list as much as all that may be in it."""
    if field.name == "search":
        many = settings.RESULTS_PER_SEARCH
    elif field.name in {"posts", "pictures", "tags"}:
        first = field.arguments.get("first")
        many = first if isinstance(first, int) else 10
    else:
        many = 1
    return 1 + max(0, many) * field.children


def serve_graphql(api: responder.API, site: settings.Settings) -> None:
    """Serve the schema at ``/graphql``.

    Nothing there writes, and it knows no session: programs may post without a CSRF token. The
    schema is open to who asks for it, as everything that it tells is.
    """
    api.graphql(
        "/graphql",
        schema=SCHEMA,
        root_value=Root(),
        introspection=True,
        graphiql=False,  # Its files would stand in the document of the JSON API.
        websocket=False,
        max_request_size=64 * 1024,
        query_limits=QueryLimits(depth=7, complexity=400, aliases=10, cost=_cost, seconds=5),
        route_options={
            "csrf": False,
            "include_in_schema": False,
            "rate_limit": site.graphql_limit,
        },
    )
