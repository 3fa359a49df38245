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

        # ruff: disable[D102]
        # The core's methods, documented there, with the keywords of every package in their types.
        def add_route(
            self, path: str, endpoint: Endpoint | None = None, **options: Unpack[RouteOptions]
        ) -> None: ...
        def route(
            self, path: str | None = None, **options: Unpack[RouteOptions]
        ) -> Callable[[E], E]: ...
        def get(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]: ...
        def post(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]: ...
        def put(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]: ...
        def patch(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]: ...
        def delete(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]: ...
        def head(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]: ...
        def options(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]: ...
        def query(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]: ...
        def sse(
            self,
            path: str,
            *,
            event_model: object = None,
            heartbeat: float | None = None,
            **options: Unpack[RouteOptions],
        ) -> Callable[[E], E]: ...
        def ndjson(
            self, path: str, *, item_model: object = None, **options: Unpack[RouteOptions]
        ) -> Callable[[E], E]: ...
        def websocket_route(
            self, path: str, **options: Unpack[SocketOptions]
        ) -> Callable[[E], E]: ...
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
        ) -> Router: ...

        # ruff: enable[D102]

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
