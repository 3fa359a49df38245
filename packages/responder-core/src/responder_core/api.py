"""The API: what a program builds its service on, and what a server calls."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import State

from responder_core.assembly import assemble
from responder_core.dependency_registrar import DependencyRegistrar
from responder_core.drain import Drain
from responder_core.extension import RouteKeywords
from responder_core.formats.registry import Formats
from responder_core.guards import list_guards
from responder_core.hooks import Step, prepare_hook
from responder_core.launcher import Launcher
from responder_core.lifespan import LifespanEvents
from responder_core.mounts import Mount
from responder_core.paths import parse_template, refuse_no_path
from responder_core.prefix import current_prefix
from responder_core.problems import ExceptionHandlers
from responder_core.registrar import Registrar
from responder_core.registry import Registry
from responder_core.request import Request
from responder_core.response import Response
from responder_core.route import Route, WebSocketRoute
from responder_core.settings import Settings
from responder_core.templates import TemplateRenderer
from responder_core.views import Parameters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from os import PathLike

    from typing_extensions import Unpack

    from responder_core.convertors import Convertor
    from responder_core.extension import Extension, RouteOptions
    from responder_core.guards import Guards
    from responder_core.settings import APIOptions
    from responder_core.types import (
        Around,
        ASGIApp,
        Endpoint,
        EventHandler,
        ExceptionHandler,
        Hook,
        Lifespan,
        LifespanEvent,
        Receive,
        Scope,
        Send,
        Tier,
    )
    from responder_core.websocket import WebSocket

X = TypeVar("X", bound="ExceptionHandler")
V = TypeVar("V", bound="EventHandler")


class API(Registrar, TemplateRenderer, DependencyRegistrar, Launcher):
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
        dependencies: guards of everything that the app serves: ``[Depends(guard)]``.
        public: what they leave open: names of routes, and prefixes of mounts.
        request_class, response_class, websocket_class: what views are given; subclasses of
            the standard ones, with the mixins of packages.
        options: what ``Settings`` tells, each as a keyword.

    Attributes:
        settings: what the program chose for its messages.
        formats: the formats of bodies by name; ``api.formats["csv"] = Format(...)`` adds one.
        state: a bag of attributes for the program.
        static_app, static_dir, static_route: the files that are served as they are, the
            directory they are in or None, and the path they are served below.
        exception_handlers, lifespan_events: what the program asked for.
        drain: ends the open event streams before the server stops.
    """

    def __init__(
        self,
        *,
        debug: bool = False,
        lifespan: Lifespan | None = None,
        redirect_slashes: bool = True,
        extensions: Iterable[Extension[Any]] = (),
        dependencies: Guards = (),
        public: Iterable[str] = (),
        request_class: type[Request] = Request,
        response_class: type[Response] = Response,
        websocket_class: type[WebSocket] | None = None,
        **options: Unpack[APIOptions],
    ) -> None:
        self.settings = Settings.of(options)
        self.formats = Formats(self.settings)
        self.redirect_slashes = redirect_slashes
        self.request_class = request_class
        self.response_class = response_class
        self._websocket_class = websocket_class
        self.state = State()
        self.drain = Drain()
        self.exception_handlers = ExceptionHandlers(
            debug=debug, problem_handler=self.settings.problem_handler
        )
        self.lifespan_events = LifespanEvents(lifespan)
        self._registry = Registry()
        self._registry.guards = list_guards(dependencies, "API()")
        self._registry.public = frozenset(public)
        self._revision = 0
        self._app: ASGIApp = self._first_call
        self._keywords = RouteKeywords(list(extensions))
        from responder_core.static import StaticFiles, find_directory

        self.static_route = (self.settings.static_route or "").rstrip("/")
        self.static_app = StaticFiles()
        self.static_dir = find_directory(self.settings, explicit="static_dir" in options)
        if self.static_dir is not None:
            self.add_static_directory(self.static_dir)
        for extension in self._keywords.extensions:
            extension.install(self)

    @property
    def debug(self) -> bool:
        """Whether a client is told what failed."""
        return self.exception_handlers.debug

    @debug.setter
    def debug(self, value: bool) -> None:
        self.exception_handlers.debug = value

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

    @property
    def routes(self) -> tuple[Route | WebSocketRoute, ...]:
        """Every route, in the order of registration."""
        return tuple(self._registry.routes)

    def add_route(
        self, path: str, endpoint: Endpoint | None = None, **options: Unpack[RouteOptions]
    ) -> None:
        """Register a view: ``api.add_route("/users", UserResource)``; else as ``route()``.

        ``api.add_route("/", static=True)`` serves ``index.html`` of the static directory, at
        this path, and to browsers that navigate to a path below where nothing else answers.
        """
        refuse_no_path(path)
        self._keywords.check(f"route({path!r})", options)
        core = self._keywords.own(options)
        serves_page = core.pop("static", False)
        if endpoint is None:
            from responder_core.static import make_page

            page = make_page(path, self.static_dir, asked=serves_page, known=self._registry.page)
            endpoint = self._registry.page = self.static_app.page = page
            core["methods"] = ("GET",)
        if core.pop("before_request", False):
            msg = f"route({path!r}): before_request=True takes no path; use before= here"
            raise TypeError(msg)
        template = parse_template(path, self._registry.types)
        if core.pop("websocket", False):
            extra = sorted(options.keys() - {"websocket", "name", "before_request"})
            if extra:
                msg = f"route({path!r}): a WebSocket route takes name= alone, not {extra}"
                raise TypeError(msg)
            self._registry.add_route(WebSocketRoute(template, endpoint, **core))
            self._changed()
            return
        methods = core.get("methods")
        if methods is not None and not isinstance(methods, str):
            core["methods"] = tuple(methods)
        core.setdefault("max_request_size", self.settings.max_request_size)
        core.setdefault("limits", self.settings.limits)
        named, guarded = self._registry.named, bool(self._registry.guards)
        route = Route(template, endpoint, named=named, guarded=guarded, **core)
        self._registry.check(route)
        self._keywords.bind(route, options)
        self._registry.add_route(route)
        self._changed()

    def add_hook(self, hook: Hook, *, after: bool = False, sync_to_thread: bool = True) -> None:
        """Run a hook at every route; what ``before_request()`` and ``after_request()`` call."""
        step = prepare_hook(hook, Parameters((), self._registry.named))
        if not sync_to_thread:
            step = Step(step.call, step.awaits, threaded=False, arguments=step.arguments)
        (self._registry.after if after else self._registry.before).append(step)
        self._changed()

    def add_convertor(self, name: str, convertor: Convertor) -> None:
        """Make ``{x:name}`` known in paths, for routes that are registered from now on.

        Raises:
            ValueError: the name is taken, or the convertor cannot work.
        """
        self._registry.add_convertor(name, convertor)

    def url_for(self, endpoint: Endpoint | str, /, **params: Any) -> str:  # noqa: ANN401
        """The path of a view, by the view itself, its name or its route's name.

        ``api.url_for("get_user", user_id=7)`` → ``"/users/7"``, percent-encoded, behind the
        prefix that the current request came through. Parameters that the path has not are
        passed over. Where several routes fit, the one that uses most of them is taken.

        Raises:
            RouteNotFoundError: there is no such route.
            KeyError: a parameter of the path is missing.
            ValueError: a value does not fit its parameter.
        """
        return current_prefix.get() + self._registry.find_route(endpoint, params).url(params)

    def exception_handler(self, key: type[Exception] | int) -> Callable[[X], X]:
        """Answer exceptions of a class, or problems of a status: ``@api.exception_handler(404)``.

        The handler gets ``(req, resp, exc)``; what it puts on the response is sent. The status
        and the header fields of a problem are there already; other exceptions begin with 500.
        A handler that has nothing to say raises *exc* again, for the standard answer.

        Handlers are found by status first, then by the nearest class; one for ``Exception``
        answers problems too, 404 included.

        Raises:
            TypeError: the key is neither an exception class nor a status of 400 to 599.
        """
        self.exception_handlers.check(key)

        def register(handler: X) -> X:
            self.add_exception_handler(key, handler)
            return handler

        return register

    def add_exception_handler(self, key: type[Exception] | int, handler: ExceptionHandler) -> None:
        """As ``exception_handler()``, for a handler that stands elsewhere."""
        self.exception_handlers.add(key, handler)

    def on_event(self, event: LifespanEvent) -> Callable[[V], V]:
        """Run a function at ``"startup"`` or ``"shutdown"``, beside any ``lifespan=``.

        Raises:
            ValueError: there is no such event.
        """
        self.lifespan_events.check(event)

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
        self._registry.add_around(tier, wrap)
        self._changed()

    def mount(self, route: str, app: ASGIApp) -> None:
        """Serve another ASGI app below a prefix: ``api.mount("/shop", shop)``.

        Routes come first, then the longest prefix, on segment boundaries. The app gets the
        prefix as its root path. Its requests are bounded by ``max_request_size``; hooks and
        wrappers are for routes.

        Raises:
            ValueError: the prefix is no path.
            TypeError: the app is none.
            RouteConflictError: there is a mount with this prefix.
        """
        self._registry.add_mount(Mount(route, app))
        self._changed()

    def add_static_directory(self, directory: str | PathLike[str]) -> None:
        """Serve the files of one more directory below ``static_route``.

        Raises:
            FileNotFoundError: there is no such directory.
        """
        self.static_app.add_directory(directory)
        self._route_static()

    def _route_static(self) -> None:
        """Route to the static files, once there are some."""
        if self.static_app.directories and not self._registry.has_static:
            template = parse_template(f"{self.static_route}/{{path:path}}", self._registry.types)
            route = Route(template, self.static_app, methods=("GET",), name="static")
            self._registry.add_static(route)
            self._changed()

    def redirect(self, resp: Response, location: str, **options: Any) -> None:  # noqa: ANN401
        """Send the client elsewhere; ``resp.redirect()`` tells the options."""
        resp.redirect(location, **options)

    def _changed(self) -> None:
        """Let the next connection find everything that was registered until then."""
        self._revision += 1
        self._app = self._first_call

    def _first_call(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Build the app, and serve the connection that asked for it."""
        self._route_static()
        revision = self._revision
        app = assemble(self, self._registry)
        # A registration in another thread meanwhile is for the next connection to find.
        if revision == self._revision:
            self._app = app
        return app(scope, receive, send)


# A plain function that returns a coroutine saves each request one frame; the mark tells servers
# that they may await it all the same.
if sys.version_info >= (3, 12):
    inspect.markcoroutinefunction(API.__call__)
else:
    import asyncio.coroutines

    setattr(API.__call__, "_is_coroutine", vars(asyncio.coroutines)["_is_coroutine"])  # noqa: B010
