"""Assembly: from what a program registered to the ASGI app that serves it.

What can be decided here costs no request anything. A registration after start-up assembles
the app anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.asgi import Dispatcher, answer_miss, open_door
from responder_core.body import check_length
from responder_core.errors import Problem
from responder_core.exchange import compile_exchange, surround
from responder_core.prefix import split_prefix
from responder_core.route import WebSocketRoute
from responder_core.table import RouteTable
from responder_core.views import View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from responder_core.api import API
    from responder_core.asgi import Serve
    from responder_core.registry import Registry
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import ASGIApp, Exchange


# Methods whose requests have no body as a rule; views of them that read one are bounded then.
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


def assemble(api: API, registry: Registry) -> ASGIApp:
    """The app that serves everything in a registry."""
    api.formats.load()
    table: RouteTable[Serve] = RouteTable()
    websockets: RouteTable[WebSocketRoute] = RouteTable()
    for route in registry.routes:
        if isinstance(route, WebSocketRoute):
            websockets.add(route.template, {"GET": route})
        else:
            table.add(route.template, _compile_route(api, registry, route))
    fallback = _compile_fallback(api, registry)
    return Dispatcher(api, table, websockets, registry.mounts, fallback).app()


def _compile_route(api: API, registry: Registry, route: Route) -> Mapping[str, Serve]:
    """What serves each method of a route; methods with one view share its exchange."""
    exchanges: dict[str, Exchange] = {}
    compiled: dict[int, Exchange] = {}
    for method, view in route.views.items():
        if not registry.serves(route, method):
            continue
        if id(view) not in compiled:
            exchange = compile_exchange(
                view,
                before=(*registry.before, *route.before),
                after=(*route.after, *registry.after),
                handlers=api.exception_handlers,
                has_parameters=bool(route.template.parameters),
                threaded=route.sync_to_thread,
                observed=bool(registry.arounds),
            )
            compiled[id(view)] = exchange
        exchanges[method] = compiled[id(view)]
        if method not in _BODILESS:
            exchanges[method] = _bound_length(api, registry, route, exchanges[method])
    exchanges = _surround_all(api, registry, route, exchanges)
    return {
        method: open_door(exchange, api, route, head=method == "HEAD")
        for method, exchange in exchanges.items()
    }


def _bound_length(api: API, registry: Registry, route: Route, exchange: Exchange) -> Exchange:
    """An exchange whose requests have bodies: one that is too long is refused at once.

    Content-Length says so before anything is read, whether the view reads it or not.
    """
    limit = route.max_request_size
    if limit is None:
        limit = api.settings.max_request_size
    if limit is None:
        return exchange
    digits = len(str(limit))

    def refuse(req: Request, _resp: Response) -> None:
        check_length(req.scope["headers"], limit)

    refusal = compile_exchange(
        View(refuse, awaits=False, origin=route.endpoint),
        before=(),
        after=(*route.after, *registry.after),
        handlers=api.exception_handlers,
        has_parameters=False,
        threaded=False,
        observed=bool(registry.arounds),
    )

    def bounded(req: Request, resp: Response) -> Awaitable[None]:
        for name, value in req.scope["headers"]:
            if name == b"content-length" and not (
                len(value) <= digits and value.isdigit() and int(value) <= limit
            ):
                try:
                    check_length(req.scope["headers"], limit)
                except Problem:
                    return refusal(req, resp)
        return exchange(req, resp)

    return bounded


def _surround_all(
    api: API, registry: Registry, route: Route, exchanges: dict[str, Exchange]
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
        registry.arounds,
        after=(*route.after, *registry.after),
        handlers=api.exception_handlers,
    )
    return exchanges if wrapped is whole else dict.fromkeys(exchanges, wrapped)


def _compile_fallback(api: API, registry: Registry) -> Exchange:
    """The exchange of what no route answers: the same steps but the before hooks."""
    page = registry.page

    async def answer(req: Request, resp: Response) -> None:
        problem = answer_miss(req, resp, redirect_slashes=api.redirect_slashes)
        if problem is None:
            return
        if page is not None and problem.status_code == 404:
            resp.vary("Accept", "Sec-Fetch-Mode")
            if page.answers(req, split_prefix(req.scope)[1]):
                await page(req, resp)
                return
        api.exception_handlers.answer(resp, problem)

    exchange = compile_exchange(
        View(answer, awaits=True, origin=answer),
        before=(),
        after=registry.after,
        handlers=api.exception_handlers,
        has_parameters=False,
        threaded=False,
        observed=bool(registry.arounds),
    )
    return surround(
        exchange, None, registry.arounds, after=registry.after, handlers=api.exception_handlers
    )
