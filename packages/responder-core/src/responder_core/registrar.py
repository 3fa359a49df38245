"""Registration: the decorators that turn functions into routes and hooks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal, TypeVar, overload

from responder_core.paths import refuse_no_path
from responder_core.types import Endpoint, Hook

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from responder_core.extension import RouteOptions, SocketOptions

E = TypeVar("E", bound=Endpoint)
H = TypeVar("H", bound=Hook)


class Registrar(ABC):
    """The decorators of everything that routes can be registered on."""

    __slots__ = ()

    @abstractmethod
    def add_route(
        self, path: str, endpoint: Endpoint | None = None, **options: Unpack[RouteOptions]
    ) -> None:
        """Register a route."""

    @abstractmethod
    def add_hook(
        self,
        hook: Hook,
        *,
        after: bool = False,
        sync_to_thread: bool = True,
        websocket: bool = False,
    ) -> None:
        """Register a hook of every route, or of every WebSocket."""

    def route(self, path: str | None = None, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
        """Register a view: ``@api.route("/users/{id:int}", methods=["GET"])``.

        The view is a function of ``(req, resp, *, id)``, sync or async, or a class with
        ``on_get``, ``on_post`` … methods. The function is returned as it is.

        Raises:
            PathTemplateError: the path cannot work.
            RouteConflictError: another route answers the same methods of the same path.
            ViewError: the view cannot be called with what the route gives it.
            TypeError: a keyword is unknown.
        """
        if path is not None:
            refuse_no_path(path)

        def register(endpoint: E) -> E:
            if options.get("before_request"):
                if path is not None or len(options) > 1:
                    msg = (
                        "before_request=True makes a hook of every route; leave out the path "
                        "and other options, or use before= on the route"
                    )
                    raise TypeError(msg)
                self.add_hook(endpoint, after=False, sync_to_thread=True)
            elif path is None:
                msg = "route() needs a path, as in route('/users'), or before_request=True"
                raise TypeError(msg)
            else:
                self.add_route(path, endpoint, **options)
            return endpoint

        return register

    def get(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
        """Register a view for GET, and HEAD with it. Else as ``route()``."""
        return self._verb("GET", path, options)

    def post(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
        """Register a view for POST. Else as ``route()``."""
        return self._verb("POST", path, options)

    def put(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
        """Register a view for PUT. Else as ``route()``."""
        return self._verb("PUT", path, options)

    def patch(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
        """Register a view for PATCH. Else as ``route()``."""
        return self._verb("PATCH", path, options)

    def delete(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
        """Register a view for DELETE. Else as ``route()``."""
        return self._verb("DELETE", path, options)

    def head(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
        """Register a view for HEAD alone. Else as ``route()``."""
        return self._verb("HEAD", path, options)

    def options(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
        """Register a view for OPTIONS, in place of the automatic answer. Else as ``route()``."""
        return self._verb("OPTIONS", path, options)

    def query(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[E], E]:
        """Register a view for QUERY, a safe method with a body. Else as ``route()``."""
        return self._verb("QUERY", path, options)

    def websocket_route(self, path: str, **options: Unpack[SocketOptions]) -> Callable[[E], E]:
        """Register an async view of WebSockets: ``async def chat(ws)``."""
        return self.route(path, websocket=True, **options)

    def sse(
        self,
        path: str,
        *,
        event_model: object = None,
        heartbeat: float | None = None,
        **options: Unpack[RouteOptions],
    ) -> Callable[[E], E]:
        """Register a view whose items are sent as server-sent events, to GET.

        ::

            @api.sse("/ticks/{symbol}", heartbeat=15)
            async def ticks(req, resp, *, symbol) -> AsyncIterator[Tick]:
                async for tick in exchange.follow(symbol):
                    yield tick

        The view yields items, sync or async, or returns an iterable of them; ``SSE`` gives one
        an id or a type. Each must be of the annotated type, or of *event_model*, and is
        converted to it. *heartbeat* is that of ``resp.sse()``. A view that may refuse a client
        returns its generator instead of being one, as the head is sent before the first item.

        Raises:
            TypeError: the type is not told; or ``methods=`` is.
            ValueError: ``websocket=`` is given, or the heartbeat is no positive number.
        """
        return self._stream("sse", path, event_model, options, heartbeat)

    def ndjson(
        self, path: str, *, item_model: object = None, **options: Unpack[RouteOptions]
    ) -> Callable[[E], E]:
        """Register a view whose items are sent as lines of JSON, ``application/x-ndjson``, to GET.

        As ``sse()``, but that the head waits for the first item: a failure until then is
        answered as that of any view.
        """
        return self._stream("ndjson", path, item_model, options, None)

    def _stream(
        self,
        kind: Literal["sse", "ndjson"],
        path: str,
        model: object,
        options: RouteOptions,
        heartbeat: float | None,
    ) -> Callable[[E], E]:
        for keyword in ("methods", "websocket", "before_request"):
            if keyword in options:
                msg = f"{kind}({path!r}) answers GET alone; leave out {keyword}="
                raise TypeError(msg) if keyword == "methods" else ValueError(msg)
        options["methods"] = ["GET"]
        from responder_core.typed_streams import StreamedView

        def register(endpoint: E) -> E:
            threaded = options.get("sync_to_thread", True)
            view = StreamedView(endpoint, kind, model, heartbeat=heartbeat, threaded=threaded)
            self.add_route(path, view, **options)
            return endpoint

        return register

    def _verb(self, method: str, path: str, options: RouteOptions) -> Callable[[E], E]:
        if "methods" in options:
            msg = f"{method.lower()}() answers {method}; use route() to name several methods"
            raise TypeError(msg)
        options["methods"] = [method]
        return self.route(path, **options)

    @overload
    def before_request(self, hook: H) -> H: ...
    @overload
    def before_request(
        self, *, sync_to_thread: bool = True, websocket: bool = False
    ) -> Callable[[H], H]: ...
    def before_request(
        self, hook: H | None = None, *, sync_to_thread: bool = True, websocket: bool = False
    ) -> H | Callable[[H], H]:
        """Run a function before every view: ``@api.before_request()`` or without the call.

        It gets ``(req, resp)``. When it sets ``resp.status_code``, the view and the hooks
        after it are left out. ``sync_to_thread=False`` runs a quick one on the event loop.

        With ``websocket=True`` it runs before the views of WebSockets, and gets ``(ws)``. When
        it closes or denies the socket, the view is left out.
        """
        return self._hook(hook, after=False, sync_to_thread=sync_to_thread, websocket=websocket)

    @overload
    def after_request(self, hook: H) -> H: ...
    @overload
    def after_request(self, *, sync_to_thread: bool = True) -> Callable[[H], H]: ...
    def after_request(
        self, hook: H | None = None, *, sync_to_thread: bool = True
    ) -> H | Callable[[H], H]:
        """Run a function after every answer, errors and 404 included, before it is sent."""
        return self._hook(hook, after=True, sync_to_thread=sync_to_thread)

    def _hook(
        self, hook: H | None, *, after: bool, sync_to_thread: bool, websocket: bool = False
    ) -> H | Callable[[H], H]:
        def register(function: H) -> H:
            self.add_hook(function, after=after, sync_to_thread=sync_to_thread, websocket=websocket)
            return function

        return register if hook is None else register(hook)
