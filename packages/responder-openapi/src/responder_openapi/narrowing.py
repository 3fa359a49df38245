"""Narrowing: whether a schema admits less than another one did, or more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responder_openapi.components import Schema

    Finding: TypeAlias = tuple[bool, str]

Direction: TypeAlias = Literal["request", "response"]
"""Whether a schema is of what clients send, or of what they are sent.

What clients send may be admitted more widely and breaks nobody; what they are sent, more
narrowly.
"""


def _kinds(schema: Schema) -> set[str]:
    """The types that a schema admits; a number may be an integer. None told is all of them."""
    told: Any = schema.get("type")
    if told is None:
        return set()
    kinds = {told} if isinstance(told, str) else set(cast("list[str]", told))
    if schema.get("nullable"):
        kinds.add("null")
    return kinds | {"integer"} if "number" in kinds else kinds


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
    if old.get("default") != new.get("default"):
        told = f"defaults to {new.get('default')!r}, defaulted to {old.get('default')!r}"
        yield (False, told)


def _compare_choices(old: Schema, new: Schema, direction: Direction) -> Iterator[Finding]:
    def values(schema: Schema) -> list[Any] | None:
        return [schema["const"]] if "const" in schema else schema.get("enum")

    before, after = values(old), values(new)
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
    if before == after or isinstance(before, bool) or isinstance(after, bool):
        return
    is_bound = before is None
    tighter = is_bound if is_bound or after is None else (after - before) * sign > 0
    told = f"{word} is {after if after is not None else 'gone'}"
    told += f", was {before}" if before is not None else " now"
    yield (tighter == (direction == "request"), told)
