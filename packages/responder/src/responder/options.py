"""The keywords that routes take: the core's, with those of every package that has some."""

import responder_core
from responder_openapi.options import OpenAPIOptions


class RouteOptions(responder_core.RouteOptions, OpenAPIOptions, total=False):
    """The keywords of ``api.route()`` and the others.

    ``responder_core.RouteOptions`` and ``responder_openapi.OpenAPIOptions`` document them.
    """
