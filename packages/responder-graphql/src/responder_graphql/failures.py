"""Failures: what a client is told of an error, and what the log is."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from responder_core.errors import HTTPException
from responder_graphql.errors import BAD_INPUT, FIELD_ERROR, INTERNAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_core.connection import Connection
    from responder_graphql.errors import FormattedError

logger = logging.getLogger("responder.graphql")

_FAILED = "The server failed to answer this."
_SUGGESTION = " Did you mean "

# Codes that clients know better than the name of the status.
_CODES = {400: "BAD_USER_INPUT", 401: "UNAUTHENTICATED", 422: "BAD_USER_INPUT"}


def format_error(error: GraphQLError, code: str, *, suggests: bool = True) -> FormattedError:
    """An error as it is sent, with a code: that of its ``extensions``, or *code*.

    Where the client may not ask for the schema, a message suggests nothing of it either.
    """
    told: dict[str, Any] = {**error.formatted}
    if not suggests:
        told["message"] = told["message"].partition(_SUGGESTION)[0]
    told["extensions"] = {"code": code, **(error.extensions or {})}
    return told


def code_of(status: int) -> str:
    """The code of an HTTP status: ``code_of(403)`` → ``"FORBIDDEN"``."""
    known = {each.value: each.name for each in HTTPStatus}
    return _CODES.get(status) or known.get(status, INTERNAL)


class Failures:
    """Tells the errors of one operation.

    Args:
        req: what it came by: the request, or the WebSocket.
        operation: its name, for the log.
        masked: whether what nobody foresaw is kept from the client.
        suggests: whether messages may suggest names of the schema.
    """

    __slots__ = ("_masked", "_operation", "_req", "_suggests")

    def __init__(
        self, req: Connection, operation: str | None, *, masked: bool, suggests: bool
    ) -> None:
        self._req = req
        self._operation = operation
        self._masked = masked
        self._suggests = suggests

    def tell(self, errors: Sequence[GraphQLError]) -> list[FormattedError]:
        """The errors of a result, as they are sent; what nobody foresaw is logged."""
        return [self._tell(error) for error in errors]

    def _tell(self, error: GraphQLError) -> FormattedError:
        if error.path is None:
            # Nothing was executed: the variables, most likely, and graphql-core's own words.
            return format_error(error, BAD_INPUT, suggests=self._suggests)
        cause = _cause_of(error)
        if cause is None:
            return format_error(error, FIELD_ERROR, suggests=self._suggests)
        if isinstance(cause, HTTPException) and cause.status_code < 500:
            status = cause.status_code
            told = format_error(error, code_of(status))
            told["message"] = cause.detail or code_of(status)
            return told
        return self.fail(cause, {**error.formatted})

    def fail(self, cause: BaseException, told: FormattedError | None = None) -> FormattedError:
        """Log a failure; what the client is told of it: its place, and the id of the request."""
        told = told or {}
        name = self._req.id
        self._log(cause, told.get("path"))
        extensions: dict[str, Any] = {"code": INTERNAL, "request_id": name}
        if self._masked:
            message = _FAILED
        else:
            message = str(cause) or type(cause).__name__
            lines = "".join(traceback.format_exception(cause)).splitlines()
            extensions["exception"] = {"type": type(cause).__name__, "traceback": lines}
        return {**told, "message": message, "extensions": extensions}

    def _log(self, cause: BaseException, path: list[str | int] | None) -> None:
        place = "" if path is None else ".".join(map(str, path))
        name = self._req.id
        logger.error(
            "GraphQL operation %r failed at %r, request %r",
            self._operation,
            place,
            name,
            exc_info=cause,
            extra={"request_id": name, "graphql_operation": self._operation},
        )


def _cause_of(error: GraphQLError) -> Exception | None:
    """What a resolver raised that was no GraphQLError; those are meant for the client."""
    cause = error.original_error
    return None if isinstance(cause, GraphQLError) else cause
