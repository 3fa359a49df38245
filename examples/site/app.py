"""The site as one API: its content, its routes, and what holds for every answer."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import responder
from examples.site import feeds, formats, pages, settings
from examples.site.content import content_of, read_content
from examples.site.templates import render

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

# Everything comes from this site, and no script runs on it.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@asynccontextmanager
async def lifespan(app: responder.API) -> AsyncGenerator[None, None]:
    """Read the content before the first request; a mistake in it stops the start."""
    app.state.content = read_content(settings.CONTENT, settings.STATIC)
    yield
    app.state.content.search.close()


api = responder.API(lifespan=lifespan, static_dir=settings.STATIC)


@api.get("/healthz")
async def healthz(req: responder.Request, resp: responder.Response) -> dict[str, object]:
    """Whether the site can answer now: for whoever watches over it."""
    resp.headers["Cache-Control"] = "no-store"
    return {"status": "ok", "posts": len(content_of(req).library.posts)}


ROUTES: dict[str, Callable[..., object]] = {
    "/": pages.home,
    "/page/{number:int}": pages.page,
    "/posts/{slug}": formats.post,
    "/posts/{slug}.md": formats.post_markdown,
    "/posts/{slug}.txt": formats.post_text,
    "/posts/{slug}.json": formats.post_json,
    "/tags": pages.tags,
    "/tags/{name}": pages.tag,
    "/archive": pages.archive,
    "/archive/{year:int}": pages.archive_year,
    "/gallery": pages.gallery,
    "/gallery/{name}": pages.picture,
    "/search": pages.search,
    "/about": pages.about,
    "/feed.xml": feeds.feed,
    "/sitemap.xml": feeds.sitemap,
    "/robots.txt": feeds.robots,
}
for path, view in ROUTES.items():
    api.add_route(path, view, methods=["GET"])


@api.exception_handler(404)
async def not_found(req: responder.Request, resp: responder.Response, exc: Exception) -> None:
    """A page with a way on for people; programs keep the problem document."""
    resp.headers["Vary"] = "Accept"
    kinds = ["application/problem+json", "application/json", "text/html"]
    if req.preferred_media_type(kinds) != "text/html":
        raise exc
    last = req.scope["path"].rstrip("/").rpartition("/")[2]
    words = " ".join(re.findall(r"[^\W_]+", last))
    resp.status_code = 404
    render(req, resp, "404.html", words=words)


@api.after_request
async def add_common_headers(_req: responder.Request, resp: responder.Response) -> None:
    """What every answer says, errors as well."""
    resp.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    resp.headers["Referrer-Policy"] = "same-origin"
    resp.headers["X-Content-Type-Options"] = "nosniff"
    if "Cache-Control" not in resp.headers:
        resp.headers["Cache-Control"] = "public, max-age=300" if resp.ok else "no-cache"
