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
from responder.options import RouteOptions
from responder_core import (
    Convertor,
    Extension,
    HTTPException,
    Limits,
    MissingKeyError,
    PathTemplateError,
    Problem,
    QueryDict,
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
    "Extension",
    "HTTPException",
    "Limits",
    "MissingKeyError",
    "PathTemplateError",
    "Problem",
    "QueryDict",
    "ReplayBuffer",
    "Request",
    "Response",
    "Route",
    "RouteConflictError",
    "RouteNotFoundError",
    "RouteOptions",
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
    from responder.websocket import WebSocket
    from responder_core import SSE, ReplayBuffer, UploadFile

    __version__: str
else:

    def __getattr__(name: str) -> object:
        # What takes long to import and is seldom used is imported when it is asked for.
        if name == "WebSocket":
            from responder.websocket import WebSocket

            return WebSocket
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
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
