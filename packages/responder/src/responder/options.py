"""The keywords that routes take: the core's, with those of every package that has some."""

import responder_core
from responder_openapi.options import OpenAPIOptions
from responder_ratelimit.options import RateLimitOptions
from responder_sessions.options import CSRFOptions, SessionOptions


class RouterOptions(OpenAPIOptions, SessionOptions, CSRFOptions, RateLimitOptions, total=False):
    """The keywords of ``Router()`` and ``api.group()`` that its routes have: those of packages."""


class RouteOptions(responder_core.RouteOptions, RouterOptions, total=False):
    """The keywords of ``api.route()`` and the others.

    ``responder_core.RouteOptions``, ``responder_openapi.OpenAPIOptions`` and those of
    ``responder_sessions.options`` document them.
    """
