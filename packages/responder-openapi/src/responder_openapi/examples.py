"""Examples: values of a program as JSON has them."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any, cast

from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responder_openapi.components import Schema


def plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON has for it
    """A value as JSON has it: models as objects, dates as text.

    Raises:
        TypeError: JSON has no form for it.
    """
    import msgspec

    from responder_core.formats.json import encode

    return msgspec.json.decode(encode(value))


def default_of(value: object) -> Schema:
    """A default as a member of a schema; nothing where JSON has no form for it.

    A set is told in one order, so that a document says the same in every process.
    """
    if isinstance(value, (set, frozenset)):
        value = sorted(cast("set[object]", value), key=repr)
    if isinstance(value, (datetime, time)) and value.tzinfo is None:
        return {}  # JSON Schema has no moment without a zone (RFC 3339 §5.6).
    try:
        told = plain(value)
    except (TypeError, ValueError):
        return {}
    # JSON has null for infinity and NaN, which is not what they are.
    return {} if told is None and value is not None else {"default": told}


def name_examples(examples: Mapping[str, Any]) -> Schema:
    """Examples by name (OpenAPI, Example Object); those that are objects of it stay.

    ``{"small": {"name": "tea"}}`` → ``{"small": {"value": {"name": "tea"}}}``.
    """
    return {name: _describe(each) for name, each in examples.items()}


def _describe(example: Any) -> Schema:  # noqa: ANN401 - whatever a program has
    known = {"value", "externalValue", "summary", "description", "dataValue", "serializedValue"}
    if is_table(example) and example and known.issuperset(example) and known & {*example}:
        return {key: plain(value) for key, value in example.items()}
    return {"value": plain(example)}
