"""Background work: functions that run beside the requests, in this process."""

from __future__ import annotations

import logging
import math
from concurrent.futures import Future
from contextlib import suppress
from functools import partial, wraps
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from responder_core.context import current_request
from responder_core.errors import Problem
from responder_core.hooks import describe
from responder_core.threads import find_waker, is_async, run_in_thread, start_soon

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio import CapacityLimiter
    from anyio.lowlevel import RunVar
    from typing_extensions import ParamSpec

    P = ParamSpec("P")

T = TypeVar("T")

logger: logging.Logger = logging.getLogger("responder")

# AnyIO 4.4 tells what belongs to an event loop apart by its name, and each app has its own.
_numbers = count(1)

DEFAULT_LIMIT = 1000
"""Functions that may be waiting or running at once."""


class BackgroundQueue:
    """Runs functions beside the requests: ``api.background.run(send_mail, user)``.

    Async ones run on the event loop, sync ones in worker threads of their own. It lives in the
    process and ends with it: what must not be lost belongs into a queue of jobs.

    Args:
        limit: how many may be waiting or running; more are refused with 503.
        threads: how many sync ones run at once.

    Attributes:
        pending: how many are waiting or running.
    """

    def __init__(self, *, limit: int = DEFAULT_LIMIT, threads: int = 8) -> None:
        for name, value in (("limit", limit), ("threads", threads)):
            if value < 1:
                msg = f"BackgroundQueue({name}=) is 1 or more, not {value!r}"
                raise ValueError(msg)
        self.limit = limit
        self.threads = threads
        # An app may be served on several event loops, and sync views run in threads.
        self._lock = Lock()
        self._tasks: set[Future[Any]] = set()
        # What cancels each, on the event loop that it runs on.
        self._cancels: dict[Future[Any], Callable[[], object]] = {}
        # One for each event loop, as of an app that is called on several, in tests.
        self._limiters: RunVar[CapacityLimiter | None] | None = None
        # Tells who waits until all is done, on the event loop that it waits on.
        self._tell: Callable[[], object] | None = None

    @property
    def pending(self) -> int:
        """How many are waiting or running."""
        return len(self._tasks)

    def run(self, function: Callable[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> Future[Any]:
        """Run a function soon, and give its future; what fails is logged with the request's id.

        From a view, a hook or a dependency, sync or async.

        Raises:
            Problem: 503, there is too much to do already.
            RuntimeError: there is no event loop here that could run it.
        """
        future: Future[Any] = Future()
        with self._lock:
            is_full = len(self._tasks) >= self.limit
            if not is_full:
                self._tasks.add(future)
        if is_full:
            msg = "There is too much background work; try again later."
            raise Problem(503, msg, headers={"Retry-After": "1"})
        try:
            start_soon(partial(self._work, future, partial(function, *args, **kwargs)))
        except BaseException:
            self._tasks.discard(future)
            raise
        return future

    def task(self, function: Callable[P, Any]) -> Callable[P, Future[Any]]:
        """Make a function run in the background whenever it is called.

        ::

            @api.background.task
            def send_mail(address): ...


            send_mail("ada@example.org")
        """

        @wraps(function)
        def start(*args: P.args, **kwargs: P.kwargs) -> Future[Any]:
            return self.run(function, *args, **kwargs)

        return start

    async def __call__(
        self,
        function: Callable[..., Any],
        /,
        *args: Any,  # noqa: ANN401 - the function's own
        **kwargs: Any,  # noqa: ANN401 - as args
    ) -> Any:  # noqa: ANN401 - whatever it gives
        """Run a function and wait for what it gives: ``await api.background(resize, image)``."""
        return await self._call(partial(function, *args, **kwargs))

    async def _call(self, function: partial[Any]) -> Any:  # noqa: ANN401 - whatever it gives
        if is_async(function):
            return await function()
        if self._limiters is None:
            from anyio.lowlevel import RunVar

            self._limiters = RunVar(f"responder.background.{next(_numbers)}")
        limiter = self._limiters.get(None)
        if limiter is None:
            from anyio import CapacityLimiter

            limiter = CapacityLimiter(self.threads)
            self._limiters.set(limiter)
        return await run_in_thread(function, limiter=limiter)

    async def _work(self, future: Future[Any], function: partial[Any]) -> None:
        from anyio import CancelScope

        scope = CancelScope()
        self._cancels[future] = partial(find_waker(), scope.cancel)
        try:
            if not future.set_running_or_notify_cancel():
                return
            with scope:
                future.set_result(await self._call(function))
            if scope.cancelled_caught:
                future.set_exception(TimeoutError("the app stopped before it was done"))
        except BaseException as error:
            future.set_exception(error)
            _log(function.func, error)
            if not isinstance(error, (Exception, SystemExit, KeyboardInterrupt)):
                raise  # Cancelled.
        finally:
            del self._cancels[future]
            self._tasks.discard(future)
            tell = self._tell
            if tell is not None and not self._tasks:
                tell()

    async def drain(self, timeout: float) -> int:  # noqa: ASYNC109 - it is what is given up after
        """Wait until all is done, *timeout* seconds at most, and give how many were left.

        Those are cancelled, if they are async; a thread cannot be stopped, and is left alone.
        """
        from anyio import Event, move_on_after

        idle = Event()
        # Known before it is asked for: the last may end in another thread meanwhile.
        self._tell = partial(find_waker(), idle.set)
        try:
            if not self._tasks:
                return 0
            with move_on_after(timeout):
                await idle.wait()
            left = len(self._tasks)
            if left:
                logger.error("%d background functions were not done in %s s", left, timeout)
                for cancel in list(self._cancels.values()):
                    with suppress(RuntimeError):  # Its event loop has ended, and it with that.
                        cancel()
                # Those that can end by being cancelled do so now.
                with move_on_after(math.ceil(timeout / 10)):
                    await idle.wait()
            return left
        finally:
            self._tell = None


def _log(function: Callable[..., Any], error: BaseException) -> None:
    req = current_request.get()
    name = "no request" if req is None else f"request {req.id!r}"
    extra = {} if req is None else {"request_id": req.id}
    logger.error(
        "background function %s failed, %s", describe(function), name, exc_info=error, extra=extra
    )
