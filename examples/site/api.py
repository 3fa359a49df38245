"""API: the posts for programs, as JSON that the documentation at ``/api/docs`` tells of."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pydantic

import responder
from examples.site import settings
from examples.site.content import content_of
from examples.site.formats import url_of
from examples.site.limits import search_rule
from examples.site.templates import base_url
from responder import Query, Request, Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from examples.site.posts import Post


class Summary(pydantic.BaseModel):
    """What lists tell of a post."""

    slug: str
    url: str
    title: str
    date: dt.date
    tags: list[str]
    summary: str
    minutes: int = pydantic.Field(description="How long it takes to read.", ge=1)


class Full(Summary):
    """A post with its words."""

    picture: str | None = pydantic.Field(description="The name of a picture of the gallery.")
    markdown: str
    html: str


class Page(pydantic.BaseModel):
    """Some of the posts; the ``Link`` field leads to the others (RFC 8288)."""

    items: list[Summary]
    page: int
    pages: int
    total: int


class Tag(pydantic.BaseModel):
    """A subject."""

    name: str
    posts: int


class Image(pydantic.BaseModel):
    """A picture of the gallery."""

    name: str
    url: str
    title: str
    alt: str
    caption: str


class Found(pydantic.BaseModel):
    """A post that was found."""

    post: Summary
    excerpt: str = pydantic.Field(description="HTML: the place, with the words in `<mark>`.")


class NotThere(pydantic.BaseModel):
    """There is no such thing; a problem document (RFC 9457)."""

    title: str
    status: int
    detail: str | None = None


def make_router(site: settings.Settings) -> responder.Router:
    """The routes below ``/api``."""
    router = responder.Router("/api", tags=["posts"])

    @router.get("/posts", name="api_posts")
    async def list_posts(
        req: Request,
        resp: Response,
        *,
        page: int = Query(1, ge=1, le=10_000, description="The page, from 1."),
        per_page: int = Query(10, ge=1, le=50, description="The posts of a page."),
        tag: str | None = Query(None, max_length=80, description="Only posts about this."),
        year: int | None = Query(None, ge=1, le=9999, description="Only posts of this year."),
    ) -> Page:
        """List posts.

        The newest first. A page past the last one is empty.
        """
        posts = [
            post
            for post in content_of(req).library.posts
            if (tag is None or tag in post.tags) and (year is None or post.date.year == year)
        ]
        pages = max(1, -(-len(posts) // per_page))
        resp.headers["Link"] = _links(req, page, pages)
        some = posts[(page - 1) * per_page : page * per_page]
        return Page(items=_summaries(req, some), page=page, pages=pages, total=len(posts))

    @router.get("/posts/{slug}", name="api_post", responses={404: NotThere})
    async def show_post(req: Request, resp: Response, *, slug: str) -> Full:
        """Show a post.

        With all of its words, as Markdown and as HTML.
        """
        post = content_of(req).library.get(slug)
        if post is None:
            responder.abort(404, detail=f"There is no post {slug!r}.")
        return Full(
            **_summary(req, post).model_dump(),
            picture=post.picture,
            markdown=post.body,
            html=post.html,
        )

    @router.get("/tags", name="api_tags")
    async def list_tags(req: Request, resp: Response) -> list[Tag]:
        """List the tags.

        In the order of the alphabet.
        """
        found = content_of(req).library.by_tag()
        return [Tag(name=name, posts=len(posts)) for name, posts in found.items()]

    @router.get("/pictures", name="api_pictures", tags=["gallery"])
    async def list_pictures(req: Request, resp: Response) -> list[Image]:
        """List the pictures of the gallery.

        In the order of the gallery.
        """
        base, url_for = base_url(req), req.api.url_for
        return [
            Image(
                name=each.name,
                url=base + url_for("static", path=each.file),
                title=each.title,
                alt=each.alt,
                caption=each.caption,
            )
            for each in content_of(req).pictures.values()
        ]

    @router.get("/search", name="api_search", rate_limit=search_rule(site))
    async def search_posts(
        req: Request,
        resp: Response,
        *,
        q: str = Query(min_length=1, max_length=200, description="Words; all must be there."),
    ) -> list[Found]:
        """Search posts.

        The best first. The last word may be unfinished.
        """
        content = content_of(req)
        hits = content.search.find(q, settings.RESULTS_PER_SEARCH)
        posts = [(content.library.get(hit.slug), str(hit.excerpt)) for hit in hits]
        return [Found(post=_summary(req, post), excerpt=text) for post, text in posts if post]

    return router


def _summary(req: Request, post: Post) -> Summary:
    return Summary(
        slug=post.slug,
        url=url_of(req, post),
        title=post.title,
        date=post.date,
        tags=list(post.tags),
        summary=post.summary,
        minutes=post.minutes,
    )


def _summaries(req: Request, posts: Sequence[Post]) -> list[Summary]:
    return [_summary(req, post) for post in posts]


def _links(req: Request, page: int, pages: int) -> str:
    """The ``Link`` field of a page: the first, the last, and those beside it."""
    others = {name: value for name, value in req.params.items() if name != "page"}
    numbers = {"first": 1, "prev": page - 1, "next": page + 1, "last": pages}
    base = base_url(req) + req.api.url_for("api_posts")
    return ", ".join(
        f'<{base}?{urlencode({**others, "page": number})}>; rel="{name}"'
        for name, number in numbers.items()
        if 1 <= number <= pages
    )
