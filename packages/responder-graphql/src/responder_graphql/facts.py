"""Facts: what the documentation of an app says of a GraphQL endpoint."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from responder_graphql.negotiation import EVENTS_TYPE, GRAPHQL_TYPE, JSON_TYPE

if TYPE_CHECKING:
    from responder_graphql.view import GraphQLView

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


class GraphQLFact:
    """What a route answers that serves GraphQL; found in ``route.facts``.

    Attributes:
        view: the endpoint.
    """

    def __init__(self, view: GraphQLView) -> None:
        self.view = view

    def describe_operation(self, operation: dict[str, Any], method: str = "POST") -> None:
        """Describe the request and its answers, in an operation of OpenAPI 3.1."""
        # Copies, as who documents may change what it is given.
        results = {name: {"schema": deepcopy(_RESULT)} for name in (GRAPHQL_TYPE, JSON_TYPE)}
        streams = {EVENTS_TYPE: {"schema": {"type": "string"}}}
        operation.setdefault("summary", "GraphQL")
        responses = operation.setdefault("responses", {})
        responses["200"] = {"description": "The result.", "content": {**results, **streams}}
        responses["400"] = {"description": "It was not executed.", "content": deepcopy(results)}
        if method == "GET":
            operation.setdefault("parameters", []).extend(
                {"name": name, "in": "query", "schema": {"type": "string"}}
                for name in ("query", "operationName", "variables", "extensions")
            )
            return
        request = deepcopy(_REQUEST)
        if self.view.settings.trusted is not None:
            members = {**_REQUEST["properties"], "documentId": {"type": "string"}}
            request = {"type": "object", "properties": members}
        operation["requestBody"] = {"content": {JSON_TYPE: {"schema": request}}}
