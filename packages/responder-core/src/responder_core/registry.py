"""The registry: what a program registered on an API, kept until the app is built."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, get_args

from responder_core.convertors import BUILT_IN, parameter_type
from responder_core.errors import RouteConflictError, RouteNotFoundError
from responder_core.guards import INHERITED, Inherited
from responder_core.hooks import Step, describe
from responder_core.middleware import Stack
from responder_core.route import Route, WebSocketRoute
from responder_core.types import Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.convertors import Convertor, ParameterType
    from responder_core.guards import Auth
    from responder_core.mounts import Mount
    from responder_core.static import Page
    from responder_core.types import Around, AroundMount, Endpoint, SocketCheck

TIERS: tuple[Tier, ...] = get_args(Tier)
"""The tiers around an exchange, the outermost first."""

_WEBSOCKET = "WebSocket"


class Registry:
    """Routes, hooks, convertors and wrappers, in the order they came.

    Attributes:
        routes: every route.
        types: the convertors by the word that templates have for them.
        before, after: the hooks of every route.
        before_sockets: the hooks of every WebSocket.
        mounts: other apps, each below a prefix.
        named: the providers that views get by the names of their parameters.
        has_static: whether there is a route to static files, or the program's own in its place.
        stack: the ASGI middleware around everything.
        stray_checks: what looks at WebSockets that no route wants.
        page: the page of a single-page app, or None.
        auth: how everything authenticates, unless a router or a route says otherwise.
        guards: the guards of everything that the app serves.
        public: the names and paths of routes, and the prefixes of mounts, that they leave open.
    """

    __slots__ = (
        "_adding",
        "_arounds",
        "_claims",
        "_static",
        "after",
        "auth",
        "before",
        "before_sockets",
        "guards",
        "has_static",
        "mount_arounds",
        "mounts",
        "named",
        "page",
        "public",
        "routes",
        "stack",
        "stray_checks",
        "types",
    )

    def __init__(self) -> None:
        self.routes: list[Route | WebSocketRoute] = []
        self.types: dict[str, ParameterType] = dict(BUILT_IN)
        self.before: list[Step] = []
        self.before_sockets: list[Step] = []
        self.after: list[Step] = []
        self.mounts: list[Mount] = []
        self.stack: Stack = Stack()
        self.named: dict[str, Callable[..., Any]] = {}
        self.has_static: bool = False
        self.guards: tuple[Callable[..., Any], ...] = ()
        self.auth: Auth = INHERITED
        self.public: frozenset[str] = frozenset()
        self._static: Route | None = None
        self.page: Page | None = None
        self._arounds: dict[Tier, list[Around]] = {tier: [] for tier in TIERS}
        self.mount_arounds: list[AroundMount] = []
        self.stray_checks: list[SocketCheck] = []
        self._claims: dict[object, dict[str, Route | WebSocketRoute]] = {}
        # Two threads that register the same route are told of the conflict, too.
        self._adding = Lock()

    def check(self, route: Route | WebSocketRoute) -> None:
        """Refuse a route that would answer what another one answers.

        Raises:
            RouteConflictError: they share a path and a method; the message names both.
        """
        claims = self._claims.get(route.template.key, {})
        static = self._static
        if static is not None and any(claims.get(name) is static for name in _claimed(route)):
            # The program serves these paths itself.
            self._static = None
            self.routes.remove(static)
            claims = {}
            self._claims[route.template.key] = claims
        for method in _claimed(route):
            if method in claims:
                other = claims[method]
                msg = (
                    f"{method} {route.path} is answered twice: by {describe(other.endpoint)}, "
                    f"registered as {other.path!r}, and now by {describe(route.endpoint)}; "
                    "give one of them another path or other methods"
                )
                raise RouteConflictError(msg)

    def add_route(self, route: Route | WebSocketRoute) -> None:
        """Keep a route.

        Raises:
            RouteConflictError: as from ``check()``.
        """
        with self._adding:
            self.check(route)
            claims = self._claims.setdefault(route.template.key, {})
            claims.update(dict.fromkeys(_claimed(route), route))
            self.routes.append(route)

    def checkpoint(self) -> Callable[[], None]:
        """What takes back every route that is added from here on."""
        routes, static, page = list(self.routes), self._static, self.page
        claims = {key: dict(methods) for key, methods in self._claims.items()}

        def undo() -> None:
            self.routes, self._static, self.page = routes, static, page
            self._claims = claims

        return undo

    def add_static(self, route: Route) -> None:
        """Keep a route to static files; it gives way to one of the program's with its path."""
        self.has_static = True
        if not self._claims.get(route.template.key):
            self.add_route(route)
            self._static = route

    def serves(self, route: Route, method: str) -> bool:
        """Whether a method is the route's to serve, and not claimed by another of its path."""
        return self._claims[route.template.key].get(method, route) is route

    def guards_of(self, route: Route | WebSocketRoute | None) -> tuple[Callable[..., Any], ...]:
        """The guards of a route, or of what no route answers, in the order they run.

        Those of the app, unless it leaves the route open; how it authenticates; its own.
        """
        own = () if isinstance(self.auth, Inherited) else self.auth
        if route is None:
            return (*self.guards, *own)
        # Not by the name of a function, of which there may be two.
        is_open = route.given_name in self.public or route.path in self.public
        if not isinstance(route.auth, Inherited):
            own = route.auth
        elif is_open:
            own = ()
        return (*(() if is_open else self.guards), *own, *route.guards)

    def add_convertor(self, name: str, convertor: Convertor) -> None:
        """Make a word known in templates.

        Raises:
            ValueError: the name is taken, or the convertor cannot work.
        """
        if name in self.types:
            msg = f"there is a convertor {name!r} already; choose another name"
            raise ValueError(msg)
        self.types[name] = parameter_type(name, convertor)

    def add_around(self, tier: Tier, wrap: Around) -> None:
        """Keep a wrapper for a tier.

        Raises:
            ValueError: there is no such tier.
            TypeError: the wrapper is no function.
        """
        if tier not in self._arounds:
            msg = f"there is no tier {tier!r}; the tiers are {', '.join(TIERS)}"
            raise ValueError(msg)
        candidate: object = wrap
        if not callable(candidate):
            msg = f"a wrapper is a function of (route, exchange), not {wrap!r}"
            raise TypeError(msg)
        self._arounds[tier].append(wrap)

    def add_mount_around(self, wrap: AroundMount) -> None:
        """Keep a wrapper of mounts.

        Raises:
            TypeError: it is no function.
        """
        candidate: object = wrap
        if not callable(candidate):
            msg = f"a wrapper is a function of (mount, serve), not {wrap!r}"
            raise TypeError(msg)
        self.mount_arounds.append(wrap)

    def add_middleware(self, wrap: Around) -> None:
        """Keep a wrapper that stands around those of its tier that came before."""
        self._arounds["user"].insert(0, wrap)

    def has_around(self, tier: Tier) -> bool:
        """Whether something stands in a tier."""
        return bool(self._arounds[tier])

    @property
    def arounds(self) -> list[Around]:
        """The wrappers of every tier, the outermost first."""
        return [wrap for tier in TIERS for wrap in self._arounds[tier]]

    def add_mount(self, mount: Mount) -> None:
        """Keep a mount.

        Raises:
            RouteConflictError: there is one with this prefix.
        """
        for other in self.mounts:
            if other.prefix == mount.prefix:
                msg = f"{mount.prefix or '/'!r} is mounted twice: {other.app!r}, {mount.app!r}"
                raise RouteConflictError(msg)
        self.mounts.append(mount)

    def find_route(
        self, endpoint: Endpoint | str, values: dict[str, Any]
    ) -> Route | WebSocketRoute:
        """The route of an endpoint or a name that has all it needs and uses most of *values*.

        Raises:
            RouteNotFoundError: there is none.
        """
        found = [route for route in self.routes if _is_meant(route, endpoint)]
        if not found:
            name = repr(endpoint) if isinstance(endpoint, str) else describe(endpoint)
            msg = f"no route is named {name}; register it, or see api.routes for the names"
            raise RouteNotFoundError(msg)
        complete = [
            route
            for route in found
            if all(parameter.name in values for parameter in route.template.parameters)
        ]
        return max(complete or found[:1], key=lambda route: len(route.template.parameters))


def _claimed(route: Route | WebSocketRoute) -> list[str]:
    return sorted(route.claims) if isinstance(route, Route) else [_WEBSOCKET]


def _is_meant(route: Route | WebSocketRoute, endpoint: Endpoint | str) -> bool:
    if isinstance(endpoint, str):
        return endpoint in (route.name, getattr(route.endpoint, "__name__", None))
    return route.endpoint == endpoint
