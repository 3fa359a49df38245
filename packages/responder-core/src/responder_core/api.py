"""The API: what a program builds its service on, and what a server calls."""

from __future__ import annotations

import inspect
import logging
import sys
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import State

from responder_core.assembly import assemble, check_promises
from responder_core.background_registrar import BackgroundRegistrar
from responder_core.dependency_registrar import DependencyRegistrar
from responder_core.drain import Drain
from responder_core.extension import RouteKeywords
from responder_core.formats.registry import Formats
from responder_core.guards import INHERITED, list_auth, list_guards
from responder_core.health import HealthRegistrar
from responder_core.hooks import prepare_hook
from responder_core.launcher import Launcher
from responder_core.lifespan import LifespanEvents
from responder_core.mounts import Mount
from responder_core.paths import parse_template
from responder_core.prefix import current_prefix
from responder_core.problems import ExceptionHandlers
from responder_core.registry import Registry
from responder_core.request import Request
from responder_core.response import Response
from responder_core.route import (
    Route,
    WebSocketRoute,
    make_socket_route,
    refuse_socket_options,
)
from responder_core.router import RouterRegistrar
from responder_core.settings import Settings
from responder_core.sources import Parameters
from responder_core.static_registrar import StaticRegistrar
from responder_core.surroundings import SurroundingsRegistrar
from responder_core.templates import TemplateRenderer
from responder_core.worker_threads import WorkerThreads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from typing_extensions import Unpack

    from responder_core.convertors import Convertor
    from responder_core.extension import Extension, RouteOptions
    from responder_core.guards import Guards
    from responder_core.metrics import MetricsCollector
    from responder_core.router import Frame, Router
    from responder_core.settings import APIOptions
    from responder_core.types import (
        ASGIApp,
        Endpoint,
        EventHandler,
        ExceptionHandler,
        Hook,
        Lifespan,
        Receive,
        Scope,
        Send,
    )
    from responder_core.websocket import WebSocket

M = TypeVar("M", bound="Callable[..., Any]")
X = TypeVar("X", bound="ExceptionHandler")
V = TypeVar("V", bound="EventHandler")


