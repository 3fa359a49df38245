"""Apps with a limit that is never reached, each as its documentation writes it.

``python limiting_apps.py NAME CORE`` listens on a free port of 127.0.0.1 and prints it. Each runs
in an environment of its own, as ours and the published Responder are called alike.
"""

from __future__ import annotations

from typing import Any

MANY = 1_000_000_000


def build_responder(*, limited: bool = True) -> Any:
    """Ours."""
    import responder

    api = responder.API(rate_limit=f"{MANY}/minute" if limited else False)

    @api.get("/text")
    async def text(req: Any, resp: Any) -> None:
        resp.text = "Hello, world!"

    return api


def build_published() -> Any:
    """Responder as it is published."""
    import responder
    from responder.ext.ratelimit import RateLimiter

    api = responder.API(secret_key="a key for benchmarks alone 0123456789")
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


APPS = {
    "responder": build_responder,
    "responder, no limit": lambda: build_responder(limited=False),
    "responder 9": build_published,
    "starlette and slowapi": build_slowapi,
    "litestar": build_litestar,
}


if __name__ == "__main__":
    import os
    import socket
    import sys

    import uvicorn

    if int(sys.argv[2]) >= 0:
        os.sched_setaffinity(0, {int(sys.argv[2])})
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    app = APPS[sys.argv[1]]()
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )
    uvicorn.Server(config).run(sockets=[listener])
