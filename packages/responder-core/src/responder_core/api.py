"""The API: what a program builds its service on, and what a server calls."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from starlette.datastructures import State

from responder_core import server
from responder_core.asgi import Dispatcher, answer_miss, open_door, root_path
from responder_core.convertors import BUILT_IN, parameter_type
from responder_core.errors import RouteConflictError, RouteNotFoundError
from responder_core.exchange import compile_exchange, surround
from responder_core.extension import RouteKeywords
from responder_core.hooks import Step, describe, prepare_hook
from responder_core.lifespan import LifespanEvents
from responder_core.paths import parse_template
from responder_core.problems import ExceptionHandlers
from responder_core.registrar import Registrar
from responder_core.representation import load_json
from responder_core.request import Request
from responder_core.response import Response
from responder_core.route import Route, WebSocketRoute
from responder_core.table import RouteTable
from responder_core.testing import BASE_URL, make_client
from responder_core.types import Tier
from responder_core.views import View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from starlette.testclient import TestClient
    from typing_extensions import Unpack

    from responder_core.asgi import Serve
    from responder_core.convertors import Convertor
    from responder_core.extension import Extension, RouteOptions
    from responder_core.types import (
        Around,
        ASGIApp,
        Endpoint,
        EventHandler,
        ExceptionHandler,
        Exchange,
        Hook,
        Lifespan,
        LifespanEvent,
        Receive,
        Scope,
        Send,
    )
    from responder_core.websocket import WebSocket

X = TypeVar("X", bound="ExceptionHandler")
V = TypeVar("V", bound="EventHandler")

_TIERS: tuple[Tier, ...] = get_args(Tier)


class API(Registrar):
    """A web service: routes and what belongs to them; an ASGI application.

    ::

        api = API()


        @api.route("/{greeting}")
        async def greet_world(req, resp, *, greeting):
            resp.text = f"{greeting}, world!"


        api.run()

    Args:
        debug: tell the client of a failing view what failed. Never where others can see it.
        lifespan: a context manager of the app, entered at start-up and left at shutdown.
        redirect_slashes: redirect ``/users/`` to ``/users`` (or back) where only that exists.
        extensions: what packages add.
        request_class, response_class, websocket_class: what views are given; subclasses of
            the standard ones, with the mixins of packages.

    Attributes:
        state: a bag of attributes for the program.
        routes: every route, in the order of registration.
        exception_handlers, lifespan_events: what the program asked for.
    """

    def __init__(
        self,
        *,
        debug: bool = False,
        lifespan: Lifespan | None = None,
        redirect_slashes: bool = True,
        extensions: Iterable[Extension[Any]] = (),
        request_class: type[Request] = Request,
        response_class: type[Response] = Response,
        websocket_class: type[WebSocket] | None = None,
    ) -> None:
        self.debug = debug
        self.redirect_slashes = redirect_slashes
        self.request_class = request_class
        self.response_class = response_class
        self._websocket_class = websocket_class
        self.state = State()
        self.routes: list[Route | WebSocketRoute] = []
        self.exception_handlers = ExceptionHandlers(debug=debug)
        self.lifespan_events = LifespanEvents(lifespan)
        self._types = dict(BUILT_IN)
        self._claims: dict[object, dict[str, Route | WebSocketRoute]] = {}
        self._before: list[Step] = []
        self._after: list[Step] = []
        self._arounds: dict[Tier, list[Around]] = {tier: [] for tier in _TIERS}
        self._client: TestClient | None = None
        self._app: ASGIApp = self._first_call
        self._keywords = RouteKeywords(list(extensions))
        for extension in self._keywords.extensions:
            extension.install(self)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection (ASGI 3)."""
        return self._app(scope, receive, send)

    @property
    def websocket_class(self) -> type[WebSocket]:
        """What views of WebSockets are given."""
        if self._websocket_class is None:
            self._websocket_class = self._default_websocket_class()
        return self._websocket_class

    def _default_websocket_class(self) -> type[WebSocket]:
        """The class of an API that was given none; imported when the first socket opens."""
        from responder_core.websocket import WebSocket

        return WebSocket

    def add_route(self, path: str, endpoint: Endpoint, **options: Unpack[RouteOptions]) -> None:
        """Register a view: ``api.add_route("/users", UserResource)``; else as ``route()``."""
        self._keywords.check(f"route({path!r})", options)
        core = self._keywords.own(options)
        if core.pop("before_request", False):
            msg = f"route({path!r}): before_request=True takes no path; use before= here"
            raise TypeError(msg)
        template = parse_template(path, self._types)
        if core.pop("websocket", False):
            if core.keys() - {"name"} or len(core) != len(options) - 1:
                msg = f"route({path!r}): a WebSocket route takes no option but name="
                raise TypeError(msg)
            self._register(WebSocketRoute(template, endpoint, **core), ["WebSocket"])
            return
        if "methods" in core and not isinstance(core["methods"], str):
            core["methods"] = tuple(core["methods"])
        route = Route(template, endpoint, **core)
        self._register(route, sorted(route.claims))
        self._keywords.bind(route, options)

    def _register(self, route: Route | WebSocketRoute, methods: Iterable[str]) -> None:
        """Keep a route whose methods no other route of the path has."""
        claims = self._claims.setdefault(route.template.key, {})
        for method in methods:
            if method in claims:
                other = claims[method]
                msg = (
                    f"{method} {route.path} is answered twice: by {describe(other.endpoint)}, "
                    f"registered as {other.path!r}, and now by {describe(route.endpoint)}; "
                    "give one of them another path or other methods"
                )
                raise RouteConflictError(msg)
        claims.update(dict.fromkeys(methods, route))
        self.routes.append(route)
        self._changed()

    def add_hook(self, hook: Hook, *, after: bool = False, sync_to_thread: bool = True) -> None:
        """Run a hook at every route; what ``before_request()`` and ``after_request()`` call."""
        step = prepare_hook(hook)
        if not sync_to_thread:
            step = Step(step.call, step.awaits, threaded=False)
        (self._after if after else self._before).append(step)
        self._changed()

    def add_convertor(self, name: str, convertor: Convertor) -> None:
        """Make ``{x:name}`` known in paths, for routes that are registered from now on.

        Raises:
            ValueError: the name is taken, or the convertor cannot work.
        """
        if name in self._types:
            msg = f"there is a convertor {name!r} already; choose another name"
            raise ValueError(msg)
        self._types[name] = parameter_type(name, convertor)

    def url_for(self, endpoint: Endpoint | str, /, **params: Any) -> str:  # noqa: ANN401
        """The path of a view, by the view itself, its name or its route's name.

        ``api.url_for("get_user", user_id=7)`` → ``"/users/7"``, percent-encoded, behind the
        prefix that the current request came through. Parameters that the path has not are
        passed over. Where several routes fit, the first that has all it needs is taken.

        Raises:
            RouteNotFoundError: there is no such route.
            KeyError: a parameter of the path is missing.
            ValueError: a value does not fit its parameter.
        """
        found = [route for route in self.routes if _is_meant(route, endpoint)]
        if not found:
            name = repr(endpoint) if isinstance(endpoint, str) else describe(endpoint)
            msg = f"no route is named {name}; register it, or see api.routes for the names"
            raise RouteNotFoundError(msg)
        for route in found:
            if all(parameter.name in params for parameter in route.template.parameters):
                return root_path.get() + route.url(params)
        return root_path.get() + found[0].url(params)

    def exception_handler(self, key: type[Exception] | int) -> Callable[[X], X]:
        """Answer exceptions of a class, or problems of a status: ``@api.exception_handler(404)``.

        The handler gets ``(req, resp, exc)``; what it puts on the response is sent. Without a
        status of its own the answer has the problem's, or 500.
        """

        def register(handler: X) -> X:
            self.add_exception_handler(key, handler)
            return handler

        return register

    def add_exception_handler(self, key: type[Exception] | int, handler: ExceptionHandler) -> None:
        """As ``exception_handler()``, for a handler that stands elsewhere."""
        self.exception_handlers.add(key, handler)

    def on_event(self, event: LifespanEvent) -> Callable[[V], V]:
        """Run a function at ``"startup"`` or ``"shutdown"``, beside any ``lifespan=``."""

        def register(handler: V) -> V:
            self.add_event_handler(event, handler)
            return handler

        return register

    def add_event_handler(self, event: LifespanEvent, handler: EventHandler) -> None:
        """As ``on_event()``, for a function that stands elsewhere."""
        self.lifespan_events.add(event, handler)

    def around(self, tier: Tier, wrap: Around) -> None:
        """Let a function wrap the exchange of every route, and of what no route answers.

        ``wrap(route, exchange)`` runs once for each route while the app is built, and returns
        an exchange: the same one where it has nothing to do. Tiers stand in the order
        ``limit``, ``session``, ``csrf``, ``user``, the first outermost; within a tier, what
        was added first is outermost.

        Raises:
            ValueError: there is no such tier.
        """
        if tier not in self._arounds:
            msg = f"there is no tier {tier!r}; the tiers are {', '.join(_TIERS)}"
            raise ValueError(msg)
        self._arounds[tier].append(wrap)
        self._changed()

    def redirect(self, resp: Response, location: str, **options: Any) -> None:  # noqa: ANN401
        """Send the client elsewhere; ``resp.redirect()`` tells the options."""
        resp.redirect(location, **options)

    def serve(
        self,
        *,
        address: str | None = None,
        port: int | None = None,
        debug: bool = False,
        **options: Any,  # noqa: ANN401 - the server's own settings
    ) -> None:
        """Serve on uvicorn until told to stop: 127.0.0.1:5042, or what ``PORT`` says.

        *options* are those of ``uvicorn.run()``.
        """
        server.serve(self, address=address, port=port, debug=debug or self.debug, **options)

    def run(
        self,
        *,
        address: str | None = None,
        port: int | None = None,
        debug: bool = False,
        **options: Any,  # noqa: ANN401 - the server's own settings
    ) -> None:
        """As ``serve()``."""
        self.serve(address=address, port=port, debug=debug, **options)

    @property
    def requests(self) -> TestClient:
        """A client that calls the app in process: ``api.requests.get("/hello").text``."""
        if self._client is None:
            self._client = self.test_client()
        return self._client

    def test_client(self, base_url: str = BASE_URL, **options: Any) -> TestClient:  # noqa: ANN401
        """A new client that calls the app in process; as a context manager, with lifespan."""
        return make_client(self, base_url, **options)

    def _changed(self) -> None:
        """Let the next connection find everything that was registered until then."""
        self._app = self._first_call

    def _first_call(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Build the app, and serve the connection that asked for it."""
        self._app = self._build()
        return self._app(scope, receive, send)

    def _build(self) -> ASGIApp:
        """Compile every route; what can be decided now costs no request anything."""
        load_json()
        table: RouteTable[Serve] = RouteTable()
        websockets: RouteTable[WebSocketRoute] = RouteTable()
        for route in self.routes:
            if isinstance(route, WebSocketRoute):
                websockets.add(route.template, {"GET": route})
            else:
                table.add(route.template, self._compile(route))
        return Dispatcher(self, table, websockets, self._compile_fallback()).app()

    def _compile(self, route: Route) -> Mapping[str, Serve]:
        """What serves each method of a route."""
        claims = self._claims[route.template.key]
        exchanges: dict[int, Exchange] = {}
        doors: dict[str, Serve] = {}
        for method, view in route.views.items():
            if claims.get(method, route) is not route:
                continue
            if id(view) not in exchanges:
                exchanges[id(view)] = self._surround(
                    route,
                    compile_exchange(
                        view,
                        before=(*self._before, *route.before),
                        after=(*route.after, *self._after),
                        handlers=self.exception_handlers,
                        has_parameters=bool(route.template.parameters),
                        threaded=route.sync_to_thread,
                    ),
                )
            doors[method] = open_door(exchanges[id(view)], self, route, head=method == "HEAD")
        return doors

    def _compile_fallback(self) -> Exchange:
        """The exchange of what no route answers: the same steps but the before hooks."""

        def answer(req: Request, resp: Response) -> None:
            answer_miss(req, resp, redirect_slashes=self.redirect_slashes)

        exchange = compile_exchange(
            View(answer, awaits=False, origin=answer),
            before=(),
            after=self._after,
            handlers=self.exception_handlers,
            has_parameters=False,
            threaded=False,
        )
        return self._surround(None, exchange)

    def _surround(self, route: Route | None, exchange: Exchange) -> Exchange:
        arounds = [wrap for tier in _TIERS for wrap in self._arounds[tier]]
        return surround(exchange, route, arounds, self.exception_handlers)


def _is_meant(route: Route | WebSocketRoute, endpoint: Endpoint | str) -> bool:
    if isinstance(endpoint, str):
        return endpoint in (route.name, getattr(route.endpoint, "__name__", None))
    return route.endpoint == endpoint


# A plain function that returns a coroutine saves each request one frame; the mark tells servers
# that they may await it all the same.
if sys.version_info >= (3, 12):
    inspect.markcoroutinefunction(API.__call__)
else:
    import asyncio.coroutines

    setattr(API.__call__, "_is_coroutine", vars(asyncio.coroutines)["_is_coroutine"])  # noqa: B010
