"""A route: one path template, what answers it, and every fact about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from responder_core.guards import INHERITED, innermost, list_auth, list_guards
from responder_core.hooks import list_hooks
from responder_core.settings import Limits, check_seconds, check_size
from responder_core.sources import Parameters
from responder_core.views import prepare_views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from responder_core.arguments import Argument
    from responder_core.guards import Auth, Guards
    from responder_core.hooks import Hooks, Step
    from responder_core.paths import PathTemplate
    from responder_core.router import Frame
    from responder_core.types import Endpoint
    from responder_core.views import View

F = TypeVar("F")


class Route:
    """One path template and what answers it. Made by ``api.route()``; read-only afterwards.

    Nothing is ever written on the endpoint: one view on two paths has two routes, each with
    its own facts.

    Attributes:
        path: the template as written, ``"/users/{id:int}"``.
        template: the template, read.
        endpoint: the function, class or object that was registered.
        name: the name for ``url_for()``: the one given, else the endpoint's.
        given_name: the one given, or None.
        views: what each method runs; HEAD is there wherever GET is.
        claims: the methods that no other route of the path may have: all but a HEAD that only
            follows from GET.
        before, after: the hooks of this route alone.
        sync_to_thread: whether a sync view runs in a worker thread.
        request_timeout: the seconds that a request may take, or None.
        cancel_on_disconnect: whether a request ends when its client goes away.
        max_request_size: the bytes of a request's body, or None for any size.
        limits: what else a request may cost.
        frames: the routers it came by, the outermost first.
        guards: the providers that run before anything of this route, the app's own left out.
        auth: how it authenticates; INHERITED as the app does.
        status_code: the status of an answer that sets none, or None.
        result: the type of the results that the view was given or told, or None.
        responses: the types of results by status.
        models: the older ``request_model=`` and ``params_model=``, by these names, or None.
        tags: what the documentation groups the route by.
        facts: what extensions say of the route, one object each.
    """

    __slots__ = (
        "after",
        "auth",
        "before",
        "cancel_on_disconnect",
        "claims",
        "endpoint",
        "facts",
        "frames",
        "given_name",
        "guards",
        "limits",
        "max_request_size",
        "models",
        "name",
        "parameters",
        "path",
        "request_timeout",
        "responses",
        "result",
        "status_code",
        "sync_to_thread",
        "tags",
        "template",
        "views",
    )

    def __init__(
        self,
        template: PathTemplate,
        endpoint: Endpoint,
        *,
        methods: Sequence[str] | None = None,
        name: str | None = None,
        before: Hooks = None,
        after: Hooks = None,
        sync_to_thread: bool = True,
        max_request_size: int | None = None,
        limits: Limits | None = None,
        dependencies: Guards = (),
        auth: object = INHERITED,
        request_timeout: float | None = None,
        cancel_on_disconnect: bool = False,
        request_model: object = None,
        params_model: object = None,
        response_model: object = None,
        responses: Mapping[int, Any] | None = None,
        status_code: int | None = None,
        tags: Iterable[str] = (),
        named: Mapping[str, Callable[..., Any]] | None = None,
        frames: tuple[Frame, ...] = (),
        guarded: bool = False,
    ) -> None:
        self.path: str = template.text
        self.template: PathTemplate = template
        self.endpoint: Endpoint = endpoint
        self.name: str = name or _own_name(endpoint)
        self.given_name: str | None = name
        call = f"route({self.path!r})"
        self.frames: tuple[Frame, ...] = frames
        self.guards: tuple[Callable[..., Any], ...] = (
            *_frame_guards(frames),
            *list_guards(dependencies, call),
        )
        self.auth: Auth = _effective_auth(frames, list_auth(auth, call))
        self.models: dict[str, object] = {
            "request_model": request_model,
            "params_model": params_model,
        }
        guarded = guarded or bool(self.guards) or self.auth not in (INHERITED, ())
        self.parameters: Parameters = Parameters(template.parameters, named or {}, guarded=guarded)
        self.views: dict[str, View] = prepare_views(
            endpoint, methods, self.parameters, threaded=sync_to_thread
        )
        self.claims: frozenset[str] = _claimed(self.views, endpoint, methods)
        self.before: tuple[Step, ...] = list_hooks(before, self.parameters)
        self.after: tuple[Step, ...] = list_hooks(after, self.parameters)
        self.sync_to_thread: bool = sync_to_thread
        check_seconds(f"{call}: request_timeout", request_timeout)
        self.request_timeout: float | None = request_timeout
        self.cancel_on_disconnect: bool = cancel_on_disconnect
        check_size(f"route({self.path!r}): max_request_size", max_request_size)
        self.max_request_size: int | None = max_request_size
        self.limits: Limits = _checked_limits(self.path, limits)
        self.status_code: int | None = _checked_status(self.path, status_code)
        self.result: object = response_model
        self.responses: dict[int, Any] = _checked_responses(self.path, responses or {})
        self.tags: tuple[str, ...] = tuple(dict.fromkeys((*_frame_tags(frames), *tags)))
        self.facts: list[object] = []

    def __repr__(self) -> str:
        return f"<Route {' '.join(self.methods)} {self.path!r} {self.name}>"

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that have a view, sorted."""
        return tuple(sorted(self.views))

    def fact(self, kind: type[F]) -> F | None:
        """The first fact of a type, or None: ``route.fact(Limit)``."""
        for fact in self.facts:
            if isinstance(fact, kind):
                return fact
        return None

    def url(self, values: Mapping[str, Any]) -> str:
        """The path of this route for these values, percent-encoded."""
        return self.template.format(values)


