"""The document: everything that an app says of itself, as OpenAPI has it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from responder_core.guards import Inherited
from responder_core.operations import list_operations
from responder_openapi.answers import describe_answers, want_answers
from responder_openapi.bodies import describe_body, want_body
from responder_openapi.components import POINTER
from responder_openapi.dialects import to_dialect
from responder_openapi.docstrings import Docstring, merge, read_docstring, with_text_keys
from responder_openapi.errors import DocumentError
from responder_openapi.identifiers import name_operations, place_of
from responder_openapi.options import words_of
from responder_openapi.parameters import describe_parameters, want_parameters
from responder_openapi.problems import (
    REQUEST_ID,
    SCHEMAS,
    describe_problem,
    list_statuses,
    refer,
)
from responder_openapi.references import list_references
from responder_openapi.schemas import Schemas
from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from responder_core.api import API
    from responder_core.operations import Operation
    from responder_openapi.components import Schema
    from responder_openapi.options import OpenAPIOptions
    from responder_openapi.security import Security

logger = logging.getLogger("responder.openapi")

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_DATED: Schema = {
    "Deprecation": {
        "description": "The moment since when the operation is deprecated (RFC 9745).",
        "schema": {"type": "string"},
    },
    "Sunset": {
        "description": "The moment when the operation ends (RFC 8594).",
        "schema": {"type": "string"},
    },
}


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


def build_document(
    api: API,
    info: Info,
    *,
    security: Security,
    registered: Mapping[str, Any] | None = None,
    audience: str | None = None,
) -> Schema:
    """The document of an app, for an *audience* or for everybody.

    *registered* are the models and schemas that the program gave names.

    Raises:
        SchemaError: a type has no schema.
        DocstringError: the YAML of a docstring cannot be read.
        DuplicateOperationError: two operations have one ``operationId``.
        DocumentError: a security scheme is not known.
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
    streams = info.version is None or info.version.startswith("3.2")
    builder = _Builder(api, info, security, schemas, security.schemes(operations), streams=streams)
    paths = _Paths()
    for each, name in zip(operations, names, strict=True):
        paths.add(each, builder.describe(each, name))
    return to_dialect(builder.finish(paths.items), info.version)


def _is_told(operation: Operation, audience: str | None) -> bool:
    words = words_of(operation.route.facts)
    if not words.options.get("include_in_schema", True):
        return False
    return not words.audiences or audience in words.audiences


def find_operation(document: Schema, operation: Operation) -> Schema | None:
    """What a document says of an operation, or None where it says nothing."""
    shape = _PARAMETER.sub("{}", operation.route.path)
    for path, item in document["paths"].items():
        if _PARAMETER.sub("{}", path) == shape:
            method = operation.method.lower()
            return cast("Schema | None", item.get(method, item.get(f"x-{method}")))
    return None


class _Paths:
    """The Paths Object, and which templates OpenAPI cannot tell apart."""

    def __init__(self) -> None:
        self.items: dict[str, Schema] = {}
        self._known: dict[str, str] = {}

    def add(self, operation: Operation, described: Schema) -> None:
        """Put an operation where it belongs."""
        path = _PARAMETER.sub(r"{\1}", operation.route.path)
        shape = _PARAMETER.sub("{}", operation.route.path)
        known = self._known.setdefault(shape, path)
        item = self.items.setdefault(known, {})
        method = operation.method.lower()
        if method in item:
            logger.warning(
                "%s is left out of the document: OpenAPI cannot tell it from %s %s",
                place_of(operation),
                operation.method,
                known,
            )
            return
        if known != path:
            names = dict(zip(_PARAMETER.findall(path), _PARAMETER.findall(known), strict=True))
            for each in cast("list[Schema]", described.get("parameters", [])):
                if each["in"] == "path":
                    each["name"] = names[each["name"]]
        item[method] = described


