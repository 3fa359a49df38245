"""References: what a part of a document refers to, and how that is renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_openapi.values import is_list, is_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_openapi.components import Schema

# The members whose values are references, or tables of them (OpenAPI, Discriminator Object).
_HOLDERS = frozenset({"$ref", "mapping"})


def rename_references(value: Any, rename: Callable[[str], str]) -> Any:  # noqa: ANN401 - a part of a document
    """A copy of a part of a document, each reference in it renamed."""
    if is_table(value):
        table = value
        return {
            key: _rename(each, rename) if key in _HOLDERS else rename_references(each, rename)
            for key, each in table.items()
        }
    if is_list(value):
        items = value
        return [rename_references(each, rename) for each in items]
    return value


def _rename(value: Any, rename: Callable[[str], str]) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return rename(value) if value.startswith("#/") else value
    if is_table(value):
        table = value
        return {key: _rename(each, rename) for key, each in table.items()}
    return rename_references(value, rename)


def list_references(value: Any) -> set[str]:  # noqa: ANN401 - a part of a document
    """The references in a part of a document."""
    found: set[str] = set()
    pending: list[Any] = [value]
    while pending:
        each = pending.pop()
        if is_table(each):
            pending += each.values()
            for holder in _HOLDERS & each.keys():
                inner = each[holder]
                told = inner.values() if is_table(inner) else [inner]
                found.update(text for text in told if isinstance(text, str) and text[:2] == "#/")
        elif is_list(each):
            pending += each
    return found


def find_part(document: Schema, reference: str) -> Any:  # noqa: ANN401 - any part of it
    """The part of a document that a reference leads to, or None (RFC 6901)."""
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if is_table(found) else None
    return found
