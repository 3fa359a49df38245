"""Convertors: what a path parameter may look like, and its value in Python."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isinf
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable


class Convertor(Protocol):
    """What ``api.add_convertor()`` takes; Starlette's convertors are of this shape.

    Attributes:
        regex: what the text of a parameter looks like, without anchors or groups that capture.
    """

    @property
    def regex(self) -> str:
        """What the text of a parameter looks like."""
        ...

    def convert(self, value: str, /) -> Any:  # noqa: ANN401 - each convertor has its own
        """The value of a text that the regex matched; ValueError means that it does not match."""
        ...

    def to_string(self, value: Any, /) -> str:  # noqa: ANN401 - the reverse of convert()
        """The text of a value. The reverse of ``convert()``."""
        ...


class ParameterType:
    """A convertor made ready for the route table.

    Attributes:
        name: the word in a template, ``"int"``.
        rank: the more specific the lower; the route table tries types in this order.
        pattern: the regex, compiled.
        parse: the value of one segment's text, or None when it does not match.
        to_string: the text of a value.
        self_ending: whether the text ends by itself, at the first character that cannot be
            part of it.
    """

    __slots__ = ("name", "parse", "pattern", "rank", "self_ending", "to_string")

    def __init__(
        self,
        name: str,
        rank: int,
        regex: str,
        parse: Callable[[str], Any],
        to_string: Callable[[Any], str],
        *,
        self_ending: bool = False,
    ) -> None:
        self.self_ending: bool = self_ending
        self.name: str = name
        self.rank: int = rank
        self.pattern: re.Pattern[str] = re.compile(regex)
        self.parse: Callable[[str], Any] = parse
        self.to_string: Callable[[Any], str] = to_string

    def __repr__(self) -> str:
        return f"<ParameterType {self.name}>"


def _parse_str(text: str) -> str | None:
    return text or None


def _parse_int(text: str) -> int | None:
    # isdigit() alone would take digits of every script.
    if text.isascii() and text.isdigit():
        try:
            return int(text)
        except ValueError:  # More digits than Python converts (sys.int_info).
            return None
    return None


_FLOAT = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def _parse_float(text: str) -> float | None:
    if not _FLOAT.fullmatch(text):
        return None
    value = float(text)
    return None if isinf(value) else value


def _parse_uuid(text: str) -> UUID | None:
    return UUID(text) if _UUID.fullmatch(text) else None


def _float_text(value: float) -> str:
    # No exponent, which the pattern would not match: 1e-07 is written 0.0000001.
    return format(Decimal(repr(float(value))), "f")


def _int_text(value: object) -> str:
    # str() of an IntEnum is its name; anything but an int must match the pattern as it is.
    return str(int(value)) if isinstance(value, int) else str(value)


USER_RANK = 0
"""The rank of convertors that a program adds: they say most about their text."""

STR = ParameterType("str", 4, "[^/]+", _parse_str, str)
PATH = ParameterType("path", 5, ".+", _parse_str, str)

BUILT_IN: dict[str, ParameterType] = {
    "str": STR,
    "int": ParameterType("int", 1, "[0-9]+", _parse_int, _int_text, self_ending=True),
    "uuid": ParameterType("uuid", 2, _UUID.pattern, _parse_uuid, str, self_ending=True),
    "float": ParameterType("float", 3, _FLOAT.pattern, _parse_float, _float_text, self_ending=True),
    "path": PATH,
}


def parameter_type(name: str, convertor: Convertor) -> ParameterType:
    """A program's convertor, made ready for the route table.

    Raises:
        TypeError: the object lacks ``regex``, ``convert`` or ``to_string``.
        ValueError: the name is no identifier, or the regex does not compile.
    """
    for member in ("regex", "convert", "to_string"):
        if not hasattr(convertor, member):
            msg = f"convertor {name!r} needs regex, convert() and to_string(); it has no {member}"
            raise TypeError(msg)
    if not (name.isidentifier() and name.isascii()):
        msg = f"{name!r} is no convertor name; use ASCII letters, digits and underscores"
        raise ValueError(msg)
    try:
        fullmatch = re.compile(convertor.regex).fullmatch
    except re.error as error:
        msg = f"convertor {name!r}: the regex {convertor.regex!r} does not compile: {error}"
        raise ValueError(msg) from error
    convert = convertor.convert

    def parse(text: str) -> Any:  # noqa: ANN401 - the convertor's own
        if not fullmatch(text):
            return None
        try:
            return convert(text)
        except ValueError:
            return None

    return ParameterType(name, USER_RANK, convertor.regex, parse, convertor.to_string)
