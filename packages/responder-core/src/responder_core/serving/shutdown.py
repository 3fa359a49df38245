"""Shutdown: what servers share to stop without losing a request."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from responder_core.drain import Drain

if TYPE_CHECKING:
    import asyncio

    from responder_core.types import ASGIApp, Header, Message, Receive, Scope, Send

GRACEFUL_TIMEOUT = 30
"""Seconds that open requests get to end once the server was told to stop."""

LINGER = 1.0
"""Seconds in which a connection that is kept alive may still send a request then."""

_CLOSE: Header = (b"connection", b"close")


def find_api(app: Any) -> Any:  # noqa: ANN401 - whatever ASGI app
    """The API behind middleware that keeps it as ``app``, or what is behind that."""
    for _ in range(20):
        if hasattr(app, "drain") or not hasattr(app, "app"):
            break
        app = app.app
    return app


def set_debug(app: ASGIApp) -> None:
    """Have an app tell clients what failed, where it can."""
    api = find_api(app)
    if hasattr(api, "debug"):
        api.debug = True


def find_drain(app: ASGIApp) -> Drain:
    """The drain of an app, or one that nobody waits for."""
    drain: Drain = getattr(find_api(app), "drain", None) or Drain()
    return drain


def say_close(app: Any) -> ASGIApp:  # noqa: ANN401 - an app as a server has wrapped it
    """The same app, whose answers end the connection (RFC 9112 §9.6)."""

    async def closing(scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
            await send(message)

        await app(scope, receive, say)

    return closing


def drain_at_sigterm(drain: Drain, loop: asyncio.AbstractEventLoop) -> None:
    """Start a drain when a worker of granian is told to stop, and let granian know later.

    Granian stops by SIGTERM and by SIGINT. The first, which service managers send to every process
    of a service, is taken from it, and becomes the second later.
    """

    def stop() -> None:
        drain.start()
        loop.call_later(LINGER, os.kill, os.getpid(), signal.SIGINT)

    def hear(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(stop)

    # Not by the loop's own handlers: uvloop loses what comes while it does not run, and granian
    # runs it in pieces. Windows knows no such signals, and threads but the main one neither.
    with suppress(NotImplementedError, ValueError):
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, hear)
