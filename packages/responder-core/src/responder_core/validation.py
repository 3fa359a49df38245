"""Validation: from what a client sent to a value of an annotated type, or to what is wrong.

msgspec reads dataclasses, Structs, attrs classes, TypedDicts and everything plain; pydantic
reads its own, and is imported only then.
"""

from __future__ import annotations

import dataclasses
import re
import types
from functools import lru_cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Protocol,
    Union,
    cast,
    get_args,
    get_origin,
)

import msgspec

from responder_core.annotations import UNIONS, name_of, strip, uses_pydantic
from responder_core.errors import ViewError
from responder_core.texts import (
    InvalidValue,
    parse_bool,
    read_text,
    refuse_infinite,
    write_integers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from responder_core.texts import Location


_INTEGER = re.compile(r"[+-]?[0-9]{1,4300}")
# msgspec's names of what it expects, in words.
_WORDS = {
    "array": "an array",
    "bool": "true or false",
    "bytes": "a base64 string",
    "date": "a date",
    "datetime": "a date and time",
    "decimal": "a decimal number",
    "duration": "a duration",
    "float": "a number",
    "int": "an integer",
    "null": "null",
    "object": "an object",
    "str": "a string",
    "time": "a time",
    "uuid": "a UUID",
}
_EXPECTED = re.compile(r"Expected `([^`]+)`(, got .*)?(.*)", re.DOTALL)
# What msgspec says of a number with a fraction where an integer was expected.
_WHOLE = re.compile(r"Expected `[^`]*\bint\b[^`]*`, got `float`")
_PATH = re.compile(r" - at `(?:key` in `)?\$(.*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|(\[\.\.\.\])")
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
# Messages that say what was expected, and nothing of what was sent.
_SAFE = re.compile(
    r"Invalid (UUID|RFC3339 encoded \w+|base64 encoded string|decimal string|ISO8601 duration|"
    r"epoch timestamp)"
)


class Validator(Protocol):
    """Reads values of one type. Each method raises ``InvalidValue``.

    Attributes:
        type: the type, constraints included.
        parse_text: as ``from_text()`` of a str, as quick as it can be.
        decode: as ``from_json()``, as quick as it can be; it raises a ValueError of any kind
            where that raises, and may do so where that does not.
    """

    type: Any
    parse_text: Callable[[str], Any]
    decode: Callable[[bytes], Any]

    def from_json(self, content: bytes) -> Any:  # noqa: ANN401 - a value of the type
        """The value of a JSON text, straight from its bytes.

        Raises:
            ValueError: it is no JSON.
        """

    def from_value(self, value: Any) -> Any:  # noqa: ANN401
        """The value of what a format decoded: dicts, lists and what is in them."""

    def from_text(self, value: Any) -> Any:  # noqa: ANN401
        """The value of texts: a str, a list of them, or a dict of those."""


def make_validator(annotation: Any, constraints: Mapping[str, Any] | None = None) -> Validator:  # noqa: ANN401
    """What reads values of a type, within constraints: ``make_validator(int, {"ge": 1})``.

    Raises:
        ViewError: neither msgspec nor pydantic can read the type; the message says why.
    """
    if is_read_by_pydantic(annotation):
        from responder_core.pydantic_validation import PydanticValidator

        return PydanticValidator(annotation, constraints or {})
    return _MsgspecValidator(annotation, constraints or {})


def is_read_by_pydantic(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether pydantic reads a type: one of its own, or one that msgspec knows nothing of."""
    return uses_pydantic(annotation) or (_is_unknown(annotation) and _has_library("pydantic"))


@lru_cache(maxsize=256)
def validator_of(annotation: Any) -> Validator:  # noqa: ANN401 - any annotation
    """As ``make_validator()``, made once for each type."""
    return make_validator(annotation)


def _is_unknown(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether msgspec cannot read a type."""
    try:
        return _has_foreign(annotation)
    except TypeError:
        return True


def _has_library(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def _has_foreign(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether there are classes in a type that msgspec knows nothing of."""
    import msgspec.inspect as inspection

    pending: list[Any] = [inspection.type_info(annotation)]
    seen = set[int]()
    while pending:
        each = pending.pop()
        if isinstance(each, inspection.CustomType) or _has_private(each):
            return True
        if isinstance(each, (inspection.Type, inspection.Field)) and id(each) not in seen:
            seen.add(id(each))
            for name in each.__struct_fields__:
                value = getattr(each, name)
                pending += value if isinstance(value, tuple) else [value]
    return False


def _has_private(info: Any) -> bool:  # noqa: ANN401 - what msgspec tells of a type
    """Whether a class has fields that its own ``__init__`` does not take.

    msgspec would fill them with what the client sends.
    """
    cls = getattr(info, "cls", None)
    fields: Any = getattr(cls, "__attrs_attrs__", ())
    if dataclasses.is_dataclass(cls):
        fields = dataclasses.fields(cls)
    return any(not each.init for each in fields)


class _MsgspecValidator:
    """Reads a type by msgspec."""

    def __init__(self, annotation: Any, constraints: Mapping[str, Any]) -> None:  # noqa: ANN401
        self.type = constrained = _constrain(annotation, constraints)
        try:
            _refuse_foreign(constrained)
            self._decode = msgspec.json.Decoder(constrained).decode
        except (TypeError, AttributeError, NameError) as error:
            msg = f"{name_of(annotation)} cannot be read from a request: {error}"
            raise ViewError(msg) from error
        self._complete = _completer(constrained)
        self._parse = None if constraints else _PARSERS.get(strip(annotation))
        self.parse_text: Callable[[str], Any] = self._parse or self.from_text
        self.decode: Callable[[bytes], Any] = (
            self._decode if self._complete is None else self.from_json
        )

    def from_json(self, content: bytes) -> Any:  # noqa: ANN401
        try:
            found = self._decode(content)
        except msgspec.ValidationError as error:
            if not _WHOLE.search(str(error)):
                raise InvalidValue(_explain(error)) from error
            found = self._decode_integers(content)
        return found if self._complete is None else self._complete(found)

    def _decode_integers(self, content: bytes) -> Any:  # noqa: ANN401
        """As ``from_json()``, where a number like ``5.0`` stands for an integer."""
        try:
            return self._decode(write_integers(content))
        except msgspec.ValidationError as error:
            raise InvalidValue(_explain(error)) from error

    def from_value(self, value: Any) -> Any:  # noqa: ANN401
        return self._convert(value, strict=True)

    def _convert(self, value: Any, *, strict: bool) -> Any:  # noqa: ANN401
        try:
            found = msgspec.convert(value, self.type, strict=strict)
        except msgspec.ValidationError as error:
            raise InvalidValue(_explain(error)) from error
        except (ValueError, OverflowError) as error:  # A moment that no calendar has.
            raise InvalidValue(((), "is out of range")) from error
        return found if self._complete is None else self._complete(found)

    def from_text(self, value: Any) -> Any:  # noqa: ANN401
        if self._parse is not None:
            return self._parse(value)
        found = self._convert(read_text(value, self.type), strict=False)
        refuse_infinite(found, value)
        return found


def _constrain(annotation: Any, constraints: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """A type within bounds; of a union each member but None."""
    if not constraints:
        return annotation
    meta = msgspec.Meta(**constraints)
    if get_origin(strip(annotation)) in UNIONS:
        inner = tuple(
            each if each is types.NoneType else Annotated[each, meta]
            for each in get_args(strip(annotation))
        )
        return Union[inner]  # noqa: UP007 - from a tuple
    return Annotated[annotation, meta]


def _completer(annotation: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401
    """What gives decoded dataclasses their defaults as values of their own.

    msgspec leaves them to the class, where what encodes an instance does not look. None where
    there is no such dataclass.
    """
    import msgspec.inspect as inspection

    info = inspection.type_info(annotation)
    return _complete if "DataclassType(" in repr(info) else None


def _complete(value: Any) -> Any:  # noqa: ANN401 - any value
    """The same value, each dataclass in it with all its fields."""
    inner: Iterable[Any] = ()
    found: object = value
    if isinstance(found, (list, tuple, set, frozenset)):
        inner = cast("Iterable[Any]", found)
    elif isinstance(found, dict):
        inner = cast("Iterable[Any]", found.values())
    elif hasattr(value, "__dataclass_fields__"):
        names = list(value.__dataclass_fields__)
        inner = [getattr(value, name, None) for name in names]
        own = getattr(value, "__dict__", None)
        if own is not None:
            for name, each in zip(names, inner, strict=True):
                own.setdefault(name, each)
    elif hasattr(value, "__struct_fields__"):
        inner = [getattr(value, name) for name in value.__struct_fields__]
    for each in inner:
        _complete(each)
    return value


def _refuse_foreign(annotation: Any) -> None:  # noqa: ANN401
    if _has_foreign(annotation):
        msg = (
            "there are classes in it that are no models, or have fields with init=False; use a "
            "dataclass, a msgspec Struct or a pydantic model of its own"
        )
        raise TypeError(msg)


def _parse_int(value: str | int) -> int:
    # Most are short and nothing but digits, which is seen quicker without a pattern.
    if isinstance(value, int) or (len(value) < 19 and value.isascii() and value.isdigit()):
        return int(value)
    if _INTEGER.fullmatch(value):
        return int(value)
    raise InvalidValue(((), "must be an integer"))


_PARSERS: dict[Any, Callable[[Any], Any]] = {str: str, int: _parse_int, bool: parse_bool}


def _explain(error: msgspec.ValidationError) -> tuple[Location, str]:
    """What msgspec found wrong, without a word of what was sent."""
    text = str(error)
    location: list[str | int] = []
    path = _PATH.search(text)
    if path is not None:
        text = text[: path.start()]
        for step in _STEP.finditer(path[1]):
            if step[3]:
                break  # A key of the client's own.
            location.append(step[1] if step[1] is not None else int(step[2]))
    missing = _MISSING.fullmatch(text)
    if missing is not None:
        return (*location, missing[1]), "is required"
    return tuple(location), _say(text, error)


def _say(text: str, error: msgspec.ValidationError) -> str:
    cause = error.__cause__
    if isinstance(cause, (ValueError, TypeError)):
        return str(cause)  # The words of the program's own check.
    expected = _EXPECTED.fullmatch(text)
    if expected is not None:
        kinds = [_WORDS.get(kind, kind) for kind in expected[1].split(" | ")]
        return f"must be {' or '.join(kinds)}{expected[3]}"
    if _SAFE.fullmatch(text):
        return f"is no valid {text.removeprefix('Invalid ')}"
    if text.startswith("Object contains unknown field"):
        return "has a member that is not known"
    if text.startswith("Invalid enum value"):
        return "is none of the values allowed"
    return "is out of range" if "out of range" in text else "is not valid"
