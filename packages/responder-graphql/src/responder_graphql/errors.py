"""The errors of a GraphQL response (GraphQL specification §7.1), and what refuses a request.

::

    Exception
    └── Refusal                 an operation is not executed; the client is told why
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FormattedError: TypeAlias = "dict[str, Any]"
"""One error as it is sent: ``message``, and ``locations``, ``path`` and ``extensions``."""

BAD_REQUEST = "BAD_REQUEST"
"""The HTTP request or the message is no GraphQL request."""
PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
"""The document is no GraphQL."""
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
"""The document does not fit the schema."""
OPERATION_UNKNOWN = "OPERATION_RESOLUTION_FAILURE"
"""The document does not have the operation that is asked for."""
BAD_INPUT = "BAD_USER_INPUT"
"""A variable or an argument is not what the schema says."""
LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
"""The document asks for more than the server allows."""
NOT_TRUSTED = "PERSISTED_QUERY_NOT_FOUND"
"""The document is not among those that the server trusts."""
BUSY = "SERVICE_UNAVAILABLE"
"""The server reads as many documents as it can."""
TIMEOUT = "TIMEOUT"
"""The operation took too long."""
INTERNAL = "INTERNAL_SERVER_ERROR"
"""Something failed, and the log has it."""
FIELD_ERROR = "FIELD_ERROR"
"""A resolver refused with a message of its own, and named no code."""


class Refusal(Exception):  # noqa: N818 - it is an answer
    """Raised when an operation is not executed; what it carries is the whole answer.

    Attributes:
        errors: what the client is told, formatted.
        status: the HTTP status, 400 to 599.
        is_result: whether it is the result of a well-formed request, which ``application/json``
            carries with 200 (GraphQL over HTTP, "application/json").
        headers: header fields of the answer.
        failures: what failed, where that is for the log as well.
    """

    def __init__(
        self,
        errors: Sequence[FormattedError],
        status: int = 400,
        *,
        is_result: bool = False,
        headers: Mapping[str, str] | None = None,
        failures: Sequence[Exception] = (),
    ) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors
        self.status = status
        self.is_result = is_result
        self.headers: Mapping[str, str] = headers or {}
        self.failures = failures


def make_error(message: str, code: str, **extensions: object) -> FormattedError:
    """An error without a place: ``make_error("No.", BAD_REQUEST)["extensions"]["code"]``."""
    return {"message": message, "extensions": {"code": code, **extensions}}


def malformed(status: int, message: str, **headers: str) -> Refusal:
    """The refusal of what is no GraphQL request."""
    return Refusal(
        [make_error(message, BAD_REQUEST)],
        status,
        headers=headers,
    )


def exceeded(most: int, limit: str, message: str) -> Refusal:
    """The refusal of what asks for too much; no result, so it is 400 in either media type.

    (GraphQL over HTTP, "URL": a server may forbid a request for any reason, with 4xx.)
    """
    return Refusal([make_error(message, LIMIT_EXCEEDED, limit=limit, max=most)])