class _Builder:
    """Makes the operations of a document, and keeps what they refer to."""

    def __init__(
        self,
        api: API,
        info: Info,
        security: Security,
        schemas: Schemas,
        schemes: dict[str, Schema],
        *,
        streams: bool,
    ) -> None:
        self._api, self._info, self._security, self._schemas = api, info, security, schemas
        self._schemes, self._streams = schemes, streams
        self._docstrings: dict[Any, Docstring] = {}
        self._statuses: set[int] = set()
        self._tags: dict[str, None] = {}

    def describe(self, operation: Operation, name: str) -> Schema:
        """The Operation Object of an operation."""
        route = operation.route
        options = words_of(route.facts).options
        told = self._read(operation.origin)
        summary = options.get("summary") or told.summary or _title(str(route.name))
        described: Schema = {"operationId": name, "summary": summary}
        description = options.get("description") or told.description
        if description:
            described["description"] = description
        tags = list(route.tags) or [_default_tag(route.path)]
        described["tags"] = tags
        if options.get("deprecated"):
            described["deprecated"] = True
        if "sunset" in options:
            described["x-sunset"] = options["sunset"].isoformat()
        parameters = describe_parameters(operation, self._schemas)
        if parameters:
            described["parameters"] = parameters
        body = describe_body(operation, self._schemas, options.get("examples", {}))
        if body is not None:
            described["requestBody"] = body
        requirements = self._security.require(operation, options)
        if requirements is not None:
            described["security"] = requirements
        described["responses"] = self._describe_answers(operation, options, requirements)
        facts = [*route.facts, *(each for each in operation.guards if each not in route.facts)]
        for fact in facts:
            describe = getattr(fact, "describe_operation", None)
            if describe is not None:
                describe(described)
        described = self._put_over(operation, described, told, options)
        self._tags |= dict.fromkeys(described.get("tags", ()))
        self._security.check(described.get("security", ()), self._schemes, place_of(operation))
        return described

    def _put_over(
        self, operation: Operation, described: Schema, told: Docstring, options: OpenAPIOptions
    ) -> Schema:
        """An operation under the YAML of its docstring, and what the route says on top."""
        if isinstance(operation.route.endpoint, type):
            of_class = self._read(operation.route.endpoint)
            described = merge(described, of_class.fragments.get(operation.method.lower(), {}))
        described = merge(described, told.fragment(operation.method))
        extra = cast("Schema", with_text_keys(options.get("openapi_extra", {})))
        merged = merge(described, extra)
        answers = cast("dict[str, Schema]", merged["responses"])
        for status, answer in answers.items():
            if "description" not in answer and "$ref" not in answer:
                answers[status] = {"description": _title_of(status), **answer}
        return merged

    def _read(self, function: Any) -> Docstring:  # noqa: ANN401 - a function or a class
        found = self._docstrings.get(function)
        if found is None:
            found = self._docstrings[function] = read_docstring(function)
        return found

    def _describe_answers(
        self, operation: Operation, options: OpenAPIOptions, requirements: list[Schema] | None
    ) -> dict[str, Schema]:
        answers = describe_answers(
            operation,
            self._schemas,
            options.get("response_examples", {}),
            streams=self._streams,
        )
        headers: Schema = {}
        if self._api.settings.request_id:
            headers["X-Request-ID"] = REQUEST_ID
        if not isinstance(options.get("deprecated", True), bool):
            headers["Deprecation"] = _DATED["Deprecation"]
        if "sunset" in options:
            headers["Sunset"] = _DATED["Sunset"]
        if headers:
            for code, answer in answers.items():
                answers[code] = {**answer, "headers": {**headers, **answer.get("headers", {})}}
        if self._info.errors:
            secured = self._is_secured(operation, requirements)
            for status in list_statuses(self._api, operation, secured=secured):
                self._statuses.add(status)
                told = answers.get(str(status))
                if told is None:
                    answers[str(status)] = refer(status)
                elif "$ref" not in told:
                    # What the program tells of the status stands beside the app's own answer.
                    _, standard = describe_problem(status, request_id=False)
                    answers[str(status)] = merge(standard, told)
        return dict(sorted(answers.items()))

    def _is_secured(self, operation: Operation, requirements: list[Schema] | None) -> bool:
        if requirements or (requirements is None and self._security.default):
            return True
        auth = operation.route.auth
        if isinstance(auth, Inherited):
            auth = self._api.registry.auth
        return not isinstance(auth, Inherited) and any(each in operation.guards for each in auth)

    def finish(self, paths: dict[str, Schema]) -> Schema:
        """The whole document around its operations."""
        settings = self._api.settings
        responses = dict(
            describe_problem(status, request_id=settings.request_id)
            for status in sorted(self._statuses)
        )
        components: Schema = {"schemas": dict(sorted(self._schemas.components.items()))}
        components["responses"] = responses
        components["securitySchemes"] = self._schemes
        kept = {each for each in components["schemas"] if _base(each) in self._schemas.registered}
        _drop_unused(components["schemas"], kept, [paths, responses])
        tags = [self._describe_tag(each) for each in self._tags]
        document: Schema = {"openapi": self._version(paths), "info": dict(self._info.about)}
        document["servers"] = [dict(each) for each in self._info.servers] or [{"url": "/"}]
        document["security"] = self._security.default
        document["tags"] = tags
        document["paths"] = paths
        document["components"] = {key: each for key, each in components.items() if each}
        return {key: each for key, each in document.items() if key != "tags" or each}

    def _version(self, paths: Mapping[str, Schema]) -> str:
        if self._info.version is not None:
            return self._info.version
        needs = any("query" in item for item in paths.values()) or _has_items(paths)
        return "3.2.0" if needs else "3.1.0"

    def _describe_tag(self, name: str) -> Schema:
        description = self._info.tags.get(name)
        return {"name": name, "description": description} if description else {"name": name}


def _has_items(value: Any) -> bool:  # noqa: ANN401 - a document or a part of one
    if is_table(value):
        table = value
        return "itemSchema" in table or any(map(_has_items, table.values()))
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


def _base(name: str) -> str:
    return name.removesuffix("-Input").removesuffix("-Output")


def _title(name: str) -> str:
    """The name of a view as words: ``show_user`` → ``"Show user"``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").split()
    text = " ".join(each.lower() for each in words)
    return text[:1].upper() + text[1:]


def _title_of(status: str) -> str:
    from responder_openapi.problems import title_of

    return title_of(int(status)) if status.isdigit() else "An answer."


def _default_tag(path: str) -> str:
    """The first part of a path that is only text: ``/users/{id}`` → ``"users"``."""
    return next((each for each in path.split("/") if each and "{" not in each), "default")


def refuse_no_version(version: object) -> None:
    """Refuse what is no version of OpenAPI that can be written.

    Raises:
        DocumentError: it is none; the message lists those that can.
    """
    known = ("3.0.", "3.1.", "3.2.")
    if version is not None and not (isinstance(version, str) and version.startswith(known)):
        msg = f"openapi= is '3.0.3', '3.1.0' or '3.2.0', not {version!r}"
        raise DocumentError(msg)
