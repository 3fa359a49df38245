"""The keywords that routes take: the core's, with those of every package that has some."""

import responder_core
from responder_core.extension import SocketOptions as CoreSocketOptions
from responder_openapi.options import OpenAPIOptions, SharedOptions
from responder_ratelimit.options import RateLimitOptions
from responder_sessions.options import CSRFOptions, SessionOptions


class RouterOptions(SharedOptions, SessionOptions, CSRFOptions, RateLimitOptions, total=False):
    """The keywords of ``Router()`` and ``api.group()`` that its routes have: those of packages.

    What speaks of one route alone, as ``summary=``, is none of them.
    """


class RouteOptions(responder_core.RouteOptions, OpenAPIOptions, RouterOptions, total=False):
    """The keywords of ``api.route()`` and the others.

    ``responder_core.RouteOptions``, ``responder_openapi.OpenAPIOptions``,
    ``responder_ratelimit.RateLimitOptions`` and those of ``responder_sessions.options`` document
    them.
    """


class SocketOptions(CoreSocketOptions, SessionOptions, RateLimitOptions, total=False):
    """The keywords of ``api.websocket_route()``: what means something to a WebSocket.

    ``api.route(path, websocket=True)`` takes the same ones.
    """
