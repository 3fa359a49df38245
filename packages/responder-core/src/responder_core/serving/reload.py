"""Reload: the development server, which starts anew when the program is changed."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from responder_core.serving.failed_app import FailedApp
from responder_core.serving.listeners import write_url
from responder_core.serving.shutdown import find_api, find_drain, set_debug
from responder_core.serving.uvicorn_server import make_server, settings_of
from responder_core.serving.watcher import Watcher
from responder_core.serving.workers import Signals, Worker, caught_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from socket import socket

    from responder_core.api import API
    from responder_core.serving.target import Target

logger: logging.Logger = logging.getLogger("uvicorn.error")

STOP_TIMEOUT = 2
"""Seconds that requests get to end when the program is changed."""

_PAUSE = 0.2

_PATIENCE = 5.0
"""Seconds that the program gets beyond that to end."""


class Plan(NamedTuple):
    """What the server's process is started with.

    Attributes:
        target: the app.
        options: those of uvicorn.
        url: where it is served.
        is_first: whether the app is introduced.
        failure: what the program has come to, where it is served no more.
    """

    target: Target
    options: dict[str, Any]
    url: str
    is_first: bool = False
    failure: str = ""


def serve_reloading(
    target: Target,
    listeners: list[socket],
    options: dict[str, Any],
    *,
    watch: Iterable[Path] = (),
) -> None:
    """Serve an app in debug until told to stop, and anew whenever a file is changed.

    A program that fails is shown in the terminal and in the browser, until it is mended. Nobody
    who asks meanwhile is refused: the sockets are kept.
    """
    import uvicorn

    settings: dict[str, Any] = {
        "timeout_graceful_shutdown": STOP_TIMEOUT,
        "log_level": "info",
        **options,
    }
    uvicorn.Config("", workers=1, **settings)  # It configures the log of this process.
    url = write_url(listeners, tls=bool(options.get("ssl_certfile")))
    directories = [Path.cwd(), *watch]
    if target.directory is not None:
        directories.append(Path(target.directory))

    def start(*, is_first: bool = False, failure: str = "") -> Worker:
        return Worker(work, Plan(target, settings, url, is_first, failure), listeners)

    with caught_signals() as signals:
        changed: list[Path] = []

        def note(paths: list[Path]) -> None:
            changed.extend(paths)
            signals.wake()

        watcher = Watcher(directories, note)
        watcher.start()
        logger.info("Serving %s, and watching %s", url, ", ".join(map(str, watcher.directories)))
        try:
            timeout = settings["timeout_graceful_shutdown"] or 0
            _keep_serving(start, signals, changed, timeout)
        finally:
            watcher.stop()


def _keep_serving(
    start: Callable[..., Worker], signals: Signals, changed: list[Path], timeout: float
) -> None:
    worker = start(is_first=True)
    try:
        while True:
            signals.wait(worker.watched())
            if signals.take():
                return
            worker.serves()
            if changed:
                names = ", ".join(sorted({_shorten(path) for path in changed}))
                changed.clear()
                logger.info("%s changed: starting anew", names)
                _end(worker, timeout)
                worker = start()
            elif worker.exit_code is not None:
                failure = f"the program ended with {worker.exit_code}"
                logger.error("%s: waiting for a change", failure.capitalize())
                _end(worker, timeout)
                # Not again and again, should even what tells of it fail.
                signals.wait([], _PAUSE)
                worker = start(failure=failure)
    finally:
        _end(worker, timeout)


def _end(worker: Worker, timeout: float) -> None:
    worker.terminate()
    worker.join(timeout + _PATIENCE)


def _shorten(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if here in path.parents else str(path)


def work(plan: Plan, listeners: list[socket], tell_ready: Callable[[], None]) -> None:
    """Serve an app, or what it failed with; what the process runs."""
    # A file that changes twice in a second would be run as it was compiled the first time.
    sys.dont_write_bytecode = True
    app = FailedApp(RuntimeError(plan.failure)) if plan.failure else _load(plan)
    if not _run(app, plan, listeners, tell_ready):
        msg = "the app did not start: its lifespan failed, and the terminal tells why"
        _run(FailedApp(RuntimeError(msg)), plan, listeners, tell_ready)


def _load(plan: Plan) -> Any:  # noqa: ANN401 - whatever ASGI app
    """The app in debug, or what stands for it."""
    try:
        app = plan.target.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the program fails with
        traceback.print_exception(_without_loader(error))
        return FailedApp(error)
    set_debug(app)
    api = find_api(app)
    if plan.is_first and hasattr(api, "routes"):
        introduce(api, plan.url)
    return app


def _run(
    app: Any,  # noqa: ANN401 - whatever ASGI app
    plan: Plan,
    listeners: list[socket],
    tell_ready: Callable[[], None],
) -> bool:
    """Serve an app; whether it started."""
    import uvicorn

    from responder_core.serving.refresh import Refresh

    drain = find_drain(app)
    said = getattr(find_api(app), "settings", None)
    hosts = () if said is None else said.allowed_hosts
    config = uvicorn.Config(Refresh(app, drain, hosts=hosts), **settings_of(app, plan.options))
    server = make_server(config, drain, tell_ready, linger=0.0)
    try:
        server.run(listeners)
    except SystemExit:
        if server.started:
            raise
    return server.started


def introduce(api: API, url: str) -> None:
    """Print what an app serves."""
    from responder_core.listing import find_docs, list_routes, write_table

    print(write_table(list_routes(api)), flush=True)  # noqa: T201 - for who runs it
    docs = find_docs(api)
    if docs is not None and "://" in url:
        print(f"\nDocumentation: {url}{docs}", flush=True)  # noqa: T201 - as above


def _without_loader(error: BaseException) -> BaseException:
    """The error without the frames before those of the program."""
    here = os.path.dirname(__file__)  # noqa: PTH120 - as code objects have it
    frames = error.__traceback__
    while frames is not None:
        name = frames.tb_frame.f_code.co_filename
        if not name.startswith((here, "<frozen importlib")) and "importlib" not in name:
            break
        frames = frames.tb_next
    return error.with_traceback(frames)
