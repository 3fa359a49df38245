"""Responder's core: a familiar HTTP service framework, complete for minimal deployments.

::

    from responder_core import API

    api = API()


    @api.route("/{greeting}")
    async def greet_world(req, resp, *, greeting):
        resp.text = f"{greeting}, world!"
"""

from typing import TYPE_CHECKING

from responder_core.api import API
from responder_core.convertors import Convertor
from responder_core.errors import (
    DependencyCycleError,
    DependencyError,
    DependencyResolutionError,
    DependencyScopeError,
    HTTPException,
    MissingKeyError,
    PathTemplateError,
    Problem,
    ResultError,
    RouteConflictError,
    RouteNotFoundError,
    ViewError,
    abort,
    finding,
)
from responder_core.extension import Extension, RouteOptions
from responder_core.http.query import QueryDict
from responder_core.request import Request
from responder_core.response import Response
from responder_core.route import Route, WebSocketRoute
from responder_core.router import Router
from responder_core.settings import Limits

__all__ = [
    "API",
    "Convertor",
    "Cookie",
    "DependencyCycleError",
    "DependencyError",
    "DependencyResolutionError",
    "DependencyScopeError",
    "Depends",
    "Extension",
    "File",
    "Form",
    "HTTPException",
    "Header",
    "Limits",
    "MissingKeyError",
    "Path",
    "PathTemplateError",
    "Problem",
    "Query",
    "QueryDict",
    "ReplayBuffer",
    "Request",
    "Response",
    "ResultError",
    "Route",
    "RouteConflictError",
    "RouteNotFoundError",
    "RouteOptions",
    "Router",
    "SSE",
    "UploadFile",
    "ViewError",
    "WebSocket",
    "WebSocketRoute",
    "__version__",
    "abort",
    "finding",
]

if TYPE_CHECKING:
    from responder_core.http.events import SSE
    from responder_core.markers import Cookie, Depends, File, Form, Header, Path, Query
    from responder_core.streams import ReplayBuffer
    from responder_core.uploads import UploadFile
    from responder_core.websocket import WebSocket

    __version__: str
else:

    def __getattr__(name: str) -> object:
        # What takes long to import and is seldom used is imported when it is asked for.
        if name == "WebSocket":
            from responder_core.websocket import WebSocket

            return WebSocket
        if name in {"Cookie", "Depends", "File", "Form", "Header", "Path", "Query"}:
            from responder_core import markers

            return getattr(markers, name)
        if name == "SSE":
            from responder_core.http.events import SSE

            return SSE
        if name == "ReplayBuffer":
            from responder_core.streams import ReplayBuffer

            return ReplayBuffer
        if name == "UploadFile":
            from responder_core.uploads import UploadFile

            return UploadFile
        if name == "__version__":
            from importlib.metadata import version

            return version("responder-core")
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
