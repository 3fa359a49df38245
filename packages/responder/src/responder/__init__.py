"""Responder: a familiar HTTP service framework for Python, powered by Starlette.

::

    import responder

    api = responder.API()


    @api.route("/{greeting}")
    async def greet_world(req, resp, *, greeting):
        resp.text = f"{greeting}, world!"


    api.run()

This package assembles the others into one familiar API, and holds nothing but the assembly.
"""

from typing import TYPE_CHECKING

from responder.api import API
from responder.messages import Request, Response
from responder.neighbours import warn_of_others as _warn_of_others
from responder.options import RouteOptions
from responder.registrar import Router
from responder_core import (
    Convertor,
    DependencyCycleError,
    DependencyError,
    DependencyResolutionError,
    DependencyScopeError,
    Extension,
    HTTPException,
    Limits,
    MissingKeyError,
    PathTemplateError,
    Problem,
    QueryDict,
    ResultError,
    Route,
    RouteConflictError,
    RouteNotFoundError,
    ViewError,
    WebSocketRoute,
    abort,
    finding,
)

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
    "ext",
    "finding",
]

# What older programs find as an attribute without having imported it.
_MODULES = frozenset(
    {
        "background",
        "core",
        "errors",
        "ext",
        "formats",
        "middleware",
        "models",
        "params",
        "routes",
        "staticfiles",
        "statics",
        "status_codes",
        "templates",
        "testing",
        "types",
    }
)

_warn_of_others()

if TYPE_CHECKING:
    from responder import ext
    from responder.websocket import WebSocket
    from responder_core import (
        SSE,
        Cookie,
        Depends,
        File,
        Form,
        Header,
        Path,
        Query,
        ReplayBuffer,
        UploadFile,
    )

    __version__: str
else:

    def __getattr__(name: str) -> object:
        # What takes long to import and is seldom used is imported when it is asked for.
        if name == "WebSocket":
            from responder.websocket import WebSocket

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

            return version("responder")
        if name in _MODULES:
            from importlib import import_module

            return import_module(f"responder.{name}")
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
