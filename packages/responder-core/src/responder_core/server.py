"""Serving: an app on uvicorn or granian, with settings that are safe by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from responder_core.listeners import listen_address
from responder_core.target import Target
from responder_core.uvicorn_server import serve_by_workers, serve_here

if TYPE_CHECKING:
    from responder_core.types import ASGIApp

    ServerName = Literal["uvicorn", "granian"]


def serve(
    app: ASGIApp,
    *,
    server: ServerName = "uvicorn",
    address: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    debug: bool = False,
    target: Target | None = None,
    **options: Any,  # noqa: ANN401 - the server's own settings
) -> None:
    """Serve an app until it is told to stop; *options* are those of the server.

    No ``Server`` header is sent and no proxy is trusted unless an option says so. *workers*
    processes share one port; each imports the app by *target*, or where it is a variable.

    Raises:
        TypeError: ``host=`` was given for ``address=``.
        ValueError: ``PORT`` is no port number, or there is no such server.
        OSError: nothing can listen there, as the port is in use.
        InvalidTargetError: there are several workers, and they cannot import the app.
        ModuleNotFoundError: granian is not installed.
    """
    if "host" in options:
        msg = f"write address={options['host']!r}, not host="
        raise TypeError(msg)
    if workers is not None and (isinstance(workers, bool) or workers < 1):
        msg = f"workers= is 1 or more, not {workers!r}"
        raise ValueError(msg)
    named: str = server
    if named not in {"uvicorn", "granian"}:
        msg = f"server= is 'uvicorn' or 'granian', not {server!r}"
        raise ValueError(msg)
    host, number = listen_address(address, port)
    options["log_level"] = options.get("log_level") or ("debug" if debug else "info")
    if server == "granian":
        from responder_core.granian_server import serve_granian

        serve_granian(target or Target.of(app), host, number, workers or 1, options)
    elif options.pop("reload", False):
        from responder_core.reload import serve_reloading

        serve_reloading(target or Target.of(app), host, number, options)
    elif workers is None or workers == 1:
        serve_here(app, {"host": host, "port": number, **options})
    else:
        serve_by_workers(target or Target.of(app), host, number, workers, options)
