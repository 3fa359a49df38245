"""Bodies of requests: models, forms and files (OpenAPI, Request Body Object)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from responder_core.annotations import sequence_of
from responder_core.markers import REQUIRED
from responder_openapi.examples import default_of, name_examples, plain
from responder_openapi.parameters import type_of, with_items, without_null

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responder_core.arguments import Argument
    from responder_core.operations import Operation
    from responder_openapi.components import Schema
    from responder_openapi.schemas import Schemas

JSON = "application/json"
_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"

# In OpenAPI 3.1 the second says it; tools of today look for the first as well.
_FILE: Schema = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
}


def want_body(operation: Operation, schemas: Schemas, where: str) -> None:
    """Ask for the schemas that the body of an operation needs."""
    for each in operation.arguments:
        if each.origin in ("body", "form"):
            schemas.want(type_of(each), "input", f"{where}, parameter {each.name!r}")


def describe_body(
    operation: Operation, schemas: Schemas, examples: Mapping[str, Any]
) -> Schema | None:
    """The body of an operation; None where nothing of it is read by a type."""
    body = next((each for each in operation.arguments if each.origin == "body"), None)
    fields = [each for each in operation.arguments if each.origin in ("form", "file")]
    if body is not None:
        media: Schema = {"schema": schemas.of(type_of(body), "input")}
        kinds, required = [JSON], body.required
    elif fields:
        schema = _describe_form(fields, schemas)
        media = {"schema": schema}
        has_files = any(each.origin == "file" for each in fields)
        kinds = [_MULTIPART] if has_files else [_URLENCODED, _MULTIPART]
        required = bool(schemas.resolve(schema).get("required"))
    elif examples:  # The view reads it by hand.
        media, kinds, required = {}, [JSON], False
    else:
        return None
    if examples:
        media["examples"] = name_examples(examples)
    described: Schema = {"content": {kind: dict(media) for kind in kinds}}
    if required:
        described["required"] = True
    return described


def _describe_form(fields: list[Argument], schemas: Schemas) -> Schema:
    """The schema of a form: of a model that is all of it, or of its single fields."""
    if len(fields) == 1 and fields[0].whole:
        return schemas.of(type_of(fields[0]), "input")
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for each in fields:
        if each.whole:
            model = schemas.resolve(schemas.of(type_of(each), "input"))
            properties |= cast("dict[str, Schema]", model.get("properties", {}))
            required += model.get("required", ()) if each.required else ()
            continue
        properties[each.key] = _describe_field(each, schemas)
        if each.required:
            required.append(each.key)
    form: Schema = {"type": "object", "properties": properties}
    return {**form, "required": required} if required else form


def _describe_field(field: Argument, schemas: Schemas) -> Schema:
    if field.origin == "file":
        many = field.many or sequence_of(field.annotation) is not None
        schema: Schema = {"type": "array", "items": dict(_FILE)} if many else dict(_FILE)
    else:
        schema = without_null(schemas.of(type_of(field), "input"))
        if field.default is not REQUIRED and field.default is not None:
            schema |= default_of(field.default)
    if field.required and "items" in schema:
        schema = with_items(schema)
    told: Any = {} if field.marker is None else field.marker.options
    words = {name: told[name] for name in ("title", "description", "deprecated") if name in told}
    examples = [plain(each) for each in told.get("examples", ())]
    return {**schema, **words, **({"examples": examples} if examples else {})}
