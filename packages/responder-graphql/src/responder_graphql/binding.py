"""Binding: the context of each operation of a WebSocket, which has dependencies of its own.

A socket lives for hours; its operations each get a database session, or loaders, as a request does.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from responder_core.binding import Binding
from responder_core.errors import HTTPException
from responder_core.parameters import read_arguments
from responder_core.problems import name_request
from responder_graphql.errors import Refusal
from responder_graphql.failures import format_problem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from inspect import Signature

    from responder_core import API, WebSocket
    from responder_core.route import WebSocketRoute
    from responder_graphql.engine import Engine
    from responder_graphql.view import GraphQLView


class _Carrier:
    """Stands for an operation, whose parameters are those of the endpoint."""

    def __init__(self, signature: Signature) -> None:
        self.__name__ = "context"
        self.__signature__ = signature

    def __call__(self) -> None:
        """Never called: it is only looked at."""


class ContextBinding:
    """Gives operations what ``dependencies=`` and ``context=`` name.

    Args:
        view: the endpoint, whose signature says it.
    """

    def __init__(self, view: GraphQLView) -> None:
        self._view = view
        self._bindings: dict[WebSocketRoute, Binding] = {}

    def bind(self, route: WebSocketRoute, api: API) -> Binding:
        """What gives the values for the sockets of a route; compiled once for it.

        Raises:
            ViewError: a provider needs what a WebSocket has not, such as the response.
        """
        known = self._bindings.get(route)
        if known is None:
            context = route.parameters.context(role="GraphQL context", socket=True)
            arguments = read_arguments(_Carrier(self._view.sign()), context)
            known = self._bindings[route] = Binding(arguments, (), context, api.dependencies)
        return known

    @asynccontextmanager
    async def open(
        self, ws: WebSocket, engine: Engine
    ) -> AsyncGenerator[tuple[WebSocket, dict[str, Any]], None]:
        """A connection for one operation, and the values; torn down at its end.

        Raises:
            Refusal: a provider refused, or failed.
        """
        view = self._view
        if not view.names and view.settings.context is None:
            yield ws, ws.path_params
            return
        # A second view of the same socket, which holds what this operation needs.
        own = type(ws)(ws.scope, ws.receive, ws.send, ws.api, ws.route)
        try:
            try:
                given = await self.bind(ws.route, ws.api).bind(own, None)
            except HTTPException as error:
                own.note_failure(error)
                raise Refusal([format_problem(error)]) from None
            except Exception as error:  # noqa: BLE001 - told, and logged
                own.note_failure(error)
                raise engine.fail(ws, error) from None
            yield own, {**ws.path_params, **given}
        except BaseException as error:
            own.note_failure(error)
            raise
        finally:
            await own.open_resources().close(partial(name_request, ws))
