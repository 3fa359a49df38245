"""Parameters: of the path, the query, header fields and cookies (OpenAPI, Parameter Object)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from responder_core.annotations import is_model, members, model_fields, sequence_of
from responder_core.markers import REQUIRED
from responder_openapi.examples import default_of, plain
from responder_openapi.values import is_list

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responder_core.arguments import Argument
    from responder_core.operations import Operation
    from responder_core.paths import Parameter as PathParameter
    from responder_openapi.components import Schema
    from responder_openapi.schemas import Schemas

PLACES = ("path", "query", "header", "cookie")
"""Where parameters stand, in the order they are told."""

# Fields that OpenAPI tells of elsewhere; a parameter of these names is to be passed over.
_TOLD_ELSEWHERE = frozenset({"accept", "authorization", "content-type"})

_CONVERTED: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer", "minimum": 0},
    "float": {"type": "number", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
    "path": {"type": "string"},
}


def type_of(argument: Argument) -> Any:  # noqa: ANN401 - any annotation
    """The type that an argument is read as, within its bounds."""
    return argument.annotation if argument.validator is None else argument.validator.type


def want_parameters(operation: Operation, schemas: Schemas, where: str) -> None:
    """Ask for the schemas that the parameters of an operation need."""
    for each in operation.arguments:
        if each.origin in PLACES and (each.validator is not None or each.origin != "path"):
            schemas.want(type_of(each), "input", f"{where}, parameter {each.name!r}")


def describe_parameters(operation: Operation, schemas: Schemas) -> list[Schema]:
    """The parameters of an operation: those of the path first, as the path has them."""
    by_place = {
        place: [each for each in operation.arguments if each.origin == place] for place in PLACES
    }
    read = {each.key: each for each in by_place["path"]}
    found = [
        _describe_path(each, read.get(each.name), schemas)
        for each in operation.route.template.parameters
    ]
    for place in PLACES[1:]:
        for argument in by_place[place]:
            if argument.whole:
                found += describe_fields(argument, schemas)
            elif argument.key not in _TOLD_ELSEWHERE or place != "header":
                found.append(_describe(argument, schemas))
    return _unite(found)


def _unite(parameters: list[Schema]) -> list[Schema]:
    """Parameters, each once: what two read is told as the first has it, and required by either."""
    found: dict[tuple[str, str], Schema] = {}
    for each in parameters:
        key = each["in"], each["name"].lower() if each["in"] == "header" else each["name"]
        known = found.setdefault(key, each)
        if each.get("required"):
            known["required"] = True
            known.pop("allowEmptyValue", None)
    return list(found.values())


def _describe_path(parameter: PathParameter, argument: Argument | None, schemas: Schemas) -> Schema:
    if argument is not None and argument.validator is not None:
        schema = without_null(schemas.of(type_of(argument), "input"))
        if parameter.type.name in ("int", "float"):
            schema = {**_CONVERTED[parameter.type.name], **schema}
    else:
        schema = dict(_CONVERTED.get(parameter.type.name, {"type": "string"}))
    described = {"name": parameter.name, "in": "path", "required": True}
    return described | _words(argument, schema) | {"schema": schema}


def _describe(argument: Argument, schemas: Schemas) -> Schema:
    schema = without_null(schemas.of(type_of(argument), "input"))
    if argument.default is not REQUIRED and argument.default is not None:
        schema |= default_of(argument.default)
    if argument.required and argument.many:
        schema = with_items(schema)
    name = _field_name(argument.key) if argument.origin == "header" else argument.key
    described: Schema = {"name": name, "in": argument.origin}
    if argument.required:
        described["required"] = True
    return described | _words(argument, schema) | {"schema": schema}


def with_items(schema: Schema) -> Schema:
    """The schema of a list that has to be sent: one without items cannot be."""
    return {**schema, "minItems": max(1, schema.get("minItems", 0))}


def _words(argument: Argument | None, schema: Schema) -> Schema:
    """What the program says of a parameter; a title goes to its schema."""
    told: Any = {} if argument is None or argument.marker is None else argument.marker.options
    words: Schema = {}
    if "title" in told:
        schema["title"] = told["title"]
    description = told.get("description") or schema.pop("description", None)
    if description:
        words["description"] = description
    if told.get("deprecated"):
        words["deprecated"] = True
    examples = list(told.get("examples", ()))
    if len(examples) == 1:
        words["example"] = plain(examples[0])
    elif examples:
        words["examples"] = {
            f"example{number}": {"value": plain(each)}
            for number, each in enumerate(examples, start=1)
        }
    return words


def describe_fields(argument: Argument, schemas: Schemas) -> list[Schema]:
    """The parameters of a model that takes all of the query, the header or the cookies."""
    model = _object_of(schemas.of(type_of(argument), "input"), schemas)
    kinds = model_fields(next(filter(is_model, members(argument.annotation))))
    required = model.get("required", ()) if argument.required else ()
    found: list[Schema] = []
    for key, field in cast("dict[str, Schema]", model.get("properties", {})).items():
        schema = without_null(field)
        name = _field_name(key) if argument.origin == "header" else key
        described: Schema = {"name": name, "in": argument.origin}
        if key in required:
            described["required"] = True
        elif argument.origin == "query" and _may_be_empty(kinds.get(key, str)):
            described["allowEmptyValue"] = True  # As browsers send an input that was left empty.
        found.append(described | _words(None, schema) | {"schema": schema})
    return found


def _may_be_empty(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether the field of a model is not sent where nothing stands for it."""
    return not {str, Any} & {*members(kind)} and sequence_of(kind) is None


def _object_of(schema: Schema, schemas: Schemas) -> Schema:
    """The object among the members of a union, or what a schema refers to."""
    several: list[Schema] | None = schema.get("anyOf")
    kinds = [schemas.resolve(each) for each in several or [schema]]
    nothing: Schema = {}
    return next((each for each in kinds if "properties" in each), nothing)


def without_null(schema: Schema) -> Schema:
    """A schema of a text, which cannot stand for null: ``int | None`` is an int, or not sent."""
    found = dict(schema)
    kinds: Any = found.get("type")
    if is_list(kinds):
        rest = [each for each in cast("list[str]", kinds) if each != "null"]
        found["type"] = rest[0] if len(rest) == 1 else rest
        if "enum" in found:
            found["enum"] = [each for each in found["enum"] if each is not None]
    members: Iterable[Schema] | None = found.get("anyOf")
    if members is not None:
        kept = [each for each in members if each != {"type": "null"}]
        if len(kept) == 1:
            found = {**kept[0], **{key: found[key] for key in found if key != "anyOf"}}
        else:
            found["anyOf"] = kept
    if found.get("default", ...) is None:
        del found["default"]
    return found


def _field_name(key: str) -> str:
    """A header field as it is mostly written: ``x-request-id`` → ``X-Request-Id``."""
    return "-".join(each.capitalize() for each in key.replace("_", "-").split("-"))
