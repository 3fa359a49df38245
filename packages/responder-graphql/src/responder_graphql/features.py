"""Features: what the installed graphql-core can do, as 3.2 and 3.3 differ."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import graphql.execution
from graphql.pyutils import is_awaitable as _is_awaitable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable


@lru_cache(maxsize=32)
def takes(function: Callable[..., Any], name: str) -> bool:
    """Whether a function of graphql-core has a parameter."""
    return name in inspect.signature(function).parameters


def hiding(function: Callable[..., Any], hide: bool) -> dict[str, Any]:  # noqa: FBT001 - one flag
    """The keywords that keep names of the schema out of messages, where they are known."""
    return {"hide_suggestions": True} if hide and takes(function, "hide_suggestions") else {}


def naming_executor(function: Callable[..., Any], executor: type[Any]) -> dict[str, Any]:
    """The keyword by which *function* takes a class that executes: each version has its own."""
    name = "executor_class" if takes(function, "executor_class") else "execution_context_class"
    return {name: executor}


# What most resolvers give, and nobody awaits.
_PLAIN = frozenset({bool, dict, float, int, list, str, tuple, type(None)})


def is_awaitable(value: object) -> bool:
    """What graphql-core asks of every value that it completes; quicker for plain ones."""
    return type(value) not in _PLAIN and _is_awaitable(value)


def standard_executor() -> type[Any]:
    """The class that executes, of 3.2 or 3.3."""
    known: Any = graphql.execution
    # That of 3.3 refuses @defer and @stream, which are not executed here.
    newer = getattr(known, "executor_throwing_on_incremental", None)
    found: type[Any] = newer.ExecutorThrowingOnIncremental if newer else known.ExecutionContext
    return found


def unwrap(events: Any, execute: Callable[[Any], Any]) -> AsyncGenerator[Any, None]:  # noqa: ANN401 - each version has its own
    """The results of a subscription, whose source has ended when they are closed.

    graphql-core 3.2 asks the source in a task of its own, does not wait for its end when it is
    cancelled, and lets nobody choose what executes; so there *execute* is called for each event.
    """
    return _follow(events.iterator, execute) if hasattr(events, "callback") else events


async def _follow(source: Any, execute: Callable[[Any], Any]) -> AsyncGenerator[Any, None]:  # noqa: ANN401 - any iterator
    try:
        async for value in source:
            result = execute(value)
            yield await result if hasattr(result, "__await__") else result
    finally:
        if hasattr(source, "aclose"):
            await source.aclose()
