"""The fallback: what answers where no route does, with the same steps around it."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from responder_core.arounds import reads_bodies, surround
from responder_core.asgi import MISS
from responder_core.exchange import compile_exchange
from responder_core.prefix import split_prefix
from responder_core.refusals import answer_miss
from responder_core.table import Miss
from responder_core.views import View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from responder_core.api import API
    from responder_core.binding import Binding
    from responder_core.door import Door
    from responder_core.handlers import HandlerTable
    from responder_core.hooks import Step
    from responder_core.problems import ExceptionHandlers
    from responder_core.registry import Registry
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.table import RouteTable
    from responder_core.types import Exchange


def find_refusal(
    api: API, table: RouteTable[Door], refusals: Mapping[Route, ExceptionHandlers], req: Request
) -> ExceptionHandlers:
    """Who answers a 405: the handlers that all routes of the path have, else those of the app."""
    path = split_prefix(req.scope)[1]
    every: dict[tuple[HandlerTable, ...], ExceptionHandlers] = {}
    for method in req.scope[MISS].allowed:
        found = table.find(method, path)
        route = None if isinstance(found, Miss) else found[0][2]
        own = None if route is None else refusals.get(route)
        handlers = own or api.exception_handlers
        every[handlers.tables] = handlers
    return every.popitem()[1] if len(every) == 1 else api.exception_handlers


def compile_fallback(
    api: API,
    registry: Registry,
    after: Sequence[Step],
    binding: Binding | None,
    refuse: Callable[[Request], ExceptionHandlers] | None,
) -> Exchange:
    """The exchange of what no route answers: the same steps but the before hooks.

    *after* are the hooks of the app. *binding* runs its guards; None for what is refused whoever
    asks. *refuse* finds who answers a method that a path does not have, where routers have
    handlers of their own.
    """
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
        if refuse is not None and problem.status_code == 405:
            await refuse(req).recover(req, resp, copy(problem))
            return
        api.exception_handlers.answer(resp, problem)

    exchange = compile_exchange(
        View(answer, awaits=True, origin=answer),
        before=(),
        after=after,
        handlers=api.exception_handlers,
        has_parameters=False,
        threaded=False,
        observed=reads_bodies(registry.arounds),
        binding=binding,
    )
    return surround(exchange, None, registry.arounds, after=after, handlers=api.exception_handlers)
