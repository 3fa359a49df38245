"""The document: everything that an app says of itself, as OpenAPI has it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from responder_core.hooks import describe
from responder_core.operations import list_operations
from responder_openapi.answers import want_answers
from responder_openapi.bodies import want_body
from responder_openapi.components import POINTER, model_name
from responder_openapi.dialects import to_dialect
from responder_openapi.errors import DocumentError, DuplicateOperationError
from responder_openapi.identifiers import name_operations, place_of
from responder_openapi.operations import OperationBuilder
from responder_openapi.options import words_of
from responder_openapi.parameters import want_parameters
from responder_openapi.problems import SCHEMAS, describe_problem
from responder_openapi.references import find_part, list_references
from responder_openapi.schemas import Schemas
from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from responder_core.api import API
    from responder_core.operations import Operation
    from responder_core.route import Route
    from responder_openapi.components import Schema
    from responder_openapi.security import Security

logger: logging.Logger = logging.getLogger("responder.openapi")

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True, slots=True, eq=False)
class Info:
    """What a document says of the app as a whole.

    Attributes:
        about: the members of the Info Object.
        servers: the Server Objects that the program told of; none for where it is served.
        tags: what the tags are, by name.
        version: that of OpenAPI: ``"3.0.3"``, ``"3.1.0"``, ``"3.2.0"``; None for 3.1, or 3.2 where
            something needs it.
        errors: whether the errors that the app itself answers are told.
    """

    about: Schema
    servers: Sequence[Schema] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    version: str | None = None
    errors: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A document that was made.

    Attributes:
        content: the document, in the version that was asked for.
        whole: the same with schemas of the dialect 2020-12, which its references lead into.
        operations: the operations of *whole*, by route and method; those too that OpenAPI cannot
            tell from another one.
    """

    content: Schema
    whole: Schema
    operations: Mapping[tuple[Route, str], Schema]


def build_document(
    api: API,
    info: Info,
    *,
    security: Security,
    registered: Mapping[str, Any] | None = None,
    audience: str | None = None,
) -> Document:
    """The document of an app, for an *audience* or for everybody.

    *registered* are the models and schemas that the program gave names.

    Raises:
        SchemaError: a type has no schema.
        DocstringError: the YAML of a docstring cannot be read.
        DuplicateOperationError: two operations have one ``operationId``.
        DocumentError: a security scheme is not known, or a reference leads nowhere.
    """
    operations = [each for each in list_operations(api) if _is_told(each, audience)]
    schemas = Schemas(
        registered,
        reserved=SCHEMAS if info.errors else {},
        decimals_as_numbers=api.settings.json_decimal == "float",
    )
    names = name_operations(operations)
    for each in operations:
        where = place_of(each)
        want_parameters(each, schemas, where)
        want_body(each, schemas, where)
        want_answers(each, schemas, where)
    schemas.make()
    schemes = security.schemes(operations)
    builder = OperationBuilder(
        api,
        schemas,
        security,
        schemes,
        streams=info.version is None or info.version.startswith("3.2"),
        errors=info.errors,
    )
    paths = _Paths()
    for each, name in zip(operations, names, strict=True):
        paths.add(each, builder.describe(each, name))
    whole = _assemble(api, info, builder, schemas, schemes, paths.items)
    whole["security"] = security.default
    _refuse_dangling(whole)
    return Document(to_dialect(whole, info.version), whole, paths.operations)


def list_audiences(api: API) -> list[str]:
    """The audiences that routes of an app name, sorted."""
    found = {name for route in api.routes for name in words_of(route.facts).audiences}
    return sorted(found)


def _is_told(operation: Operation, audience: str | None) -> bool:
    words = words_of(operation.route.facts)
    if not words.options.get("include_in_schema", True):
        return False
    return not words.audiences or audience in words.audiences


