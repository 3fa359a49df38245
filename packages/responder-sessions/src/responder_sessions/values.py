"""Values: what a session can hold, as JSON and back (RFC 8259), with no type lost.

Beside JSON's own kinds: datetime, date, time, timedelta, UUID, Decimal, bytes, set, frozenset,
tuple, integers of any size, and dicts whose keys are no text. Each of these is an object with one
member that names it: ``{"$date": "2026-11-21"}``.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

IMMUTABLE = frozenset(
    {str, int, float, bool, type(None), datetime, date, time, timedelta, UUID, Decimal, bytes}
)
"""The types whose values nobody can change in place."""

_PLAIN = frozenset({str, bool, type(None)})
# What the decoder reads as an int; a longer number would come back as a float.
_LEAST, _MOST = -(2**63), 2**63 - 1
# How deep values may nest. Reading takes a few frames of the stack for each level, and may begin
# far down in it: what can be written here can be read there. A body that the core parses fits in.
_DEEPEST = 128

_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder().decode


def encode(value: object) -> bytes:
    """A value as JSON: ``encode({1, 2})`` → ``b'{"$set":[1,2]}'``. The reverse of ``decode()``.

    Equal values give equal bytes, whatever the order of a set.

    Raises:
        TypeError: JSON has no form for it, NaN and infinities included; says for what. Or it is
            nested more than 128 deep.
    """
    if type(value) in _PLAIN:
        return _encode_plain(value)
    return _encode_plain(_pack(value, _DEEPEST))


def decode(content: bytes | msgspec.Raw) -> Any:  # noqa: ANN401 - whatever was kept
    """The value of what ``encode()`` gave.

    Raises:
        ValueError: it is no such text.
    """
    value = _read(content)
    return _unpack(value) if type(value) is dict or type(value) is list else value


def _encode_plain(value: object) -> bytes:
    try:
        return _write(value)
    except UnicodeEncodeError as error:
        msg = f"{error.object!r} is no text: it has a lone surrogate"
        raise TypeError(msg) from None


def _pack(value: object, room: int) -> Any:  # noqa: ANN401 - any value of JSON
    """A value of JSON's own kinds alone; *room* is how many levels it may have below it."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    known: Any = value
    if kind is int:
        return known if _LEAST <= known <= _MOST else {"$int": _digits(known)}
    if kind is float:
        if not isfinite(known):
            msg = f"JSON has no {value!r}"
            raise TypeError(msg)
        return known
    packer = _PACKERS.get(kind)
    if packer is not None:
        return {f"${kind.__name__}": packer(known)}
    if not room:
        msg = f"it is nested more than {_DEEPEST} deep, or contains itself"
        raise TypeError(msg)
    if kind is dict:
        return _pack_dict(known, room - 1)
    if kind is list:
        return _pack_all(known, room - 1)
    pack_many = _CONTAINERS.get(kind)
    if pack_many is not None:
        return {f"${kind.__name__}": pack_many(known, room - 1)}
    return _pack_subclass(known, room)


def _pack_dict(value: dict[Any, Any], room: int) -> Any:  # noqa: ANN401 - of one or another form
    if all(type(key) is str for key in value) and not _looks_tagged(value):
        return {key: _pack(each, room) for key, each in value.items()}
    return {"$dict": [[_pack(key, room), _pack(each, room)] for key, each in value.items()]}


def _looks_tagged(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith("$")


def _pack_subclass(value: Any, room: int) -> Any:  # noqa: ANN401 - any value
    """A value of a subclass, as what it is beneath: an IntEnum is an int."""
    for base, convert in _BASES.items():
        if isinstance(value, base):
            return _pack(convert(value), room)
    msg = (
        f"JSON has no form for {type(value).__qualname__}; keep a dict, a list, a text, a number, "
        "or the key of what is kept elsewhere"
    )
    raise TypeError(msg)


def _moment(value: datetime) -> datetime:
    return datetime.combine(value.date(), value.timetz())


# By the methods of these themselves: str() of an Enum is not its value. What drivers of databases
# and libraries of dates give is of such classes; a datetime is a date, too, so it comes first.
_BASES: dict[type[Any], Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    list: list,
    dict: dict,
    UUID: lambda value: UUID(int=value.int),
    datetime: _moment,
    date: lambda value: date(value.year, value.month, value.day),
    timedelta: lambda value: timedelta(value.days, value.seconds, value.microseconds),
    Decimal: lambda value: Decimal(value.as_tuple()),
}


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError as error:  # Python's own limit.
        raise TypeError(str(error)) from None


def _pack_all(values: Any, room: int) -> list[Any]:  # noqa: ANN401 - any iterable
    return [_pack(each, room) for each in values]


def _pack_sorted(values: Any, room: int) -> list[Any]:  # noqa: ANN401 - any iterable
    # Sets have no order of their own; with one, equal sets are equal texts.
    return sorted(_pack_all(values, room), key=_encode_plain)


_PACKERS: dict[type, Callable[[Any], Any]] = {
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: lambda value: [value.days, value.seconds, value.microseconds],
    UUID: str,
    Decimal: str,
    bytes: lambda value: b64encode(value).decode("ascii"),
    bytearray: lambda value: b64encode(value).decode("ascii"),
}
_CONTAINERS: dict[type, Callable[[Any, int], Any]] = {
    set: _pack_sorted,
    frozenset: _pack_sorted,
    tuple: _pack_all,
}


def _unpack(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    if type(value) is list:
        return list(map(_unpack, cast("Iterable[Any]", value)))
    if type(value) is not dict:
        return value
    members = cast("dict[str, Any]", value)
    if len(members) == 1:
        ((name, content),) = members.items()
        unpacker = _UNPACKERS.get(name)
        if unpacker is not None:
            return unpacker(content)
    return {key: _unpack(each) for key, each in members.items()}


_UNPACKERS: dict[str, Callable[[Any], Any]] = {
    # Python 3.10 does not read the Z, which other programs write.
    "$datetime": lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")),
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$timedelta": lambda parts: timedelta(*parts),
    "$UUID": UUID,
    "$Decimal": Decimal,
    "$bytes": b64decode,
    "$bytearray": lambda text: bytearray(b64decode(text)),
    "$set": lambda values: set(map(_unpack, values)),
    "$frozenset": lambda values: frozenset(map(_unpack, values)),
    "$tuple": lambda values: tuple(map(_unpack, values)),
    "$int": int,
    "$dict": lambda pairs: {_unpack(key): _unpack(each) for key, each in pairs},
}
