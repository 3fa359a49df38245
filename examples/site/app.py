"""The site as one API: its routes, and what holds for every answer."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal, cast

import anyio
from anyio import to_thread

import responder
from examples.site import admin, errors, feeds, formats, images, login, monitoring, pages, pdf
from examples.site import api as json_api
from examples.site import settings as words
from examples.site.content import Shelf
from examples.site.graphql import serve_graphql
from examples.site.kept import Kept
from examples.site.limits import PDF_LIMIT, search_rule
from examples.site.passwords import Accounts
from responder_ratelimit import RateLimits
from responder_sessions import CSRF, Sessions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from examples.site.settings import Settings

# Everything comes from this site. A script runs where its page knows the nonce, and only pages
# of the admin have one.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "script-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HOURS = 60 * 60

ROUTES: dict[str, Callable[..., object]] = {
    "/": pages.home,
    "/page/{number:int}": pages.page,
    "/posts/{slug}": formats.post,
    "/posts/{slug}.md": formats.post_markdown,
    "/posts/{slug}.txt": formats.post_text,
    "/posts/{slug}.json": formats.post_json,
    "/posts/{slug}/card.png": images.card,
    "/card.png": images.site_card,
    "/tags": pages.tags,
    "/tags/{name}": pages.tag,
    "/archive": pages.archive,
    "/archive/{year:int}": pages.archive_year,
    "/gallery": pages.gallery,
    "/gallery/{name}": pages.picture,
    "/gallery/{name}/{width:int}.webp": images.thumbnail,
    "/about": pages.about,
    "/feed.xml": feeds.feed,
    "/sitemap.xml": feeds.sitemap,
    "/robots.txt": feeds.robots,
}
"""What everyone may read, and by which view; the rest is added by ``make_api()``."""


def make_api(site: Settings) -> responder.API:
    """The site, by its settings: ``make_api(Settings.read(os.environ))``.

    Nothing is read or written before it starts.
    """
    store = f"sqlite:///{site.data}"  # What all workers share, and what a restart leaves.
    api = responder.API(
        title=words.NAME,
        version="1",
        description=f"{words.TAGLINE}: the posts, for programs.",
        openapi_route="/api/openapi.json",
        docs_route="/api/docs",
        lifespan=lifespan,
        static_dir=words.STATIC,
        extensions=[make_sessions(site), CSRF(), RateLimits(backend=f"{store}/limits.sqlite3")],
        security_headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "same-origin"},
        trusted_proxies=site.proxies,
        allowed_hosts=site.hosts,
        auto_etag=True,
        request_id=True,
        enable_logging=True,
        log_format=cast("Literal['text', 'json']", site.log_format),
        metrics_route=monitoring.METRICS,
        request_timeout=60,
    )
    api.state.settings = site
    for path, view in ROUTES.items():
        api.add_route(path, view, methods=["GET"], include_in_schema=False)
    # These take more than the others, and have limits of their own.
    api.add_route(
        "/search",
        pages.search,
        methods=["GET"],
        rate_limit=search_rule(site),
        include_in_schema=False,
    )
    api.add_route(
        "/posts/{slug}.pdf",
        pdf.post_pdf,
        methods=["GET"],
        rate_limit=PDF_LIMIT,
        include_in_schema=False,
    )
    api.include_router(json_api.make_router(site))
    api.include_router(login.make_router(site))
    api.include_router(admin.router)
    serve_graphql(api, site)
    monitoring.add_health(api, site)
    api.before_request(monitoring.guard_metrics)
    api.after_request(add_common_headers)
    api.add_exception_handler(404, errors.not_found)
    for status in errors.PAGES:
        api.add_exception_handler(status, errors.show_error)
    return api


def make_sessions(site: Settings) -> Sessions:
    """The sessions of authors; readers have none, and no cookie.

    They are kept in a file, so that a logout is one, and a restart is none.
    """
    return Sessions(
        store=f"sqlite:///{site.data / 'sessions.sqlite3'}",
        cookie=login.secure_cookie(site),
        path="/admin",
        https_only=site.is_https,
        same_site="strict",
        max_age=12 * _HOURS,
        lifetime=14 * 24 * _HOURS,
    )


@asynccontextmanager
async def lifespan(api: responder.API) -> AsyncGenerator[None, None]:
    """Read the content before the first request; a mistake in it stops the start."""
    site: Settings = api.state.settings
    site.data.mkdir(parents=True, exist_ok=True)
    api.state.accounts = Accounts.read(site)
    api.state.kept = Kept(site.data / "kept")
    api.state.shelf = shelf = await to_thread.run_sync(Shelf, site.content, words.STATIC)
    if not api.state.accounts:
        api.log.info("the admin is off: python -m examples.site.passwords NAME sets a password")
    async with anyio.create_task_group() as tasks:
        if site.watch:
            tasks.start_soon(shelf.watch, site.watch)
        yield
        tasks.cancel_scope.cancel()
    shelf.close()


async def add_common_headers(_req: responder.Request, resp: responder.Response) -> None:
    """What has no age of its own is asked for anew each time, which an ETag makes cheap."""
    resp.headers.setdefault("Cache-Control", "no-cache")
