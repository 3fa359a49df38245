"""Items: what a program yields, whatever it yields them from, one after the other."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from functools import partial
from types import GeneratorType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from anyio import CancelScope

from responder_core.threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from typing_extensions import Self

_END = object()
# Collections whose items are in memory; those of a database may have to be fetched first.
_READY = (list, tuple, set, frozenset, range, deque)


class Items(Protocol):
    """What a program yields: iterated once, and closed always.

    Attributes:
        waits: whether the next item may be long in coming.
    """

    waits: ClassVar[bool]

    def __aiter__(self) -> Self: ...
    async def __anext__(self) -> Any:  # noqa: ANN401 - whatever the program yields
        """The next item; StopAsyncIteration after the last."""

    async def aclose(self) -> None:
        """End what yields them: its ``finally`` blocks run. A second time it does nothing."""


class _AsyncItems:
    """The items of an asynchronous iterator."""

    __slots__ = ("_iterator",)

    waits: ClassVar[bool] = True

    def __init__(self, iterator: AsyncIterator[Any]) -> None:
        self._iterator = iterator

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Any:  # noqa: ANN401 - the awaitable of the iterator itself
        return self._iterator.__anext__()

    async def aclose(self) -> None:
        close = getattr(self._iterator, "aclose", None)
        if close is None:
            return
        try:
            await close()
        except BaseException as exc:
            if not _is_exit(exc):
                raise


def _is_exit(exc: BaseException) -> bool:
    """Whether it is what closes a generator, wrapped by a task group that stood open there."""
    inner: tuple[BaseException, ...] = getattr(exc, "exceptions", ())
    return isinstance(exc, GeneratorExit) or (bool(inner) and all(map(_is_exit, inner)))


class _ThreadedItems:
    """The items of a synchronous iterator, which runs in worker threads, one step at a time."""

    __slots__ = ("_iterator",)

    waits: ClassVar[bool] = True

    def __init__(self, iterator: Iterator[Any]) -> None:
        self._iterator = iterator

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401 - whatever the program yields
        item = await run_in_thread(next, self._iterator, _END)
        if item is _END:
            raise StopAsyncIteration
        return item

    async def aclose(self) -> None:
        iterator = self._iterator
        close: Callable[[], object] | None = getattr(iterator, "close", None)
        if close is None:
            return
        if isinstance(iterator, GeneratorType) and (
            inspect.getgeneratorstate(cast("Any", iterator)) != inspect.GEN_SUSPENDED
        ):
            close()  # It has not begun or is over: nothing of it runs.
            return
        # A thread that is asked for while the request is cancelled would never start.
        with CancelScope(shield=True):
            await run_in_thread(close)


class _ReadyItems:
    """The items of a list and its like: they are there, so no thread has to wait for them."""

    __slots__ = ("_iterator",)

    waits: ClassVar[bool] = False

    def __init__(self, collection: Iterable[Any]) -> None:
        self._iterator = iter(collection)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401 - whatever the program yields
        item = next(self._iterator, _END)
        if item is _END:
            raise StopAsyncIteration
        return item

    async def aclose(self) -> None:
        self._iterator = iter(())


def open_items(source: object) -> Items | None:
    """What iterates over a source; None when it is none.

    A source is an iterable or an asynchronous one. Text, bytes and mappings are values, not
    sources.
    """
    value: Any = source  # So that both checkers take it for an iterable of anything.
    if isinstance(source, AsyncIterable):
        return _AsyncItems(value.__aiter__())
    if isinstance(source, (str, bytes, bytearray, memoryview, Mapping)):
        return None
    if isinstance(source, _READY):
        return _ReadyItems(value)
    if isinstance(source, Iterable):
        return _ThreadedItems(iter(value))
    return None


def call_generator(
    where: str, function: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
) -> Items:
    """The items of a generator function, called with these arguments, or of a source.

    *where* is how an error message names the place.

    Raises:
        TypeError: it is neither, or the function takes other arguments.
    """
    called = is_generator_function(function)
    if called:
        function = cast("Callable[..., object]", function)(*args, **(kwargs or {}))
    if not callable(function):
        items = open_items(function)
        if items is not None:
            if not called and (args or kwargs):
                msg = (
                    f"{where} takes arguments for a generator function, not for a {_kind(function)}"
                )
                raise TypeError(msg)
            return items
    name = getattr(function, "__qualname__", None)
    what = f"the function {name}, which has no yield" if name else f"{_kind(function)}"
    msg = f"{where} takes a generator function or what one returns, not {what}; write yield in it"
    raise TypeError(msg)


def is_generator_function(function: object) -> bool:
    """Whether calling a function, a partial or a callable object gives a generator."""
    while isinstance(function, partial):
        inner: object = function.func
        function = inner
    candidates = (function, getattr(function, "__call__", None))  # noqa: B004
    return any(
        inspect.isgeneratorfunction(item) or inspect.isasyncgenfunction(item) for item in candidates
    )


def _kind(value: object) -> str:
    return type(value).__qualname__
