"""Server-sent events: from what a program yields to the bytes of an event stream.

(WHATWG HTML §9.2, Server-sent events.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

KEEPALIVE = b": keepalive\n\n"
"""A comment, which clients pass over: it keeps proxies from closing a silent connection."""

# §9.2.5: these three end a line, and no other character does.
_LINE_END = re.compile(r"\r\n|\r|\n")
_UNFIT = re.compile(r"[\r\n\0]")


# Without slots: SSE[int](…) writes __orig_class__ on what it makes, which frozen dataclasses
# with slots answer with a TypeError before Python 3.13.
@dataclass(frozen=True)
class SSE(Generic[T]):
    """A server-sent event: ``yield SSE(data={"price": 3}, event="tick", id="17")``.

    Attributes:
        data: a str is sent as it is, line by line; anything else as JSON.
        event: the type, for ``addEventListener()``; without one it is ``"message"``.
        id: what a client that reconnects sends as ``Last-Event-ID``; ``""`` forgets it.
        retry: how long a client waits before it reconnects, in milliseconds.
        comment: text that clients pass over.
    """

    data: T | None = None
    event: str | None = None
    id: str | None = None
    retry: int | None = None
    comment: str | None = None


_FIELDS = frozenset(SSE.__dataclass_fields__)


def as_event(item: object) -> SSE[Any] | None:
    """An SSE, or a dict that has the keys of one and no others, as an SSE; else None."""
    if isinstance(item, SSE):
        return cast("SSE[Any]", cast("object", item))
    if isinstance(item, dict):
        fields = cast("dict[str, Any]", item)
        if fields and fields.keys() <= _FIELDS:
            return SSE(**fields)
    return None


def encode_event(item: object, encode_json: Callable[[Any], bytes]) -> bytes:
    r"""An event as it stands in the stream.

    ``SSE(data="a\nb", event="tick", id="7")`` → ``b"event: tick\nid: 7\ndata: a\ndata: b\n\n"``.
    A dict with only the keys of an SSE is one. Bytes are events already, and pass as they are.
    A str is data, and so is everything else, as JSON. Comments come first, then the fields in
    the order event, id, retry, data; whatever ends a line in data begins another line of data.

    Raises:
        ValueError: the type or the id has a line end or a NUL, so it would be cut off or add
            fields; the time to retry is no number of milliseconds; the event says nothing.
        TypeError: the type, the id or the comment is no str, or JSON has no form for the data.
    """
    if isinstance(item, bytes):
        return item
    if isinstance(item, str):
        if "\n" not in item and "\r" not in item:
            return f"data: {item}\n\n".encode()
        return _lines("data: ", item) + b"\n"
    event = as_event(item)
    if event is None:
        return _lines("data: ", _text(item, encode_json)) + b"\n"
    block = b""
    if event.comment is not None:
        block += _lines(": ", _checked("comment", event.comment))
    if event.event is not None:
        block += _field("event", event.event)
    if event.id is not None:
        block += _field("id", event.id)
    if event.retry is not None:
        block += b"retry: %d\n" % _milliseconds(event.retry)
    if event.data is not None:
        block += _lines("data: ", _text(event.data, encode_json))
    if not block:
        msg = "an event needs data, event, id, retry or comment; all of them are None"
        raise ValueError(msg)
    return block + b"\n"


def _text(data: object, encode_json: Callable[[Any], bytes]) -> str:
    if isinstance(data, str):
        return data
    return (data if isinstance(data, bytes) else encode_json(data)).decode("utf-8")


def _lines(name: str, text: str) -> bytes:
    """A field for each line of a text; one for an empty text."""
    if "\n" not in text and "\r" not in text:
        return f"{name}{text}\n".encode()
    return "".join([f"{name}{line}\n" for line in _LINE_END.split(text)]).encode()


def _field(name: str, value: object) -> bytes:
    text = str(value) if type(value) is int else _checked(name, value)
    if _UNFIT.search(text):
        msg = f"the {name} of an event is one line without NUL, not {value!r}"
        raise ValueError(msg)
    return f"{name}: {text}\n".encode()


def _checked(name: str, value: object) -> str:
    if not isinstance(value, str):
        msg = f"the {name} of an event is a str, not {value!r}"
        raise TypeError(msg)
    return value


def _milliseconds(retry: object) -> int:
    if isinstance(retry, bool) or not isinstance(retry, int) or retry < 0:
        msg = f"the retry of an event is an int of milliseconds, 0 or more, not {retry!r}"
        raise ValueError(msg)
    return retry
