"""Texts: what clients write for values, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Any, TypeAlias, cast

from responder_core.annotations import is_optional, members

Location: TypeAlias = "tuple[str | int, ...]"
"""Where in a value something is: ``("items", 0, "price")``."""

_BOOLEANS = {
    **dict.fromkeys(("true", "1", "on", "yes"), True),
    **dict.fromkeys(("false", "0", "off", "no"), False),
}
_MINUTES = re.compile(r"(?:^|[T ])\d\d:\d\d$", re.ASCII)


class InvalidValue(ValueError):  # noqa: N818 - what was found, not what went wrong in the program
    """Raised when a value is not of the type that was asked for.

    Attributes:
        findings: where in the value, and what is wrong there. Nothing in them repeats it.
    """

    def __init__(self, *findings: tuple[Location, str]) -> None:
        super().__init__(*findings)
        self.findings = findings


def read_text(text: Any, annotation: Any) -> Any:  # noqa: ANN401
    """A text as msgspec reads it, where people and browsers write it otherwise.

    A checked box is sent as ``on``, and a time without its seconds. No text stands for None.
    """
    if not isinstance(text, str):
        return text
    kinds = members(annotation)
    if text.lower() == "null" and is_optional(annotation) and not {str, bytes, Any} & {*kinds}:
        return f"{text} "  # msgspec would take the word for None; this it refuses.
    if bool in kinds:
        return _BOOLEANS.get(text.lower(), text)
    if (dt.time in kinds or dt.datetime in kinds) and _MINUTES.search(text):
        return f"{text}:00"
    return text


def refuse_infinite(value: object, text: object) -> None:
    """Refuse numbers that are none, of a parameter or of the fields of a model.

    Raises:
        InvalidValue: there is one.
    """
    if not _is_finite(value):
        raise InvalidValue(((), "must be a finite number"))
    if isinstance(text, dict):
        table = cast("dict[str, Any]", value) if isinstance(value, dict) else None
        for name in cast("dict[str, Any]", text):
            found: object = getattr(value, name, None) if table is None else table.get(name)  # pyright: ignore[reportUnknownArgumentType]
            if not _is_finite(found):
                raise InvalidValue(((name,), "must be a finite number"))


def _is_finite(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(_is_finite, cast("list[object]", value)))
    return True


# A string of JSON, passed over as it is; or a number with a fraction or an exponent.
_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?')


def write_integers(content: bytes) -> bytes:
    """JSON whose numbers without a fraction are written as integers: ``[5.0]`` → ``[5]``.

    They are integers as they are (JSON Schema 2020-12, core §4.2.3), whatever wrote them so.
    """
    return _NUMBER.sub(_write_integer, content)


def _write_integer(found: re.Match[bytes]) -> bytes:
    text = found[0]
    if text.startswith(b'"') or text.lstrip(b"-").isdigit():
        return text
    value = Decimal(text.decode("ascii"))
    if value != value.to_integral_value() or abs(value) >= _LARGEST:
        return text
    return b"%d" % int(value)


# What JSON has for integers beyond this, others may have rounded.
_LARGEST = 2**63


def parse_bool(value: str) -> bool:
    """A text as a truth value: ``"on"`` → True.

    Raises:
        InvalidValue: it is none.
    """
    found = _BOOLEANS.get(value.lower())
    if found is None:
        raise InvalidValue(((), "must be true or false"))
    return found
