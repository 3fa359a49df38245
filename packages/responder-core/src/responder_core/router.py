"""Routers: routes that belong together, and what they share, to be included in an app."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from responder_core.guards import INHERITED, list_auth, list_guards
from responder_core.handlers import HandlerTable
from responder_core.middleware import Stack, check_kind, wrap_function
from responder_core.paths import refuse_no_path
from responder_core.registrar import Registrar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from typing_extensions import Unpack

    from responder_core.extension import RouteOptions
    from responder_core.guards import Auth, Guards
    from responder_core.hooks import Hooks
    from responder_core.types import Around, Endpoint, ExceptionHandler, Hook

M = TypeVar("M", bound="Callable[..., Any]")
X = TypeVar("X", bound="ExceptionHandler")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One inclusion of a router: what it adds to each of the router's routes.

    Attributes:
        router: the router.
        prefix: what stands before the router's own prefix.
        tags: what its routes are grouped by.
        guards: what runs before them.
        auth: how they authenticate; INHERITED leaves that to what is around.
    """

    router: Router
    prefix: str
    tags: tuple[str, ...]
    guards: tuple[Callable[..., Any], ...]
    auth: Auth


class RouterRegistrar(Registrar):
    """What routers can be included in: an app, and another router."""

    @abstractmethod
    def register_below(
        self,
        path: str,
        endpoint: Endpoint | None,
        options: RouteOptions,
        frames: tuple[Frame, ...],
    ) -> None:
        """Register a route of a router that is included; *frames* are those around it."""

    @abstractmethod
    def admit(self, router: Router) -> None:
        """Look at a router that is included here, or below.

        Raises:
            TypeError: it has a keyword that is unknown, or that is of one route alone.
        """

    @abstractmethod
    def checkpoint(self) -> Callable[[], None]:
        """What takes back every route that is registered from here on."""

    @abstractmethod
    def refresh(self) -> None:
        """Let the next connection find what a router below has got since."""

    @abstractmethod
    def ancestors(self) -> Sequence[RouterRegistrar]:
        """This, and everything that it is included in."""

    def add_route(
        self, path: str, endpoint: Endpoint | None = None, **options: Unpack[RouteOptions]
    ) -> None:
        """Register a view: ``api.add_route("/users", UserResource)``; else as ``route()``.

        ``api.add_route("/", static=True)`` serves ``index.html`` of the static directory, at
        this path, and to browsers that navigate to a path below where nothing else answers.
        """
        refuse_no_path(path)
        self.register_below(path, endpoint, options, ())

    def include_router(
        self,
        router: Router,
        *,
        prefix: str = "",
        tags: Iterable[str] = (),
        dependencies: Guards = (),
        auth: Any = INHERITED,  # noqa: ANN401 - a guard, several, or None
    ) -> None:
        """Serve the routes of a router, those that it gets later too.

        What is given here stands around what the router has of its own: prefixes and tags are
        joined, guards run from the outside in; the innermost *auth* that was given holds.

        Raises:
            TypeError: it is no router, or has a keyword that no extension of the app claims.
            ValueError: it is included in itself, or the prefix is no path.
            RouteConflictError, ViewError: as from ``route()``, for one of its routes.
        """
        _refuse_no_router(router)
        call = f"include_router({router!r})"
        frame = Frame(
            router,
            check_prefix(prefix),
            tuple(tags),
            list_guards(dependencies, call),
            list_auth(auth, call),
        )
        router.attach(self, frame)

    def group(
        self,
        prefix: str,
        *,
        tags: Iterable[str] = (),
        dependencies: Guards = (),
        auth: Any = INHERITED,  # noqa: ANN401 - a guard, several, or None
        before: Hooks = None,
        after: Hooks = None,
        **options: Any,  # noqa: ANN401 - whatever extensions claim
    ) -> Router:
        """A router that is included here already: ``v1 = api.group("/v1")``."""
        router = Router(
            prefix,
            tags=tags,
            dependencies=dependencies,
            auth=auth,
            before=before,
            after=after,
            **options,
        )
        self.include_router(router)
        return router


