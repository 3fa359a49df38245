"""Assembly: from what a program registered to the ASGI app that serves it.

What can be decided here costs no request anything. A registration after start-up assembles
the app anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.asgi import Dispatcher, answer_miss, open_door
from responder_core.exchange import compile_exchange, surround
from responder_core.representation import load_json
from responder_core.route import WebSocketRoute
from responder_core.table import RouteTable
from responder_core.views import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responder_core.api import API
    from responder_core.asgi import Serve
    from responder_core.registry import Registry
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import ASGIApp, Exchange


def assemble(api: API, registry: Registry) -> ASGIApp:
    """The app that serves everything in a registry."""
    load_json()
    table: RouteTable[Serve] = RouteTable()
    websockets: RouteTable[WebSocketRoute] = RouteTable()
    for route in registry.routes:
        if isinstance(route, WebSocketRoute):
            websockets.add(route.template, {"GET": route})
        else:
            table.add(route.template, _compile_route(api, registry, route))
    return Dispatcher(api, table, websockets, _compile_fallback(api, registry)).app()


def _compile_route(api: API, registry: Registry, route: Route) -> Mapping[str, Serve]:
    """What serves each method of a route; methods with one view share its exchange."""
    exchanges: dict[int, Exchange] = {}
    doors: dict[str, Serve] = {}
    for method, view in route.views.items():
        if not registry.serves(route, method):
            continue
        if id(view) not in exchanges:
            exchange = compile_exchange(
                view,
                before=(*registry.before, *route.before),
                after=(*route.after, *registry.after),
                handlers=api.exception_handlers,
                has_parameters=bool(route.template.parameters),
                threaded=route.sync_to_thread,
            )
            exchanges[id(view)] = surround(
                exchange, route, registry.arounds, api.exception_handlers
            )
        doors[method] = open_door(exchanges[id(view)], api, route, head=method == "HEAD")
    return doors


def _compile_fallback(api: API, registry: Registry) -> Exchange:
    """The exchange of what no route answers: the same steps but the before hooks."""

    def answer(req: Request, resp: Response) -> None:
        answer_miss(req, resp, redirect_slashes=api.redirect_slashes)

    exchange = compile_exchange(
        View(answer, awaits=False, origin=answer),
        before=(),
        after=registry.after,
        handlers=api.exception_handlers,
        has_parameters=False,
        threaded=False,
    )
    return surround(exchange, None, registry.arounds, api.exception_handlers)
