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
    from responder_core.types import ASGIApp

DEFAULT_ADDRESS = "127.0.0.1"
DEFAULT_PORT = 5042
GRACEFUL_TIMEOUT = 30
"""Seconds that open requests get to end once the server was told to stop."""


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
    """A server of uvicorn's, which starts the drain before it waits for what is open.

    *on_start* is called when it listens.
    """
    from uvicorn import Server

    class DrainingServer(Server):
        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            if on_start is not None:
                on_start()

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            drain.start()
            await super().shutdown(sockets)

    return DrainingServer(config)


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
