"""Serving by granian, with the extra ``granian``: ASGI, and a stop that loses no request."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, NamedTuple

from responder_core.shutdown import (
    GRACEFUL_TIMEOUT,
    LINGER,
    find_api,
    find_drain,
    say_close,
)
from responder_core.workers import KILL_AFTER, shared_metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from responder_core.target import Target
    from responder_core.types import ASGIApp, Receive, Scope, Send

# Tells a worker that it is about to be stopped.
_DRAIN_SIGNAL = getattr(signal, "SIGUSR1", None)

_REFUSED = {
    "fd": "granian listens on an address, or on the path of a Unix socket",
    "reload": "the development server reloads: responder dev",
}


def serve_granian(
    target: Target, host: str, port: int, workers: int, options: dict[str, Any]
) -> None:
    """Serve an app until told to stop; *options* are those of ``granian.Granian``.

    ``timeout_graceful_shutdown=`` is understood as uvicorn has it.

    Raises:
        ModuleNotFoundError: granian is not installed.
        TypeError: an option is unknown to granian.
        OSError: nothing can listen there, as the port is in use.
    """
    try:
        from granian.constants import Interfaces
        from granian.log import LogLevels
    except ImportError as error:
        msg = "granian is not installed: pip install 'responder-core[granian]'"
        raise ModuleNotFoundError(msg) from error
    from responder_core.listeners import check_free

    for name, hint in _REFUSED.items():
        if options.pop(name, None) is not None:
            msg = f"granian takes no {name}=: {hint}"
            raise TypeError(msg)
    uds = options.pop("uds", None)
    if uds is None:
        check_free(host, port)
    timeout = options.pop("timeout_graceful_shutdown", GRACEFUL_TIMEOUT)
    settings: dict[str, Any] = {
        "interface": Interfaces.ASGI,
        "workers_kill_timeout": None if timeout is None else int(timeout + KILL_AFTER),
        "uds": None if uds is None else Path(uds),
        **options,
    }
    level = str(settings["log_level"])
    settings["log_level"] = LogLevels(level if level in LogLevels.__members__ else "info")
    server = _make_server(str(target), address=host, port=port, workers=workers, **settings)
    method = multiprocessing.get_start_method(allow_none=True)
    # Each imports the app: what it opened in this process is not for several.
    multiprocessing.set_start_method("spawn", force=True)
    try:
        with shared_metrics():
            server.serve(target_loader=Loader(target), wrap_loader=False)
    finally:
        multiprocessing.set_start_method(method, force=True)


def _make_server(target: str, **settings: Any) -> Any:  # noqa: ANN401 - granian's, untyped
    """A server that has its workers drain for a moment, before it stops them."""
    from granian.server import Server

    server: Any = Server(target, **settings)
    stop = server.signal_handler_interrupt

    def drain_first(*args: object) -> None:
        # Twice is now.
        if server.interrupt_signal or _DRAIN_SIGNAL is None:
            stop(*args)
            return
        server.interrupt_signal = True
        for worker in server.wrks:
            # Threads, on a Python without a GIL, have no process of their own.
            process = getattr(worker.inner, "pid", None)
            if process is not None and worker.is_alive():
                os.kill(process, _DRAIN_SIGNAL)
        timer = Timer(LINGER, stop)
        timer.daemon = True
        timer.start()

    server.signal_handler_interrupt = drain_first
    return server


class Loader(NamedTuple):
    """What a worker of granian's calls to get the app: it imports it."""

    target: Target

    def __call__(self) -> ASGIApp:
        """The app, which drains when the worker is told to."""
        app = self.target.load()
        api = find_api(app)
        said = getattr(api, "settings", None)
        if said is not None and said.enable_logging:
            from responder_core.logs import silence_server

            silence_server()
        return _drain_by_signal(app)


def _drain_by_signal(app: ASGIApp) -> ASGIApp:
    drain = find_drain(app)
    closing = say_close(app)

    def serve(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan" and _DRAIN_SIGNAL is not None:
            asyncio.get_running_loop().add_signal_handler(_DRAIN_SIGNAL, drain.start)
        if drain.is_set() and scope["type"] == "http" and scope["http_version"][:1] == "1":
            return closing(scope, receive, send)
        return app(scope, receive, send)

    return serve
