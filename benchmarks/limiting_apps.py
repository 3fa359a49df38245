"""Apps with a limit that is never reached, each as its documentation writes it.

Each imports what it needs when it is built, as ours and the published Responder are called alike.
"""

from __future__ import annotations

from typing import Any

from samples import KEY, MANY


def build_responder() -> Any:
    """Ours."""
    import responder

    api = responder.API(rate_limit=f"{MANY}/minute")

    @api.get("/text")
    async def text(req: Any, resp: Any) -> None:
        resp.text = "Hello, world!"

    return api


def build_published() -> Any:
    """Responder as it is published."""
    import responder
    from responder.ext.ratelimit import RateLimiter

    api = responder.API(secret_key=KEY)
    # It keeps the time of each request: with more, it would need ever more of everything.
    RateLimiter(requests=100_000, period=1).install(api)

    @api.route("/text")
    async def text(req: Any, resp: Any) -> None:
        resp.text = "Hello, world!"

    return api


def build_slowapi() -> Any:
    """Starlette with slowapi."""
    from slowapi import Limiter
    from slowapi.util import get_remote_address
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    limiter = Limiter(key_func=get_remote_address, headers_enabled=True)

    @limiter.limit(f"{MANY}/minute")
    async def text(request: Request) -> PlainTextResponse:
        return PlainTextResponse("Hello, world!")

    app = Starlette(routes=[Route("/text", text)])
    app.state.limiter = limiter
    return app


def build_litestar() -> Any:
    """Litestar with its middleware."""
    from litestar import Litestar, get
    from litestar.middleware.rate_limit import RateLimitConfig

    @get("/text", media_type="text/plain")
    async def text() -> str:
        return "Hello, world!"

    # It keeps the time of each request: with more, it would need ever more of everything.
    limit = RateLimitConfig(rate_limit=("second", 100_000))
    return Litestar([text], middleware=[limit.middleware])
