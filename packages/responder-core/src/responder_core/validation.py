"""Validation: from what a client sent to a value of an annotated type, or to what is wrong.

msgspec reads dataclasses, Structs, attrs classes, TypedDicts and everything plain; pydantic
reads its own, and is imported only then.
"""

from __future__ import annotations

import math
import re
import types
from decimal import Decimal
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Protocol,
    TypeAlias,
    Union,
    cast,
    get_args,
    get_origin,
)

import msgspec

from responder_core.annotations import UNIONS, members, name_of, strip, uses_pydantic
from responder_core.errors import ViewError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Location: TypeAlias = "tuple[str | int, ...]"

_BOOLEANS = {
    **dict.fromkeys(("true", "1", "on", "yes"), True),
    **dict.fromkeys(("false", "0", "off", "no"), False),
}
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
_PATH = re.compile(r" - at `(?:key` in `)?\$(.*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|(\[\.\.\.\])")
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
# Messages that say what was expected, and nothing of what was sent.
_SAFE = re.compile(
    r"Invalid (UUID|RFC3339 encoded \w+|base64 encoded string|decimal string|ISO8601 duration|"
    r"epoch timestamp)"
)
# pydantic's messages of these kinds repeat what was sent.
_ECHOING = {
    "extra_forbidden": "has a member that is not known",
    "union_tag_invalid": "is of none of the kinds allowed",
    "json_type": "must be JSON text",
}


class InvalidValue(ValueError):  # noqa: N818 - what was found, not what went wrong in the program
    """Raised when a value is not of the type that was asked for.

    Attributes:
        findings: where in the value, and what is wrong there. Nothing in them repeats it.
    """

    def __init__(self, *findings: tuple[Location, str]) -> None:
        super().__init__(*findings)
        self.findings = findings


