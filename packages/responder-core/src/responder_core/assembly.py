"""Assembly: from what a program registered to the app that serves it, over ASGI or RSGI.

What can be decided here costs no request anything. A registration after start-up assembles
the app anew.
"""

from __future__ import annotations

from functools import partial
from inspect import Signature
from typing import TYPE_CHECKING, Any

from responder_core.arounds import bound_length, reads_bodies, surround
from responder_core.asgi import Dispatcher
from responder_core.body_length import check_length
from responder_core.door import compile_serve, hold_open, note_route, send_whole
from responder_core.exchange import DoorCalls, compile_exchange
from responder_core.fallback import compile_fallback, find_refusal
from responder_core.hooks import Step, prepare_hook
from responder_core.middleware import stand_around
from responder_core.outside import surround_app
from responder_core.refusals import compile_refusal
from responder_core.route import WebSocketRoute
from responder_core.signatures import read_result
from responder_core.sources import Parameters
from responder_core.table import RouteTable
from responder_core.views import View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from responder_core.api import API
    from responder_core.asgi import SendAnswer, ServeSocket
    from responder_core.door import CompileServe, Door, FindServe, Serve
    from responder_core.exchange import DoorCall, SpreadCall
    from responder_core.middleware import Stack
    from responder_core.problems import ExceptionHandlers
    from responder_core.registry import Registry
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.settings import Limits
    from responder_core.timing import TimedBinding
    from responder_core.types import Around, ASGIApp, Exchange, Receive, Scope, Send


# Methods whose requests have no body as a rule; views of them that read one are bounded then.
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


def assemble(api: API, registry: Registry) -> ASGIApp:
    """The app that serves everything in a registry over ASGI."""
    dispatcher = compile_dispatcher(api, registry, compile_serve, send_whole)
    return enclose(dispatcher.app(), registry, dispatcher)


def enclose(app: ASGIApp, registry: Registry, dispatcher: Dispatcher) -> ASGIApp:
    """An app with what stands around it: the app itself where nothing does."""
    if dispatcher.api.debug:
        from responder_core.timing import time_app

        app = time_app(app)
    return surround_app(registry.stack.around(app), dispatcher.api.settings, dispatcher)


def compile_dispatcher(
    api: API, registry: Registry, compile_serve: CompileServe, send_answer: SendAnswer
) -> Dispatcher:
    """What looks up everything in a registry, behind the doors of one protocol."""
    api.formats.load()
    serves: dict[tuple[object, bool], Serve] = {}

    def find_serve(handlers: ExceptionHandlers, *, head: bool) -> Serve:
        """What serves the routes that fail alike."""
        key = handlers.tables, head
        if key not in serves:
            serve = compile_serve(api, handlers, head=head)
            serves[key] = note_route(serve) if api.settings.observes else serve
        return serves[key]

    table: RouteTable[Door] = RouteTable()
    websockets: RouteTable[ServeSocket] = RouteTable()
    refusals: dict[Route, ExceptionHandlers] = {}
    for route in registry.routes:
        if isinstance(route, WebSocketRoute):
            from responder_core.websocket_door import open_socket_door

            door = open_socket_door(api, registry, route)
            if any(stacks := _stacks(route)):
                door = stand_around(stacks, door)
            websockets.add(route.template, {"GET": door})
        else:
            table.add(route.template, _compile_route(api, registry, route, find_serve))
            handlers = _handlers(api, route)
            if handlers is not api.exception_handlers:
                refusals[route] = handlers
    refuse = partial(find_refusal, api, table, refusals) if refusals else None
    after = bind_hooks(registry.after, None, api)
    bare = compile_fallback(api, registry, after, None, refuse)
    gate, fallback = None, bare
    refuse_at_once = None if refusals else compile_refusal(api, registry, after)
    guards = registry.guards_of(None)
    if guards:
        from responder_core.gate import Gate

        gate, refuse_at_once = Gate(api, guards), None
        fallback = compile_fallback(api, registry, after, gate.binding, refuse)
    return Dispatcher(
        api,
        table,
        websockets,
        registry,
        bare,
        fallback,
        gate,
        find_serve,
        send_answer,
        refuse_at_once,
    )


