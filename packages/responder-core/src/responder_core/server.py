"""Serving: the app on uvicorn, with settings that are safe by default."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    address: str | None = None,
    port: int | None = None,
    debug: bool = False,
    **options: Any,  # noqa: ANN401 - uvicorn's own settings
) -> None:
    """Serve an app until it is told to stop; *options* are those of ``uvicorn.run()``.

    No ``Server`` header is sent and no proxy is trusted unless an option says so.

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
        "lifespan": "on",
        "log_level": "debug" if debug else "info",
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACEFUL_TIMEOUT,
    }
    uvicorn.run(app, host=host, port=number, **{**settings, **options})