class _Paths:
    """The Paths Object, and which templates OpenAPI cannot tell apart."""

    def __init__(self) -> None:
        self.items: dict[str, Schema] = {}
        self.operations: dict[tuple[Route, str], Schema] = {}
        self._known: dict[str, str] = {}
        self._first: dict[tuple[str, str], Operation] = {}
        self._ids: dict[str, Operation] = {}

    def add(self, operation: Operation, described: Schema) -> None:
        """Put an operation where it belongs.

        Raises:
            DuplicateOperationError: another one has its ``operationId``.
        """
        self.operations[operation.route, operation.method] = described
        path = _PARAMETER.sub(r"{\1}", operation.route.path)
        shape = _PARAMETER.sub("{}", operation.route.path)
        known = self._known.setdefault(shape, path)
        first = self._first.setdefault((shape, operation.method), operation)
        if first is not operation:
            logger.warning(
                "%s is left out of the document: OpenAPI cannot tell it from %s",
                place_of(operation),
                place_of(first),
            )
            return
        other = self._ids.setdefault(described["operationId"], operation)
        if other is not operation:
            raise _duplicate(described["operationId"], other, operation)
        if known != path:
            names = dict(zip(_PARAMETER.findall(path), _PARAMETER.findall(known), strict=True))
            told: list[Schema] = described.get("parameters", [])
            for each in [each for each in told if each.get("in") == "path"]:
                each["name"] = names.get(each["name"], each["name"])
        self.items.setdefault(known, {})[operation.method.lower()] = described


def _duplicate(name: str, first: Operation, second: Operation) -> DuplicateOperationError:
    msg = (
        f"the operationId {name!r} is that of {place_of(first)}, {describe(first.origin)}, and of "
        f"{place_of(second)}, {describe(second.origin)}; give one of them operation_id=, or leave "
        "it out with include_in_schema=False"
    )
    return DuplicateOperationError(msg)


def _assemble(  # noqa: PLR0917 - what the one caller has
    api: API,
    info: Info,
    builder: OperationBuilder,
    schemas: Schemas,
    schemes: dict[str, Schema],
    paths: dict[str, Schema],
) -> Schema:
    """The whole document around its operations."""
    responses = dict(
        describe_problem(status, request_id=api.settings.request_id)
        for status in sorted(builder.statuses)
    )
    known = dict(sorted(schemas.components.items()))
    kept = {each for each in known if {each, model_name(each)} & schemas.registered.keys()}
    _drop_unused(known, kept, [paths, responses])
    components = {"schemas": known, "responses": responses, "securitySchemes": schemes}
    document: Schema = {"openapi": info.version or _choose_version(paths)}
    document["info"] = dict(info.about)
    document["servers"] = [dict(each) for each in info.servers] or [{"url": "/"}]
    document["security"] = []
    if builder.tags:
        document["tags"] = [_describe_tag(each, info.tags.get(each)) for each in builder.tags]
    document["paths"] = paths
    document["components"] = {key: each for key, each in components.items() if each}
    return document


def _describe_tag(name: str, description: str | None) -> Schema:
    return {"name": name, "description": description} if description else {"name": name}


def _choose_version(paths: Mapping[str, Schema]) -> str:
    """3.1, or 3.2 where QUERY is answered or items are streamed."""
    needs = any("query" in item for item in paths.values()) or _has_items(paths)
    return "3.2.0" if needs else "3.1.0"


def _has_items(value: Any) -> bool:  # noqa: ANN401 - a document or a part of one
    if is_table(value):
        return "itemSchema" in value or any(map(_has_items, value.values()))
    return False


def _drop_unused(schemas: dict[str, Schema], kept: Collection[str], rest: Any) -> None:  # noqa: ANN401
    """Leave out the schemas that nothing in the *rest* needs, but those that are to be *kept*."""
    used = set(kept)
    pending = [*kept, *list_references(rest)]
    while pending:
        name = pending.pop().removeprefix(POINTER)
        used.add(name)
        pending += [
            each
            for each in list_references(schemas.get(name, {}))
            if each.removeprefix(POINTER) not in used
        ]
    for name in [each for each in schemas if each not in used]:
        del schemas[name]


def _refuse_dangling(document: Schema) -> None:
    """Refuse a document with a reference that leads nowhere.

    Raises:
        DocumentError: there is one; the message names the path that it stands below.
    """
    for reference in sorted(list_references(document)):
        if find_part(document, reference) is None:
            places = [
                path
                for path, item in document["paths"].items()
                if reference in list_references(item)
            ]
            where = places[0] if places else "components"
            msg = (
                f"{where} refers to {reference!r}, which the document has not; give the schema "
                "that name by api.schema(), or write it where it is used"
            )
            raise DocumentError(msg)


def refuse_no_version(version: object) -> None:
    """Refuse what is no version of OpenAPI that can be written.

    Raises:
        DocumentError: it is none; the message lists those that can.
    """
    known = ("3.0.", "3.1.", "3.2.")
    if version is not None and not (isinstance(version, str) and version.startswith(known)):
        msg = f"openapi= is '3.0.3', '3.1.0' or '3.2.0', not {version!r}"
        raise DocumentError(msg)