def _own_name(endpoint: Endpoint) -> str:
    return getattr(endpoint, "__name__", type(endpoint).__name__)


def _claimed(
    views: Mapping[str, View], endpoint: Endpoint, methods: Sequence[str] | None
) -> frozenset[str]:
    """The methods that no other route of the path may have."""
    explicit_head = "HEAD" in map(str.upper, methods or ()) or hasattr(endpoint, "on_head")
    follows = {"HEAD"} if "GET" in views and not explicit_head else set[str]()
    return frozenset(views) - follows


def _checked_responses(path: str, responses: Mapping[int, Any]) -> dict[int, Any]:
    """The types of results by status."""
    return {
        _checked_status(path, status, "responses=") or status: model
        for status, model in responses.items()
    }


def _checked_limits(path: str, limits: object) -> Limits:
    """The limits of a route; the standard ones where none are given."""
    if limits is None:
        return Limits()
    if not isinstance(limits, Limits):
        msg = f"route({path!r}): limits= takes Limits(...), not {limits!r}"
        raise TypeError(msg)
    return limits


def _checked_status(path: str, status: object, option: str = "status_code=") -> int | None:
    """The status of a route's answers.

    Raises:
        ValueError: it is no status.
    """
    if status is None or (type(status) is int and 200 <= status <= 599):
        return status
    msg = f"route({path!r}): {option} is 200 to 599, not {status!r}"
    raise ValueError(msg)


