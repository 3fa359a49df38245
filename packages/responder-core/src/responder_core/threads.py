"""Worker threads for synchronous code, so that it never blocks the event loop."""

from __future__ import annotations

import inspect
import sys
from contextvars import copy_context
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from anyio import to_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from anyio import CapacityLimiter
    from anyio.lowlevel import RunVar

    from responder_core.thread_pool import ThreadPool

T = TypeVar("T")


def is_async(function: Any) -> bool:  # noqa: ANN401 - any callable
    """Whether calling a function, a method, a partial or a callable object gives a coroutine."""
    while isinstance(function, partial):
        function = function.func
    if inspect.iscoroutinefunction(function):
        return True
    return inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


async def call(function: Callable[..., T | Awaitable[T]], *args: Any) -> T:  # noqa: ANN401
    """Call a function that is either: async on the loop, sync in a worker thread.

    For what runs seldom; a route decides which it is when it is compiled.
    """
    if is_async(function):
        return await cast("Awaitable[T]", function(*args))
    return await run_in_thread(cast("Callable[..., T]", function), *args)


async def run_in_thread(
    function: Callable[..., T],
    *args: Any,  # noqa: ANN401
    limiter: CapacityLimiter | None = None,
) -> T:
    """Call a function in a worker thread, as ``anyio.to_thread.run_sync()`` does, for less."""
    pool = find_pool()
    if pool is None:
        return await to_thread.run_sync(function, *args, limiter=limiter)
    return await pool.run(limiter or pool.limiter, function, *args)


def find_pool() -> ThreadPool | None:
    """The threads of the event loop that runs here, or None where it is not one of asyncio."""
    global _pool  # noqa: PLW0603 - what knows the event loops is made on the first one
    if _pool is None:
        from anyio.lowlevel import RunVar

        with _lock:
            if _pool is None:  # pragma: no branch - another thread may be quicker
                _pool = RunVar("responder.thread_pool")
    try:
        return _pool.get()
    except LookupError:
        pool = None
        if current_library() == "asyncio":
            from responder_core.thread_pool import ThreadPool

            pool = ThreadPool()
        _pool.set(pool)
        return pool


def start_soon(function: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start a coroutine function on the event loop of this task, or of this worker thread.

    Raises:
        RuntimeError: there is none.
    """
    library = current_library()
    if library == "trio":
        trio: Any = sys.modules["trio"]
        trio.lowlevel.spawn_system_task(function, context=copy_context())
    elif library == "asyncio":
        import asyncio

        task = asyncio.get_running_loop().create_task(function())
        # The loop itself keeps only weak references to its tasks.
        _started.add(task)
        task.add_done_callback(_started.discard)
    else:
        from anyio import from_thread

        try:
            from_thread.run_sync(start_soon, function)
        except RuntimeError as error:
            msg = (
                "functions run on the event loop of the app, and there is none here; start them "
                "in a view, a hook or a start-up handler"
            )
            raise RuntimeError(msg) from error


def current_library() -> str | None:
    """Whose event loop runs in this thread, ``"asyncio"`` or ``"trio"``; None where none does."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        trio = sys.modules.get("trio")
        return "trio" if trio is not None and trio.lowlevel.in_trio_run() else None
    return "asyncio"


def find_waker() -> Callable[[Callable[[], object]], object]:
    """What calls a function on the event loop that runs here, from whatever thread.

    It raises a RuntimeError where that loop has ended.
    """
    if current_library() == "trio":
        trio: Any = sys.modules["trio"]
        wake: Callable[[Callable[[], object]], object]
        wake = trio.lowlevel.current_trio_token().run_sync_soon
        return wake
    import asyncio

    return asyncio.get_running_loop().call_soon_threadsafe


def find_clock() -> Callable[[], float]:
    """What tells the time of the event loop that runs here, in seconds.

    As ``anyio.current_time()``, which looks for the loop each time.
    """
    if current_library() == "trio":
        trio: Any = sys.modules["trio"]
        clock: Callable[[], float] = trio.current_time
        return clock
    import asyncio

    return asyncio.get_running_loop().time


_lock = Lock()
_started: set[Any] = set()
_pool: RunVar[ThreadPool | None] | None = None
