"""Operations: the Operation Object of everything that a route does for a method."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from responder_core.guards import Inherited
from responder_core.hooks import accepts
from responder_openapi.answers import describe_answers
from responder_openapi.bodies import describe_body
from responder_openapi.docstrings import read_docstring
from responder_openapi.examples import plain
from responder_openapi.fragments import merge, put_over
from responder_openapi.identifiers import place_of
from responder_openapi.options import words_of
from responder_openapi.parameters import describe_parameters
from responder_openapi.problems import (
    REQUEST_ID,
    describe_problem,
    list_statuses,
    refer,
    title_of,
)

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.operations import Operation
    from responder_openapi.components import Schema
    from responder_openapi.docstrings import Docstring
    from responder_openapi.options import OpenAPIOptions
    from responder_openapi.schemas import Schemas
    from responder_openapi.security import Security

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


class OperationBuilder:
    """Makes the operations of a document, and keeps what they refer to.

    Args:
        schemes: the security schemes that there are.
        streams: whether items of streams are told as OpenAPI 3.2 has them.
        errors: whether the errors that the app itself answers are told.

    Attributes:
        statuses: the errors that operations refer to.
        tags: the tags that they have, in the order they were met.
    """

    def __init__(
        self,
        api: API,
        schemas: Schemas,
        security: Security,
        schemes: dict[str, Schema],
        *,
        streams: bool,
        errors: bool,
    ) -> None:
        self._api, self._schemas, self._security = api, schemas, security
        self._schemes, self._streams, self._errors = schemes, streams, errors
        self._docstrings: dict[int, Docstring] = {}
        self.statuses: set[int] = set()
        self.tags: dict[str, None] = {}

    def describe(self, operation: Operation, name: str) -> Schema:
        """The Operation Object of an operation, whose ``operationId`` is a name."""
        route = operation.route
        options = words_of(route.facts).options
        told = self._read(operation.origin)
        summary = options.get("summary") or told.summary or _title(str(route.name))
        described: Schema = {"operationId": name, "summary": summary}
        description = options.get("description") or told.description
        if description:
            described["description"] = description
        described["tags"] = list(route.tags) or [_default_tag(route.path)]
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
        self._ask_facts(operation, described)
        described = self._put_over(operation, described, told, options)
        described["responses"] = dict(sorted(described["responses"].items()))
        self.tags |= dict.fromkeys(described["tags"])
        self._security.check(described.get("security", ()), self._schemes, place_of(operation))
        return described

    def _ask_facts(self, operation: Operation, described: Schema) -> None:
        """Let facts and guards that describe themselves say what they know of an operation.

        They find what every operation asks for in it, so that none takes it for open.
        """
        route, default = operation.route, self._security.default
        if default:
            described.setdefault("security", default)
        others = [each for each in operation.guards if each not in route.facts]
        for fact in (*route.facts, *others):
            describe = getattr(fact, "describe_operation", None)
            if describe is not None and accepts(describe, 2):
                describe(described, operation.method)
            elif describe is not None:
                describe(described)
        if default and described["security"] == default:
            del described["security"]

    def _put_over(
        self, operation: Operation, described: Schema, told: Docstring, options: OpenAPIOptions
    ) -> Schema:
        """An operation under the YAML of its docstring, and what the route says on top."""
        if isinstance(operation.route.endpoint, type):
            of_class = self._read(operation.route.endpoint)
            described = put_over(described, of_class.fragments.get(operation.method.lower(), {}))
        described = put_over(described, told.fragment(operation.method))
        described = put_over(described, plain(options.get("openapi_extra", {})))
        answers = cast("dict[str, Schema]", described["responses"])
        for status, answer in answers.items():
            if "description" not in answer and "$ref" not in answer:
                words = title_of(int(status)) if status.isdigit() else "An answer."
                answers[status] = {"description": words, **answer}
        return described

    def _read(self, function: Any) -> Docstring:  # noqa: ANN401 - a function or a class
        # By identity, as not every view has a hash; the route keeps it.
        found = self._docstrings.get(id(function))
        if found is None:
            found = self._docstrings[id(function)] = read_docstring(function)
        return found

    def _describe_answers(
        self, operation: Operation, options: OpenAPIOptions, requirements: list[Schema] | None
    ) -> dict[str, Schema]:
        examples = options.get("response_examples", {})
        answers = describe_answers(operation, self._schemas, examples, streams=self._streams)
        headers: Schema = {}
        if self._api.settings.request_id:
            headers["X-Request-ID"] = REQUEST_ID
        if not isinstance(options.get("deprecated", True), bool):
            headers["Deprecation"] = _DATED["Deprecation"]
        if "sunset" in options:
            headers["Sunset"] = _DATED["Sunset"]
        if headers:
            for code, answer in answers.items():
                if "$ref" not in answer:
                    answers[code] = {**answer, "headers": {**headers, **answer.get("headers", {})}}
        if self._errors:
            self._add_problems(operation, requirements, answers)
        return dict(sorted(answers.items()))

    def _add_problems(
        self,
        operation: Operation,
        requirements: list[Schema] | None,
        answers: dict[str, Schema],
    ) -> None:
        """Add what the app itself may answer, beside what the program tells of a status."""
        secured = self._is_secured(operation, requirements)
        for status in list_statuses(self._api, operation, secured=secured):
            self.statuses.add(status)
            told = answers.get(str(status))
            if told is None:
                answers[str(status)] = refer(status)
            elif "$ref" not in told:
                _, standard = describe_problem(status, request_id=False)
                answers[str(status)] = merge(standard, told)

    def _is_secured(self, operation: Operation, requirements: list[Schema] | None) -> bool:
        if requirements or (requirements is None and self._security.default):
            return True
        auth = operation.route.auth
        if isinstance(auth, Inherited):
            auth = self._api.registry.auth
        return not isinstance(auth, Inherited) and any(each in operation.guards for each in auth)


def _title(name: str) -> str:
    """The name of a view as words: ``show_user`` → ``"Show user"``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").split()
    text = " ".join(each.lower() for each in words)
    return text[:1].upper() + text[1:]


def _default_tag(path: str) -> str:
    """The first part of a path that is only text: ``/users/{id}`` → ``"users"``."""
    return next((each for each in path.split("/") if each and "{" not in each), "default")
