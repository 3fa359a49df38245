"""Facts: what the documentation of an app says of a GraphQL endpoint."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from responder_graphql.negotiation import EVENTS_TYPE, GRAPHQL_TYPE, JSON_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responder_graphql.settings import GraphQLSettings

_REQUEST: dict[str, Any] = {
    "type": "object",
    "properties": {
        "query": {"type": "string"},
        "operationName": {"type": ["string", "null"]},
        "variables": {"type": ["object", "null"]},
        "extensions": {"type": ["object", "null"]},
    },
    "required": ["query"],
}
_RESULT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": ["object", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "locations": {"type": "array", "items": {"type": "object"}},
                    "path": {"type": "array"},
                    "extensions": {"type": "object"},
                },
                "required": ["message"],
            },
        },
        "extensions": {"type": "object"},
    },
}


def describe_operation(settings: GraphQLSettings, operation: dict[str, Any], method: str) -> None:
    """Describe a request of an endpoint, and its answers, in an operation of OpenAPI 3.1."""
    # Copies, as who documents may change what it is given.
    results = {name: {"schema": deepcopy(_RESULT)} for name in (GRAPHQL_TYPE, JSON_TYPE)}
    streams = {EVENTS_TYPE: {"schema": {"type": "string"}}}
    operation.setdefault("summary", "GraphQL")
    responses = operation.setdefault("responses", {})
    responses["200"] = {"description": "The result.", "content": {**results, **streams}}
    for status, words in _answers(settings, method):
        responses[status] = {"description": words, "content": deepcopy(results)}
    if method == "GET":
        operation.setdefault("parameters", []).extend(
            {"name": name, "in": "query", "schema": {"type": "string"}}
            for name in ("query", "operationName", "variables", "extensions")
        )
        return
    request = deepcopy(_REQUEST)
    if settings.trusted is not None:
        members = {**_REQUEST["properties"], "documentId": {"type": "string"}}
        request = {"type": "object", "properties": members}
    operation["requestBody"] = {"content": {JSON_TYPE: {"schema": request}}}


def _answers(settings: GraphQLSettings, method: str) -> Iterator[tuple[str, str]]:
    """The statuses beside 200, and what each says."""
    if settings.partial_data_status != 200:
        yield str(settings.partial_data_status), "The result has data and errors."
    yield "400", "It was not executed."
    if method == "GET":
        yield "405", "It is a mutation, which is sent by POST."
    yield "406", "No media type of the results is accepted."
    if method != "GET":
        yield "413", "The body is too long."
        yield "415", "The body is no JSON."
    yield "500", "The server failed to answer."
    yield "503", "Too many long documents wait to be read."
    if settings.limits.seconds is not None:
        yield "504", "It took too long."
