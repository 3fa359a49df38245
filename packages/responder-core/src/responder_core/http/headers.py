"""Header fields, case-insensitive (RFC 9110 §5): of a request, and of a response."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, overload

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from responder_core.types import Header

T = TypeVar("T")

# RFC 9110 §5.6.2: a field name is a token.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 §5.5: control characters but the tab never travel in a value; a space takes their
# place. Servers refuse a response that has one.
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@lru_cache(maxsize=512)
def encode_name(name: str) -> bytes:
    """A field name as bytes in lower case: ``"X-Tag"`` → ``b"x-tag"``.

    Raises:
        ValueError: the name is no token (RFC 9110 §5.1).
    """
    if not _TOKEN.fullmatch(name):
        msg = f"{name!r} is no header name; use letters, digits and hyphens"
        raise ValueError(msg)
    return name.lower().encode("ascii")


def encode_value(value: object) -> bytes:
    """A field value as bytes that cannot start another line.

    Control characters become spaces, as RFC 9110 §5.5 allows; what Latin-1 lacks is sent as UTF-8,
    opaque to HTTP.

    Raises:
        TypeError: the value is not a str.
    """
    if not isinstance(value, str):
        msg = f"a header value is a str, not {value!r}; write str(value)"
        raise TypeError(msg)
    if not value.isprintable():
        value = _CONTROLS.sub(" ", value)
    value = value.strip(" \t")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


class _Lookup(Headers):
    """How both kinds are read: any text may be asked for, and the last value counts."""

    def __getitem__(self, key: str) -> str:
        name = key.lower().encode("latin-1", "replace")
        for field, value in reversed(self._list):
            if field == name:
                return value.decode("latin-1")
        raise KeyError(key)

    @overload
    def get(self, key: str, /) -> str | None: ...
    @overload
    def get(self, key: str, /, default: str | T) -> str | T: ...
    def get(self, key: str, /, default: str | T | None = None) -> str | T | None:
        """The last value of a field, or the default."""
        name = key.lower().encode("latin-1", "replace")
        for field, value in reversed(self._list):
            if field == name:
                return value.decode("latin-1")
        return default

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def get_list(self, key: str, default: list[str] | None = None) -> list[str]:
        """Every value of a field in the order they came, or the default (``[]``)."""
        name = key.lower().encode("latin-1", "replace")
        values = [value.decode("latin-1") for field, value in self._list if field == name]
        return values or (default if default is not None else [])


class RequestHeaders(_Lookup):
    """The header fields of a request: read-only, names in any case.

    ``headers["Accept"]`` and ``headers["accept"]`` are one. A repeated field gives its last
    value; ``get_list`` gives all of them.
    """


class ResponseHeaders(_Lookup, MutableHeaders):
    """The header fields of a response: names in any case, values made safe to send.

    ``headers["X-Tag"] = "blue"`` sets the only field of that name; ``append`` adds one more.

    Raises:
        ValueError: a name is no token.
        TypeError: a value is not a str.
    """

    def __init__(self, fields: Iterable[Header] = ()) -> None:
        """Begin with fields that are encoded already, as ``extend()`` takes them."""
        self._list: list[Header] = [*fields]  # As Starlette's, without its ways to fill it.

    @property
    def fields(self) -> list[Header]:
        """The fields as they will be sent; a list of the caller's own."""
        return self._list.copy()

    def has(self, name: bytes) -> bool:
        """Whether there is a field of a name in lower case, as ``has(b"etag")``."""
        for field, _ in self._list:  # noqa: SIM110 - quicker than any()
            if field == name:
                return True
        return False

    def __setitem__(self, key: str, value: str) -> None:
        name, content = encode_name(key), encode_value(value)
        found = [index for index, field in enumerate(self._list) if field[0] == name]
        if not found:
            self._list.append((name, content))
            return
        for index in reversed(found[1:]):
            del self._list[index]
        self._list[found[0]] = (name, content)

    def append(self, key: str, value: str) -> None:
        """Add a field beside those of the same name, as ``Link`` or ``Set-Cookie`` may have."""
        self._list.append((encode_name(key), encode_value(value)))

    def extend(self, fields: Iterable[Header]) -> None:
        """Add fields that are encoded already: names in lower case, values without controls.

        For who has made them as bytes, and knows that none of these names is there yet.
        """
        self._list.extend(fields)

    def setdefault(self, key: str, value: str) -> str:
        """The value of a field, which is set when it is missing."""
        if key not in self:
            self[key] = value
        return self[key]

    def update(self, other: Mapping[str, str]) -> None:
        """Set each field of a mapping."""
        for key, value in other.items():
            self[key] = value

    def pop(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as dict.pop
        """Remove a field; its value, or the default."""
        value = self.get(key, default)
        if key in self:
            del self[key]
        return value

    def copy_fields(self, other: ResponseHeaders) -> None:
        """Take the fields of another response, repeated ones too."""
        self._list = other.fields

    def discard(self, names: frozenset[bytes]) -> None:
        """Remove the fields of these names (lower-case bytes)."""
        self._list = [field for field in self._list if field[0] not in names]