def _compile_route(
    api: API, registry: Registry, route: Route, find_serve: FindServe
) -> Mapping[str, Door]:
    """What serves each method of a route; methods with one view share its exchange."""
    exchanges: dict[str, Exchange] = {}
    calls = DoorCalls()
    compiled: dict[tuple[int, bool], Exchange] = {}
    holds: dict[tuple[int, bool], bool] = {}
    for method, view in route.views.items():
        if not registry.serves(route, method):
            continue
        key = id(view), method in _BODILESS
        if key not in compiled:
            compiled[key], holds[key] = _compile_view(
                api, registry, route, view, calls, has_body=not key[1]
            )
        exchanges[method] = exchange = compiled[key]
        if method not in _BODILESS and not _bounds_itself(view):
            bound_body = _compile_length_bound(api, registry, route)
            exchanges[method] = bounded = bound_body(exchange)
            if exchange in calls.of:
                calls.of[bounded] = bound_body(calls.of[exchange])
    exchanges = _surround_all(api, registry, route, exchanges, calls)
    handlers = _handlers(api, route)
    holds_open = any(holds.values())
    doors: dict[str, Door] = {}
    for method, exchange in exchanges.items():
        call: DoorCall | SpreadCall = calls.of.get(exchange, exchange)
        spreads = call in calls.spread
        if spreads:
            call = calls.spread[call]
        serve = find_serve(handlers, head=method == "HEAD")
        if api.debug:
            from responder_core.timing import time_look_up

            serve = time_look_up(serve)
        if holds_open:
            serve = hold_open(serve)
        if _ends_early(route):
            from responder_core.timeouts import bound

            serve = bound(serve, route)
        if any(stacks := _stacks(route)):
            serve = _serve_behind(stacks, serve, (serve, call, route, spreads))
        doors[method] = serve, call, route, spreads
    return doors


def _ends_early(route: Route) -> bool:
    """Whether something may end a request of a route before it is answered."""
    return route.request_timeout is not None or route.cancel_on_disconnect


def _stacks(route: Route | WebSocketRoute) -> list[Stack]:
    """The ASGI middleware of the routers that a route came by, the outermost first."""
    return [frame.router.stack for frame in route.frames]


