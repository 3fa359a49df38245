"""Dialects: a document of OpenAPI 3.1 or 3.2 as older versions have it.

OpenAPI 3.0 has a JSON Schema of its own: what it lacks is said by other means where there are
some, and left out where there are none, so that a schema admits more and never less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from responder_openapi.references import is_named, is_value
from responder_openapi.values import is_list, is_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_openapi.components import Schema

QUERY = "x-query"
"""The member of a path item that has its operation of QUERY, where OpenAPI has none."""

# Keywords that OpenAPI 3.0 lacks, and has no other words for.
_UNKNOWN = frozenset(
    {
        "$anchor",
        "$comment",
        "$defs",
        "$dynamicAnchor",
        "$dynamicRef",
        "$id",
        "$schema",
        "$vocabulary",
        "contains",
        "contentSchema",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "if",
        "maxContains",
        "minContains",
        "patternProperties",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
# The members that are schemas: of other objects, and of schemas.
_SCHEMAS = frozenset({"schema", "x-responder-item-schema"})
_OF_SCHEMAS = ("additionalProperties", "items", "not")
_LISTS_OF_SCHEMAS = ("allOf", "anyOf", "oneOf")


_NULL: Schema = {"type": "string", "nullable": True, "enum": [None]}


def to_dialect(document: Schema, version: str | None) -> Schema:
    """A document in the words of a version; None for the one that it says itself."""
    version = version or str(document["openapi"])
    if version.startswith("3.2"):
        return document
    document = {**document, "paths": _move_queries(document["paths"])}
    return to_30(document) if version.startswith("3.0") else document


def _move_queries(paths: dict[str, Schema]) -> dict[str, Schema]:
    return {
        path: {QUERY if method == "query" else method: each for method, each in item.items()}
        for path, item in paths.items()
    }


def to_30(document: Schema) -> Schema:
    """A document of OpenAPI 3.1 as one of 3.0.3."""
    found = {key: value for key, value in document.items() if key not in _NOT_IN_30}
    info = {key: value for key, value in document["info"].items() if key != "summary"}
    if "license" in info:
        known = dict(info["license"])
        identifier = known.pop("identifier", None)
        if identifier is not None and "url" not in known:
            known["url"] = f"https://spdx.org/licenses/{identifier}.html"
        info["license"] = known
    found["info"] = info
    components: Schema = dict(document.get("components", {}))
    components.pop("pathItems", None)
    schemes: dict[str, Schema] = components.get("securitySchemes", {})
    if schemes:
        components["securitySchemes"] = {
            name: _MUTUAL if each.get("type") == "mutualTLS" else each
            for name, each in schemes.items()
        }
    if components:
        found["components"] = components
    return cast("Schema", _convert(found))


# 3.0 has no word for it; an operation that asks for it must not look open.
_MUTUAL: Schema = {
    "type": "http",
    "scheme": "mutual",
    "description": "A certificate of the client (mutual TLS).",
}


_NOT_IN_30 = ("jsonSchemaDialect", "webhooks", "$self")


def _convert(value: Any, *, named: bool = False) -> Any:  # noqa: ANN401 - a document or a part of one
    """A part of a document with its schemas converted; *named* as for ``rename_references()``."""
    if is_list(value):
        return [_convert(each) for each in value]
    if not is_table(value):
        return value
    found: Schema = {}
    for name, each in value.items():
        if is_value(name, each, named):
            found[name] = each
        elif name in _SCHEMAS and not named:
            found[name] = convert_schema(each)
        elif name == "schemas" and not named:
            found[name] = {part: convert_schema(schema) for part, schema in each.items()}
        else:
            found[name] = _convert(each, named=is_named(name, named))
    return found


def convert_schema(schema: Any) -> Any:  # noqa: ANN401 - a schema, or True and False
    """A JSON Schema of 2020-12 as OpenAPI 3.0 has it.

    ``{"type": ["string", "null"]}`` → ``{"type": "string", "nullable": True}``.
    """
    if not is_table(schema):
        # Everything, or nothing.
        return {} if schema else {"not": {}}
    table = schema
    if "$ref" in table:
        return _convert_reference(table)
    found = {key: value for key, value in table.items() if key not in _UNKNOWN}
    _convert_children(found)
    for step in _STEPS:
        found = step(found)
    return found


def _convert_reference(schema: Schema) -> Schema:
    rest = {key: value for key, value in schema.items() if key != "$ref"}
    if not rest:
        return {"$ref": schema["$ref"]}
    # In 3.0 nothing may stand beside a reference.
    return {"allOf": [{"$ref": schema["$ref"]}], **convert_schema(rest)}


def _convert_children(schema: Schema) -> None:
    if "properties" in schema:
        schema["properties"] = {
            name: convert_schema(each) for name, each in schema["properties"].items()
        }
    for name in _OF_SCHEMAS:
        if name in schema and not isinstance(schema[name], bool):
            schema[name] = convert_schema(schema[name])
    for name in _LISTS_OF_SCHEMAS:
        if name in schema:
            schema[name] = [convert_schema(each) for each in schema[name]]
    if "prefixItems" in schema:
        schema["prefixItems"] = [convert_schema(each) for each in schema["prefixItems"]]


def _convert_const(schema: Schema) -> Schema:
    if "const" not in schema:
        return schema
    value = schema["const"]
    rest = {key: each for key, each in schema.items() if key != "const"}
    if value is None:
        return {**rest, "type": "null"}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    kind = kinds.get(value.__class__)
    return {**({"type": kind} if kind else {}), **rest, "enum": [value]}


def _convert_types(schema: Schema) -> Schema:
    kinds = schema.get("type")
    if kinds == "null":
        # There is no such type: a text that may be null, and is nothing else.
        return {**schema, **_NULL}
    if not is_list(kinds):
        return schema
    rest = {key: each for key, each in schema.items() if key != "type"}
    told = kinds
    known = [each for each in told if each != "null"]
    nullable = {"nullable": True} if len(known) < len(told) else {}
    if len(known) == 1:
        return {"type": known[0], **rest, **nullable}
    return {**rest, "anyOf": [{"type": each, **nullable} for each in known]}


def _convert_null_members(schema: Schema) -> Schema:
    """One plain kind or null is that kind, nullable; another union keeps null as a member.

    "nullable" counts beside a type alone (OpenAPI 3.0.3, Schema Object), so not at a reference.
    """
    for name in ("anyOf", "oneOf"):
        members: list[Schema] = schema.get(name, [])
        kept = [each for each in members if each != _NULL]
        if len(kept) == 1 and len(members) == 2 and "type" in kept[0]:
            rest = {key: each for key, each in schema.items() if key != name}
            found: Schema = {**kept[0], **rest, "nullable": True}
            if "enum" in found and None not in found["enum"]:
                found["enum"] = [*found["enum"], None]
            return found
    return schema


def _convert_bounds(schema: Schema) -> Schema:
    found = dict(schema)
    for bound, word in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        limit = found.get(word)
        if limit is None or isinstance(limit, bool):
            continue
        own = found.get(bound)
        inner = own is not None and (own > limit if bound == "minimum" else own < limit)
        if inner:
            del found[word]  # The other bound is the narrower one.
        else:
            found[bound], found[word] = limit, True
    return found


def _convert_items(schema: Schema) -> Schema:
    if "prefixItems" not in schema:
        return {**schema, "items": {}} if _lacks_items(schema) else schema
    rest = {key: each for key, each in schema.items() if key not in ("prefixItems", "items")}
    told: list[Schema] = schema["prefixItems"]
    kinds = [each for number, each in enumerate(told) if each not in told[:number]]
    is_bounded = schema.get("maxItems") is not None or schema.get("items") is False
    if not is_bounded:
        rest_kind: Schema = schema.get("items", {})
        kinds.append(rest_kind)
    return {**rest, "items": kinds[0] if len(kinds) == 1 else {"anyOf": kinds}}


def _lacks_items(schema: Schema) -> bool:
    return schema.get("type") == "array" and "items" not in schema


def _convert_content(schema: Schema) -> Schema:
    found = dict(schema)
    encoding, media_type = found.pop("contentEncoding", None), found.pop("contentMediaType", None)
    if encoding == "base64":
        found["format"] = "byte"
    elif media_type == "application/octet-stream":
        found["format"] = "binary"
    return found


def _convert_examples(schema: Schema) -> Schema:
    if "examples" not in schema:
        return schema
    rest = {key: each for key, each in schema.items() if key != "examples"}
    examples = schema["examples"]
    return {**rest, "example": examples[0]} if examples and "example" not in rest else rest


_STEPS: tuple[Callable[[Schema], Schema], ...] = (
    _convert_const,
    _convert_types,
    _convert_null_members,
    _convert_bounds,
    _convert_items,
    _convert_content,
    _convert_examples,
)
