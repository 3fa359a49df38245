"""Posts: one Markdown file with YAML front matter each."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import yaml

from examples.site.markup import to_html

_PARTS = re.compile(r"---\n(?P<facts>.*?\n)---\n(?P<body>.*)", re.DOTALL)
_SLUG = "[a-z0-9-]+"
_WORDS_PER_MINUTE = 220


class PostError(ValueError):
    """Raised when a post cannot be read; the message names the file and what to do."""

    def __init__(self, name: str, remedy: str) -> None:
        super().__init__(f"{name}: {remedy}")


@dataclass(frozen=True, slots=True)
class Post:
    """One post.

    Attributes:
        slug: the name of the file without its suffix, and of the post in its address.
        summary: one or two sentences for lists, feeds and search engines.
        picture: the name of a picture of the gallery, or None.
        draft: whether only who writes here may see it.
        source: the whole file, as ``/posts/{slug}.md`` sends it.
        body: the Markdown below the front matter.
        html: the body as HTML.
    """

    slug: str
    title: str
    date: dt.date
    tags: tuple[str, ...]
    summary: str
    picture: str | None
    draft: bool
    source: str
    body: str
    html: str

    @property
    def minutes(self) -> int:
        """How long it takes to read, in minutes, at least 1."""
        return max(1, round(len(self.body.split()) / _WORDS_PER_MINUTE))


class _FrontMatter(msgspec.Struct, forbid_unknown_fields=True):
    """What stands at the top of a post; anything else there is a mistake."""

    title: Annotated[str, msgspec.Meta(min_length=1)]
    date: dt.date
    tags: list[Annotated[str, msgspec.Meta(pattern=rf"\A{_SLUG}\Z")]]
    summary: str
    picture: str | None = None
    draft: bool = False


def read_post(path: Path) -> Post:
    """A post from its file.

    Raises:
        PostError: the file has no front matter, or a fact in it is missing or of the wrong kind.
    """
    return parse_post(path.stem, path.read_text(encoding="utf-8"))


def parse_post(slug: str, source: str) -> Post:
    """A post from what its file holds; the reverse of ``Entry.source()``.

    Raises:
        PostError: as of ``read_post()``.
    """
    name = f"{slug}.md"
    parts = _PARTS.fullmatch(source)
    if parts is None:
        raise PostError(name, "begin with front matter between two lines of '---'")
    if not re.fullmatch(_SLUG, slug):
        raise PostError(name, "name the file with a-z, 0-9 and '-' only")
    try:
        facts = msgspec.convert(yaml.safe_load(parts["facts"]), _FrontMatter)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise PostError(name, f"mend the front matter: {error}") from error
    return Post(
        slug=slug,
        title=facts.title,
        date=facts.date,
        tags=tuple(facts.tags),
        summary=facts.summary,
        picture=facts.picture,
        draft=facts.draft,
        source=source,
        body=parts["body"].strip() + "\n",
        html=to_html(parts["body"]),
    )


class Library:
    """All posts, the newest first, and the ways through them."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self.posts: Sequence[Post] = sorted(posts, key=lambda post: (post.date, post.slug))[::-1]
        self._by_slug = {post.slug: post for post in self.posts}

    def get(self, slug: str) -> Post | None:
        """The post of this name, or None."""
        return self._by_slug.get(slug)

    def page(self, number: int, size: int) -> Sequence[Post]:
        """The posts of a page, *size* on each; the first page is 1. None past the last page."""
        return self.posts[(number - 1) * size : number * size]

    def page_count(self, size: int) -> int:
        """How many pages there are with *size* posts on each; at least one."""
        return max(1, -(-len(self.posts) // size))

    def neighbours(self, post: Post) -> tuple[Post | None, Post | None]:
        """The posts written before and after this one."""
        index = self.posts.index(post)
        older = self.posts[index + 1] if index + 1 < len(self.posts) else None
        newer = self.posts[index - 1] if index else None
        return older, newer

    def by_tag(self) -> dict[str, list[Post]]:
        """The posts of each tag, tags in the order of the alphabet."""
        found: dict[str, list[Post]] = {}
        for post in self.posts:
            for tag in post.tags:
                found.setdefault(tag, []).append(post)
        return dict(sorted(found.items()))

    def by_year(self) -> dict[int, list[Post]]:
        """The posts of each year, the latest year first."""
        found: dict[int, list[Post]] = {}
        for post in self.posts:
            found.setdefault(post.date.year, []).append(post)
        return found
