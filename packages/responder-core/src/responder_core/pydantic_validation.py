"""Validation by pydantic: of its models, and of what its ``Field()`` says of others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, cast

from responder_core.annotations import name_of
from responder_core.errors import ViewError
from responder_core.texts import InvalidValue, read_text, refuse_infinite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responder_core.texts import Location

# pydantic's messages of these kinds say what was expected; others may repeat what was sent.
_TELLING = re.compile(
    r".*_(type|too_short|too_long|too_small|mismatch)|too_(short|long)|greater_than(_equal)?|"
    r"less_than(_equal)?|multiple_of|finite_number|enum|literal_error|int_from_float|value_error|"
    r"assertion_error|(int|float|bool|decimal|date|time|datetime|timedelta)(_from_date\w*)?_parsing|"
    r"(date|datetime)_(past|future)|decimal_max_\w+|timezone_(naive|aware)"
)
_REWORDED = {
    "extra_forbidden": "has a member that is not known",
    "json_invalid": "is no valid JSON",
    "missing": "is required",
    "union_tag_invalid": "is of none of the kinds allowed",
}
# With more faults than these they are not told one by one.
_MOST_FAULTS = 200


class PydanticValidator:
    """Reads a type by pydantic."""

    def __init__(self, annotation: Any, constraints: Mapping[str, Any]) -> None:  # noqa: ANN401
        try:
            import pydantic
        except ImportError as error:  # pragma: no cover - its own types are there without it
            msg = "pydantic's types need pydantic: pip install 'responder-core[pydantic]'"
            raise ViewError(msg) from error
        field: Any = pydantic.Field(**constraints) if constraints else None
        self.type: object = Annotated[annotation, field] if constraints else annotation
        try:
            adapter = pydantic.TypeAdapter[Any](cast("Any", self.type))
            self._validator: Any = adapter.validator
        except (TypeError, pydantic.errors.PydanticUserError, NameError) as error:
            msg = f"{name_of(annotation)} cannot be read from a request: {error}"
            raise ViewError(msg) from error
        self._adapter = adapter
        self.decode: Callable[[bytes], Any] = self._validator.validate_json
        self._error: type[Exception] = pydantic.ValidationError
        # The names of fields, and the labels of unions.
        self._words: tuple[set[str], set[str]] | None = None
        self.parse_text: Callable[[str], Any] = self.from_text

    def from_json(self, content: bytes) -> Any:  # noqa: ANN401
        """As ``Validator.from_json()``."""
        try:
            return self.decode(content)
        except self._error as error:
            raise self._explain(error) from error

    def from_value(self, value: Any) -> Any:  # noqa: ANN401
        """As ``Validator.from_value()``."""
        # As JSON is read: text stands for dates and the like, whatever format brought it.
        try:
            return self._validator.validate_python(value)
        except self._error as error:
            raise self._explain(error) from error

    def from_text(self, value: Any) -> Any:  # noqa: ANN401
        """As ``Validator.from_text()``."""
        found = self.from_value(read_text(value, self.type))
        refuse_infinite(found, value)
        return found

    def _explain(self, error: Any) -> ValueError:  # noqa: ANN401 - pydantic's
        if error.error_count() > _MOST_FAULTS:
            return InvalidValue(((), f"has more than {_MOST_FAULTS} faults"))
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if any(each["type"] == "json_invalid" and not each["loc"] for each in found):
            return ValueError("invalid JSON")
        return InvalidValue(*(self._find(each) for each in found))

    def _find(self, item: dict[str, Any]) -> tuple[Location, str]:
        kind, location = item["type"], list(item["loc"])
        if kind == "missing":
            return (*self._known(location[:-1]), *location[-1:]), "is required"
        if kind == "extra_forbidden":
            location.pop()
        text = _REWORDED.get(kind)
        if text is None:
            message: str = item["msg"]
            text = message.removeprefix("Value error, ") if _TELLING.fullmatch(kind) else None
        return self._known(location), text or "is not valid"

    def _known(self, location: list[str | int]) -> Location:
        """A location up to the first key that is the client's own; labels of unions left out."""
        if self._words is None:
            names, labels = set[str](), {*_LABELS}
            _collect_names(self._adapter.core_schema, names, labels)
            # One value, and a whole one, as another thread may look at it.
            self._words = names, labels
        names, labels = self._words
        known: list[str | int] = []
        for step in location:
            if isinstance(step, int) or step in names:
                known.append(step)
            elif step not in labels and "[" not in step:
                break
        return tuple(known)


_LABELS = ("bool", "date", "datetime", "decimal", "float", "int", "none", "str", "uuid", "dict")


def _collect_names(schema: Any, names: set[str], labels: set[str]) -> None:  # noqa: ANN401
    """The names of the fields in a schema of pydantic's, and its words for members of unions."""
    pending = [schema]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            table = cast("dict[str, Any]", each)
            fields = table.get("fields")
            if isinstance(fields, dict):
                names.update(cast("dict[str, Any]", fields))
            elif isinstance(fields, list):
                found = cast("list[dict[str, Any]]", fields)
                names.update(field["name"] for field in found if "name" in field)
            alias = table.get("validation_alias")
            _add_texts(alias, names)
            if table.get("type") == "tagged-union":
                labels.update(map(str, table["choices"]))
            cls = table.get("cls")
            if isinstance(cls, type):
                labels.add(cls.__name__)
            pending += [value for key, value in table.items() if key != "metadata"]
        elif isinstance(each, (list, tuple)):
            pending += cast("list[Any]", each)


def _add_texts(alias: object, names: set[str]) -> None:
    if isinstance(alias, str):
        names.add(alias)
    elif isinstance(alias, list):
        for each in cast("list[object]", alias):
            _add_texts(each, names)
