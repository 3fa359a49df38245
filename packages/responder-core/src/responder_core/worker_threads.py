"""Worker threads of an app: so many at once, so many that wait, and each kept until it ends."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import to_thread

from responder_core.context import current_request
from responder_core.errors import Problem
from responder_core.threads import start_soon

if TYPE_CHECKING:
    from collections.abc import Callable

    import anyio
    from anyio.lowlevel import RunVar

    from responder_core.request import Request

T = TypeVar("T")

logger = logging.getLogger("responder")


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
        self.pending = 0
        self._limiters: RunVar[anyio.CapacityLimiter] | None = None

    async def run(self, function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
        """Call a function in a thread, and wait until it ends, whatever happens meanwhile.

        Raises:
            Problem: 503, all threads are busy and enough wait already.
        """
        limiter = self._enter()
        try:
            return await to_thread.run_sync(function, *args, limiter=limiter)
        finally:
            self.pending -= 1

    async def run_detached(self, function: Callable[..., T], req: Request, *args: Any) -> T:  # noqa: ANN401
        """As ``run()``, for who may stop waiting: the thread keeps its slot until it ends.

        One that has not begun by then never does. What the request holds is kept until the
        thread has ended, and what it fails with is logged.
        """
        from anyio import Event

        limiter = self._enter()
        done = Event()
        result: list[T] = []
        failure: list[BaseException] = []
        given_up = False

        def begin() -> None:
            if not given_up:
                result.append(function(req, *args))

        async def work() -> None:
            try:
                await to_thread.run_sync(begin, limiter=limiter)
            except BaseException as error:
                failure.append(error)
                if given_up:
                    name = req.id
                    msg = "a view that was given up failed, request %r"
                    logger.exception(msg, name, extra={"request_id": name})
            finally:
                self.pending -= 1
                done.set()

        start_soon(work)
        req.open_resources().thread = done
        try:
            await done.wait()
        except BaseException:
            given_up = True
            raise
        if failure:
            raise failure[0]
        return result[0]

    def _enter(self) -> anyio.CapacityLimiter:
        if self.pending >= self.size + self.queue:
            msg = "Too many requests wait already; try again later."
            raise Problem(503, msg, headers={"Retry-After": "1"})
        # One for each event loop: an app may be called on several, as in tests.
        if self._limiters is None:
            from anyio.lowlevel import RunVar

            self._limiters = RunVar("responder.worker_threads")
        try:
            limiter = self._limiters.get()
        except LookupError:
            from anyio import CapacityLimiter

            limiter = CapacityLimiter(self.size)
            self._limiters.set(limiter)
        self.pending += 1
        return limiter


async def run_in_thread(function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
    """Call a function in a worker thread of the app that answers here and now.

    Raises:
        Problem: 503, as from ``WorkerThreads.run()``.
    """
    req = current_request.get()
    if req is None:
        return await to_thread.run_sync(function, *args)
    return await req.api.threads.run(function, *args)
