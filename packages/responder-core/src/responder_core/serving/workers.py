"""Workers: the processes that serve one app together, and who starts and stops them."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from socket import socket

    # What a worker runs: a function of a module, with what it is given, the sockets, and what it
    # calls when it serves.
    Work = Callable[[Any, list[socket], Callable[[], None]], None]

logger: logging.Logger = logging.getLogger("uvicorn.error")

BOOTING = "responder is booting"
"""The name of a worker's process until it runs what it was started for."""

_BOOTING = frozenset({BOOTING, "granian-worker"})

STARTUP_FAILURE = 3
"""The exit code of a server whose app did not start, as uvicorn has it."""

# Seconds after which a worker is replaced; twice as many each time, up to the most, for those that
# do not last.
_QUICK, _SLOWEST, _LASTING = 0.5, 30.0, 10.0

# What the name of a directory of shared metrics begins with, and the seconds of its beginning.
_METRICS = "responder-metrics-"
_NEW = 60.0


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
        self.started: float = monotonic()
        self._served = False

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid or 0

    @property
    def sentinel(self) -> int:
        """What is ready once it has ended."""
        return self._process.sentinel

    def watched(self) -> list[Any]:
        """What becomes ready when it begins to serve, and when it ends."""
        return [self.sentinel, *([] if self._served else [self._ready])]

    @property
    def exit_code(self) -> int | None:
        """What the process ended with; None while it runs."""
        return self._process.exitcode

    def serves(self) -> bool:
        """Whether it has begun to serve."""
        if not self._served:
            try:
                if self._ready.poll():
                    self._served = self._ready.recv()
            except (EOFError, OSError):
                return False  # It has ended.
        return self._served

    def terminate(self) -> None:
        """Ask it to stop."""
        if self.exit_code is None:
            self._process.terminate()

    def join(self, timeout: float) -> None:
        """Wait until it has stopped, so many seconds at most; then kill it."""
        self._process.join(timeout)
        if self.exit_code is None:
            logger.error("Worker %d does not stop, and is killed", self.pid)
            self._process.kill()
            self._process.join()
        self.forget()

    def forget(self) -> None:
        """Let go of one that has ended."""
        self._ready.close()