class API(
    RouterRegistrar,
    SurroundingsRegistrar,
    DependencyRegistrar,
    BackgroundRegistrar,
    TemplateRenderer,
    HealthRegistrar,
    StaticRegistrar,
    Launcher,
):
    """A web service: routes and what belongs to them; an ASGI application.

    ::

        api = API()


        @api.route("/{greeting}")
        async def greet_world(req, resp, *, greeting):
            resp.text = f"{greeting}, world!"


        api.run()

    Args:
        debug: tell the client of a failing view what failed. Never where others see it.
        lifespan: a context manager of the app, entered at start-up and left at shutdown.
        redirect_slashes: redirect ``/users/`` to ``/users`` (or back) where only that exists.
        extensions: what packages add.
        dependencies: guards of everything that the app serves: ``[Depends(guard)]``.
        auth: how everything authenticates, unless a router or a route says otherwise: a guard.
        public: what they leave open: paths and names of routes, and prefixes of mounts.
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
        drain: ends the open event streams and sockets before the server stops.
        threads: what runs the sync views.
        metrics: what counts for ``metrics_route=``, or None.
    """

    def __init__(
        self,
        *,
        debug: bool = False,
        lifespan: Lifespan | None = None,
        redirect_slashes: bool = True,
        extensions: Iterable[Extension[Any]] = (),
        dependencies: Guards = (),
        auth: Any = INHERITED,  # noqa: ANN401 - a guard, several, or None
        public: Iterable[str] = (),
        request_class: type[Request] = Request,
        response_class: type[Response] = Response,
        websocket_class: type[WebSocket] | None = None,
        **options: Unpack[APIOptions],
    ) -> None:
        self.settings: Settings = Settings.of(options)
        self.formats: Formats = Formats(self.settings)
        self.redirect_slashes = redirect_slashes
        self.request_class = request_class
        self.response_class = response_class
        self._websocket_class = websocket_class
        self.state: State = State()
        self.drain: Drain = Drain()
        self.threads: WorkerThreads = WorkerThreads(
            self.settings.sync_threads, self.settings.sync_queue
        )
        self.exception_handlers: ExceptionHandlers = ExceptionHandlers(
            debug=debug, problem_handler=self.settings.problem_handler
        )
        if self.settings.enable_logging:
            from responder_core.logs import enable_logs

            enable_logs(self.settings.log_format, debug=debug)
        self.lifespan_events: LifespanEvents = LifespanEvents(lifespan)
        self.registry: Registry = Registry()
        self.registry.guards = list_guards(dependencies, "API()")
        self.registry.auth = list_auth(auth, "API()")
        self.registry.public = frozenset(public)
        # An app may be served on several event loops, each in a thread of its own. What is around
        # an assembly may register something, and the same thread comes again then.
        self._lock = Lock()
        self.assembling: RLock = RLock()
        self._revision = 0
        self._app: ASGIApp = self._first_call
        self._keywords = RouteKeywords(list(extensions))
        self._set_up_static(explicit="static_dir" in options)
        if self.settings.health_route is not None:
            self.serve_health()
        self.metrics: MetricsCollector | None = None
        if self.settings.metrics_route is not None:
            from responder_core.metrics import serve_metrics

            self.metrics = serve_metrics(self, self.settings.metrics_route)
        for extension in self._keywords.extensions:
            extension.install(self)

    @property
    def debug(self) -> bool:
        """Whether a client is told what failed."""
        return self.exception_handlers.debug

    @debug.setter
    def debug(self, value: bool) -> None:
        self.exception_handlers.debug = value
        self.refresh()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection (ASGI 3)."""
        return self._app(scope, receive, send)

    @property
    def log(self) -> logging.Logger:
        """The logger of the program, ``responder.app``; ``enable_logging=True`` shows it."""
        return logging.getLogger("responder.app")

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
    def extensions(self) -> tuple[Extension[Any], ...]:
        """What packages have added."""
        return self._keywords.extensions

    @property
    def revision(self) -> int:
        """How often something was registered; what is made from the routes is made anew then."""
        return self._revision

    @property
    def routes(self) -> tuple[Route | WebSocketRoute, ...]:
        """Every route, in the order of registration."""
        return tuple(self.registry.routes)

    def register_below(
        self,
        path: str,
        endpoint: Endpoint | None,
        options: RouteOptions,
        frames: tuple[Frame, ...],
    ) -> None:
        """Register a route, of this app or of a router; ``add_route()`` is the way to call it."""
        whole = self._keywords.complete(f"route({path!r})", options, frames)
        core = self._keywords.own(whole)
        serves_page = core.pop("static", False)
        if endpoint is None:
            endpoint = self._make_page(path, asked=serves_page)
            core["methods"] = ("GET",)
        if core.pop("before_request", False):
            msg = f"route({path!r}): before_request=True takes no path; use before= here"
            raise TypeError(msg)
        template = parse_template(path, self.registry.types)
        named, guarded = self.registry.named, bool(self.registry.guards_of(None))
        core.setdefault("request_timeout", self.settings.request_timeout)
        if core.pop("websocket", False):
            socket = make_socket_route(
                template, endpoint, core, named=named, frames=frames, guarded=guarded
            )
            self._gather_facts(socket)
            self._keywords.bind_socket(socket, whole)
            self._show(socket)
            self.registry.add_route(socket)
            self.refresh()
            return
        refuse_socket_options(path, core)
        methods = core.get("methods")
        if methods is not None and not isinstance(methods, str):
            core["methods"] = tuple(methods)
        core.setdefault("max_request_size", self.settings.max_request_size)
        core.setdefault("limits", self.settings.limits)
        route = Route(template, endpoint, named=named, frames=frames, guarded=guarded, **core)
        self.registry.check(route)
        check_promises(route)
        self._gather_facts(route)
        self._keywords.bind(route, whole)
        self._show(route)
        self.registry.add_route(route)
        self.refresh()

    def admit(self, router: Router) -> None:
        """Look at the keywords of a router that is included here, or below."""
        self._keywords.check_router(router)

    def _gather_facts(self, route: Route | WebSocketRoute) -> None:
        """Let guards and views that can describe themselves do so to who documents the route."""
        speakers: list[object] = [*self.registry.guards_of(route)]
        if not isinstance(route.endpoint, type):  # Of a class that would be a method of a view.
            speakers.append(route.endpoint)
        route.facts += [each for each in speakers if hasattr(each, "describe_operation")]

    def _show(self, route: Route | WebSocketRoute) -> None:
        """Let a view that is an object look at a route that is made of it, and refuse it."""
        view: Any = route.endpoint
        if not isinstance(view, type) and hasattr(view, "bind_route"):
            view.bind_route(route, self)

    def add_hook(
        self,
        hook: Hook,
        *,
        after: bool = False,
        sync_to_thread: bool = True,
        websocket: bool = False,
    ) -> None:
        """Run a hook at every route; what ``before_request()`` and ``after_request()`` call."""
        registry = self.registry
        named = Parameters((), registry.named)
        step = prepare_hook(hook, named, sync_to_thread=sync_to_thread, socket=websocket)
        hooks = registry.after if after else registry.before
        (registry.before_sockets if websocket else hooks).append(step)
        self.refresh()

    def add_convertor(self, name: str, convertor: Convertor) -> None:
        """Make ``{x:name}`` known in paths, for routes that are registered from now on.

        Raises:
            ValueError: the name is taken, or the convertor cannot work.
        """
        self.registry.add_convertor(name, convertor)

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
        return current_prefix.get() + self.registry.find_route(endpoint, params).url(params)

    def mount(self, route: str, app: Callable[..., Any], *, wsgi: bool | None = None) -> None:
        """Serve another app below a prefix, ASGI or WSGI: ``api.mount("/shop", flask_app)``.

        Routes come first, then the longest prefix, on segment boundaries. The app gets the
        prefix as its root path, and its lifespan runs within that of this app. Its requests are
        bounded by ``max_request_size`` and guarded by ``dependencies=``; hooks and wrappers are
        for routes. Which kind it is, its signature tells, or *wsgi*.

        Raises:
            ValueError: the prefix is no path.
            TypeError: the app is none, or its kind cannot be told.
            RouteConflictError: there is a mount with this prefix.
            ModuleNotFoundError: a WSGI app, and a2wsgi is not installed.
        """
        self.registry.add_mount(Mount(route, app, wsgi=wsgi))
        self.refresh()

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """The apps that are mounted."""
        return tuple(self.registry.mounts)

    def redirect(self, resp: Response, location: str, **options: Any) -> None:  # noqa: ANN401
        """Send the client elsewhere; ``resp.redirect()`` tells the options."""
        resp.redirect(location, **options)

    def checkpoint(self) -> Callable[[], None]:
        """What takes back every route that is registered from here on."""
        undo = self.registry.checkpoint()

        def take_back() -> None:
            undo()
            self.refresh()

        return take_back

    def ancestors(self) -> list[RouterRegistrar]:
        """This app, which is included in nothing."""
        return [self]

    def refresh(self) -> None:
        """Let the next connection find everything that was registered until then."""
        with self._lock:
            self._revision += 1
            self._app = self._first_call

    def _first_call(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Build the app, and serve the connection that asked for it."""
        with self.assembling:
            app = self._app
            if app == self._first_call:  # Else another thread has built it meanwhile.
                self.route_static()
                revision = self._revision
                app = assemble(self, self.registry)
                # A registration in another thread meanwhile is for the next connection to find.
                with self._lock:
                    if revision == self._revision:
                        self._app = app
        return app(scope, receive, send)


# A plain function that returns a coroutine saves each request one frame; the mark tells servers
# that they may await it all the same.
if sys.version_info >= (3, 12):  # pragma: no cover - as the Python is
    inspect.markcoroutinefunction(API.__call__)
else:  # pragma: no cover - as the Python is
    import asyncio.coroutines

    setattr(API.__call__, "_is_coroutine", vars(asyncio.coroutines)["_is_coroutine"])  # noqa: B010
