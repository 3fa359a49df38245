"""Formats: one post as a page, as Markdown, as plain text and as JSON.

``/posts/{slug}`` sends what the client's Accept header likes best (RFC 9110 §12.5.1);
``/posts/{slug}.md``, ``.txt`` and ``.json`` send what they say.
"""

from __future__ import annotations

from collections.abc import Callable

import responder
from examples.site.content import content_of
from examples.site.markup import to_text
from examples.site.posts import Post
from examples.site.templates import base_url, render

Writer = Callable[[responder.Request, responder.Response, Post], None]


async def post(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """A post in the format that the client likes best."""
    found = _find(req, slug)
    # Also on the 406: that answer too depends on the header (RFC 9110 §12.5.5).
    resp.headers["Vary"] = "Accept"
    choice = req.preferred_media_type(WRITERS)
    if choice is None:
        available = list(WRITERS)
        responder.abort(
            406, detail=f"This post is sent as {', '.join(available)}.", available=available
        )
    WRITERS[choice](req, resp, found)


async def post_markdown(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """A post as it was written."""
    _write_alternative(req, resp, slug, write_markdown)


async def post_text(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """A post for a terminal."""
    _write_alternative(req, resp, slug, write_text)


async def post_json(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """A post for a program."""
    _write_alternative(req, resp, slug, write_json)


def _write_alternative(
    req: responder.Request, resp: responder.Response, slug: str, write: Writer
) -> None:
    """Answer in one format, and name the address that stands for all of them (RFC 6596)."""
    found = _find(req, slug)
    resp.headers["Link"] = f'<{url_of(req, found)}>; rel="canonical"'
    write(req, resp, found)


def _find(req: responder.Request, slug: str) -> Post:
    found = content_of(req).library.get(slug)
    if found is None:
        responder.abort(404, detail=f"There is no post {slug!r}.")
    return found


def url_of(req: responder.Request, found: Post) -> str:
    """The address of a post, from everywhere."""
    return base_url(req) + req.api.url_for("post", slug=found.slug)


def write_html(req: responder.Request, resp: responder.Response, found: Post) -> None:
    """A post as a page."""
    content = content_of(req)
    older, newer = (None, None) if found.draft else content.library.neighbours(found)
    picture = content.pictures[found.picture] if found.picture else None
    render(req, resp, "post.html", post=found, picture=picture, older=older, newer=newer)


def write_markdown(_req: responder.Request, resp: responder.Response, found: Post) -> None:
    """A post as it was written, front matter and all."""
    resp.content = found.source
    resp.mimetype = "text/markdown; charset=utf-8"


def write_text(req: responder.Request, resp: responder.Response, found: Post) -> None:
    """A post as plain text, with a head and the address to find it again."""
    head = f"{found.title}\n{'=' * len(found.title)}\n{found.date} · {', '.join(found.tags)}"
    resp.text = f"{head}\n\n{to_text(found.body)}\n-- \n{url_of(req, found)}\n"


def write_json(req: responder.Request, resp: responder.Response, found: Post) -> None:
    """A post as data."""
    resp.mimetype = "application/json"  # Else the client would choose once more.
    resp.media = {
        "slug": found.slug,
        "url": url_of(req, found),
        "title": found.title,
        "date": found.date.isoformat(),
        "tags": found.tags,
        "summary": found.summary,
        "markdown": found.body,
        "html": found.html,
    }


# The order is ours: a client to which all are equal gets the first.
WRITERS: dict[str, Writer] = {
    "text/html": write_html,
    "text/markdown": write_markdown,
    "text/plain": write_text,
    "application/json": write_json,
}
