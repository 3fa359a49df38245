"""References: what a part of a document refers to, and how that is renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from responder_openapi.values import is_list, is_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from responder_openapi.components import Schema

# The members whose keys a program chose, so that "$ref" and "default" in them are only names.
_NAMED = frozenset(
    {
        "$defs",
        "callbacks",
        "content",
        "dependentSchemas",
        "encoding",
        "examples",
        "headers",
        "links",
        "parameters",
        "pathItems",
        "paths",
        "patternProperties",
        "properties",
        "requestBodies",
        "responses",
        "schemas",
        "securitySchemes",
        "variables",
        "webhooks",
    }
)
# The members that are values of a program, in which nothing is a reference.
_VALUES = frozenset({"const", "dataValue", "default", "enum", "example", "value"})


def is_named(key: str, named: bool) -> bool:  # noqa: FBT001 - where its own table stands
    """Whether the keys of a member are names, in a table whose own keys are *named* or not."""
    return not named and key in _NAMED


def is_value(key: str, member: object, named: bool) -> bool:  # noqa: FBT001 - as above
    """Whether a member is a value of a program: no part of the document, whatever it looks like.

    ``"examples"`` of a schema are a list of values; of anything else, a table of Example Objects.
    """
    return not named and (key in _VALUES or (key == "examples" and is_list(member)))


def rename_references(value: Any, rename: Callable[[str], str], *, named: bool = False) -> Any:  # noqa: ANN401 - a part of a document
    """A copy of a part of a document, each reference in it renamed.

    The keys of a part may be *named* by a program: those of ``properties`` are, for one.
    """
    if is_list(value):
        return [rename_references(each, rename) for each in value]
    if not is_table(value):
        return value
    found: Schema = {}
    for key, each in value.items():
        if is_value(key, each, named):
            found[key] = each
        elif not named and key == "$ref" and _is_inner(each):
            found[key] = rename(each)
        elif not named and key == "discriminator" and is_table(each):
            found[key] = _rename_mapping(each, rename)
        else:
            found[key] = rename_references(each, rename, named=is_named(key, named))
    return found


def _rename_mapping(discriminator: Schema, rename: Callable[[str], str]) -> Schema:
    """A Discriminator Object, the references in its mapping renamed."""
    mapping: object = discriminator.get("mapping")
    if not is_table(mapping):
        return discriminator
    renamed = {key: rename(each) if _is_inner(each) else each for key, each in mapping.items()}
    return {**discriminator, "mapping": renamed}


def list_references(value: Any) -> set[str]:  # noqa: ANN401 - a part of a document
    """The references in a part of a document."""
    return set(_find_references(value))


def _find_references(value: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    pending: list[tuple[Any, bool]] = [(value, False)]
    while pending:
        part, named = pending.pop()
        if is_list(part):
            pending += [(each, False) for each in part]
        elif is_table(part):
            for key, each in part.items():
                if is_value(key, each, named):
                    continue
                if not named and key == "$ref" and _is_inner(each):
                    yield each
                elif not named and key == "discriminator" and is_table(each):
                    mapping: object = each.get("mapping")
                    yield from filter(_is_inner, mapping.values() if is_table(mapping) else ())
                else:
                    pending.append((each, is_named(key, named)))


def _is_inner(reference: object) -> bool:
    """Whether something refers to a part of its own document."""
    return isinstance(reference, str) and reference.startswith("#/")


def find_part(document: Schema, reference: str) -> Any:  # noqa: ANN401 - any part of it
    """The part of a document that a reference leads to, or None (RFC 6901)."""
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if is_list(found):
            found = found[int(name)] if name.isdecimal() and int(name) < len(found) else None
        else:
            found = found.get(name) if is_table(found) else None
    return found
