"""Worker threads of an app: so many at once, so many that wait, and each kept until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from anyio import to_thread

from responder_core.context import current_request
from responder_core.errors import Problem
from responder_core.threads import start_soon

if TYPE_CHECKING:
    from collections.abc import Callable

    import anyio
    from anyio.lowlevel import RunVar

T = TypeVar("T")


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

    async def run_detached(self, function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
        """As ``run()``, for who may stop waiting: the thread keeps its slot until it ends."""
        from anyio import Event

        limiter = self._enter()
        done = Event()
        result: list[T] = []
        failure: list[BaseException] = []

        async def work() -> None:
            try:
                result.append(await to_thread.run_sync(function, *args, limiter=limiter))
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                failure.append(error)
            finally:
                self.pending -= 1
                done.set()

        start_soon(work)
        await done.wait()
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