class WebSocketRoute:
    """A path template and the coroutine function that talks to the sockets opened there.

    Attributes:
        path, template, endpoint, name, frames, guards, auth, tags, facts, parameters: as those
            of ``Route``.
        before: the hooks of this route alone.
        arguments: what the view is called with beside the socket.
        subprotocols: those that the view speaks, the best first.
        idle_timeout: seconds without a message after which the socket is closed, or None.
        max_message_size: the bytes of one message, or None for any size.
        request_timeout: the seconds that the handshake may take, or None.
    """

    __slots__ = (
        "arguments",
        "auth",
        "before",
        "endpoint",
        "facts",
        "frames",
        "given_name",
        "guards",
        "idle_timeout",
        "max_message_size",
        "name",
        "parameters",
        "path",
        "request_timeout",
        "subprotocols",
        "tags",
        "template",
    )

    def __init__(
        self,
        template: PathTemplate,
        endpoint: Endpoint,
        *,
        name: str | None = None,
        before: Hooks = None,
        dependencies: Guards = (),
        auth: object = INHERITED,
        tags: Iterable[str] = (),
        subprotocols: Sequence[str] = (),
        idle_timeout: float | None = None,
        max_message_size: int | None = None,
        request_timeout: float | None = None,
        named: Mapping[str, Callable[..., Any]] | None = None,
        frames: tuple[Frame, ...] = (),
        guarded: bool = False,
    ) -> None:
        self.path: str = template.text
        self.template: PathTemplate = template
        self.endpoint: Endpoint = endpoint
        self.name: str = name or _own_name(endpoint)
        self.given_name: str | None = name
        call = f"route({self.path!r})"
        self.frames: tuple[Frame, ...] = frames
        self.guards: tuple[Callable[..., Any], ...] = (
            *_frame_guards(frames),
            *list_guards(dependencies, call),
        )
        self.auth: Auth = _effective_auth(frames, list_auth(auth, call))
        self.parameters: Parameters = Parameters(template.parameters, named or {}, guarded=guarded)
        self.arguments: tuple[Argument, ...] = self.parameters.read_socket(endpoint)
        self.before: tuple[Step, ...] = list_hooks(before, self.parameters, socket=True)
        self.subprotocols: tuple[str, ...] = tuple(subprotocols)
        check_seconds(f"{call}: idle_timeout", idle_timeout)
        check_size(f"{call}: max_message_size", max_message_size)
        self.idle_timeout: float | None = idle_timeout
        check_seconds(f"{call}: request_timeout", request_timeout)
        self.request_timeout: float | None = request_timeout
        self.max_message_size: int | None = max_message_size
        self.tags: tuple[str, ...] = tuple(dict.fromkeys((*_frame_tags(frames), *tags)))
        self.facts: list[object] = []

    def __repr__(self) -> str:
        return f"<WebSocketRoute {self.path!r} {self.name}>"

    def url(self, values: Mapping[str, Any]) -> str:
        """The path of this route for these values, percent-encoded."""
        return self.template.format(values)


def _frame_guards(frames: tuple[Frame, ...]) -> list[Callable[..., Any]]:
    return [guard for each in frames for guard in (*each.guards, *each.router.guards)]


def _frame_tags(frames: tuple[Frame, ...]) -> list[str]:
    return [tag for each in frames for tag in (*each.tags, *each.router.tags)]


def _effective_auth(frames: tuple[Frame, ...], own: Auth) -> Auth:
    return innermost(*(auth for each in frames for auth in (each.auth, each.router.auth)), own)


_OF_SOCKETS = ("idle_timeout", "max_message_size", "subprotocols")
_OF_BOTH = ("auth", "before", "dependencies", "name", "request_timeout", "tags")


def refuse_socket_options(path: str, options: Mapping[str, object]) -> None:
    """Refuse what only WebSockets have.

    Raises:
        TypeError: a route of requests has it.
    """
    for name in _OF_SOCKETS:
        if name in options:
            msg = f"route({path!r}): {name}= is for WebSockets; write websocket=True with it"
            raise TypeError(msg)


def make_socket_route(
    template: PathTemplate,
    endpoint: Endpoint,
    options: Mapping[str, Any],
    **more: Any,  # noqa: ANN401
) -> WebSocketRoute:
    """A route of WebSockets.

    Raises:
        TypeError: it has an option that only requests have.
    """
    extra = sorted(options.keys() - {*_OF_SOCKETS, *_OF_BOTH})
    if extra:
        known = ", ".join(sorted((*_OF_SOCKETS, *_OF_BOTH)))
        msg = f"route({template.text!r}): a WebSocket route takes {known}, not {extra}"
        raise TypeError(msg)
    return WebSocketRoute(template, endpoint, **options, **more)
