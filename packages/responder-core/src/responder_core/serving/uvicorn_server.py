"""Serving by uvicorn: in this process, or by several workers."""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from responder_core.deployment import warn_of_workers
from responder_core.serving.listeners import write_url
from responder_core.serving.shutdown import (
    GRACEFUL_TIMEOUT,
    LINGER,
    find_api,
    find_drain,
    say_close,
    set_debug,
)
from responder_core.serving.workers import (
    STARTUP_FAILURE,
    Supervisor,
    Worker,
    outlived_sigterm,
    shared_metrics,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    import uvicorn

    from responder_core.drain import Drain
    from responder_core.serving.target import Target
    from responder_core.types import ASGIApp


def settings_of(app: ASGIApp, options: dict[str, Any]) -> dict[str, Any]:
    """What uvicorn is told of an app: safe settings, what the app says, what was given."""
    settings: dict[str, Any] = {
        "lifespan": "on",
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACEFUL_TIMEOUT,
        "workers": 1,  # Else it reads WEB_CONCURRENCY.
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
        debug: whether the app is in debug.
    """

    target: Target
    options: dict[str, Any]
    debug: bool


def work(plan: Plan, listeners: list[socket], tell_ready: Callable[[], None]) -> None:
    """Serve an app in a process of its own; what a worker runs."""
    import uvicorn

    try:
        app = plan.target.load()
        if plan.debug:
            set_debug(app)
    except Exception:  # noqa: BLE001 - whatever the program fails with
        traceback.print_exc()
        sys.exit(STARTUP_FAILURE)
    config = uvicorn.Config(app, **settings_of(app, plan.options))
    server = make_server(config, find_drain(app), tell_ready)
    with outlived_sigterm(lambda: setattr(server, "should_exit", True)):
        server.run(listeners)
    if not server.started:  # pragma: no cover - a newer uvicorn leaves by itself
        sys.exit(STARTUP_FAILURE)


def serve_by_workers(
    target: Target,
    listeners: list[socket],
    count: int,
    options: dict[str, Any],
    *,
    app: ASGIApp,
    debug: bool,
) -> None:
    """Serve an app by so many processes, until told to stop.

    *app* is what this process has of it, which tells what several should not have.

    Raises:
        SystemExit: the app did not start.
    """
    import uvicorn

    uvicorn.Config("", workers=1, **options)  # It configures the log of this process.
    warn_of_workers(app, count)
    plan = Plan(target, options, debug)
    with shared_metrics():
        _announce(listeners, options)
        code = Supervisor(lambda: Worker(work, plan, listeners), count, listeners=listeners).run()
    if code:
        sys.exit(code)


def serve_here(app: ASGIApp, listeners: list[socket], options: dict[str, Any]) -> None:
    """Serve an app in this process, until told to stop.

    Raises:
        SystemExit: the app did not start.
    """
    import uvicorn

    config = uvicorn.Config(app, **settings_of(app, options))
    server = make_server(config, find_drain(app), lambda: _announce(listeners, options))
    # A KeyboardInterrupt means that it has stopped, as Ctrl+C asked.
    with (
        outlived_sigterm(lambda: setattr(server, "should_exit", True)),
        suppress(KeyboardInterrupt),
    ):
        server.run(listeners)
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _announce(listeners: list[socket], options: dict[str, Any]) -> None:
    url = write_url(listeners, tls=bool(options.get("ssl_certfile")))
    said = "Uvicorn running on %s (Press CTRL+C to quit)"
    logging.getLogger("uvicorn.error").info(said, url)


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
            if on_start is not None:  # pragma: no branch - we all tell
                on_start()

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            drain.start()
            for server in self.servers:
                server.close()
            if not self.force_exit:  # pragma: no branch - Ctrl+C twice at once
                timeout = self.config.timeout_graceful_shutdown
                waited = await _let_go(self, linger if timeout is None else min(linger, timeout))
                if timeout is not None:
                    # All of it together is what was asked for; uvicorn declares whole seconds.
                    left: Any = max(0.0, timeout - waited)
                    self.config.timeout_graceful_shutdown = left
            await super().shutdown(sockets)

    return DrainingServer(config)


async def _let_go(server: uvicorn.Server, linger: float) -> float:
    """Have each connection end with its next answer, within so many seconds; how many it took."""
    import asyncio

    connections: Any = server.server_state.connections
    for connection in list(connections):
        # Those of WebSockets have no next request.
        if hasattr(connection, "cycle"):
            connection.app = say_close(connection.app)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    # uvicorn tells nobody when a connection ends.
    while connections and not server.force_exit and loop.time() < begun + linger:  # noqa: ASYNC110
        await asyncio.sleep(LINGER / 50)
    return loop.time() - begun
