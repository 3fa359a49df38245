"""GraphQL over HTTP, WebSocket and event streams for Responder.

::

    from responder_core import API
    from responder_graphql import mount

    api = API()
    mount(api, "/graphql", schema=schema)

graphql-core is imported when an endpoint is made, and not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Context",
    "FieldCost",
    "GraphQLView",
    "Operation",
    "QueryLimits",
    "TrustedDocuments",
    "__version__",
    "mount",
]

if TYPE_CHECKING:
    from responder_graphql.context import Context
    from responder_graphql.limits import FieldCost, QueryLimits
    from responder_graphql.mounting import mount
    from responder_graphql.operation import Operation
    from responder_graphql.trusted import TrustedDocuments
    from responder_graphql.view import GraphQLView

    __version__: str
else:
    _HOMES = {
        "Context": "context",
        "FieldCost": "limits",
        "GraphQLView": "view",
        "Operation": "operation",
        "QueryLimits": "limits",
        "TrustedDocuments": "trusted",
        "mount": "mounting",
    }

    def __getattr__(name: str) -> object:
        """What is asked for; the version is read then, as importlib.metadata takes its time."""
        if name in _HOMES:
            from importlib import import_module

            return getattr(import_module(f"responder_graphql.{_HOMES[name]}"), name)
        if name == "__version__":
            from importlib.metadata import version

            return version("responder-graphql")
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
