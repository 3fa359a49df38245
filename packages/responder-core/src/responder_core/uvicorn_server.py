"""Serving by uvicorn: in this process, or by several workers."""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from responder_core.listeners import check_free, open_listeners, write_url
from responder_core.shutdown import GRACEFUL_TIMEOUT, LINGER, find_api, find_drain, say_close
from responder_core.workers import STARTUP_FAILURE, Supervisor, Worker, shared_metrics

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    import uvicorn

    from responder_core.drain import Drain
    from responder_core.target import Target
    from responder_core.types import ASGIApp


def settings_of(app: ASGIApp, options: dict[str, Any]) -> dict[str, Any]:
    """What uvicorn is told of an app: safe settings, what the app says, what was given."""
    settings: dict[str, Any] = {
        "lifespan": "on",
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACEFUL_TIMEOUT,
    }
    said = getattr(find_api(app), "settings", None)
    if said is not None:
        if said.max_message_size is not None:
            settings["ws_max_size"] = said.max_message_size
        if said.enable_logging:
            settings["access_log"] = False  # There is ours.
    return {**settings, **options}


class Plan(NamedTuple):
    """What a worker is started with.

    Attributes:
        target: the app.
        options: those of uvicorn.
    """

    target: Target
    options: dict[str, Any]


def work(plan: Plan, listeners: list[socket], tell_ready: Callable[[], None]) -> None:
    """Serve an app in a process of its own; what a worker runs."""
    import uvicorn

    try:
        app = plan.target.load()
    except Exception:  # noqa: BLE001 - whatever the program fails with
        traceback.print_exc()
        sys.exit(STARTUP_FAILURE)
    config = uvicorn.Config(app, **settings_of(app, plan.options))
    server = make_server(config, find_drain(app), tell_ready)
    server.run(listeners)
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def serve_by_workers(
    target: Target, host: str, port: int, count: int, options: dict[str, Any]
) -> None:
    """Serve an app by so many processes, until told to stop.

    Raises:
        OSError: nothing can listen there, as the port is in use.
        SystemExit: the app did not start.
    """
    import uvicorn

    uds, fd = options.pop("uds", None), options.pop("fd", None)
    config = uvicorn.Config("", **options)  # It configures the log of this process.
    listeners = open_listeners(host, port, uds=uds, fd=fd, backlog=config.backlog)
    plan = Plan(target, {**options, "port": port})
    timeout = options.get("timeout_graceful_shutdown", GRACEFUL_TIMEOUT)
    try:
        with shared_metrics():
            url = write_url(listeners, tls="ssl_keyfile" in options)
            logging.getLogger("uvicorn.error").info("Uvicorn running on %s", url)
            code = Supervisor(
                lambda: Worker(work, plan, listeners),
                count,
                stop_timeout=GRACEFUL_TIMEOUT if timeout is None else timeout,
                listeners=listeners,
            ).run()
    finally:
        if uds:
            Path(uds).unlink(missing_ok=True)
    if code:
        sys.exit(code)


def serve_here(app: ASGIApp, options: dict[str, Any]) -> None:
    """As ``uvicorn.run()`` does it in one process, but for the drain."""
    import uvicorn

    config = uvicorn.Config(app, **settings_of(app, options))
    if not config.uds and config.fd is None:
        check_free(config.host, config.port)
    server = make_server(config, find_drain(app))
    try:
        with suppress(KeyboardInterrupt):  # It has stopped, as Ctrl+C asked.
            server.run()
    finally:
        if config.uds:
            Path(config.uds).unlink(missing_ok=True)
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def make_server(
    config: uvicorn.Config,
    drain: Drain,
    on_start: Callable[[], None] | None = None,
    *,
    linger: float = LINGER,
) -> uvicorn.Server:
    """A server of uvicorn's, which loses no request when it stops.

    It starts the drain, takes no new connections, and gives those that are kept alive a last
    answer that says ``Connection: close``; uvicorn alone closes them under a request that is on
    its way. *on_start* is called when it listens; *linger* are the seconds that it waits for such
    requests.
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
                await _let_go(self, linger)
            await super().shutdown(sockets)

    return DrainingServer(config)


async def _let_go(server: uvicorn.Server, linger: float) -> None:
    """Have each connection end with its next answer, within so many seconds."""
    import asyncio

    connections: Any = server.server_state.connections
    for connection in list(connections):
        # Those of WebSockets have no next request.
        if hasattr(connection, "cycle"):
            connection.app = say_close(connection.app)
    loop = asyncio.get_running_loop()
    end = loop.time() + linger
    # uvicorn tells nobody when a connection ends.
    while connections and not server.force_exit and loop.time() < end:  # noqa: ASYNC110
        await asyncio.sleep(LINGER / 50)
