"""Shapes: what the values of a type are, where a look at them tells that they are all right.

A Struct of texts, numbers and other Structs is one: where each field is exactly what the type
says, the value is written as what would be read of that, and needs not be read to know it. Most
types have none, as a table that may hold anything, or a class with a check of its own.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from math import inf, nextafter
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import msgspec.inspect as inspection

if TYPE_CHECKING:
    from collections.abc import Callable

    # One of the ways a value may be: its kind; a class, or the texts that it may be; the least and
    # the most of it; and what is inside, the ways of the items or the fields with theirs.
    Way: TypeAlias = "tuple[int, Any, float, float, Any]"
    Shape: TypeAlias = "tuple[Way, ...]"

# As in _speedups.c.
_STR, _INT, _FLOAT, _BOOL, _NONE, _CLASS, _LIST, _STRUCT = range(8)
_LEAST, _MOST = -(2**63), 2**63 - 1
_LONGEST, _LARGEST = sys.maxsize, sys.float_info.max
_EXACT: dict[type, type] = {
    inspection.DateType: date,
    inspection.UUIDType: UUID,
}


class _ShapelessError(Exception):
    """Raised where a look at a value does not tell enough."""


def find_shape(kind: Any) -> Shape | None:  # noqa: ANN401 - any annotation
    """The shape of a type's values, or None: of ``list[Item]`` for a Struct of texts and numbers.

    It is a tuple of the ways in which a value may be, ``(kind, held, least, most, inside)``.
    """
    try:
        return _shape(inspection.type_info(kind), ())
    except (_ShapelessError, TypeError, NameError):
        return None


def _shape(info: inspection.Type, above: tuple[type, ...]) -> Shape:
    """The ways of what msgspec tells of a type, which is inside of the classes *above*."""
    while isinstance(info, inspection.Metadata):
        info = info.type
    if isinstance(info, inspection.UnionType):
        return tuple(_way(each, above) for each in info.types)
    return (_way(info, above),)


def _way(info: inspection.Type, above: tuple[type, ...]) -> Way:
    if isinstance(info, inspection.StrType) and info.pattern is None:
        return _STR, None, *_lengths(info), None
    if isinstance(info, inspection.LiteralType) and all(type(each) is str for each in info.values):
        return _STR, frozenset(info.values), 0, _LONGEST, None
    if isinstance(info, inspection.IntType) and info.multiple_of is None:
        return _INT, None, *_whole_bounds(info), None
    if isinstance(info, inspection.FloatType) and info.multiple_of is None:
        return _FLOAT, None, *_bounds(info), None
    if isinstance(info, inspection.BoolType):
        return _BOOL, None, 0, 0, None
    if isinstance(info, inspection.NoneType):
        return _NONE, None, 0, 0, None
    if isinstance(info, inspection.DateTimeType) and info.tz is None:
        return _CLASS, datetime, 0, 0, None
    if type(info) in _EXACT:
        return _CLASS, _EXACT[type(info)], 0, 0, None
    if isinstance(info, inspection.ListType):
        return _LIST, None, *_lengths(info), _shape(info.item_type, above)
    if isinstance(info, inspection.StructType):
        return _STRUCT, info.cls, 0, 0, _fields(info, above)
    raise _ShapelessError


def _fields(info: inspection.StructType, above: tuple[type, ...]) -> tuple[tuple[str, Shape], ...]:
    # One that holds itself has no end; one with a check of its own may change what is read.
    if info.cls in above or hasattr(info.cls, "__post_init__"):
        raise _ShapelessError
    within = (*above, info.cls)
    return tuple((field.name, _shape(field.type, within)) for field in info.fields)


def _lengths(info: inspection.StrType | inspection.ListType) -> tuple[int, int]:
    most = _LONGEST if info.max_length is None else info.max_length
    return info.min_length or 0, min(most, _LONGEST)


def _whole_bounds(info: inspection.IntType) -> tuple[float, float]:
    least = _among(max, _LEAST, info.ge, None if info.gt is None else info.gt + 1)
    most = _among(min, _MOST, info.le, None if info.lt is None else info.lt - 1)
    return least, most


def _bounds(info: inspection.FloatType) -> tuple[float, float]:
    """Bounds of numbers that JSON has: one without end is none of them."""
    least = _among(max, -_LARGEST, info.ge, None if info.gt is None else nextafter(info.gt, inf))
    most = _among(min, _LARGEST, info.le, None if info.lt is None else nextafter(info.lt, -inf))
    return float(least), float(most)


def _among(choose: Callable[..., float], *bounds: float | None) -> float:
    found: float = choose(each for each in bounds if each is not None)
    return found
