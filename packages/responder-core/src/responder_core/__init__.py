"""Responder's core: a familiar HTTP service framework, complete for minimal deployments.

::

    from responder_core import API

    api = API()


    @api.route("/{greeting}")
    async def greet_world(req, resp, *, greeting):
        resp.text = f"{greeting}, world!"
"""

from responder_core.api import API
from responder_core.convertors import Convertor
from responder_core.errors import (
    HTTPException,
    MissingKeyError,
    PathTemplateError,
    Problem,
    RouteConflictError,
    RouteNotFoundError,
    ViewError,
    abort,
)
from responder_core.extension import Extension, RouteOptions
from responder_core.http.query import QueryDict
from responder_core.request import Request
from responder_core.response import Response
from responder_core.route import Route, WebSocketRoute
from responder_core.websocket import WebSocket

__all__ = [
    "API",
    "Convertor",
    "Extension",
    "HTTPException",
    "MissingKeyError",
    "PathTemplateError",
    "Problem",
    "QueryDict",
    "Request",
    "Response",
    "Route",
    "RouteConflictError",
    "RouteNotFoundError",
    "RouteOptions",
    "ViewError",
    "WebSocket",
    "WebSocketRoute",
    "__version__",
    "abort",
]

__version__: str


def __getattr__(name: str) -> str:
    if name == "__version__":
        # Read when asked for: importlib.metadata takes longer to import than the framework.
        from importlib.metadata import version

        return version("responder-core")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
