"""Problems: every error that an app itself may answer with, from what is configured (RFC 9457)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.status import phrase
from responder_openapi.components import POINTER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responder_core.api import API
    from responder_core.arguments import Argument
    from responder_core.operations import Operation
    from responder_openapi.components import Schema

PROBLEM = "application/problem+json"

SCHEMAS: dict[str, Schema] = {
    "ProblemDetails": {
        "title": "ProblemDetails",
        "description": "What went wrong (RFC 9457).",
        "type": "object",
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": "Names the kind of problem.",
                "default": "about:blank",
            },
            "title": {"type": "string", "description": "What the kind of problem is called."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What happened this time."},
            "instance": {
                "type": "string",
                "format": "uri-reference",
                "description": "Names this occurrence.",
            },
        },
        "required": ["type", "title", "status"],
    },
    "ValidationProblem": {
        "title": "ValidationProblem",
        "description": "What is not valid in a request, and where.",
        "allOf": [{"$ref": POINTER + "ProblemDetails"}],
        "type": "object",
        "properties": {
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "pointer": {
                            "type": "string",
                            "description": "A JSON Pointer into the body (RFC 6901).",
                        },
                        "parameter": {"type": "string"},
                        "in": {
                            "type": "string",
                            "enum": ["body", "cookie", "header", "path", "query"],
                        },
                        "detail": {"type": "string", "description": "What is wrong there."},
                    },
                    "required": ["detail"],
                },
            }
        },
        "required": ["errors"],
    },
}
"""The components that errors refer to."""

_NAMES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    413: "ContentTooLarge",
    415: "UnsupportedMediaType",
    422: "UnprocessableContent",
    500: "InternalServerError",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}

_DESCRIPTIONS = {
    400: "The request is malformed.",
    401: "The request is not authenticated.",
    403: "The request is not allowed.",
    404: "There is nothing at this path.",
    405: "The path does not answer this method.",
    406: "The answer has none of the forms that the request accepts.",
    413: "The body is too large.",
    415: "The body has a media type that is not understood.",
    422: "The request is not valid; its errors say what and where.",
    500: "The server failed to answer.",
    503: "The server is busy.",
    504: "The answer took too long.",
}


def _text(description: str, *, required: bool = False) -> Schema:
    header: Schema = {"description": description, "schema": {"type": "string"}}
    return {**header, "required": True} if required else header


_HEADERS: dict[int, dict[str, Schema]] = {
    401: {"WWW-Authenticate": _text("How to authenticate (RFC 9110 §11.6.1).")},
    405: {"Allow": _text("The methods that the path answers.", required=True)},
    415: {
        "Accept": _text("The media types that are understood."),
        "Accept-Encoding": _text("The content codings that are understood."),
    },
    503: {
        "Retry-After": {
            "description": "The seconds after which to try again.",
            "schema": {"type": "string", "pattern": "^[0-9]+$"},
        }
    },
}

REQUEST_ID: Schema = {
    "description": "The id of the request, which stands in the logs.",
    "schema": {"type": "string"},
}
"""The header of every answer of an app that has ``request_id=True``."""


def list_statuses(api: API, operation: Operation, *, secured: bool) -> Iterator[int]:
    """The statuses that the app itself may answer an operation with, before and after the view."""
    route, settings = operation.route, api.settings
    origins = {each.origin for each in operation.arguments}
    reads = bool(origins & {"body", "form", "file"})
    bounded = operation.method not in ("GET", "HEAD", "OPTIONS")
    limit = route.max_request_size
    if limit is None:
        limit = settings.max_request_size
    may_400 = reads or bool(settings.allowed_hosts) or (bounded and limit is not None)
    answers = {
        400: may_400,
        401: secured,
        403: secured,
        404: bool(route.template.parameters),
        405: True,
        406: settings.strict_accept,
        413: reads or (bounded and limit is not None),
        415: reads,
        422: any(map(may_refuse, operation.arguments)),
        500: True,
        503: operation.threaded,
        504: route.request_timeout is not None,
    }
    yield from (status for status, may_be in answers.items() if may_be)


def may_refuse(argument: Argument) -> bool:
    """Whether something may be wrong with the value of an argument."""
    return argument.validator is not None or (argument.required and argument.origin != "path")


def refer(status: int) -> Schema:
    """A reference to the answer of a status."""
    return {"$ref": f"#/components/responses/{_NAMES[status]}"}


def describe_problem(status: int, *, request_id: bool) -> tuple[str, Schema]:
    """The answer of a status: its name among the components, and what it is."""
    model = "ValidationProblem" if status == 422 else "ProblemDetails"
    headers = dict(_HEADERS.get(status, {}))
    if request_id:
        headers["X-Request-ID"] = REQUEST_ID
    answer: Schema = {"description": _DESCRIPTIONS[status]}
    if headers:
        answer["headers"] = headers
    answer["content"] = {PROBLEM: {"schema": {"$ref": POINTER + model}}}
    return _NAMES[status], answer


def title_of(status: int) -> str:
    """What an answer of a status is, in a word: ``"Created"``."""
    return phrase(status) or f"Status {status}"
