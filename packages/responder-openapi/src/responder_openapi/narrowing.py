"""Narrowing: whether a schema admits less than another one did, or more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responder_openapi.components import Schema

    Finding: TypeAlias = tuple[bool, str]

Direction: TypeAlias = Literal["request", "response"]
"""Whether a schema is of what clients send, or of what they are sent.

What clients send may be admitted more widely and breaks nobody; what they are sent, more
narrowly.
"""


def read_schema(value: Any) -> Schema:  # noqa: ANN401 - whatever a document has for a schema
    """A schema as a table: ``True`` admits everything, ``False`` nothing (JSON Schema 2020-12)."""
    if is_table(value):
        return value
    return {} if value else {"not": {}}


def normalize(schema: Schema) -> Schema:
    """A schema in the words of 2020-12, whichever version of OpenAPI it was written in.

    ``{"type": "string", "nullable": True}`` → ``{"type": ["string", "null"]}``.
    """
    found = dict(schema)
    for bound, word in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        exclusive = found.get(word)
        if isinstance(exclusive, bool):
            del found[word]
            if exclusive and bound in found:
                found[word] = found.pop(bound)
    if found.pop("nullable", False) and "type" in found:
        told: Any = found["type"]
        found["type"] = [*([told] if isinstance(told, str) else told), "null"]
    if found.get("enum") == [None]:
        return {"type": "null"}
    if "const" in found:
        found["enum"] = [found.pop("const")]
    return _unite(found)


def unwrap(schema: Schema) -> Schema:
    """The one schema in an ``allOf``, as 3.0 says something beside a reference."""
    only = schema.get("allOf", ())
    if len(only) == 1 and schema.keys() <= {"allOf", "default", "description"}:
        return read_schema(only[0])
    return schema


def _unite(schema: Schema) -> Schema:
    """``{"anyOf": [{"type": "string"}, {"type": "null"}]}`` → ``{"type": ["string", "null"]}``."""
    members = [normalize(read_schema(each)) for each in schema.get("anyOf", ())]
    rest = [each for each in members if each != {"type": "null"}]
    if len(rest) == 1 and len(members) == 2 and isinstance(rest[0].get("type"), str):
        other = {key: value for key, value in schema.items() if key != "anyOf"}
        united = {**rest[0], **other, "type": [rest[0]["type"], "null"]}
        if "enum" in united and None not in united["enum"]:
            united["enum"] = [*united["enum"], None]
        return united
    return {**schema, "anyOf": members} if members else schema


def _kinds(schema: Schema) -> set[str]:
    """The types that a schema admits; a number may be an integer. None told is all of them."""
    told: Any = schema.get("type")
    if told is None:
        return set()
    kinds = {told} if isinstance(told, str) else set(cast("list[str]", told))
    return kinds | {"integer"} if "number" in kinds else kinds


# What takes less where it is said, and in words.
_CLOSING = {"additionalProperties": "no other members", "uniqueItems": "no item twice"}


def compare_values(old: Schema, new: Schema, direction: Direction) -> Iterator[Finding]:
    """What changed of the values that a schema admits."""
    before, after = _kinds(old), _kinds(new)
    if before != after:
        told = f"is {' or '.join(sorted(after)) or 'anything'}, was "
        told += " or ".join(sorted(before)) or "anything"
        wider = not after or (bool(before) and before <= after)
        narrower = not before or (bool(after) and after <= before)
        breaks = not (wider if direction == "request" else narrower)
        yield (breaks, told)
    yield from _compare_choices(old, new, direction)
    for word in ("pattern", "format", "multipleOf"):
        if old.get(word) != new.get(word):
            yield from _compare_word(word, old.get(word), new.get(word), direction)
    for word in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"):
        yield from _compare_bound(word, old, new, direction, sign=1)
    for word in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"):
        yield from _compare_bound(word, old, new, direction, sign=-1)
    for word, told in _CLOSING.items():
        closed, was = _is_closed(new, word), _is_closed(old, word)
        if closed != was:
            how = f"takes {told} now" if closed else f"takes {told[3:]} now"
            yield (closed == (direction == "request"), how)
    if "prefixItems" in old or "prefixItems" in new:
        before_count, after_count = len(old.get("prefixItems", ())), len(new.get("prefixItems", ()))
        if before_count != after_count:
            yield (True, f"has {after_count} items of their own kinds, had {before_count}")
    if old.get("allOf") != new.get("allOf"):
        yield (True, "is all of other kinds than it was")
    if old.get("default") != new.get("default"):
        told = f"defaults to {new.get('default')!r}, defaulted to {old.get('default')!r}"
        yield (False, told)


def _is_closed(schema: Schema, word: str) -> bool:
    told: Any = schema.get(word)
    return told is False if word == "additionalProperties" else bool(told)


def _compare_choices(old: Schema, new: Schema, direction: Direction) -> Iterator[Finding]:
    before, after = old.get("enum"), new.get("enum")
    if before == after:
        return
    if before is None or after is None:
        closes = after is not None
        told = "takes only some values now" if closes else "takes any value now"
        yield (closes == (direction == "request"), told)
        return
    for value in before:
        if value not in after:
            yield (direction == "request", f"the value {value!r} is gone")
    for value in after:
        if value not in before:
            yield (direction == "response", f"the value {value!r} is new")


def _compare_word(
    word: str,
    old: Any,  # noqa: ANN401 - whatever the schema has
    new: Any,  # noqa: ANN401 - as above
    direction: Direction,
) -> Iterator[Finding]:
    if new is None:
        yield (direction == "response", f"{word} {old!r} is gone")
    elif old is None:
        yield (direction == "request", f"{word} is {new!r} now")
    else:
        yield (True, f"{word} is {new!r}, was {old!r}")


def _compare_bound(
    word: str, old: Schema, new: Schema, direction: Direction, *, sign: int
) -> Iterator[Finding]:
    before, after = old.get(word), new.get(word)
    if before == after:
        return
    is_bound = before is None
    tighter = is_bound if is_bound or after is None else (after - before) * sign > 0
    told = f"{word} is {after if after is not None else 'gone'}"
    told += f", was {before}" if before is not None else " now"
    yield (tighter == (direction == "request"), told)