class Router(RouterRegistrar):
    """Routes that belong together: ``users = Router("/users", dependencies=[Depends(login)])``.

    ::

        users = Router("/users", tags=["users"])


        @users.get("/{id}")
        async def show(req, resp, *, id: int): ...


        api.include_router(users, prefix="/v1")

    Its hooks, exception handlers and middleware are those of its routes alone, and cost the
    others nothing.

    Args:
        prefix: what the paths of its routes begin with.
        tags: what the documentation groups them by.
        dependencies: guards that run before them.
        auth: how they authenticate: a guard or several; None leaves them open.
        before, after: hooks of its routes.
        options: keywords of extensions that its routes have, unless they have their own; the
            innermost router's hold. WebSockets get those that mean something to them. An app
            refuses those that it does not know when the router is included.

    Raises:
        ValueError: the prefix is no path.
        TypeError: a keyword is one that the core has for single routes.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        tags: Iterable[str] = (),
        dependencies: Guards = (),
        auth: Any = INHERITED,  # noqa: ANN401 - a guard, several, or None
        before: Hooks = None,
        after: Hooks = None,
        **options: Any,  # noqa: ANN401 - whatever extensions claim
    ) -> None:
        self.prefix: str = check_prefix(prefix)
        self.keywords: dict[str, Any] = _check_keywords(options)
        self.tags: tuple[str, ...] = tuple(tags)
        self.guards: tuple[Callable[..., Any], ...] = list_guards(dependencies, repr(self))
        self.auth: Auth = list_auth(auth, repr(self))
        self.before: list[tuple[Hook, bool]] = [(hook, True) for hook in _listed(before)]
        self.after: list[tuple[Hook, bool]] = [(hook, True) for hook in _listed(after)]
        self.before_sockets: list[tuple[Hook, bool]] = []
        self.handlers: HandlerTable = HandlerTable()
        self.stack: Stack = Stack()
        self.arounds: list[Around] = []
        self._entries: list[tuple[str, Endpoint | None, RouteOptions, tuple[Frame, ...]]] = []
        self._parents: list[tuple[RouterRegistrar, Frame]] = []
        self._below: list[Router] = []

    def __repr__(self) -> str:
        return f"Router({self.prefix!r})"

    def register_below(
        self,
        path: str,
        endpoint: Endpoint | None,
        options: RouteOptions,
        frames: tuple[Frame, ...],
    ) -> None:
        """Keep a route, and give it to all that this router is included in."""
        entry = path, endpoint, options, frames
        for parent, frame in self._parents:
            self._pass_on(parent, frame, *entry)
        self._entries.append(entry)

    def admit(self, router: Router) -> None:
        """Keep a router that is included here or below, and show it to what is above."""
        for parent, _ in self._parents:
            parent.admit(router)
        self._below.append(router)

    def attach(self, parent: RouterRegistrar, frame: Frame) -> None:
        """Give every route to a parent, now and later; what ``include_router()`` calls.

        Raises:
            ValueError: the parent is this router, or is included in it.
            TypeError: this router, or one below, has a keyword that the app does not know.
        """
        if self in parent.ancestors():
            msg = f"{self!r} cannot be included in itself"
            raise ValueError(msg)
        undo = parent.checkpoint()
        try:
            for router in (self, *self._below):
                parent.admit(router)
            for entry in self._entries:
                self._pass_on(parent, frame, *entry)
        except BaseException:
            undo()  # All of its routes, or none.
            raise
        self._parents.append((parent, frame))
        parent.refresh()

    def _pass_on(  # noqa: PLR0917 - an entry, and where it goes
        self,
        parent: RouterRegistrar,
        frame: Frame,
        path: str,
        endpoint: Endpoint | None,
        options: RouteOptions,
        frames: tuple[Frame, ...],
    ) -> None:
        whole = frame.prefix + self.prefix + path
        parent.register_below(whole, endpoint, options, (frame, *frames))

    def checkpoint(self) -> Callable[[], None]:
        """What takes back everything that is registered from here on."""
        entries, routers = len(self._entries), len(self._below)
        above = [parent.checkpoint() for parent, _ in self._parents]

        def undo() -> None:
            del self._entries[entries:]
            del self._below[routers:]
            for each in above:
                each()

        return undo

    def ancestors(self) -> Sequence[RouterRegistrar]:
        """This router, and everything that it is included in."""
        return [self, *(each for parent, _ in self._parents for each in parent.ancestors())]

    def refresh(self) -> None:
        """Let the apps that this router is included in find what changed."""
        for parent, _ in self._parents:
            parent.refresh()

    def add_hook(
        self,
        hook: Hook,
        *,
        after: bool = False,
        sync_to_thread: bool = True,
        websocket: bool = False,
    ) -> None:
        """Run a hook at every route of this router, or at every WebSocket."""
        hooks = self.before_sockets if websocket else self.after if after else self.before
        hooks.append((hook, sync_to_thread))
        self.refresh()

    def exception_handler(self, key: type[Exception] | int) -> Callable[[X], X]:
        """Answer exceptions of this router's routes; else as ``api.exception_handler()``.

        A 405 is of the router whose routes the path has.
        """
        self.handlers.check(key)

        def register(handler: X) -> X:
            self.add_exception_handler(key, handler)
            return handler

        return register

    def add_exception_handler(self, key: type[Exception] | int, handler: ExceptionHandler) -> None:
        """As ``exception_handler()``, for a handler that stands elsewhere."""
        self.handlers.add(key, handler)
        self.refresh()

    def add_middleware(self, middleware: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        """Put ASGI middleware around this router's routes; else as ``api.add_middleware()``."""
        self.stack.add(middleware, options)
        self.refresh()

    def middleware(self, kind: str = "http") -> Callable[[M], M]:
        """Put a function around this router's routes; else as ``api.middleware()``."""
        check_kind(kind)

        def register(function: M) -> M:
            self.arounds.append(wrap_function(function))
            self.refresh()
            return function

        return register


def check_prefix(prefix: str) -> str:
    """A prefix without the slash at its end: ``"/users/"`` → ``"/users"``.

    Raises:
        ValueError: it is no path.
    """
    if prefix and not prefix.startswith("/"):
        msg = f"a prefix begins with a slash: {'/' + prefix!r}, not {prefix!r}"
        raise ValueError(msg)
    return prefix.rstrip("/")


def _check_keywords(options: dict[str, Any]) -> dict[str, Any]:
    """Refuse keywords of the core: a router has those that make sense for several routes."""
    from responder_core.extension import RouteOptions

    own = sorted(options.keys() & RouteOptions.__annotations__.keys())
    if own:
        msg = f"Router() takes no {', '.join(own)}; give it to the routes themselves"
        raise TypeError(msg)
    return options


def _refuse_no_router(candidate: object) -> None:
    if not isinstance(candidate, Router):
        msg = f"include_router() takes a Router, not {candidate!r}"
        raise TypeError(msg)


def _listed(hooks: Hooks) -> list[Hook]:
    if hooks is None:
        return []
    return [hooks] if callable(hooks) else list(hooks)
