"""Serving: the app on uvicorn, with settings that are safe by default."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    import uvicorn

    from responder_core.drain import Drain
    from responder_core.types import ASGIApp, Header, Message, Receive, Scope, Send

DEFAULT_ADDRESS = "127.0.0.1"
DEFAULT_PORT = 5042
GRACEFUL_TIMEOUT = 30
"""Seconds that open requests get to end once the server was told to stop."""

LINGER = 1.0
"""Seconds in which a connection that is kept alive may still send a request then."""

_CLOSE: Header = (b"connection", b"close")


def listen_address(address: str | None, port: int | None) -> tuple[str, int]:
    """Where to listen: what was given, else what ``PORT`` says, else 127.0.0.1:5042.

    With ``PORT`` in the environment, as hosting platforms set it, the default address is
    0.0.0.0.

    Raises:
        ValueError: ``PORT`` is no port number.
    """
    given = os.environ.get("PORT", "")
    if given:
        if not (given.isascii() and given.isdigit() and int(given) <= 65535):
            msg = f"the environment variable PORT is {given!r}; it must be a number up to 65535"
            raise ValueError(msg)
        return address or "0.0.0.0", int(given) if port is None else port  # noqa: S104
    return address or DEFAULT_ADDRESS, DEFAULT_PORT if port is None else port


def serve(
    app: ASGIApp,
    *,
    drain: Drain | None = None,
    address: str | None = None,
    port: int | None = None,
    debug: bool = False,
    max_message_size: int | None = None,
    **options: Any,  # noqa: ANN401 - uvicorn's own settings
) -> None:
    """Serve an app until it is told to stop; *options* are those of ``uvicorn.run()``.

    No ``Server`` header is sent and no proxy is trusted unless an option says so. *drain* is
    started when the server stops, before it waits for the connections that are open.
    *max_message_size* are the bytes that uvicorn takes of one WebSocket message.

    Raises:
        TypeError: ``host=`` was given for ``address=``.
        ValueError: ``PORT`` is no port number.
    """
    import uvicorn

    if "host" in options:
        msg = f"write address={options['host']!r}, not host="
        raise TypeError(msg)
    host, number = listen_address(address, port)
    settings: dict[str, Any] = {
        "host": host,
        "port": number,
        "lifespan": "on",
        "log_level": "debug" if debug else "info",
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACEFUL_TIMEOUT,
        **({} if max_message_size is None else {"ws_max_size": max_message_size}),
        **options,
    }
    if drain is None or settings.get("reload") or settings.get("workers"):
        # Processes of their own need the app by its name, which uvicorn says best itself.
        uvicorn.run(app, **settings)
    else:
        _run(uvicorn.Config(app, **settings), drain)


def make_server(
    config: uvicorn.Config, drain: Drain, on_start: Callable[[], None] | None = None
) -> uvicorn.Server:
    """A server of uvicorn's, which loses no request when it stops.

    It starts the drain, takes no new connections, and gives those that are kept alive a last
    answer that says ``Connection: close``; uvicorn alone closes them under a request that is on
    its way. *on_start* is called when it listens.
    """
    from uvicorn import Server

    class DrainingServer(Server):
        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            if on_start is not None:
                on_start()

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            drain.start()
            for server in self.servers:
                server.close()
            if not self.force_exit:
                await _let_go(self)
            await super().shutdown(sockets)

    return DrainingServer(config)


async def _let_go(server: uvicorn.Server) -> None:
    """Have each connection end with its next answer, for ``LINGER`` seconds."""
    import asyncio

    connections: Any = server.server_state.connections
    for connection in list(connections):
        # Those of WebSockets have no next request.
        if hasattr(connection, "cycle"):
            connection.app = _say_close(connection.app)
    loop = asyncio.get_running_loop()
    end = loop.time() + LINGER
    # uvicorn tells nobody when a connection ends.
    while connections and not server.force_exit and loop.time() < end:  # noqa: ASYNC110
        await asyncio.sleep(LINGER / 50)


def _say_close(app: Any) -> ASGIApp:  # noqa: ANN401 - an app as uvicorn has wrapped it
    """The same app, whose answers end the connection (RFC 9112 §9.6)."""

    async def closing(scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
            await send(message)

        await app(scope, receive, say)

    return closing


def _run(config: uvicorn.Config, drain: Drain) -> None:
    """As ``uvicorn.run()`` does it in one process, but for the drain."""
    from pathlib import Path

    from uvicorn.config import STARTUP_FAILURE

    server = make_server(config, drain)
    try:
        with suppress(KeyboardInterrupt):  # It has stopped, as Ctrl+C asked.
            server.run()
    finally:
        if config.uds:
            Path(config.uds).unlink(missing_ok=True)
    if not server.started:
        sys.exit(STARTUP_FAILURE)
