"""Schemas of what pydantic reads and writes, made by pydantic itself, all at once."""

from __future__ import annotations

import re
from enum import Flag
from typing import TYPE_CHECKING, Any, cast

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticOmit

from responder_openapi.components import POINTER, model_name
from responder_openapi.examples import default_of
from responder_openapi.patterns import translate_pattern
from responder_openapi.references import list_references, rename_references

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic.json_schema import JsonSchemaMode

    from responder_openapi.components import Mode, Schema

_MODES: dict[Mode, JsonSchemaMode] = {"input": "validation", "output": "serialization"}
# What pydantic makes no schema with; a KeyError, where the program's own refers to nothing of it.
_FAILURES = (PydanticUserError, PydanticOmit, KeyError)


class Generator(GenerateJsonSchema):
    """Pydantic's generator, without a title for each field, which says its name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's
        """Never: the name of a field is there already."""
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: ANN401, FBT001 - pydantic's
        """In answers every field that is not left out on purpose: defaults are sent too."""
        if self.mode == "serialization" and field["type"] != "typed-dict-field":
            return field.get("serialization_exclude_if") is None
        return super().field_is_required(field, total)

    def default_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's
        """A field with a default; without it where JSON Schema has no form for that."""
        found = super().default_schema(schema)
        if "default" in found and "default" in schema and not default_of(schema["default"]):
            del found["default"]
        return found

    def str_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's
        """A text; its pattern as JSON Schema has it, or none where that has no words for it."""
        found = super().str_schema(schema)
        if "pattern" in found:
            pattern = translate_pattern(found.pop("pattern"))
            found |= {} if pattern is None else {"pattern": pattern}
        return found

    def enum_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's
        """An Enum; of flags, some may be sent together."""
        found = super().enum_schema(schema)
        if issubclass(schema["cls"], Flag):
            del found["enum"]
        return found

    def set_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's
        """A set; what is received may have an item twice."""
        return self._may_repeat(super().set_schema(schema))

    def frozenset_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's
        """As ``set_schema()``."""
        return self._may_repeat(super().frozenset_schema(schema))

    def _may_repeat(self, schema: dict[str, Any]) -> dict[str, Any]:
        if self.mode == "validation":
            schema.pop("uniqueItems", None)
        return schema


class ModelSchemas:
    """Collects the annotations that pydantic reads, and makes their schemas together.

    Together, since the names of components depend on all that there are.
    """

    def __init__(self) -> None:
        self._wanted: dict[int, tuple[Any, Mode, str]] = {}
        self._made: Mapping[tuple[int, JsonSchemaMode], Any] = {}
        self._names: dict[str, str] = {}
        self.components: dict[str, Schema] = {}

    def want(self, annotation: Any, mode: Mode, where: str) -> int:  # noqa: ANN401 - any annotation
        """Ask for a schema; gives the number by which ``of()`` knows it."""
        number = len(self._wanted)
        self._wanted[number] = annotation, mode, where
        return number

    def make(self, given: Mapping[Any, str], taken: Collection[str]) -> None:
        """Make what was asked for; *given* are names that the program chose, by model.

        Raises:
            SchemaError: a type has no schema.
        """
        for model, name in given.items():
            self.want(model, "input", f"the schema {name!r}")
            self.want(model, "output", f"the schema {name!r}")
        adapters: dict[int, TypeAdapter[Any]] = {}
        inputs: list[Any] = []
        for number, (annotation, mode, where) in self._wanted.items():
            adapter = adapters.get(id(annotation))
            if adapter is None:
                adapter = adapters[id(annotation)] = self._adapt(annotation, where)
            inputs.append((number, _MODES[mode], adapter.core_schema))
        try:
            self._made, definitions = self._generate(inputs)
        except _FAILURES:
            for each in inputs:
                self._refuse(each)
            raise  # pragma: no cover - one of them was the one
        self._rename(given, taken, definitions)
        self.components = {
            self._names[name]: self._settle(schema) for name, schema in definitions.items()
        }

    def of(self, number: int) -> Schema:
        """The schema that was asked for under a number."""
        _, mode, _ = self._wanted[number]
        return self._settle(self._made[number, _MODES[mode]])

    def _generate(self, inputs: list[Any]) -> tuple[Any, dict[str, Schema]]:
        generator = Generator(ref_template=POINTER + "{model}")
        made, definitions = generator.generate_definitions(inputs)
        return made, cast("dict[str, Schema]", definitions)

    def _adapt(self, annotation: Any, where: str) -> TypeAdapter[Any]:  # noqa: ANN401
        try:
            return TypeAdapter[Any](annotation)
        except PydanticUserError as error:
            raise _refusal(annotation, where, error) from error

    def _refuse(self, each: Any) -> None:  # noqa: ANN401 - what is generated from
        """Refuse the one that cannot be made, by its own name.

        Raises:
            SchemaError: it is this one.
        """
        annotation, _, where = self._wanted[each[0]]
        try:
            self._generate([each])
        except _FAILURES as error:
            raise _refusal(annotation, where, error) from error

    def _rename(
        self, given: Mapping[Any, str], taken: Collection[str], definitions: Mapping[str, Schema]
    ) -> None:
        """Choose the names of the components: those that the program gave, else pydantic's."""
        chosen: dict[str, str] = {}
        for number, (annotation, mode, _) in self._wanted.items():
            if _is_hashable(annotation) and annotation in given:
                name = self._made[number, _MODES[mode]].get("$ref", "").removeprefix(POINTER)
                chosen[model_name(name)] = given[annotation]
        used = {*taken, *chosen.values()}
        equal = _find_equal(definitions)
        for name in definitions:
            base = model_name(name)
            if base not in chosen:
                chosen[base] = fresh = re.sub("__+", ".", base.strip("_"))
                number = 2
                while chosen[base] in used:
                    chosen[base], number = f"{fresh}{number}", number + 1
                used.add(chosen[base])
            self._names[name] = chosen[base] + ("" if base in equal else name[len(base) :])

    def _settle(self, schema: Schema) -> Schema:
        """A copy of a schema with the names that were chosen."""
        settled: Schema = rename_references(schema, self._settle_reference)
        return settled

    def _settle_reference(self, reference: str) -> str:
        name = reference.removeprefix(POINTER)
        return POINTER + self._names.get(name, name)


