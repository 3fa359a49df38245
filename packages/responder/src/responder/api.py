"""The API of the meta-package: the core's, with every package assembled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import responder_core
from responder.messages import Request, Response
from responder_core.guards import INHERITED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Unpack

    from responder.options import RouteOptions
    from responder_core.guards import Guards
    from responder_core.settings import APIOptions
    from responder_core.types import Endpoint, Lifespan

    E = TypeVar("E", bound=Endpoint)


class API(responder_core.API):
    """A web service: routes and what belongs to them; an ASGI application.

    ::

        api = responder.API()


        @api.route("/{greeting}")
        async def greet_world(req, resp, *, greeting):
            resp.text = f"{greeting}, world!"


        api.run()

    Args:
        debug: tell the client of a failing view what failed. Never where others can see it.
        lifespan: a context manager of the app, entered at start-up and left at shutdown.
        redirect_slashes: redirect ``/users/`` to ``/users`` (or back) where only that exists.
        extensions: what further packages add.
        dependencies: guards of everything that the app serves: ``[Depends(guard)]``.
        auth: how everything authenticates, unless a router or a route says otherwise: a guard.
        public: what they leave open: paths of routes, names given by ``name=``, and prefixes of
            mounts.
        request_class, response_class, websocket_class: what views are given, in place of
            ``responder.Request``, ``Response`` and ``WebSocket``.
        options: what ``responder_core.settings.Settings`` tells, each as a keyword.
    """

    def __init__(
        self,
        *,
        debug: bool = False,
        lifespan: Lifespan | None = None,
        redirect_slashes: bool = True,
        extensions: Iterable[responder_core.Extension[Any]] = (),
        dependencies: Guards = (),
        auth: Any = INHERITED,  # noqa: ANN401 - a guard, several, or None
        public: Iterable[str] = (),
        request_class: type[responder_core.Request] = Request,
        response_class: type[responder_core.Response] = Response,
        websocket_class: type[responder_core.WebSocket] | None = None,
        **options: Unpack[APIOptions],
    ) -> None:
        super().__init__(
            debug=debug,
            lifespan=lifespan,
            redirect_slashes=redirect_slashes,
            extensions=extensions,
            dependencies=dependencies,
            auth=auth,
            public=public,
            request_class=request_class,
            response_class=response_class,
            websocket_class=websocket_class,
            **options,
        )

    def _default_websocket_class(self) -> type[responder_core.WebSocket]:
        from responder.websocket import WebSocket

        return WebSocket

    if TYPE_CHECKING:
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
            self, path: str, **options: Unpack[RouteOptions]
        ) -> Callable[[E], E]: ...

        # ruff: enable[D102]
