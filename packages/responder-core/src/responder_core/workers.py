"""Workers: the processes that serve one app together, and who starts and stops them."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from socket import socket

    # What a worker runs: a function of a module, with what it is given, the sockets, and what it
    # calls when it serves.
    Work = Callable[[Any, list[socket], Callable[[], None]], None]

logger = logging.getLogger("uvicorn.error")

BOOTING = "responder is booting"
"""The name of a worker's process until it runs what it was started for."""

_BOOTING = frozenset({BOOTING, "granian-worker"})

STARTUP_FAILURE = 3
"""The exit code of a server whose app did not start, as uvicorn has it."""

KILL_AFTER = 5.0
"""Seconds beyond its own time after which a worker that does not stop is killed."""

# Seconds between the starts of a worker that ends again and again.
_QUICK = 1.0


class Worker:
    """A process that serves.

    Args:
        work: a function of a module, which the process imports.
        given: its first argument, which can be pickled.
        listeners: the sockets that it takes connections from.
    """

    def __init__(self, work: Work, given: object, listeners: Sequence[socket]) -> None:
        context = multiprocessing.get_context("spawn")
        self._ready, ready = context.Pipe(duplex=False)
        self._process: SpawnProcess = context.Process(
            target=_begin, args=(work, given, list(listeners), ready), name=BOOTING
        )
        self._process.start()
        ready.close()
        self.started = monotonic()
        self._served = False

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid or 0

    @property
    def sentinel(self) -> int:
        """What is ready once the process has ended."""
        return self._process.sentinel

    @property
    def exit_code(self) -> int | None:
        """What the process ended with; None while it runs."""
        return self._process.exitcode

    def serves(self, timeout: float = 0.0) -> bool:
        """Whether it has begun to serve, within so many seconds."""
        with suppress(EOFError, OSError):
            if not self._served and self._ready.poll(timeout):
                self._served = self._ready.recv()
        return self._served

    def terminate(self) -> None:
        """Ask it to stop."""
        if self.exit_code is None:
            self._process.terminate()

    def join(self, timeout: float) -> None:
        """Wait until it has stopped, so many seconds at most; then kill it."""
        self._process.join(max(0.0, timeout))
        if self.exit_code is None:
            logger.error("Worker %d does not stop, and is killed", self.pid)
            self._process.kill()
            self._process.join()
        self._ready.close()


class Supervisor:
    """Keeps so many workers running until it is told to stop.

    SIGTERM and SIGINT stop them, SIGHUP replaces each by a new one that serves already. One that
    dies is replaced; where one cannot even start, all is over.

    Args:
        start: starts a worker.
        count: how many.
        stop_timeout: seconds that a worker gets to stop.
        listeners: the sockets that they share; closed here when they stop.
    """

    def __init__(
        self,
        start: Callable[[], Worker],
        count: int,
        *,
        stop_timeout: float,
        listeners: Sequence[socket] = (),
    ) -> None:
        self._start = start
        self._count = count
        self._stop_timeout = stop_timeout
        self._listeners = listeners
        self._workers: list[Worker] = []
        self._exit_code = 0

    def run(self) -> int:
        """Serve, and give the exit code."""
        with caught_signals() as signals:
            logger.info("Started %d workers, process %d", self._count, os.getpid())
            self._workers = [self._start() for _ in range(self._count)]
            try:
                while self._step(signals):
                    pass
            finally:
                self._stop()
        return self._exit_code

    def _step(self, signals: Signals) -> bool:
        """Wait until something happens, and see to it; whether to go on."""
        signals.wait([worker.sentinel for worker in self._workers])
        for number in signals.take():
            if number == getattr(signal, "SIGHUP", None):
                self._replace_all()
            else:
                logger.info("Received %s", signal.Signals(number).name)
                return False
        return all(
            self._see_to(place, worker)
            for place, worker in enumerate(self._workers)
            if worker.exit_code is not None
        )

    def _see_to(self, place: int, worker: Worker) -> bool:
        """Replace a worker that has ended; False where that makes no sense."""
        if worker.exit_code == STARTUP_FAILURE or not worker.serves():
            logger.error("Worker %d could not start", worker.pid)
            self._exit_code = STARTUP_FAILURE
            return False
        logger.error("Worker %d ended with %s, and is replaced", worker.pid, worker.exit_code)
        worker.join(0)
        threading.Event().wait(max(0.0, worker.started + _QUICK - monotonic()))
        self._workers[place] = self._start()
        return True

    def _replace_all(self) -> None:
        for place, old in enumerate(self._workers):
            new = self._start()
            if not new.serves(self._stop_timeout + KILL_AFTER):
                logger.error("The new worker %d does not serve; the old ones go on", new.pid)
                new.terminate()
                new.join(KILL_AFTER)
                return
            old.terminate()
            old.join(self._stop_timeout + KILL_AFTER)
            self._workers[place] = new

    def _stop(self) -> None:
        # Who connects from now on is refused, not left waiting.
        for listener in self._listeners:
            listener.close()
        for worker in self._workers:
            worker.terminate()
        end = monotonic() + self._stop_timeout + KILL_AFTER
        for worker in self._workers:
            worker.join(end - monotonic())


class Signals:
    """The signals that came in, and what waits for the next."""

    def __init__(self) -> None:
        self._inside, self._outside = multiprocessing.Pipe(duplex=False)
        self._taken: list[int] = []

    def note(self, number: int, _frame: object) -> None:
        """Keep a signal; what ``signal.signal()`` calls."""
        self._taken.append(number)
        self.wake()

    def wake(self) -> None:
        """Let who waits look."""
        with suppress(OSError):
            self._outside.send(None)

    def wait(self, sentinels: Sequence[int], timeout: float | None = None) -> None:
        """Wait for a signal, or for the end of a process."""
        ready = wait([self._inside, *sentinels], timeout)
        if self._inside in ready:
            self._inside.recv()

    def take(self) -> list[int]:
        """The signals that came in since."""
        taken, self._taken = self._taken, []
        return taken

    def close(self) -> None:
        """Wait no more."""
        self._inside.close()
        self._outside.close()


@contextmanager
def caught_signals() -> Generator[Signals]:
    """Keep the signals that end or renew a server, for who waits for them."""
    signals = Signals()
    names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, signals.note) for number in numbers}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signals.close()


def is_booting() -> bool:
    """Whether this process is a worker that imports the program, which starts no server then."""
    return multiprocessing.current_process().name in _BOOTING


@contextmanager
def shared_metrics() -> Generator[None]:
    """Let what the workers count add up, while they run, where it can."""
    from importlib.util import find_spec
    from shutil import rmtree
    from tempfile import mkdtemp

    from responder_core.metrics import SHARED_DIRECTORY

    if SHARED_DIRECTORY in os.environ or find_spec("prometheus_client") is None:
        yield
        return
    directory = os.environ[SHARED_DIRECTORY] = mkdtemp(prefix="responder-metrics-")
    try:
        yield
    finally:
        del os.environ[SHARED_DIRECTORY]
        rmtree(directory, ignore_errors=True)


def _begin(work: Work, given: object, listeners: list[socket], ready: Connection) -> None:
    """What the process of a worker runs."""
    multiprocessing.current_process().name = "responder"
    parent = multiprocessing.parent_process()

    def follow() -> None:
        # Killed, the parent could not say so.
        if parent is not None:
            wait([parent.sentinel])
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()

    def tell_ready() -> None:
        with suppress(OSError):
            ready.send(True)

    with suppress(KeyboardInterrupt):
        work(given, listeners, tell_ready)
    sys.stdout.flush()
