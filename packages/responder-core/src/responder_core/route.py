"""A route: one path template, what answers it, and every fact about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from responder_core.guards import INHERITED, innermost, list_auth, list_guards
from responder_core.hooks import list_hooks
from responder_core.settings import Limits, check_size
from responder_core.views import Parameters, prepare_views, prepare_websocket_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from responder_core.guards import Guards
    from responder_core.hooks import Hooks
    from responder_core.paths import PathTemplate
    from responder_core.router import Frame
    from responder_core.types import Endpoint

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
        views: what each method runs; HEAD is there wherever GET is.
        claims: the methods that no other route of the path may have: all but a HEAD that only
            follows from GET.
        before, after: the hooks of this route alone.
        sync_to_thread: whether a sync view runs in a worker thread.
        max_request_size: the bytes of a request's body, or None for any size.
        limits: what else a request may cost.
        frames: the routers it came by, the outermost first.
        guards: the providers that run before anything of this route, the app's own left out.
        auth: how it authenticates; INHERITED as the app does.
        status_code: the status of an answer that sets none, or None.
        result: the type of the results that the view was given or told, or None.
        responses: the types of results by status.
        models: the older ``request_model=`` and ``params_model=``, by these names.
        tags: what the documentation groups the route by.
        facts: what extensions say of the route, one object each.
    """

    __slots__ = (
        "after",
        "auth",
        "before",
        "claims",
        "endpoint",
        "facts",
        "frames",
        "guards",
        "limits",
        "max_request_size",
        "models",
        "name",
        "parameters",
        "path",
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
        self.path = template.text
        self.template = template
        self.endpoint = endpoint
        self.name = name or getattr(endpoint, "__name__", type(endpoint).__name__)
        call = f"route({self.path!r})"
        self.frames = frames
        around = [guard for each in frames for guard in (*each.guards, *each.router.guards)]
        self.guards = (*around, *list_guards(dependencies, call))
        self.auth = innermost(
            *(auth for each in frames for auth in (each.auth, each.router.auth)),
            list_auth(auth, call),
        )
        models = {"request_model": request_model, "params_model": params_model}
        self.models = {name: model for name, model in models.items() if model is not None}
        self.parameters = Parameters(
            template.parameters,
            named or {},
            guarded=guarded or bool(self.guards) or self.auth not in (INHERITED, ()),
        )
        self.views = prepare_views(endpoint, methods, self.parameters, threaded=sync_to_thread)
        explicit_head = "HEAD" in map(str.upper, methods or ()) or hasattr(endpoint, "on_head")
        follows = {"HEAD"} if "GET" in self.views and not explicit_head else set[str]()
        self.claims = frozenset(self.views) - follows
        self.before = list_hooks(before, self.parameters)
        self.after = list_hooks(after, self.parameters)
        self.sync_to_thread = sync_to_thread
        check_size(f"route({self.path!r}): max_request_size", max_request_size)
        self.max_request_size = max_request_size
        self.limits = _checked_limits(self.path, limits)
        self.status_code = _checked_status(self.path, status_code)
        self.result = response_model
        self.responses = dict(responses or {})
        tagged = [tag for each in frames for tag in (*each.tags, *each.router.tags)]
        self.tags = tuple(dict.fromkeys((*tagged, *tags)))
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


def _checked_limits(path: str, limits: object) -> Limits:
    """The limits of a route; the standard ones where none are given."""
    if limits is None:
        return Limits()
    if not isinstance(limits, Limits):
        msg = f"route({path!r}): limits= takes Limits(...), not {limits!r}"
        raise TypeError(msg)
    return limits


def _checked_status(path: str, status: object) -> int | None:
    """The status of a route's answers.

    Raises:
        ValueError: it is no status.
    """
    if status is None or (type(status) is int and 200 <= status <= 599):
        return status
    msg = f"route({path!r}): status_code= is 200 to 599, not {status!r}"
    raise ValueError(msg)


class WebSocketRoute:
    """A path template and the coroutine function that talks to the sockets opened there.

    Attributes:
        path, template, endpoint, name: as those of ``Route``.
        call: takes ``(ws, path_params)`` and gives an awaitable.
    """

    __slots__ = ("call", "endpoint", "name", "path", "template")

    def __init__(
        self, template: PathTemplate, endpoint: Endpoint, *, name: str | None = None
    ) -> None:
        self.path = template.text
        self.template = template
        self.endpoint = endpoint
        self.name = name or getattr(endpoint, "__name__", type(endpoint).__name__)
        self.call: Callable[..., Any] = prepare_websocket_view(
            endpoint, [parameter.name for parameter in template.parameters]
        )

    def __repr__(self) -> str:
        return f"<WebSocketRoute {self.path!r} {self.name}>"

    def url(self, values: Mapping[str, Any]) -> str:
        """The path of this route for these values, percent-encoded."""
        return self.template.format(values)
