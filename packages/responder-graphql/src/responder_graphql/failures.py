"""Failures: what a client is told of an error, and what the log is."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLError

from responder_core.errors import HTTPException, Problem
from responder_core.streams import json_encoder
from responder_graphql.errors import BAD_INPUT, BAD_REQUEST, FIELD_ERROR, INTERNAL, make_error

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from responder_core import Request
    from responder_core.connection import Connection
    from responder_graphql.errors import FormattedError

logger: logging.Logger = logging.getLogger("responder.graphql")

_FAILED = "The server failed to answer this."
_SUGGESTION = " Did you mean "

# Codes that clients know better than the name of the status.
_CODES = {
    400: BAD_INPUT,
    401: "UNAUTHENTICATED",
    405: BAD_REQUEST,
    413: BAD_REQUEST,
    422: BAD_INPUT,
}


def format_error(error: GraphQLError, code: str, *, suggests: bool = True) -> FormattedError:
    """An error as it is sent, with a code: that of its ``extensions``, or *code*.

    Where the client may not ask for the schema, a message of graphql-core suggests nothing of it
    either; the program's own words are left as they are.
    """
    told: dict[str, Any] = {**error.formatted}
    if not suggests and not is_of_program(error):
        told["message"] = told["message"].partition(_SUGGESTION)[0]
    told["extensions"] = {"code": code, **(error.extensions or {})}
    return told


def format_input_error(
    error: GraphQLError, code: str, *, suggests: bool, masked: bool
) -> tuple[FormattedError, Exception | None]:
    """An error of what the client sent, as it is told; and what a scalar failed with, or None.

    What a scalar refuses with a GraphQLError or a ValueError is told; anything else that it raises
    is its own failure, whose words are left out where *masked*.
    """
    told = format_error(error, code, suggests=suggests)
    failure = find_failure(error)
    if failure is not None and masked:
        words = str(failure)
        # graphql-core 3.3 has them in the middle, 3.2 at the end.
        message = error.message.replace(f", but encountered error '{words}'", "")
        message = message.removesuffix(words).rstrip("; ")
        told["message"] = _FAILED if words and words in message else message
        told["extensions"] = {"code": code}
    return told, failure


def format_problem(problem: HTTPException) -> FormattedError:
    """A problem as it is sent: what a guard or a resolver refuses with, or HTTP itself.

    Its findings and further members are ``extensions``.
    """
    code = code_of(problem.status_code)
    told = make_error(problem.detail or code, code)
    if isinstance(problem, Problem):
        if problem.errors is not None:
            told["extensions"]["errors"] = problem.errors
        told["extensions"].update(problem.extensions)
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
        return [self._check(self._tell(error)) for error in errors]

    def _check(self, told: FormattedError) -> FormattedError:
        """An error as it can be sent: JSON may have no form for its extensions, or its words."""
        try:
            json_encoder(cast("Request", self._req))(told)
        except Exception as failure:  # noqa: BLE001 - of the program's encoder, too
            place: FormattedError = {
                name: told[name] for name in ("locations", "path") if name in told
            }
            return self.fail(failure, place)
        return told

    def _tell(self, error: GraphQLError) -> FormattedError:
        if error.path is None:
            # Nothing was executed: the variables, most likely.
            told, failure = format_input_error(
                error, BAD_INPUT, suggests=self._suggests, masked=self._masked
            )
            if failure is not None:
                self.log(failure)
            return told
        cause = error.original_error
        # A GraphQLError that a resolver raised is meant for the client.
        if cause is None or (isinstance(cause, GraphQLError) and not is_of_result(cause)):
            return format_error(error, FIELD_ERROR, suggests=self._suggests)
        if isinstance(cause, HTTPException) and cause.status_code < 500:
            return {**error.formatted, **format_problem(cause)}
        return self.fail(cause, {**error.formatted})

    def fail(self, cause: BaseException, told: FormattedError | None = None) -> FormattedError:
        """Log a failure; what the client is told of it, with its place."""
        place = told or {}
        self.log(cause, place.get("path"))
        return {**place, **self.mask(cause)}

    def mask(self, cause: BaseException) -> FormattedError:
        """What the client is told of a failure: the id of the request, and in debug the rest."""
        extensions: dict[str, Any] = {"code": INTERNAL, "request_id": self._req.id}
        message = _FAILED
        if not self._masked:
            message = _sendable(str(cause)) or type(cause).__name__
            lines = _sendable("".join(traceback.format_exception(cause))).splitlines()
            extensions["exception"] = {"type": type(cause).__name__, "traceback": lines}
        return {"message": message, "extensions": extensions}

    def log(self, cause: BaseException, path: list[str | int] | None = None) -> None:
        """Log what nobody foresaw, with the operation and the request's id."""
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


def _sendable(words: str) -> str:
    """The words of an exception, which may quote half of a surrogate pair."""
    return words.encode("utf-8", "replace").decode()


def is_of_program(error: GraphQLError) -> bool:
    """Whether the program raised an error, or what it is about; graphql-core did else."""
    root = error
    while isinstance(root.original_error, GraphQLError):
        root = root.original_error
    frames = list(walk_tb(root.__traceback__))
    return bool(frames) and not _is_of(frames[-1][0], _CORE)


def is_of_result(error: GraphQLError) -> bool:
    """Whether an error is about a value that a resolver gave, which the client is not told of.

    graphql-core raises those itself; and so do scalars, whoever wrote them, when they serialise:
    "Int cannot represent non-integer value: 'secret'".
    """
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    inner = [frame for frame in frames if _is_of(frame, _EXECUTION)]
    name = inner[-1].f_code.co_name if inner else None
    return name == _OF_LEAVES or (name in _OF_RESULTS and inner[-1] is frames[-1])


def find_failure(error: GraphQLError) -> Exception | None:
    """What a scalar failed with when it read a value; None where it refused it."""
    root = error
    while isinstance(root.original_error, GraphQLError):
        root = root.original_error
    cause = root.original_error
    # One that the program made of its failure was raised, and has a traceback of its own.
    if cause is None or type(cause) is ValueError or root.__traceback__ is not cause.__traceback__:
        return None
    return cause


def _is_of(frame: FrameType, package: str) -> bool:
    return str(frame.f_globals.get("__name__")).startswith(package)


_CORE = "graphql."
_EXECUTION = "graphql.execution."
# The functions of graphql-core that look at the values that resolvers give.
_OF_LEAVES = "complete_leaf_value"
_OF_RESULTS = frozenset(
    {
        "complete_list_value",
        "complete_object_value",
        "ensure_valid_runtime_type",
        "execute_subfields_async",
    }
)