def _find_equal(definitions: Mapping[str, Schema]) -> set[str]:
    """The models whose two schemas differ by nothing but the names of others like them."""
    pairs = {model_name(name) for name in definitions if model_name(name) != name}
    equal = {
        base
        for base in pairs
        if _neutral(definitions.get(f"{base}-Input")) == _neutral(definitions.get(f"{base}-Output"))
    }
    while True:
        other = pairs - equal
        less = {
            base
            for base in equal
            if other & {model_name(each) for each in _names_in(definitions[f"{base}-Input"])}
        }
        if not less:
            return equal
        equal -= less


def _neutral(schema: Schema | None) -> Schema:
    """A schema without the modes of its references."""
    found: Schema = rename_references(schema, model_name)
    return found


def _names_in(schema: Schema) -> set[str]:
    """The models that a schema refers to."""
    return {each.removeprefix(POINTER) for each in list_references(schema)}


def _is_hashable(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    try:
        hash(annotation)
    except TypeError:
        return False
    return True


def _refusal(annotation: Any, where: str, error: Exception) -> Exception:  # noqa: ANN401
    from responder_core.annotations import name_of
    from responder_openapi.errors import SchemaError

    reason = str(error).partition("\n")[0]
    msg = (
        f"{where}: {name_of(annotation)} has no JSON Schema: {reason}; give the class "
        "__get_pydantic_json_schema__(), annotate it with WithJsonSchema({...}), or leave the "
        "route out with include_in_schema=False"
    )
    return SchemaError(msg)
