"""Fragments: members of an operation that a program writes itself, checked and put over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_openapi.values import is_list, is_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_openapi.components import Schema


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _are_texts(value: object) -> bool:
    return is_list(value) and all(map(_is_text, value))


def _are_tables(value: object) -> bool:
    return is_list(value) and all(map(is_table, value))


def _are_answers(value: object) -> bool:
    return is_table(value) and all(map(is_table, value.values()))


# What each member of an operation is (OpenAPI 3.1, Operation Object), and in words.
_MEMBERS: dict[str, tuple[Callable[[object], bool], str]] = {
    "callbacks": (is_table, "a mapping"),
    "deprecated": (_is_flag, "true or false"),
    "description": (_is_text, "text"),
    "externalDocs": (is_table, "a mapping"),
    "operationId": (_is_text, "text"),
    "parameters": (_are_tables, "a list of mappings"),
    "requestBody": (is_table, "a mapping"),
    "responses": (_are_answers, "a mapping of statuses to mappings"),
    "security": (_are_tables, "a list of mappings"),
    "servers": (_are_tables, "a list of mappings"),
    "summary": (_is_text, "text"),
    "tags": (_are_texts, "a list of texts"),
}


def find_fault(fragment: Schema) -> str | None:
    """What is wrong with a fragment of an operation, or None.

    ``{"tags": 5}`` → ``"tags is a list of texts, not 5"``. Members that begin with ``x-`` may be
    anything.
    """
    for name, value in fragment.items():
        if name.startswith("x-"):
            continue
        if name not in _MEMBERS:
            from difflib import get_close_matches

            near = get_close_matches(name, _MEMBERS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(_MEMBERS)}"
            return f"an operation has no member {name!r}{hint}"
        is_right, words = _MEMBERS[name]
        if not is_right(value):
            return f"{name} is {words}, not {value!r}"
    return None


def put_over(operation: Schema, fragment: Schema) -> Schema:
    """An operation under a fragment: tables in depth, parameters each by its place and name."""
    merged = merge(operation, fragment)
    if "parameters" in fragment and "parameters" in operation:
        own = {_key(each): each for each in operation["parameters"]}
        for each in fragment["parameters"]:
            key = _key(each)
            own[key] = merge(own[key], each) if key in own and "$ref" not in each else each
        merged["parameters"] = list(own.values())
    return merged


def _key(parameter: Schema) -> tuple[Any, ...]:
    return (parameter.get("in"), parameter.get("name"), parameter.get("$ref"))


def merge(under: Schema, over: Schema) -> Schema:
    """One table over another, in depth: tables are merged, everything else is replaced."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if is_table(below) and is_table(value) and "$ref" not in value:
            merged[key] = merge({} if "$ref" in below else below, value)
        else:
            merged[key] = value
    return merged
