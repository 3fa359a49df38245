"""Drift: what changed between two documents, and which of it breaks those who call the app."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from responder_openapi.dialects import QUERY
from responder_openapi.docstrings import METHODS
from responder_openapi.fragments import merge
from responder_openapi.narrowing import compare_values, normalize, read_schema, unwrap
from responder_openapi.references import find_part
from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responder_openapi.components import Schema
    from responder_openapi.narrowing import Direction

_PARAMETER = re.compile(r"\{[^}]*\}")
# The schemas within a schema, and how a place tells of them.
_PARTS = {"items": "[]", "additionalProperties": ".*", "propertyNames": ".*"}
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
        self._met: set[tuple[str, str, Direction]] = set()

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
        met: set[str] = set()
        while is_table(value) and isinstance(value.get("$ref"), str) and value["$ref"] not in met:
            met.add(value["$ref"])
            rest = {key: each for key, each in value.items() if key != "$ref"}
            found: Schema = find_part(document, value["$ref"]) or {}
            value = merge(found, rest)
        return value

    def _compare_operation(self, place: str, old: Schema, new: Schema) -> Iterator[Change]:
        if old.get("operationId") != new.get("operationId"):
            told = f"operationId was {old.get('operationId')!r}, is {new.get('operationId')!r}"
            yield Change(True, place, told)
        yield from self._compare_parameters(place, old, new)
        yield from self._compare_bodies(place, old, new)
        yield from self._compare_answers(place, old, new)
        before = old.get("security", self._old.get("security", []))
        after = new.get("security", self._new.get("security", []))
        yield from _compare_security(place, before, after)
        yield from self._compare_schemes(place, before, after)
        if bool(old.get("deprecated")) != bool(new.get("deprecated")):
            now = "is deprecated" if new.get("deprecated") else "is not deprecated any more"
            yield Change(False, place, now)
        if any(old.get(word) != new.get(word) for word in _WORDS):
            yield Change(False, place, "its words are others")

    def _compare_schemes(self, place: str, old: Any, new: Any) -> Iterator[Change]:  # noqa: ANN401
        """Whether a scheme that is asked for is another one under its name."""
        known = self._old.get("components", {}).get("securitySchemes", {})
        now = self._new.get("components", {}).get("securitySchemes", {})
        for name in sorted({key for each in old for key in each} & {key for e in new for key in e}):
            if _essence(known.get(name, {})) != _essence(now.get(name, {})):
                yield Change(True, place, f"the security scheme {name!r} is another one")

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
            yield from self._compare_schemas(
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
                    yield from self._compare_schemas(where, was, now, direction)
        for kind in after:
            if kind not in before:
                yield Change(False, where, f"{kind} is new")

    def _compare_schemas(
        self, where: str, old: Schema, new: Schema, direction: Direction
    ) -> Iterator[Change]:
        """What changed of a schema; a model is told of once each way."""
        self._met.clear()
        yield from self._compare_schema(where, old, new, direction)

    def _compare_schema(
        self,
        where: str,
        old: Any,  # noqa: ANN401 - a schema, or True and False
        new: Any,  # noqa: ANN401 - as above
        direction: Direction,
    ) -> Iterator[Change]:
        old, new = unwrap(read_schema(old)), unwrap(read_schema(new))
        if "$ref" in old or "$ref" in new:
            # What breaks nobody one way may break somebody the other way, as within a "not".
            met = str(old.get("$ref", old)), str(new.get("$ref", new)), direction
            if met in self._met:
                return
            self._met.add(met)
        was = normalize(self._resolve(self._old, old))
        now = normalize(self._resolve(self._new, new))
        before, after = _members(was), _members(now)
        if before or after:
            before, after = before or [old], after or [new]
            yield from self._compare_kinds(where, before, after, direction)
            return
        for breaks, told in compare_values(was, now, direction):
            yield Change(breaks, where, told)
        yield from self._compare_properties(where, was, now, direction)
        for key, name in _PARTS.items():
            one, other = was.get(key), now.get(key)
            if (is_table(one) or is_table(other)) and one is not False and other is not False:
                one, other = (each if is_table(each) else {} for each in (one, other))
                yield from self._compare_schema(where + name, one, other, direction)
        yield from self._compare_exclusion(where, was, now, direction)
        before, after = was.get("prefixItems", []), now.get("prefixItems", [])
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from self._compare_schema(f"{where}[{number}]", one, other, direction)

    def _compare_exclusion(
        self, where: str, old: Schema, new: Schema, direction: Direction
    ) -> Iterator[Change]:
        """What changed of what is not admitted: the more of that, the less is admitted."""
        if "not" in old and "not" in new:
            turned: Direction = "request" if direction == "response" else "response"
            yield from self._compare_schema(f"{where} not", old["not"], new["not"], turned)
        elif "not" in old or "not" in new:
            closes = "not" in new
            told = "leaves something out now" if closes else "leaves nothing out any more"
            yield Change(closes == (direction == "request"), where, told)

    def _compare_kinds(
        self, where: str, old: list[Schema], new: list[Schema], direction: Direction
    ) -> Iterator[Change]:
        """What changed of a schema that is one of several: kinds are found again as they are."""
        rest = [each for each in new if not any(self._is_same(each, other) for other in old)]
        gone = [each for each in old if not any(self._is_same(each, other) for other in new)]
        if len(rest) == len(gone) == 1:
            yield from self._compare_schema(where, gone[0], rest[0], direction)
            return
        for each in gone:
            yield Change(direction == "request", where, f"is no {_name(each)} any more")
        for each in rest:
            yield Change(direction == "response", where, f"may be {_name(each)} now")

    def _is_same(self, one: Schema, other: Schema) -> bool:
        """Whether two kinds are the same model, or say the same."""
        if "$ref" in one or "$ref" in other:
            return one.get("$ref") == other.get("$ref")
        return one == other

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
            if method in METHODS or method == QUERY:
                name = method.removeprefix("x-")
                shared = item.get("parameters", [])
                if shared:
                    own = operation.get("parameters", [])
                    operation = {**operation, "parameters": [*shared, *own]}  # noqa: PLW2901
                found[_PARAMETER.sub("{}", path), name] = f"{name.upper()} {path}", operation
    return found


def _compare_security(place: str, old: Any, new: Any) -> Iterator[Change]:  # noqa: ANN401
    if _keys(old) == _keys(new):
        return
    easier = _keys(old) <= _keys(new)
    yield Change(not easier, place, f"asks for {_tell(new)}, asked for {_tell(old)}")


def _keys(requirements: Any) -> set[tuple[str, ...]]:  # noqa: ANN401 - what a document has
    """What is asked for, each a way in: the schemes with their scopes."""
    return {
        tuple(sorted(f"{name}{_scopes(scopes)}" for name, scopes in each.items()))
        for each in requirements
    } or {()}


def _scopes(scopes: Sequence[str]) -> str:
    return f" ({', '.join(sorted(scopes))})" if scopes else ""


def _tell(requirements: Any) -> str:  # noqa: ANN401 - what a document has
    return " or ".join("+".join(each) or "nothing" for each in sorted(_keys(requirements)))


def _essence(scheme: Schema) -> Schema:
    """A security scheme without its words."""
    return {key: value for key, value in scheme.items() if key != "description"}


def _members(schema: Schema) -> list[Schema]:
    """The kinds that a schema is one of; none where it is one itself."""
    return [read_schema(each) for each in schema.get("anyOf") or schema.get("oneOf") or ()]


def _name(schema: Schema) -> str:
    """A schema for who reads a message."""
    reference = str(schema.get("$ref", "")).rpartition("/")[2]
    return reference or str(schema.get("title") or schema.get("type") or "other kind")
