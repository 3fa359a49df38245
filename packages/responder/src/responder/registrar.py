"""Registration with the keywords of every package, for type checkers; at run time the core's."""

# More keywords than the core's are no other ones; pyright sees in the core's any type for them.
# pyright: reportIncompatibleMethodOverride=false
# mypy: disable-error-code="override"

from __future__ import annotations

from typing import TYPE_CHECKING

import responder_core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    from typing_extensions import Unpack

    from responder.options import RouteOptions, RouterOptions, SocketOptions
    from responder_core.guards import Guards
    from responder_core.hooks import Hooks
    from responder_core.router import RouterRegistrar
    from responder_core.types import Endpoint

    E = TypeVar("E", bound=Endpoint)

    class Registrar(RouterRegistrar):
        """The core's methods, documented there, with the keywords of every package."""

        def add_route(
            self, path: str, endpoint: Endpoint | None = None, **options: Unpack[RouteOptions]
        ) -> None:
            """Register a route."""
            ...

        def route(
            self, path: str | None = None, **options: Unpack[RouteOptions]
        ) -> Callable[[E], E]:
            """Register a view: ``@api.route("/users/{id:int}", methods=["GET"])``."""
            ...

        def get(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
            """Register a view for GET, and HEAD with it. Else as ``route()``."""
            ...

        def post(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
            """Register a view for POST. Else as ``route()``."""
            ...

        def put(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
            """Register a view for PUT. Else as ``route()``."""
            ...

        def patch(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
            """Register a view for PATCH. Else as ``route()``."""
            ...

        def delete(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
            """Register a view for DELETE. Else as ``route()``."""
            ...

        def head(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
            """Register a view for HEAD alone. Else as ``route()``."""
            ...

        def options(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
            """Register a view for OPTIONS, in place of the automatic answer."""
            ...

        def query(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
            """Register a view for QUERY, a safe method with a body. Else as ``route()``."""
            ...

        def sse(
            self,
            path: str,
            *,
            event_model: object = None,
            heartbeat: float | None = None,
            **options: Unpack[RouteOptions],
        ) -> Callable[[E], E]:
            """Register a view whose items are sent as server-sent events, to GET."""
            ...

        def ndjson(
            self, path: str, *, item_model: object = None, **options: Unpack[RouteOptions]
        ) -> Callable[[E], E]:
            """Register a view whose items are sent as lines of JSON, to GET."""
            ...

        def websocket_route(self, path: str, **options: Unpack[SocketOptions]) -> Callable[[E], E]:
            """Register an async view of WebSockets: ``async def chat(ws)``."""
            ...

        def group(
            self,
            prefix: str,
            *,
            tags: Iterable[str] = (),
            dependencies: Guards = (),
            auth: Any = ...,  # noqa: ANN401 - a guard, several, or None
            before: Hooks = None,
            after: Hooks = None,
            **options: Unpack[RouterOptions],
        ) -> Router:
            """A router that is included here already: ``v1 = api.group("/v1")``."""
            ...

    class Router(Registrar, responder_core.Router):
        """``responder_core.Router``, which documents it."""

        def __init__(
            self,
            prefix: str = "",
            *,
            tags: Iterable[str] = (),
            dependencies: Guards = (),
            auth: Any = ...,  # noqa: ANN401 - a guard, several, or None
            before: Hooks = None,
            after: Hooks = None,
            **options: Unpack[RouterOptions],
        ) -> None: ...

    class Base(Registrar, responder_core.API):
        """``responder_core.API``, which documents it."""

else:
    Router = responder_core.Router
    Base = responder_core.API
