"""Serving: an app on uvicorn or granian, with settings that are safe by default."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from responder_core.serving.interface import check_interface
from responder_core.serving.listeners import DEFAULT_ADDRESS, listen_address, open_listeners
from responder_core.serving.shutdown import set_debug
from responder_core.serving.target import Target
from responder_core.serving.uvicorn_server import serve_by_workers, serve_here

if TYPE_CHECKING:
    from responder_core.serving.interface import InterfaceName
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
    app_debug: bool = False,
    target: Target | None = None,
    interface: InterfaceName = "auto",
    **options: Any,  # noqa: ANN401 - the server's own settings
) -> None:
    """Serve an app until it is told to stop; *options* are those of the server.

    No proxy is trusted, and uvicorn sends no ``Server`` field, unless an option says so. *workers*
    processes share one port; each imports the app by *target*, or where it is a variable. *debug*
    has the server log more; *app_debug* has the app tell clients what failed. *interface* is what
    granian speaks to the app: RSGI where it can, by itself.

    Raises:
        TypeError: ``host=`` was given for ``address=``.
        ValueError: ``PORT`` is no port number, there is no such server, or the interface cannot be.
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
    check_interface(interface, server)
    options["log_level"] = options.get("log_level") or ("debug" if debug else "info")
    _check_files(options)
    several = server == "granian" or options.get("reload") or (workers or 1) > 1
    if several and target is None:
        target = Target.of(app)
    if app_debug:
        set_debug(app)
    if options.get("reload"):
        address = address or DEFAULT_ADDRESS  # In debug, it is for this machine alone.
    uds, fd = options.pop("uds", None), options.pop("fd", None)
    host, number = ("", 0) if uds or fd is not None else listen_address(address, port)
    if server == "granian":
        from responder_core.serving.granian_server import serve_granian

        if fd is not None:
            msg = "granian takes no fd=; it listens on an address, or on the path of a Unix socket"
            raise TypeError(msg)
        where = (host, number) if uds is None else uds
        serve_granian(
            cast("Target", target),
            where,
            workers or 1,
            options,
            app=app,
            debug=app_debug,
            interface=interface,
        )
        return
    with open_listeners(host, number, uds=uds, fd=fd) as listeners:
        if options.pop("reload", False):
            from responder_core.serving.reload import serve_reloading

            serve_reloading(cast("Target", target), listeners, options)
        elif workers is None or workers == 1:
            serve_here(app, listeners, options)
        else:
            serve_by_workers(
                cast("Target", target), listeners, workers, options, app=app, debug=app_debug
            )


def _check_files(options: dict[str, Any]) -> None:
    """Refuse files of TLS that are not there, before anything starts.

    Raises:
        ValueError: there is a key, and no certificate.
        FileNotFoundError: there is no such file.
    """
    for name in ("ssl_certfile", "ssl_keyfile", "ssl_ca_certs", "ssl_cert", "ssl_key"):
        file = options.get(name)
        if file is not None and not Path(file).is_file():
            msg = f"{name}= names {str(file)!r}, and there is no such file"
            raise FileNotFoundError(msg)
    if options.get("ssl_keyfile") is not None and options.get("ssl_certfile") is None:
        msg = f"ssl_keyfile={options['ssl_keyfile']!r} needs ssl_certfile=, the certificate"
        raise ValueError(msg)
