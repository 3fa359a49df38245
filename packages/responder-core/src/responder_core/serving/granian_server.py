"""Serving by granian, with the extra ``granian``, over RSGI or ASGI: a stop loses no request."""

from __future__ import annotations

import json
import multiprocessing
import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from responder_core.deployment import warn_of_workers
from responder_core.serving.interface import choose_interface
from responder_core.serving.listeners import check_free, check_path
from responder_core.serving.rsgi_app import RSGIApp
from responder_core.serving.shutdown import (
    GRACEFUL_TIMEOUT,
    LINGER,
    drain_at_sigterm,
    find_api,
    find_drain,
    say_close,
    set_debug,
)
from responder_core.serving.workers import follow_parent, shared_metrics

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.serving.interface import InterfaceName
    from responder_core.serving.target import Target
    from responder_core.types import ASGIApp, Message, Receive, Scope, Send

_RENAMED = {
    "log_access_enabled": "log_access",
    "log_access_fmt": "log_access_format",
    "ssl_certfile": "ssl_cert",
    "ssl_certificate": "ssl_cert",
    "ssl_keyfile": "ssl_key",
    "ssl_keyfile_password": "ssl_key_password",
}
"""What options are called where granian, or uvicorn, has another word for them."""

_PATHS = frozenset({"pid_file", "ssl_ca", "ssl_cert", "ssl_key"})

_MARGIN = 5
"""Seconds beyond its time after which granian kills a worker."""


def serve_granian(
    target: Target,
    where: tuple[str, int] | str,
    workers: int,
    options: dict[str, Any],
    *,
    app: ASGIApp,
    debug: bool,
    interface: InterfaceName = "auto",
) -> None:
    """Serve an app until told to stop: at an address and port, or the path of a Unix socket.

    *app* is what this process has of it, which tells what several should not have, and whether
    RSGI will do, unless *interface* says what granian speaks.

    *options* are those of ``granian.Granian`` or of its command; ``timeout_graceful_shutdown=`` is
    understood as uvicorn has it.

    Raises:
        ModuleNotFoundError: granian is not installed.
        TypeError: an option is unknown to granian.
        ValueError: the interface cannot be that; several workers, on a Python without a GIL.
        OSError: nothing can listen there, as the port is in use.
    """
    try:
        from granian.constants import Interfaces
        from granian.log import LogLevels, logger
        from granian.server import Server
    except ImportError as error:
        msg = "granian is not installed: pip install 'responder-core[granian]'"
        raise ModuleNotFoundError(msg) from error

    if options.pop("reload", None):
        msg = "granian takes no reload=; the development server reloads: responder dev"
        raise TypeError(msg)
    timeout = options.pop("timeout_graceful_shutdown", GRACEFUL_TIMEOUT)
    translated = _translate(options)
    spoken = choose_interface(app, interface, translated)
    if workers > 1 and sysconfig.get_config_var("Py_GIL_DISABLED"):
        msg = (
            f"workers={workers}: granian has threads for workers on a Python without a GIL, which "
            "would share one app and its lifespan; write workers=1, or serve by uvicorn"
        )
        raise ValueError(msg)
    settings = {
        "respawn_failed_workers": True,
        **translated,
        "interface": Interfaces(spoken.name),
        "workers": workers,
        "workers_kill_timeout": None if timeout is None else int(timeout + LINGER + _MARGIN),
    }
    level = str(settings["log_level"])
    settings["log_level"] = LogLevels(level if level in LogLevels.__members__ else "info")
    if isinstance(where, str):
        check_path(where)
        settings["uds"] = Path(where)
    else:
        check_free(*where)
        settings["address"], settings["port"] = where
    make: Any = Server
    server = make(str(target), **settings)  # It configures the log of this process.
    logger.info("granian speaks %s here: %s", spoken.name.upper(), spoken.reason)
    warn_of_workers(app, workers)
    method = multiprocessing.get_start_method(allow_none=True)
    # Each imports the app: what it opened in this process is not for several.
    multiprocessing.set_start_method("spawn", force=True)
    try:
        with shared_metrics():
            server.serve(target_loader=Loader(target, debug, spoken.name), wrap_loader=False)
    finally:
        multiprocessing.set_start_method(method, force=True)


def _translate(options: dict[str, Any]) -> dict[str, Any]:
    """Options as ``granian.Granian`` takes them; its command has other words for some."""
    from granian.http import HTTP1Settings, HTTP2Settings

    settings = {_RENAMED.get(name, name): value for name, value in options.items()}
    config = settings.pop("log_config", None)
    if config is not None:
        settings["log_dictconfig"] = (
            config
            if isinstance(config, dict)
            else json.loads(Path(config).read_text(encoding="utf-8"))
        )
    for name in _PATHS & settings.keys():
        settings[name] = Path(settings[name])
    for prefix, kind in (("http1_", HTTP1Settings), ("http2_", HTTP2Settings)):
        given = {
            name.removeprefix(prefix): settings.pop(name)
            for name in list(settings)
            if name.startswith(prefix) and name != f"{prefix}settings"
        }
        if "buffer_size" in given:
            given["max_buffer_size"] = given.pop("buffer_size")
        if given:
            make: Any = kind
            settings[f"{prefix}settings"] = make(**given)
    return settings


class Loader(NamedTuple):
    """What a worker of granian's calls to get the app: it imports it.

    Attributes:
        target: the app.
        debug: whether it is in debug.
        interface: what is spoken to it.
    """

    target: Target
    debug: bool
    interface: Literal["asgi", "rsgi"] = "asgi"

    def __call__(self) -> ASGIApp | RSGIApp:
        """The app, which drains before its worker stops."""
        # Without a GIL granian has threads for workers, in the main process itself.
        is_process = multiprocessing.parent_process() is not None
        if is_process and hasattr(os, "setpgid"):
            os.setpgid(0, 0)  # Ctrl+C is for the main process, which tells this one.
        follow_parent()
        app = self.target.load()
        if self.debug:
            set_debug(app)
        said = getattr(find_api(app), "settings", None)
        if said is not None and said.enable_logging:
            from responder_core.logs import silence_server

            silence_server()
        return RSGIApp(cast("API", app)) if self.interface == "rsgi" else drain_first(app)


def drain_first(app: ASGIApp) -> ASGIApp:
    """An ASGI app that drains for a moment when its worker is told to stop."""
    import asyncio

    drain = find_drain(app)
    closing = say_close(app)
    running = 0
    idle = asyncio.Event()

    async def serve_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_when_idle() -> Message:
            message = await receive()
            # Granian has what it sends, and does not wait for what comes after.
            while message["type"] == "lifespan.shutdown" and running:
                idle.clear()
                await idle.wait()
            return message

        drain_at_sigterm(drain, asyncio.get_running_loop())
        await app(scope, receive_when_idle, send)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal running
        if scope["type"] == "lifespan":
            await serve_lifespan(scope, receive, send)
            return
        running += 1
        try:
            is_last = drain.is_set() and scope["type"] == "http"
            if is_last and scope["http_version"][:1] == "1":
                await closing(scope, receive, send)
            else:
                await app(scope, receive, send)
        finally:
            running -= 1
            idle.set()

    return serve
