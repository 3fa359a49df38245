"""Worker threads of an app: so many at once, so many that wait, and each kept until it ends."""

from __future__ import annotations

import logging
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from anyio import to_thread

from responder_core import threads
from responder_core.context import current_request
from responder_core.errors import Problem
from responder_core.threads import find_pool, start_soon

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio import CapacityLimiter
    from anyio.lowlevel import RunVar

    from responder_core.request import Request
    from responder_core.thread_pool import ThreadPool

    # What counts the threads of an app on one event loop, and what runs them.
    _Place: TypeAlias = "tuple[CapacityLimiter, ThreadPool | None]"

T = TypeVar("T")

logger: logging.Logger = logging.getLogger("responder")

# AnyIO 4.4 tells what belongs to an event loop apart by its name, and each app has its own.
_numbers = count(1)


class WorkerThreads:
    """Runs the sync views, hooks and dependencies of an app.

    Attributes:
        size: how many run at once.
        queue: how many may wait for a thread; more are refused with 503.
        pending: how many run or wait.
    """

    def __init__(self, size: int, queue: int) -> None:
        self.size = size
        self.queue = queue
        self.pending: int = 0
        # An app may be served on several event loops, each in a thread of its own.
        self._lock = Lock()
        self._places: RunVar[_Place] | None = None
        self._last: _Place | None = None

    async def run(self, function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
        """Call a function in a thread, and wait until it ends, whatever happens meanwhile.

        Raises:
            Problem: 503, all threads are busy and enough wait already.
        """
        self._enter()
        try:
            return await self._run(function, *args)
        finally:
            self._leave()

    async def run_detached(self, function: Callable[..., T], req: Request, *args: Any) -> T:  # noqa: ANN401
        """As ``run()``, for who may stop waiting: the thread keeps its slot until it ends.

        One that has not begun by then never does. What the request holds is kept until the
        thread has ended, and what it fails with is logged.
        """
        from anyio import Event

        self._enter()
        done = Event()
        result: list[T] = []
        failure: list[BaseException] = []
        given_up = False

        def begin() -> None:
            if not given_up:
                result.append(function(req, *args))

        async def work() -> None:
            try:
                await self._run(begin)
            except BaseException as error:
                failure.append(error)
                if given_up:
                    name = req.id
                    msg = "a view that was given up failed, request %r"
                    logger.exception(msg, name, extra={"request_id": name})
            finally:
                self._leave()
                done.set()

        start_soon(work)
        req.open_resources().thread = done
        try:
            await done.wait()
        except BaseException:
            given_up = True
            raise
        if not failure:
            return result[0]
        error = failure.pop()
        try:
            raise error
        finally:
            del error  # Its traceback has this frame.

    def _enter(self) -> None:
        with self._lock:
            if self.pending < self.size + self.queue:
                self.pending += 1
                return
        msg = "Too many requests wait already; try again later."
        raise Problem(503, msg, headers={"Retry-After": "1"})

    def _leave(self) -> None:
        with self._lock:
            self.pending -= 1

    async def _run(self, function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
        """Call a function once a thread is free."""
        limiter, pool = self._last or (None, None)
        if limiter is None or pool is None or not pool.is_here():
            limiter, pool = self._find_place()
        if pool is None:
            return await to_thread.run_sync(function, *args, limiter=limiter)
        return await pool.run(limiter, function, *args)

    def _find_place(self) -> _Place:
        """What counts and what runs threads here; an app may be called on several event loops."""
        from anyio import CapacityLimiter
        from anyio.lowlevel import RunVar

        with self._lock:
            if self._places is None:
                self._places = RunVar(f"responder.worker_threads.{next(_numbers)}")
        # Another thread, with another event loop, may do the same at this moment.
        try:
            place = self._places.get()
        except LookupError:
            place = CapacityLimiter(self.size), find_pool()
            self._places.set(place)
        self._last = place
        return place


async def run_in_thread(function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
    """Call a function in a worker thread of the app that answers here and now.

    Raises:
        Problem: 503, as from ``WorkerThreads.run()``.
    """
    req = current_request.get()
    if req is None:
        return await threads.run_in_thread(function, *args)
    return await req.api.threads.run(function, *args)
