"""Worker threads for synchronous code, so that it never blocks the event loop."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from anyio.to_thread import run_sync as run_in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["call", "is_async", "run_in_thread"]

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
