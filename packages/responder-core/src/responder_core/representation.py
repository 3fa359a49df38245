"""Representations: the forms a response body can take, and how each becomes bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from responder_core.http.headers import encode_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.types import Header


@dataclass(slots=True, eq=False)
class Representation:
    """One form of body: the attribute that sets it, what it takes, and how it is encoded.

    Attributes:
        name: the attribute of the response, ``"text"``; for error messages.
        accepts: what it takes, in words; for error messages.
        media_type: the Content-Type that goes with it, or None.
        field: the same as a header field, made once.
        encode: turns the value into bytes.
    """

    name: str
    accepts: str
    media_type: str | None
    field: Header | None
    encode: Callable[[Any], bytes]


def content_type(media_type: str) -> Header:
    """A Content-Type field: ``"text/csv"`` → ``(b"content-type", b"text/csv; charset=utf-8")``.

    Text is always sent as UTF-8, so a text type without a charset says so.
    """
    lower = media_type.lower()
    if lower.startswith("text/") and "charset=" not in lower:
        media_type += "; charset=utf-8"
    return b"content-type", encode_value(media_type)


def load_json() -> None:
    """Import the JSON encoder: when an app is built, so that importing the framework is quick."""
    from responder_core.formats import json

    MEDIA.encode = PROBLEM.encode = json.encode


def _encode_first(value: object) -> bytes:
    load_json()
    return MEDIA.encode(value)


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
    name: str, accepts: str, media_type: str | None, encode: Callable[[Any], bytes]
) -> Representation:
    field = content_type(media_type) if media_type else None
    return Representation(name, accepts, media_type, field, encode)


NOTHING = _representation("nothing", "nothing", None, _encode_nothing)
TEXT = _representation("text", "a str", "text/plain", str.encode)
HTML = _representation("html", "a str", "text/html", str.encode)
CONTENT = _representation("content", "bytes or a str", "application/octet-stream", _encode_content)
MEDIA = _representation("media", "what JSON can hold", "application/json", _encode_first)
PROBLEM = _representation(
    "problem", "what JSON can hold", "application/problem+json", _encode_first
)


def _lengths(count: int) -> list[Header]:
    return [(b"content-length", b"%d" % length) for length in range(count)]


# Made once, since most answers are small; a longer body formats its own.
_SMALL = 2048
_CONTENT_LENGTHS = _lengths(_SMALL)


def content_length(length: int) -> Header:
    """A Content-Length field (RFC 9110 §8.6): ``5`` → ``(b"content-length", b"5")``."""
    return _CONTENT_LENGTHS[length] if length < _SMALL else (b"content-length", b"%d" % length)
