"""Representations: the forms a response body can take, and how each becomes bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from responder_core.http.headers import encode_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.types import Header


class Encoded(NamedTuple):
    """A body as bytes.

    Attributes:
        value, representation: what it was made from; for another body it says nothing.
        body: the bytes.
        field: the Content-Type that goes with it, or None.
        varies: whether the client's Accept chose the form.
    """

    value: Any
    representation: Representation
    body: bytes
    field: Header | None
    varies: bool


@dataclass(slots=True, eq=False)
class Representation:
    """One form of body: the attribute that sets it, what it takes, and how it is encoded.

    Attributes:
        name: the attribute of the response, ``"text"``; for error messages.
        accepts: what it takes, in words; for error messages.
        media_type: the Content-Type that goes with it, or None.
        field: the same as a header field, made once.
        encode: turns the value into bytes; None where that takes more than the value.
    """

    name: str
    accepts: str
    media_type: str | None
    field: Header | None
    encode: Callable[[Any], bytes] | None


@lru_cache(maxsize=256)
def content_type(media_type: str) -> Header:
    """A Content-Type field: ``"text/csv"`` → ``(b"content-type", b"text/csv; charset=utf-8")``.

    Text is always sent as UTF-8, so a text type without a charset says so.
    """
    lower = media_type.lower()
    if lower.startswith("text/") and "charset=" not in lower:
        media_type += "; charset=utf-8"
    return b"content-type", encode_value(media_type)


def _encode_nothing(_: object) -> bytes:
    return b""


def _encode_content(value: Any) -> bytes:  # noqa: ANN401 - checked here
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(cast("bytearray", value))
    raise TypeError(type(value).__name__)


def _representation(
    name: str,
    accepts: str,
    media_type: str | None,
    encode: Callable[[Any], bytes] | None = None,
) -> Representation:
    field = content_type(media_type) if media_type else None
    return Representation(name, accepts, media_type, field, encode)


NOTHING = _representation("nothing", "nothing", None, _encode_nothing)
TEXT = _representation("text", "a str", "text/plain", str.encode)
HTML = _representation("html", "a str", "text/html", str.encode)
CONTENT = _representation("content", "bytes or a str", "application/octet-stream", _encode_content)
MEDIA = _representation("media", "what the format can hold", "application/json")
PROBLEM = _representation("problem", "what the format can hold", "application/problem+json")
FILE = _representation("file", "a path", None)
STREAM = _representation("stream", "a generator function", None)
EVENTS = _representation("sse", "a generator function", "text/event-stream")


def _lengths(count: int) -> list[Header]:
    return [(b"content-length", b"%d" % length) for length in range(count)]


# Made once, since most answers are small; a longer body formats its own.
SMALL = 2048
LENGTHS = _lengths(SMALL)


def content_length(length: int) -> Header:
    """A Content-Length field (RFC 9110 §8.6): ``5`` → ``(b"content-length", b"5")``."""
    return LENGTHS[length] if length < SMALL else (b"content-length", b"%d" % length)
