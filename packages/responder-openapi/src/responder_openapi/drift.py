"""Drift: what changed between two documents, and which of it breaks those who call the app."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from responder_openapi.docstrings import METHODS
from responder_openapi.narrowing import compare_values
from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responder_openapi.components import Schema
    from responder_openapi.narrowing import Direction

_PARAMETER = re.compile(r"\{[^}]*\}")
_WORDS = ("summary", "description", "tags", "x-sunset")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two documents.

    Attributes:
        is_breaking: whether a client that was right before may fail now.
        place: where it is: ``"GET /users/{id}, response 200"``.
        what: what changed there, in words.
    """

    is_breaking: bool
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def compare_documents(old: Schema, new: Schema) -> list[Change]:
    """What changed from one document to another, in the order of the new one.

    Whatever is told of, a difference of words is one that breaks nothing.
    """
    return list(_Comparison(old, new).changes())


class _Comparison:
    """Compares two documents; references are followed in each."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._open: set[tuple[str, str, Direction]] = set()

    def changes(self) -> Iterator[Change]:
        """Everything that changed."""
        before, after = _operations(self._old), _operations(self._new)
        found = [
            Change(True, place, "is gone") for key, (place, _) in before.items() if key not in after
        ]
        for key, (place, operation) in after.items():
            if key in before:
                found += self._compare_operation(place, before[key][1], operation)
            else:
                found.append(Change(False, place, "is new"))
        for member in sorted({*self._old, *self._new} - {"paths", "components"}):
            if self._old.get(member) != self._new.get(member):
                found.append(Change(False, member, "is another one"))
        if not found and self._old != self._new:
            found.append(Change(False, "components", "their words, or what no operation has"))
        yield from found

    def _resolve(self, document: Schema, value: Any) -> Any:  # noqa: ANN401 - an object of OpenAPI
        for _ in range(32):
            if not is_table(value) or not isinstance(value.get("$ref"), str):
                break
            found: Any = document
            for part in value["$ref"].removeprefix("#/").split("/"):
                name = part.replace("~1", "/").replace("~0", "~")
                found = found.get(name, {}) if is_table(found) else {}
            rest = {key: each for key, each in value.items() if key != "$ref"}
            value = {**found, **rest}
        return value

    def _compare_operation(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        if old.get("operationId") != new.get("operationId"):
            told = f"operationId was {old.get('operationId')!r}, is {new.get('operationId')!r}"
            yield Change(True, place, told)
        yield from self._compare_parameters(place, old, new)
        yield from self._compare_bodies(place, old, new)
        yield from self._compare_answers(place, old, new)
        yield from _compare_security(
            place,
            old.get("security", self._old.get("security", [])),
            new.get("security", self._new.get("security", [])),
        )
        if bool(old.get("deprecated")) != bool(new.get("deprecated")):
            now = "is deprecated" if new.get("deprecated") else "is not deprecated any more"
            yield Change(False, place, now)
        if any(old.get(word) != new.get(word) for word in _WORDS):
            yield Change(False, place, "its words are others")

    def _compare_parameters(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = self._parameters(self._old, old), self._parameters(self._new, new)
        for key, parameter in before.items():
            if key not in after:
                yield Change(True, place, f"the {key[0]} parameter {key[1]!r} is gone")
                continue
            where = f"{place}, {key[0]} parameter {key[1]!r}"
            other = after[key]
            if bool(other.get("required")) != bool(parameter.get("required")):
                needed = bool(other.get("required"))
                yield Change(needed, where, "is required now" if needed else "is optional now")
            yield from self._compare_schema(
                where, parameter.get("schema", {}), other.get("schema", {}), "request"
            )
        for key, parameter in after.items():
            if key not in before:
                needed = bool(parameter.get("required"))
                how = "required" if needed else "optional"
                told = f"the {how} {key[0]} parameter {key[1]!r} is new"
                yield Change(needed, place, told)

    def _parameters(self, document: Schema, operation: Schema) -> dict[tuple[str, Any], Schema]:
        found: dict[tuple[str, Any], Schema] = {}
        count = 0
        for each in operation.get("parameters", []):
            parameter = self._resolve(document, each)
            name: Any = parameter.get("name")
            if parameter.get("in") == "path":
                name, count = count, count + 1  # What it is called, no client sees.
            elif parameter.get("in") == "header":
                name = str(name).lower()
            found[str(parameter.get("in")), name] = parameter
        return found

    def _compare_bodies(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        before = self._resolve(self._old, old.get("requestBody"))
        after = self._resolve(self._new, new.get("requestBody"))
        if before is None and after is None:
            return
        if before is None:
            needed = bool(after.get("required"))
            yield Change(needed, place, f"a body is {'required' if needed else 'taken'} now")
            return
        if after is None:
            yield Change(True, place, "no body is taken any more")
            return
        where = f"{place}, body"
        if bool(before.get("required")) != bool(after.get("required")):
            needed = bool(after.get("required"))
            yield Change(needed, where, "is required now" if needed else "is optional now")
        yield from self._compare_contents(where, before, after, "request")

    def _compare_answers(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = old.get("responses", {}), new.get("responses", {})
        for status, answer in before.items():
            if status not in after:
                is_error = status[:1] in ("4", "5")
                yield Change(not is_error, f"{place}, response {status}", "is gone")
                continue
            where = f"{place}, response {status}"
            was = self._resolve(self._old, answer)
            now = self._resolve(self._new, after[status])
            for name in was.get("headers", {}):
                if name not in now.get("headers", {}):
                    yield Change(True, where, f"the header {name!r} is gone")
            for name in now.get("headers", {}):
                if name not in was.get("headers", {}):
                    yield Change(False, where, f"the header {name!r} is new")
            yield from self._compare_contents(where, was, now, "response")
        for status in after:
            if status not in before:
                yield Change(False, f"{place}, response {status}", "is new")

    def _compare_contents(
        self, where: str, old: Schema, new: Schema, direction: Direction
    ) -> Iterator[Change]:
        before, after = old.get("content", {}), new.get("content", {})
        for kind, media in before.items():
            if kind not in after:
                yield Change(True, where, f"{kind} is gone")
                continue
            for key in ("schema", "itemSchema", "x-responder-item-schema"):
                if key in media or key in after[kind]:
                    was, now = media.get(key, {}), after[kind].get(key, {})
                    yield from self._compare_schema(where, was, now, direction)
        for kind in after:
            if kind not in before:
                yield Change(False, where, f"{kind} is new")

    def _compare_schema(
        self,
        where: str,
        old: Any,  # noqa: ANN401 - a schema
        new: Any,  # noqa: ANN401 - a schema
        direction: Direction,
    ) -> Iterator[Change]:
        """What changed of a schema; a part that was compared before is passed over."""
        if is_table(old) and is_table(new) and "$ref" in old and "$ref" in new:
            pair = (str(old["$ref"]), str(new["$ref"]), direction)
            if pair in self._open:
                return  # A model that has itself in it is told of once.
            self._open.add(pair)
            try:
                yield from self._compare_resolved(where, old, new, direction)
            finally:
                self._open.discard(pair)
        else:
            yield from self._compare_resolved(where, old, new, direction)

    def _compare_resolved(
        self,
        where: str,
        old: Any,  # noqa: ANN401 - a schema
        new: Any,  # noqa: ANN401 - a schema
        direction: Direction,
    ) -> Iterator[Change]:
        was, now = self._resolve(self._old, old), self._resolve(self._new, new)
        if not is_table(was) or not is_table(now):
            return
        for breaks, told in compare_values(was, now, direction):
            yield Change(breaks, where, told)
        yield from self._compare_properties(where, was, now, direction)
        for key, name in (("items", "[]"), ("additionalProperties", ".*")):
            if is_table(was.get(key)) and is_table(now.get(key)):
                yield from self._compare_schema(where + name, was[key], now[key], direction)
        closed = now.get("additionalProperties") is False
        if closed != (was.get("additionalProperties") is False):
            told = "takes no other members now" if closed else "takes other members now"
            yield Change(closed == (direction == "request"), where, told)
        for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            before, after = was.get(key, []), now.get(key, [])
            if len(before) == len(after):
                for one, other in zip(before, after, strict=True):
                    yield from self._compare_schema(where, one, other, direction)
            else:
                more = len(after) > len(before)
                told = f"{key} has {len(after)} kinds, had {len(before)}"
                breaks = key in ("allOf", "prefixItems") or more == (direction == "response")
                yield Change(breaks, where, told)

    def _compare_properties(
        self, where: str, old: Schema, new: Schema, direction: Direction
    ) -> Iterator[Change]:
        before = cast("Schema", old.get("properties", {}))
        after = cast("Schema", new.get("properties", {}))
        must, must_now = set(old.get("required", ())), set(new.get("required", ()))
        sent = direction == "request"
        for name, schema in before.items():
            if name not in after:
                yield Change(True, f"{where}.{name}", "is gone")
                continue
            if (name in must) != (name in must_now):
                needed = name in must_now
                if sent:
                    told = "is required now" if needed else "is optional now"
                else:
                    told = "is always there now" if needed else "may be missing now"
                yield Change(needed == sent, f"{where}.{name}", told)
            yield from self._compare_schema(f"{where}.{name}", schema, after[name], direction)
        for name in after:
            if name not in before:
                needed = sent and name in must_now
                told = "is new and required" if needed else "is new"
                yield Change(needed, f"{where}.{name}", told)


def _operations(document: Schema) -> dict[tuple[str, str], tuple[str, Schema]]:
    """The operations of a document: by path, what its parameters are called aside, and method."""
    found: dict[tuple[str, str], tuple[str, Schema]] = {}
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS or method == "x-query":
                name = method.removeprefix("x-")
                shared = item.get("parameters", [])
                if shared:
                    own = operation.get("parameters", [])
                    operation = {**operation, "parameters": [*shared, *own]}  # noqa: PLW2901
                found[_PARAMETER.sub("{}", path), name] = f"{name.upper()} {path}", operation
    return found


def _compare_security(place: str, old: Any, new: Any) -> Iterator[Change]:  # noqa: ANN401
    def keys(requirements: Any) -> set[tuple[str, ...]]:  # noqa: ANN401
        return {tuple(sorted(each)) for each in requirements} or {()}

    if keys(old) == keys(new):
        return
    easier = keys(old) <= keys(new)
    before = " or ".join("+".join(each) or "nothing" for each in sorted(keys(old)))
    after = " or ".join("+".join(each) or "nothing" for each in sorted(keys(new)))
    yield Change(not easier, place, f"asks for {after}, asked for {before}")
