"""The keywords that routes take: the core's, with those of every package that has some."""

import responder_core


class RouteOptions(responder_core.RouteOptions, total=False):
    """The keywords of ``api.route()`` and the others; see ``responder_core.RouteOptions``."""
