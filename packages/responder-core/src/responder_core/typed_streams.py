"""Typed streams: views that yield items of one type, as events or as lines of JSON."""

from __future__ import annotations

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from responder_core.errors import Problem, ViewError
from responder_core.hooks import describe
from responder_core.http.events import SSE
from responder_core.items import is_generator_function, open_items
from responder_core.representation import EVENTS, STREAM
from responder_core.streams import EventStream, check_heartbeat, json_encoder
from responder_core.threads import is_async
from responder_core.worker_threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from responder_core.items import Items
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.types import Endpoint

NDJSON = "application/x-ndjson"

# What an annotation of a view may say that its items come in.
_STREAMS = frozenset(
    {
        AsyncGenerator,
        AsyncIterable,
        AsyncIterator,
        Collection,
        Generator,
        Iterable,
        Iterator,
        Sequence,
        list,
    }
)


class StreamedView:
    """A view whose items are streamed; in a route it stands for the function it calls.

    Attributes:
        kind: how the items are sent, as events or as lines of JSON.
        model: the type of the items, or of the data of the events.
    """

    def __init__(
        self,
        function: Endpoint,
        kind: Literal["sse", "ndjson"],
        model: object,
        *,
        heartbeat: float | None = None,
        threaded: bool = True,
    ) -> None:
        candidate: object = function
        if not callable(candidate) or inspect.isclass(candidate):
            msg = f"{kind}() takes a function that yields items, not {function!r}"
            raise ViewError(msg)
        self.kind = kind
        self.model: object = model if model is not None else _find_model(function, kind)
        self._heartbeat = check_heartbeat(heartbeat)
        self._convert = make_converter(self.model, function)
        self._function = function
        self._awaits = is_async(function)
        self._threaded = threaded and not self._awaits and not is_generator_function(function)
        # What names and describes a view finds the function by these.
        self.__wrapped__ = function
        self.__name__: str = getattr(function, "__name__", type(function).__name__)
        self.__doc__ = function.__doc__

    def __eq__(self, other: object) -> bool:
        return other is self or other == self._function

    def __hash__(self) -> int:
        return hash(self._function)

    async def __call__(self, req: Request, resp: Response, /, **params: Any) -> None:  # noqa: ANN401
        """Call the function, and let the response send the items."""
        if self._threaded:
            result = await run_in_thread(partial(self._function, req, resp, **params))
        else:
            result = self._function(req, resp, **params)
            if self._awaits:
                result = await cast("Any", result)
        if result is None and resp.status_code is not None:
            return  # It answered otherwise.
        items = open_items(result)
        if items is None:
            msg = (
                f"view {describe(self._function)} returned {type(result).__qualname__}; "
                "yield items, or return something to iterate over"
            )
            raise ViewError(msg)
        if resp.status_code is not None and resp.status_code >= 400:
            await items.aclose()
        elif self.kind == "ndjson":
            resp.own_body = Lines(items, self._convert, resp)
            resp.representation = STREAM
            resp.mimetype = resp.mimetype or NDJSON
        else:
            resp.own_body = EventStream(
                items, req=req, heartbeat=self._heartbeat, convert=self._event
            )
            resp.representation = EVENTS

    def _event(self, item: object) -> SSE[Any]:
        """An item as an event, its data converted."""
        if not isinstance(item, SSE):
            return SSE(data=self._convert(item))
        event = cast("SSE[Any]", cast("object", item))
        if event.data is None:
            return event
        return SSE(
            data=self._convert(event.data),
            event=event.event,
            id=event.id,
            retry=event.retry,
            comment=event.comment,
        )


class Lines:
    """Items as lines of JSON: a ``BodySource``, what a view of ``ndjson()`` sends."""

    __slots__ = ("_convert", "_encode_json", "_items", "_resp", "path", "prompt", "waits")

    def __init__(self, items: Items, convert: Callable[[Any], Any], resp: Response) -> None:
        self._items = items
        self._convert = convert
        self._resp: Response | None = resp
        self._encode_json = json_encoder(resp.req)
        self.path: str | None = None
        self.prompt: bool = False
        self.waits: bool = items.waits

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        item = await self._items.__anext__()
        resp, self._resp = self._resp, None
        if resp is not None and resp.status_code is not None and resp.status_code >= 400:
            raise Problem(resp.status_code)
        line = self._encode_json(self._convert(item))
        # A line break can only stand between the tokens of JSON, never in them (RFC 8259 §7).
        return line.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"

    async def aclose(self) -> None:
        """End what yields the items."""
        await self._items.aclose()


def _find_model(function: Endpoint, kind: str) -> object:
    """The type of the items, from the annotation of what a view returns.

    ``AsyncIterator[Tick]`` → ``Tick``, and so does ``Iterator[SSE[Tick]]``.

    Raises:
        ViewError: there is none, or it does not tell.
    """
    keyword = "event_model" if kind == "sse" else "item_model"
    try:
        annotation = get_type_hints(function, include_extras=True).get("return")
    except Exception as error:
        msg = (
            f"the annotations of view {describe(function)} cannot be read: {error}; "
            f"write {kind}(..., {keyword}=Item)"
        )
        raise ViewError(msg) from error
    inner = get_args(annotation)
    if get_origin(annotation) in _STREAMS and inner:
        model = inner[0]
        if get_origin(model) is SSE:
            model = get_args(model)[0]
        # A bare SSE, or a type variable, tells nothing.
        if model is not SSE and not isinstance(model, TypeVar):
            return model
    msg = (
        f"view {describe(function)} does not tell what it yields; write "
        f"-> AsyncIterator[Item], or {kind}(..., {keyword}=Item)"
    )
    raise ViewError(msg)


def make_converter(model: object, function: Endpoint) -> Callable[[Any], Any]:
    """What makes an item of a model from what a view yields, and refuses what is none.

    Dicts become dataclasses, Structs, attrs and pydantic classes. What a class has beyond the
    model, as a subclass does, is left out.
    """
    if model is Any:
        return _as_it_is
    convert = _pydantic_converter(model) if _is_pydantic(model) else _plain_converter(model)

    def convert_item(item: Any) -> Any:  # noqa: ANN401 - whatever the view yields
        try:
            return convert(item)
        except (TypeError, ValueError) as error:
            name = getattr(model, "__qualname__", str(model))
            msg = f"view {describe(function)} yielded what is no {name}: {error}"
            raise ViewError(msg) from error

    return convert_item


def _as_it_is(item: Any) -> Any:  # noqa: ANN401 - whatever the view yields
    return item


def _plain_converter(model: object) -> Callable[[Any], Any]:
    import msgspec

    # These stay what they are; JSON would make text of them, which is then no such value.
    kinds = (bytes, bytearray, datetime, date, time, timedelta, Decimal, UUID)
    to_builtins = partial(msgspec.to_builtins, builtin_types=kinds)
    convert = partial(msgspec.convert, type=model, builtin_types=kinds)
    return lambda item: convert(to_builtins(item))


def _is_pydantic(model: object) -> bool:
    """Whether a type is a pydantic model, or has one in it: ``list[Model]``, ``A | B``."""
    return hasattr(model, "__pydantic_core_schema__") or any(map(_is_pydantic, get_args(model)))


def _pydantic_converter(model: object) -> Callable[[Any], Any]:
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", model))
    return partial(adapter.validate_python, from_attributes=True)
