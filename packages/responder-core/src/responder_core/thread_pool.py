"""A pool of worker threads for one event loop of asyncio, where a call is handed over once.

AnyIO's own hand-over takes two turns of the event loop and a cancel scope for each call, more
than most views take. Here workers are AnyIO's threads all the same, so that
``anyio.from_thread`` works in them, but each takes calls for as long as there are some.
"""

from __future__ import annotations

import asyncio
import math
import sys
from contextlib import suppress
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from threading import current_thread
from typing import TYPE_CHECKING, Any, TypeVar, cast

from anyio import (
    CancelScope,
    CapacityLimiter,
    WouldBlock,
    current_effective_deadline,
    to_thread,
)

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Seconds after which a worker without a call ends.
IDLE_TIME = 2.0


class ThreadPool:
    """Calls functions in threads, as many at once as the limiters let it.

    Everything but ``_work()`` runs on the event loop.

    Attributes:
        limiter: AnyIO's own, for calls that have no other.
    """

    def __init__(self, idle_time: float = IDLE_TIME) -> None:
        self._loop = asyncio.get_running_loop()
        self.limiter: CapacityLimiter = to_thread.current_default_thread_limiter()
        self._idle_time = idle_time
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        # Workers less calls that have not ended.
        self._spare = 0
        # The loop itself keeps only weak references to its tasks.
        self._workers: set[asyncio.Task[None]] = set()

    def is_here(self) -> bool:
        """Whether the event loop of the pool is the one that runs here."""
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    async def run(self, limiter: CapacityLimiter, function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
        """Call a function in a thread once *limiter* lets it, in the context of this task.

        As AnyIO has it: who is cancelled while the function runs waits until it ends.
        """
        call = _Call(function, args, self._loop.create_future())
        try:
            limiter.acquire_on_behalf_of_nowait(call)
        except WouldBlock:
            await limiter.acquire_on_behalf_of(call)
        try:
            self._spare -= 1
            if self._spare < 0:
                self._hire()
            self._calls.put(call)
            try:
                await call.ended
            except asyncio.CancelledError:
                while not call.is_over:
                    call.ended = self._loop.create_future()
                    with suppress(asyncio.CancelledError), CancelScope(shield=True):
                        await call.ended
                # A cancelled scope cancels the next wait too: until then what the function
                # opened can be put where it is closed.
                if current_effective_deadline() > -math.inf:
                    raise
            return cast("T", call.result())
        finally:
            limiter.release_on_behalf_of(call)

    def _hire(self) -> None:
        """Have a worker, until it finds nothing to do or the event loop ends."""
        self._spare += 1
        # In a context of its own: a worker outlives the request that it was hired for.
        context = Context()
        worker = context.run(self._loop.create_task, _employ(self._work))
        self._workers.add(worker)
        worker.add_done_callback(self._leave, context=context)

    def _leave(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        self._spare -= 1
        failure = None if worker.cancelled() else worker.exception()
        if failure is not None:
            self._refuse(failure)
        elif self._spare < 0 and not self._calls.empty():
            # A call came while the worker was leaving, or the worker had not begun.
            self._hire()
        elif worker.cancelled():
            # Its thread is still there, as the event loop ends: it is to end, too.
            self._calls.put(None)

    def _refuse(self, failure: BaseException) -> None:
        """Fail a call, as there is no thread for it: the system has no more."""
        try:
            call = self._calls.get_nowait()
        except Empty:
            return
        if call is not None:  # pragma: no branch - the end of a worker, as the event loop ends
            call.failure = failure
            self._end(call)

    def _work(self) -> None:
        """Make calls; what a worker does in its thread."""
        while self._take_call():
            pass
        if not self._loop.is_running():
            # AnyIO ends its thread with the task that began it. That never ends now, and the
            # program would wait for the thread for ever.
            stop = getattr(current_thread(), "stop", None)
            if stop is not None:  # pragma: no branch - those of AnyIO have it
                stop()

    def _take_call(self) -> bool:
        """Make one call; whether there may be more."""
        try:
            call = self._calls.get(timeout=self._idle_time)
        except Empty:
            return False
        if call is None:
            return False
        call.make()
        try:
            self._loop.call_soon_threadsafe(self._end, call)
        except RuntimeError:
            return False  # The event loop is closed: nobody waits any more.
        return True

    def _end(self, call: _Call) -> None:
        self._spare += 1
        call.is_over = True
        if not call.ended.done():
            call.ended.set_result(None)


async def _employ(work: Callable[[], None]) -> None:
    await to_thread.run_sync(work, limiter=CapacityLimiter(1))


class _Call:
    """A call that is handed over.

    Attributes:
        ended: the future that is waited for; another one once that was cancelled.
        failure: what the function raised.
        is_over: whether the event loop knows that it has ended.
    """

    __slots__ = ("_args", "_context", "_function", "_value", "ended", "failure", "is_over")

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], ended: asyncio.Future[None]
    ) -> None:
        self._function = function
        self._args = args
        self._value: Any = None
        self.failure: BaseException | None = None
        self.ended = ended
        self.is_over = False
        self._context = copy_context()
        sniffio: Any = sys.modules.get("sniffio")
        if sniffio is not None:
            # No event loop runs in the thread.
            self._context.run(sniffio.current_async_library_cvar.set, None)

    def make(self) -> None:
        """Call the function, in a thread."""
        try:
            self._value = self._context.run(self._function, *self._args)
        except StopIteration as error:
            # It would end the generator that a coroutine is.
            self.failure = RuntimeError(f"{self._function!r} raised StopIteration")
            self.failure.__cause__ = error
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            self.failure = error

    def result(self) -> object:
        """What the function gave.

        Raises:
            BaseException: what it raised.
        """
        failure, self.failure = self.failure, None
        if failure is None:
            return self._value
        try:
            raise failure
        finally:
            del failure  # Its traceback has this frame.
