"""Schemas of marshmallow, turned into JSON Schema by apispec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from responder_openapi.components import Schema


def describe_schema(schema: Any) -> Schema:  # noqa: ANN401 - a marshmallow Schema, or its class
    """The JSON Schema of a marshmallow ``Schema``; those nested in it stand within it.

    Raises:
        ModuleNotFoundError: apispec is not installed; the message says how it is.
    """
    try:
        from apispec import APISpec
        from apispec.ext.marshmallow import MarshmallowPlugin
    except ImportError as error:
        msg = "schemas of marshmallow need apispec: pip install 'responder-openapi[marshmallow]'"
        raise ModuleNotFoundError(msg) from error
    resolver: Any = _no_name
    plugin: Any = MarshmallowPlugin(schema_name_resolver=resolver)
    APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    found = cast("Schema", plugin.converter.schema2jsonschema(_instance(schema)))
    name = type(_instance(schema)).__name__
    return {"title": name.removesuffix("Schema") or name, **found}


def _no_name(_schema: object) -> None:
    """No name: what is nested stands where it is used."""


def _instance(schema: Any) -> Any:  # noqa: ANN401 - a marshmallow Schema, or its class
    return schema() if isinstance(schema, type) else schema
