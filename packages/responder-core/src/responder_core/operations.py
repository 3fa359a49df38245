"""Operations: what each method of each route takes and gives, for who documents an app."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responder_core.contract import find_annotation, find_result
from responder_core.hooks import prepare_hook
from responder_core.models import keep_models
from responder_core.route import Route
from responder_core.typed_streams import StreamedView
from responder_core.views import STANDARD_METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from responder_core.api import API
    from responder_core.arguments import Argument
    from responder_core.hooks import Step
    from responder_core.views import View

_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """What a route does for one method.

    Attributes:
        route: the route.
        method: ``"GET"``.
        is_only: whether the view answers no other method, beside HEAD.
        origin: the function that the program registered, or the method of its class.
        arguments: what it reads from the request: the view, its guards and hooks, and all that
            these depend on; each once.
        guards: what runs before it to refuse requests.
        providers: what it depends on in any way, its guards among them.
        result: the type that its results are checked against, or None.
        annotation: the type that the view is annotated to give, checked or not, or None.
        stream: the view that yields items, or None.
        threaded: whether something of it runs in a worker thread.
    """

    route: Route
    method: str
    is_only: bool
    origin: Callable[..., Any]
    arguments: tuple[Argument, ...]
    guards: tuple[Callable[..., Any], ...]
    providers: tuple[Callable[..., Any], ...]
    result: Any
    annotation: Any
    stream: StreamedView | None
    threaded: bool


def list_operations(api: API) -> Iterator[Operation]:
    """The operations of a program, by the order of registration.

    A view that names no methods is one operation: of POST where it reads a body, else of GET.
    HEAD is left out where it follows from GET, and so is what the framework serves itself:
    probes, metrics, static files.
    """
    for route in api.routes:
        if isinstance(route, Route) and not _is_of_framework(route.endpoint):
            for method in _methods(api, route):
                yield _read_operation(api, route, method)


def _is_of_framework(endpoint: Any) -> bool:  # noqa: ANN401 - any endpoint
    function = inspect.unwrap(endpoint)
    module: str = getattr(function, "__module__", None) or type(function).__module__
    return module.partition(".")[0] == "responder_core"


def _methods(api: API, route: Route) -> Sequence[str]:
    views = route.views
    if set(views) == set(STANDARD_METHODS) and len({id(view) for view in views.values()}) == 1:
        names = ["POST" if _reads_body(views["POST"].arguments) else "GET"]
    else:
        names = [each for each in views if each != "HEAD" or each in route.claims]
    return [each for each in names if api.registry.serves(route, each)]


def _reads_body(arguments: Iterable[Argument] | None) -> bool:
    return any(each.origin in ("body", "form", "file") for each in arguments or ())


def _read_operation(api: API, route: Route, method: str) -> Operation:
    view = route.views[method]
    guards = api.registry.guards_of(route)
    steps = _list_steps(api, route)
    stream = route.endpoint if isinstance(route.endpoint, StreamedView) else None
    origin: Any = view.origin if stream is None else stream.__wrapped__
    reader = _ArgumentReader(api, route)
    reader.read(route.parameters.whole(view.arguments))
    reader.call(guards)
    if any(model is not None for model in route.models.values()):
        reader.call(keep_models(route.models, has_body=method not in _BODILESS))
    for step in steps:
        reader.read(step.arguments)
    return Operation(
        route=route,
        method=method,
        is_only=_is_only(route, method),
        origin=origin,
        arguments=tuple(reader.found.values()),
        guards=guards,
        providers=tuple(reader.providers),
        result=find_result(route, view),
        annotation=None if route.result is False else _annotation(view),
        stream=stream,
        threaded=reader.threaded
        or (not view.awaits and route.sync_to_thread)
        or any(step.threaded for step in steps),
    )


def _annotation(view: View) -> Any:  # noqa: ANN401 - any annotation
    try:
        return find_annotation(view)
    except TypeError:
        return None  # What type checkers alone can read promises nothing.


def _is_only(route: Route, method: str) -> bool:
    return not (route.claims - {method, "HEAD"}) or set(route.views) == set(STANDARD_METHODS)


def _list_steps(api: API, route: Route) -> list[Step]:
    """The hooks around a route."""
    of_routers = [
        prepare_hook(hook, route.parameters, sync_to_thread=threaded)
        for frame in route.frames
        for hook, threaded in (*frame.router.before, *frame.router.after)
    ]
    registry = api.registry
    return [*registry.before, *of_routers, *route.before, *route.after, *registry.after]


class _ArgumentReader:
    """Collects what functions read from a request, and what their providers do.

    Attributes:
        found: the arguments, by origin and key.
        threaded: whether a provider runs in a worker thread.
        providers: what was called for.
    """

    def __init__(self, api: API, route: Route) -> None:
        self.found: dict[tuple[str, str], Argument] = {}
        self.threaded = False
        self.providers: dict[Callable[..., Any], None] = {}
        self._dependencies = api.dependencies
        self._context = route.parameters.context()
        self._known: dict[Callable[..., Any], Any] = {}

    def read(self, arguments: Iterable[Argument]) -> None:
        """Take the arguments of a function, and of what it depends on."""
        for each in arguments:
            if each.provider is not None:
                self.call([each.provider])
            elif each.origin not in ("request", "response"):
                kept = self.found.get((each.origin, each.key))
                # What validates more says more, and so does what has to be sent.
                if (
                    kept is None
                    or (kept.validator is None and each.validator is not None)
                    or (each.required and not kept.required)
                ):
                    self.found[each.origin, each.key] = each

    def call(self, providers: Iterable[Callable[..., Any]]) -> None:
        """Take the arguments of providers, and of what they depend on."""
        for provider in providers:
            top = self._dependencies.resolve(provider, self._context, known=self._known)
            for node in top.walk():
                self.providers[node.provider] = None
                if node.scope != "app":
                    self.threaded = self.threaded or not (node.awaits or node.inline)
                    self.read(each for each in node.arguments if each.provider is None)
