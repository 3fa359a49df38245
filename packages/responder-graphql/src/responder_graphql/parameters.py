"""Parameters: what a GraphQL request asks for (GraphQL over HTTP, "Request Parameters")."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from responder_core.errors import Problem
from responder_core.formats.json import decode
from responder_graphql.errors import malformed

if TYPE_CHECKING:
    from responder_core.http.query import QueryDict
    from responder_core.settings import Limits


@dataclass(slots=True)
class Parameters:
    """One operation that a client asks for.

    Attributes:
        query: the document, or None where *document_id* names it.
        operation_name: which of its operations, or None for the only one.
        variables: their values by name.
        extensions: what else the client says.
        document_id: the identifier of a trusted document, or None.
    """

    query: str | None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    document_id: str | None = None


def read_parameters(value: object) -> Parameters:
    """The parameters of a decoded JSON object; other names in it are passed over.

    Raises:
        Refusal: 400, it is no object, or one of them is of another type.
    """
    if type(value) is not dict:
        raise malformed(400, "A GraphQL request is a JSON object with a member 'query'.")
    table = cast("dict[str, Any]", value)
    query = table.get("query")
    if query.__class__ is str and len(table) == 1:
        return Parameters(query)
    for name, kind, words in _KINDS:
        if not isinstance(table.get(name), (kind, type(None))):
            raise malformed(400, f"{name!r} of the request is {words}, or left out.")
    extensions: dict[str, Any] = table.get("extensions") or {}
    document_id: str | None = table.get("documentId") or _persisted(extensions)
    if query is None and document_id is None:
        raise malformed(400, "The request has no 'query'.")
    return Parameters(
        query,
        table.get("operationName") or None,
        table.get("variables"),
        extensions,
        document_id,
    )


_KINDS: tuple[tuple[str, type, str], ...] = (
    ("query", str, "a string"),
    ("operationName", str, "a string"),
    ("variables", dict, "an object"),
    ("extensions", dict, "an object"),
    ("documentId", str, "a string"),
)


def _persisted(extensions: dict[str, Any]) -> str | None:
    """The identifier of a document as Apollo's clients send it, or None."""
    persisted: object = extensions.get("persistedQuery")
    if not isinstance(persisted, dict):
        return None
    digest: object = cast("dict[str, Any]", persisted).get("sha256Hash")
    return f"sha256:{digest.lower()}" if isinstance(digest, str) else None


def read_query_string(params: QueryDict, limits: Limits) -> Parameters:
    """The parameters of a GET request: ``?query={hello}&variables={"id":7}``.

    Raises:
        Refusal: 400, there is no document, one is sent twice, or what should be JSON is none.
    """
    table: dict[str, Any] = {}
    for name, _, _ in _KINDS:
        values = params.get_list(name)
        if len(values) > 1:
            raise malformed(400, f"{name!r} is in the URL twice.")
        if values and values[0]:
            table[name] = values[0]
    for name in ("variables", "extensions"):
        if name in table:
            try:
                table[name] = decode(table[name].encode("utf-8", "replace"), limits)
            except Problem as error:
                raise malformed(400, f"{name!r} in the URL is no JSON. {error.detail}") from None
    return read_parameters(table)
