"""Extensions: how a package adds to an API, all of it while the app is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar

from responder_core.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from responder_core.api import API
    from responder_core.deployment import Deployment, Finding
    from responder_core.guards import Guards
    from responder_core.hooks import Hooks
    from responder_core.route import Route, WebSocketRoute
    from responder_core.router import Frame, Router
    from responder_core.settings import Limits

OptionsT = TypeVar("OptionsT", bound=Mapping[str, Any])


class RouteOptions(TypedDict, total=False):
    """The keywords of ``api.route()``, ``api.get()`` and the others.

    A package that adds keywords has a TypedDict of its own; an API that unites packages
    inherits from all of them.

    Attributes:
        methods: the methods to answer; without it, the standard ones.
        name: the name for ``url_for()``.
        before, after: hooks of this route alone, one or several.
        before_request: register the function as a hook of every route; takes no path.
        websocket: answer WebSockets.
        sync_to_thread: False runs a quick synchronous view on the event loop.
        static: with ``add_route(path)`` alone, serve ``index.html`` of the static directory.
        max_request_size: the bytes of a request's body, or None for any size, in place of the
            app's.
        limits: what else a request may cost, in place of the app's.
        dependencies: guards: ``Depends(guard)`` or a list, run before anything is read.
        auth: how the route authenticates: a guard, or several; None leaves it open.
        response_model: the type that results must be of; False takes the annotation for nothing.
        responses: the types of results by status: ``{404: NoSuchUser}``.
        status_code: the status of answers that set none.
        request_model, params_model: as in older programs: a model of the body, and one of the
            query, found at ``req.state.validated`` and ``req.state.validated_params``.
        tags: what the documentation groups the route by.
        request_timeout: the seconds that a request may take, in place of the app's; None for
            any time. A WebSocket's is that of its handshake.
        cancel_on_disconnect: end the request when its client goes away before it was answered.
            Of a body that the view does not read, 256 KiB are received to learn of that.
        subprotocols: those that a view of WebSockets speaks, the best first.
        idle_timeout: seconds without a message after which its socket is closed.
        max_message_size: the bytes of one message.
    """

    methods: Iterable[str]
    name: str
    before: Hooks
    after: Hooks
    before_request: bool
    websocket: bool
    sync_to_thread: bool
    static: bool
    max_request_size: int | None
    limits: Limits
    dependencies: Guards
    auth: Any
    response_model: Any
    responses: Mapping[int, Any]
    status_code: int
    request_model: Any
    params_model: Any
    tags: Sequence[str]
    request_timeout: float | None
    cancel_on_disconnect: bool
    subprotocols: Sequence[str]
    idle_timeout: float
    max_message_size: int


class SocketOptions(TypedDict, total=False):
    """The keywords of ``api.websocket_route()``, as ``RouteOptions`` documents them."""

    name: str
    before: Hooks
    dependencies: Guards
    auth: Any
    tags: Sequence[str]
    request_timeout: float | None
    subprotocols: Sequence[str]
    idle_timeout: float
    max_message_size: int


class NoOptions(TypedDict):
    """The options of an extension that claims no route keyword."""


class Extension(Generic[OptionsT]):
    """What a package adds to an API. Every method runs while the app is built.

    ::

        class Audience(TypedDict, total=False):
            audience: str


        class Audiences(Extension[Audience]):
            options = Audience

            def bind(self, route, options):
                route.facts.append(options.get("audience", "everyone"))


        api = API(extensions=[Audiences()])


        @api.get("/staff", audience="staff")
        async def staff(req, resp): ...

    Attributes:
        options: the TypedDict whose keywords this extension claims on routes.
        socket_options: those of them that mean something on a route of WebSockets, too.
        single_options: those of them that are of one route alone, as its name is; routers, whose
            keywords are those of all their routes, refuse them.
    """

    options: type[OptionsT] = NoOptions  # type: ignore[assignment]
    socket_options: type[Mapping[str, Any]] = NoOptions
    single_options: type[Mapping[str, Any]] = NoOptions

    def install(self, api: API) -> None:
        """Add routes, hooks, middleware or wrappers; runs once, when the API is made."""

    def bind(self, route: Route, options: OptionsT) -> None:
        """Learn of a route and the keywords it was given; runs once for each route.

        Those that a router was given are among them, unless the route has its own.
        """

    def bind_socket(self, route: WebSocketRoute, options: OptionsT) -> None:
        """Learn of a route of WebSockets, and of those keywords that *socket_options* has."""

    def check(self, api: API, deployment: Deployment) -> Iterable[Finding]:  # noqa: ARG002 - for those who have something to tell
        """Tell what a deployment should know, as of a key that is missing: ``responder check``."""
        return ()


_OF_ROUTERS = ("after", "auth", "before", "dependencies", "tags")
"""The keywords that the core has for routers, too."""


class RouteKeywords:
    """Which keywords routes take, and whose each one is.

    Raises:
        ValueError: two extensions claim one keyword, one claims a keyword of the core, or tells
            more of one that it does not claim.
        TypeError: what was given is no extension.
    """

    def __init__(self, extensions: Sequence[Extension[Any]]) -> None:
        self.extensions: tuple[Extension[Any], ...] = tuple(extensions)
        for extension in self.extensions:
            _refuse_no_extension(extension)
            _refuse_unclaimed(extension)
        self._core = frozenset(RouteOptions.__annotations__)
        self._owners: dict[str, Extension[Any]] = {}
        self._of_sockets = frozenset(
            keyword
            for extension in self.extensions
            for keyword in _keywords(extension.socket_options)
        )
        self._single = frozenset(
            keyword
            for extension in self.extensions
            for keyword in _keywords(extension.single_options)
        )
        for extension in self.extensions:
            for keyword in _keywords(extension.options):
                owner = "the core" if keyword in self._core else self._owners.get(keyword)
                if owner is not None:
                    name = owner if isinstance(owner, str) else type(owner).__name__
                    msg = (
                        f"{type(extension).__name__} and {name} both claim the route keyword "
                        f"{keyword!r}; install one of them"
                    )
                    raise ValueError(msg)
                self._owners[keyword] = extension

    def check(self, call: str, options: Mapping[str, object]) -> None:
        """Refuse a keyword that nothing claims; *call* is how the message names the place.

        Raises:
            TypeError: a keyword is unknown; the message suggests one that is near.
        """
        for keyword in options:
            if keyword not in self._core and keyword not in self._owners:
                hint = suggest(keyword, [*self._core, *self._owners])
                msg = f"{call} has no option {keyword!r}{hint}"
                raise TypeError(msg)

    def check_router(self, router: Router) -> None:
        """Refuse a keyword of a router that nothing claims, or that is of one route alone.

        Raises:
            TypeError: there is one; the message suggests one that is near.
        """
        shared = self._owners.keys() - self._single
        for keyword in router.keywords:
            if keyword in self._single:
                msg = f"{router!r} takes no {keyword}=; give it to the routes themselves"
                raise TypeError(msg)
            if keyword not in shared:
                hint = suggest(keyword, [*_OF_ROUTERS, *shared])
                msg = f"{router!r} has no option {keyword!r}{hint}"
                raise TypeError(msg)

    def complete(
        self, call: str, options: Mapping[str, Any], frames: Iterable[Frame]
    ) -> dict[str, Any]:
        """The keywords of a route: its own, then those of the routers around it, inside out.

        Raises:
            TypeError: a keyword is unknown, or means nothing at a WebSocket.
        """
        self.check(call, options)
        is_socket = options.get("websocket", False)
        if is_socket:
            useless = sorted(options.keys() & self._owners.keys() - self._of_sockets)
            if useless:
                msg = f"{call}: {', '.join(useless)} means nothing to a WebSocket"
                raise TypeError(msg)
        shared: dict[str, Any] = {}
        for frame in frames:
            shared |= frame.router.keywords
        if is_socket:
            shared = {key: shared[key] for key in shared if key in self._of_sockets}
        return {**shared, **options}

    def own(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The keywords that are the core's."""
        return {key: value for key, value in options.items() if key in self._core}

    def bind(self, route: Route, options: Mapping[str, Any]) -> None:
        """Show a route to every extension, with the keywords that are its own."""
        for extension in self.extensions:
            own = {key: options[key] for key in options if self._owners.get(key) is extension}
            extension.bind(route, own)

    def bind_socket(self, route: WebSocketRoute, options: Mapping[str, Any]) -> None:
        """As ``bind()``, for a route of WebSockets."""
        for extension in self.extensions:
            own = {key: options[key] for key in options if self._owners.get(key) is extension}
            extension.bind_socket(route, own)


def _refuse_no_extension(candidate: object) -> None:
    """Refuse an extension's class where the extension belongs."""
    if not isinstance(candidate, Extension):
        msg = f"extensions= takes Extension objects, as in [Sessions()], not {candidate!r}"
        raise TypeError(msg)


def _refuse_unclaimed(extension: Extension[Any]) -> None:
    """Refuse an extension that tells more of a keyword which its *options* have not."""
    claimed = _keywords(extension.options)
    kind = type(extension).__name__
    for name in ("socket_options", "single_options"):
        for keyword in sorted(_keywords(getattr(extension, name)) - claimed):
            hint = suggest(keyword, claimed)
            msg = f"{kind}.{name} has {keyword!r}, which is not in {kind}.options{hint}"
            raise ValueError(msg)


def _keywords(options: type[Mapping[str, Any]]) -> frozenset[str]:
    """The keywords of a TypedDict, those it inherits too."""
    required = getattr(options, "__required_keys__", frozenset[str]())
    optional = getattr(options, "__optional_keys__", frozenset[str]())
    return frozenset(required | optional)