class Validator(Protocol):
    """Reads values of one type. Each method raises ``InvalidValue``.

    Attributes:
        type: the type, constraints included.
    """

    type: Any

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
    if uses_pydantic(annotation) or (_is_unknown(annotation) and _has_library("pydantic")):
        return _PydanticValidator(annotation, constraints or {})
    return _MsgspecValidator(annotation, constraints or {})


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
        if isinstance(each, inspection.CustomType):
            return True
        if isinstance(each, (inspection.Type, inspection.Field)) and id(each) not in seen:
            seen.add(id(each))
            for name in each.__struct_fields__:
                value = getattr(each, name)
                pending += value if isinstance(value, tuple) else [value]
    return False


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
        kinds = [strip(each) for each in _leaves(constrained)]
        self._finite = float in kinds or Decimal in kinds
        self._parse = None if constraints else _PARSERS.get(strip(annotation))

    def from_json(self, content: bytes) -> Any:  # noqa: ANN401
        try:
            return self._decode(content)
        except msgspec.ValidationError as error:
            raise InvalidValue(_explain(error)) from error

    def from_value(self, value: Any) -> Any:  # noqa: ANN401
        try:
            return msgspec.convert(value, self.type)
        except msgspec.ValidationError as error:
            raise InvalidValue(_explain(error)) from error

    def from_text(self, value: Any) -> Any:  # noqa: ANN401
        if self._parse is not None:
            return self._parse(value)
        try:
            found = msgspec.convert(_booleans(value, self.type), self.type, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidValue(_explain(error)) from error
        if self._finite and not _is_finite(found):
            raise InvalidValue(((), "must be a finite number"))
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


def _leaves(annotation: Any) -> Iterator[Any]:  # noqa: ANN401
    """The plain types in a type."""
    args = get_args(strip(annotation))
    if args:
        for each in args:
            yield from _leaves(each)
    else:
        yield annotation


def _booleans(value: Any, annotation: Any) -> Any:  # noqa: ANN401
    """A text as a truth value where that is asked for: a checked box is sent as ``on``."""
    if isinstance(value, str) and bool in members(annotation):
        return _BOOLEANS.get(value.lower(), value)
    return value


def _is_finite(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(_is_finite, cast("list[object]", value)))
    return True


def _refuse_foreign(annotation: Any) -> None:  # noqa: ANN401
    if _has_foreign(annotation):
        msg = (
            "there are classes in it that are no models; use a dataclass, a msgspec Struct or a "
            "pydantic model"
        )
        raise TypeError(msg)


def _parse_str(value: str) -> str:
    return value


def _parse_int(value: str | int) -> int:
    if isinstance(value, int) or _INTEGER.fullmatch(value):
        return int(value)
    raise InvalidValue(((), "must be an integer"))


def _parse_bool(value: str) -> bool:
    found = _BOOLEANS.get(value.lower())
    if found is None:
        raise InvalidValue(((), "must be true or false"))
    return found


_PARSERS: dict[Any, Callable[[Any], Any]] = {str: _parse_str, int: _parse_int, bool: _parse_bool}


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


class _PydanticValidator:
    """Reads a type by pydantic."""

    def __init__(self, annotation: Any, constraints: Mapping[str, Any]) -> None:  # noqa: ANN401
        try:
            import pydantic
        except ImportError as error:  # pragma: no cover - its own types are there without it
            msg = "pydantic's types need pydantic: pip install 'responder-core[pydantic]'"
            raise ViewError(msg) from error
        field: Any = pydantic.Field(**constraints) if constraints else None
        self.type = Annotated[annotation, field] if constraints else annotation
        try:
            adapter = pydantic.TypeAdapter[Any](cast("Any", self.type))
            self._validator: Any = adapter.validator
        except (TypeError, pydantic.errors.PydanticUserError, NameError) as error:
            msg = f"{name_of(annotation)} cannot be read from a request: {error}"
            raise ViewError(msg) from error
        self._adapter = adapter
        self._validate_json = self._validator.validate_json
        self._error: type[Exception] = pydantic.ValidationError
        self._names: set[str] | None = None

    def from_json(self, content: bytes) -> Any:  # noqa: ANN401
        try:
            return self._validate_json(content)
        except self._error as error:
            raise self._explain(error) from error

    def from_value(self, value: Any) -> Any:  # noqa: ANN401
        # As JSON is read: text stands for dates and the like, whatever format brought it.
        try:
            return self._validator.validate_python(value)
        except self._error as error:
            raise self._explain(error) from error

    from_text = from_value

    def _explain(self, error: Any) -> ValueError:  # noqa: ANN401 - pydantic's
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if any(each["type"] == "json_invalid" for each in found):
            return ValueError("invalid JSON")
        return InvalidValue(*(self._find(each) for each in found))

    def _find(self, item: dict[str, Any]) -> tuple[Location, str]:
        kind, location = item["type"], list(item["loc"])
        if kind == "extra_forbidden":
            location.pop()
        if kind == "missing":
            return (*self._known(location[:-1]), *location[-1:]), "is required"
        text = _ECHOING.get(kind) or item["msg"].removeprefix("Value error, ")
        return self._known(location), text

    def _known(self, location: list[str | int]) -> Location:
        """A location up to the first key that is the client's own; labels of unions left out."""
        if self._names is None:
            self._names = _property_names(self._adapter)
        known: list[str | int] = []
        for step in location:
            if isinstance(step, int) or step in self._names:
                known.append(step)
            elif not _is_label(step):
                break
        return tuple(known)


def _is_label(step: str) -> bool:
    """Whether a step is how pydantic names a member of a union, and no key."""
    return step in _LABELS or "[" in step or step[:1].isupper()


_LABELS = frozenset({"bool", "date", "datetime", "decimal", "float", "int", "none", "str", "uuid"})


def _property_names(adapter: Any) -> set[str]:  # noqa: ANN401 - pydantic's
    """The names of the fields of a type and of what is in it, as clients send them."""
    names = set[str]()
    try:
        pending: list[Any] = [adapter.json_schema()]
    except Exception:  # noqa: BLE001 - a type may be read though it has no schema
        return names
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            table = cast("dict[str, Any]", each)
            names.update(table.get("properties", ()))
            pending += table.values()
        elif isinstance(each, list):
            pending += each
    return names