class Supervisor:
    """Keeps so many workers running until it is told to stop.

    SIGTERM and SIGINT stop them, and kill them where one comes again; SIGHUP replaces each by a
    new one that serves already. One that dies is replaced, later and later where that fails; where
    none has ever served, all is over. How long a worker takes to stop is its own affair.

    Args:
        start: starts a worker.
        count: how many.
        listeners: the sockets that they share; closed here when they stop.
    """

    def __init__(
        self, start: Callable[[], Worker], count: int, *, listeners: Sequence[socket] = ()
    ) -> None:
        self._start = start
        self._count = count
        self._listeners = listeners
        self._workers: list[Worker] = []
        self._leaving: list[Worker] = []
        # Those that are to be replaced, the first by the new one.
        self._old: deque[Worker] = deque()
        self._new: Worker | None = None
        self._has_served = False
        self._failures = 0
        self._next_start = 0.0

    def run(self) -> int:
        """Serve, and give the exit code."""
        with caught_signals() as signals:
            logger.info("Started %d workers, process %d", self._count, os.getpid())
            self._workers = [self._start() for _ in range(self._count)]
            try:
                while True:
                    signals.wait(self._watched(), self._timeout())
                    for number in signals.take():
                        if number != getattr(signal, "SIGHUP", None):
                            logger.info("Received %s", signal.Signals(number).name)
                            return 0
                        self._begin_to_renew()
                    if not self._look():
                        return STARTUP_FAILURE
            finally:
                self._stop(signals)

    def _everyone(self) -> list[Worker]:
        return [*self._workers, *self._leaving, *filter(None, [self._new])]

    def _watched(self) -> list[Any]:
        """What becomes ready when something is to be seen to."""
        return [each for worker in self._everyone() for each in worker.watched()]

    def _timeout(self) -> float | None:
        if len(self._workers) == self._count:
            return None
        return max(0.0, self._next_start - monotonic())

    def _look(self) -> bool:
        """See to all workers; whether to go on."""
        serving = [worker.serves() for worker in self._workers]
        self._has_served |= any(serving)
        for worker in [each for each in self._workers if each.exit_code is not None]:
            self._workers.remove(worker)
            lasted = worker.serves() and monotonic() - worker.started > _LASTING
            worker.forget()
            if not self._has_served:
                logger.error("Worker %d could not start", worker.pid)
                return False
            delay = _QUICK if lasted else min(_QUICK * 2.0**self._failures, _SLOWEST)
            self._failures = 0 if lasted else self._failures + 1
            self._next_start = monotonic() + delay
            said = "Worker %d ended with %s, and is replaced in %.1f s"
            logger.error(said, worker.pid, worker.exit_code, delay)
        while len(self._workers) < self._count and monotonic() >= self._next_start:
            self._workers.append(self._start())
        for worker in [each for each in self._leaving if each.exit_code is not None]:
            self._leaving.remove(worker)
            worker.forget()
        self._renew()
        return True

    def _begin_to_renew(self) -> None:
        if self._new is not None:
            self._dismiss(self._new)  # It has what there was when it was started.
            self._new = None
        self._old = deque(self._workers)

    def _renew(self) -> None:
        """Go on with replacing all, one after the other; the new one serves before the old goes."""
        new = self._new
        if new is not None and new.serves():
            old = self._old.popleft() if self._old else None
            if old is not None and old in self._workers:
                self._workers[self._workers.index(old)] = new
                self._dismiss(old)
            else:
                self._dismiss(new)  # The old one has died, and was replaced.
            self._new = None
        elif new is not None and new.exit_code is not None:
            logger.error("The new worker %d does not serve; the old ones go on", new.pid)
            self._dismiss(new)
            self._new = None
            self._old.clear()
        if self._new is None and self._old:
            self._new = self._start()

    def _dismiss(self, worker: Worker) -> None:
        worker.terminate()
        self._leaving.append(worker)

    def _stop(self, signals: Signals) -> None:
        # Who connects from now on is refused, not left waiting.
        for listener in self._listeners:
            listener.close()
        everyone = self._everyone()
        for worker in everyone:
            worker.terminate()
        while left := [worker for worker in everyone if worker.exit_code is None]:
            signals.wait([worker.sentinel for worker in left])
            if signals.take():
                logger.error("Told again to stop: the workers are killed")
                for worker in everyone:
                    worker.join(0)
        for worker in everyone:
            worker.forget()


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

    def wait(self, sentinels: Sequence[Any], timeout: float | None = None) -> None:
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
    from tempfile import gettempdir, mkdtemp

    from responder_core.tally import SHARED_DIRECTORY

    if SHARED_DIRECTORY in os.environ or find_spec("prometheus_client") is None:
        yield
        return
    for left in Path(gettempdir()).glob(f"{_METRICS}*"):
        if _is_left(left):
            rmtree(left, ignore_errors=True)
    directory = os.environ[SHARED_DIRECTORY] = mkdtemp(prefix=_METRICS)
    held = _hold(directory)
    try:
        yield
    finally:
        del os.environ[SHARED_DIRECTORY]
        rmtree(directory, ignore_errors=True)
        if held is not None:
            os.close(held)


def _hold(directory: str | Path) -> int | None:
    """Lock a directory of one's own for as long as this process lives; None where that fails."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    with suppress(OSError):  # It is locked already.
        if os.fstat(descriptor).st_uid == os.geteuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
    os.close(descriptor)
    return None


def _is_left(directory: Path) -> bool:
    """Whether who made a directory is gone: killed, it could not take it away."""
    held = _hold(directory)
    if held is None:
        return False
    try:
        # One that is new may not be locked yet.
        return time() - os.fstat(held).st_mtime > _NEW
    finally:
        os.close(held)


def follow_parent() -> None:
    """Stop this process when its parent is gone: killed, that could not say so."""
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:  # pragma: no branch - each that is started has one
            wait([parent.sentinel])
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def outlived_sigterm(stop: Callable[[], None]) -> Generator[None]:
    """Let a server that stops on SIGTERM return, where uvicorn raises the signal again.

    So what is to be done at the end is done. *stop* is called by one that comes before the server
    listens to signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _begin(work: Work, given: object, listeners: list[socket], ready: Connection) -> None:
    """What the process of a worker runs."""
    multiprocessing.current_process().name = "responder"
    follow_parent()

    def tell_ready() -> None:
        with suppress(OSError):
            ready.send(True)

    with suppress(KeyboardInterrupt):
        work(given, listeners, tell_ready)
    sys.stdout.flush()