def _serve_behind(stacks: Sequence[Stack], serve: Serve, door: Door) -> Serve:
    """As *serve*, by one door, behind ASGI middleware."""
    behind = stand_around(stacks, partial(serve, door))

    def enter(
        _door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> Awaitable[None]:
        return behind(scope, receive, send, path_params)

    return enter


def _router_arounds(route: Route) -> list[Around]:
    return [wrap for frame in route.frames for wrap in frame.router.arounds]


def _handlers(api: API, route: Route) -> ExceptionHandlers:
    """The exception handlers of a route: those of its routers, and those of the app."""
    if not route.frames:
        return api.exception_handlers
    return api.exception_handlers.within(
        [frame.router.handlers for frame in reversed(route.frames)]
    )


def _before_hooks(api: API, registry: Registry, route: Route) -> Sequence[Step]:
    """The hooks before a route: of the app, of its routers from the outside in, its own."""
    inner = [
        prepare_hook(hook, route.parameters, sync_to_thread=threaded)
        for frame in route.frames
        for hook, threaded in frame.router.before
    ]
    return bind_hooks((*registry.before, *inner, *route.before), route, api)


def _after_hooks(api: API, registry: Registry, route: Route) -> Sequence[Step]:
    """The hooks after a route: its own, of its routers from the inside out, of the app."""
    inner = [
        prepare_hook(hook, route.parameters, sync_to_thread=threaded)
        for frame in reversed(route.frames)
        for hook, threaded in frame.router.after
    ]
    return bind_hooks((*route.after, *inner, *registry.after), route, api)


def _compile_view(
    api: API,
    registry: Registry,
    route: Route,
    view: View,
    calls: DoorCalls,
    *,
    has_body: bool,
) -> tuple[Exchange, bool]:
    """The exchange of one view of a route, and whether its providers have teardowns.

    In *calls* is left what a door may call in its place.
    """
    guards = list(registry.guards_of(route))
    if any(model is not None for model in route.models.values()):
        from responder_core.models import keep_models

        guards += keep_models(route.models, has_body=has_body)
    binding = None
    if guards or view.arguments is not None:
        from responder_core.binding import Binding

        binding = Binding(
            route.parameters.whole(view.arguments),
            guards,
            route.parameters.context(),
            api.dependencies,
            plain_json=_plain_json(api, route),
        )
    write = None
    if promises(route, view):
        from responder_core.contract import compile_writer

        write = compile_writer(route, view)
    before = _before_hooks(api, registry, route)
    after = _after_hooks(api, registry, route)
    handlers = _handlers(api, route)
    ends_early = _ends_early(route)
    generates = binding is not None and binding.generates
    timed: TimedBinding | None = None
    if api.debug:
        from responder_core.timing import TimedBinding, time_steps, time_view

        view, before, after = time_view(view), time_steps(before), time_steps(after)
        timed = None if binding is None else TimedBinding(binding)
    exchange = compile_exchange(
        view,
        before=before,
        after=() if ends_early else after,
        handlers=handlers,
        has_parameters=bool(route.template.parameters),
        threaded=route.sync_to_thread,
        observed=bool(after) or reads_bodies(registry.arounds, _router_arounds(route)),
        binding=timed or binding,
        write=write,
        detached=ends_early,
        calls=calls,
    )
    if ends_early:
        from responder_core.timeouts import limit_exchange

        exchange = limit_exchange(exchange, after=after, handlers=handlers)
    if api.debug:
        from responder_core.timing import time_exchange

        exchange = time_exchange(exchange)
    return exchange, generates or any(step.generates for step in (*before, *after))


def check_promises(route: Route) -> None:
    """Refuse a route whose results cannot be checked, when it is registered.

    Raises:
        ViewError: one of its types cannot be.
    """
    for view in {id(view): view for view in route.views.values()}.values():
        if promises(route, view):
            from responder_core.contract import compile_writer

            compile_writer(route, view)


def bind_hooks(steps: Sequence[Step], route: Route | None, api: API) -> Sequence[Step]:
    """Hooks that take arguments, each with what gives them."""
    if not any(step.arguments for step in steps):
        return steps
    from responder_core.binding import bind_hook

    parameters = Parameters((), api.dependencies.named) if route is None else route.parameters
    context = parameters.context(role="hook")
    return [
        bind_hook(step, context, api.dependencies) if step.arguments else step for step in steps
    ]


def promises(route: Route, view: View) -> bool:
    """Whether a route says anything of the results of a view; the rest is looked up then."""
    if route.result is not None or route.responses or route.status_code is not None:
        return True
    try:
        result = read_result(view.origin)  # type: ignore[arg-type]
    except (TypeError, ValueError):  # pragma: no cover - a view without one is refused before
        return False
    return result not in (Signature.empty, None, "None", Any, "Any", "str")


def _plain_json(api: API, route: Route) -> tuple[Limits, int | None] | None:
    """What bounds a route's bodies of JSON, where these are read in the standard way."""
    if not api.formats.reads_plain_json:
        return None
    return route.limits, route.max_request_size


def _bounds_itself(view: View) -> bool:
    """Whether a view has nothing but a body, which is bounded where it is read at once."""
    arguments = view.arguments or ()
    return len(arguments) == 1 and arguments[0].origin == "body"


def _compile_length_bound(
    api: API, registry: Registry, route: Route
) -> Callable[[DoorCall], DoorCall]:
    """What bounds an exchange whose requests have bodies: one that is too long is refused at once.

    Content-Length says so before anything is read, whether the view reads it or not.
    """
    limit = route.max_request_size
    if limit is None:
        limit = api.settings.max_request_size
    if limit is None:
        return _as_it_is

    def refuse(req: Request, _resp: Response) -> None:
        check_length(req.scope["headers"], limit)

    refusal = compile_exchange(
        View(refuse, awaits=False, origin=route.endpoint),
        before=(),
        after=_after_hooks(api, registry, route),
        handlers=_handlers(api, route),
        has_parameters=False,
        threaded=False,
        observed=reads_bodies(registry.arounds, _router_arounds(route)),
    )
    return bound_length(limit, refusal)


def _as_it_is(exchange: DoorCall) -> DoorCall:
    return exchange


def _surround_all(
    api: API,
    registry: Registry,
    route: Route,
    exchanges: dict[str, Exchange],
    calls: DoorCalls,
) -> dict[str, Exchange]:
    """The exchanges of a route's methods with what stands around them.

    A wrapper sees a route once, so what it keeps for a route is one for all methods.
    """

    async def choose(req: Request, resp: Response) -> None:
        await exchanges[req.scope["method"]](req, resp)

    distinct = set(exchanges.values())
    whole: Exchange = distinct.pop() if len(distinct) == 1 else choose
    wrapped = surround(
        whole,
        route,
        [*registry.arounds, *_router_arounds(route)],
        after=_after_hooks(api, registry, route),
        handlers=_handlers(api, route),
        calls=calls,
    )
    return exchanges if wrapped is whole else dict.fromkeys(exchanges, wrapped)
