"""Around: what stands around an exchange whose requests are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.errors import Problem
from responder_core.http.headers import encode_name, encode_value
from responder_ratelimit.algorithms import judge_debt
from responder_ratelimit.headers import compile_fields
from responder_ratelimit.keys import by_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_core.api import API
    from responder_core.mounts import Mount
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Exchange, Message, Receive, Scope, Send, ServeMount
    from responder_ratelimit.checks import Check
    from responder_ratelimit.limiter import RateLimiter


class LimitAround:
    """Wraps exchanges: counts requests, refuses what is too much, tells how it stands.

    Attributes:
        reads_body: False, as it never looks at the body of an answer.
    """

    reads_body = False

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter

    def __call__(self, route: Route | None, exchange: Exchange) -> Exchange:
        """The exchange with what its limits need; itself where it has none."""
        check = self._limiter.check_of(route)
        if check is None:
            return exchange
        return _count_now(self._limiter, check, exchange) or _count(self._limiter, check, exchange)


def _count(limiter: RateLimiter, check: Check, exchange: Exchange) -> Exchange:
    async def counted(req: Request, resp: Response) -> None:
        found = await limiter.count(req, check)
        if check.places:
            req.open_resources().closers += await limiter.enter(req, check)
        await exchange(req, resp)
        resp.headers.update(limiter.fields(found.verdicts, found.mode))
        await limiter.settle(found, req, resp)

    return counted


def _count_now(limiter: RateLimiter, check: Check, exchange: Exchange) -> Exchange | None:
    """As ``_count()`` for what most apps have: one limit by GCRA, by address, in memory."""
    found = check.find_single()
    store = limiter.memory
    if found is None or store is None or not limiter.is_plain:
        return None
    place, limit = found
    count, cost = store.count_debt, limit.cost
    write = compile_fields(limit, limiter.headers)

    async def counted(req: Request, resp: Response) -> None:
        wait, debt = count(place + by_address(req), limit, cost)
        if wait:
            raise limiter.refusal([judge_debt(limit, debt, wait)])
        await exchange(req, resp)
        if write is None:
            return
        if resp.own_headers is None:
            resp.headers.extend(write(debt))
        else:
            resp.headers.update(limiter.fields([judge_debt(limit, debt, wait)]))

    return counted


class MountAround:
    """Wraps mounts: counts their requests by the limits of the app."""

    def __init__(self, limiter: RateLimiter, api: API) -> None:
        self._limiter = limiter
        self._api = api

    def __call__(self, _mount: Mount, serve: ServeMount) -> ServeMount:
        """What serves a mount, behind the limits; itself where the app has none."""
        limiter, api = self._limiter, self._api
        check = limiter.check_of(None)
        if check is None:
            return serve

        async def counted(
            scope: Scope,
            receive: Receive,
            send: Send,
            *,
            refuse: Any,  # noqa: ANN401 - as of Mount.serve()
            **options: Any,  # noqa: ANN401 - as of Mount.serve()
        ) -> None:
            req = api.request_class(scope, receive, api)
            closers: list[Callable[[], Awaitable[None]]] = []
            try:
                found = await limiter.count(req, check)
                closers = await limiter.enter(req, check)
            except Problem as problem:
                await refuse(scope, receive, send, problem)
                return
            fields = [
                (encode_name(name), encode_value(value))
                for name, value in limiter.fields(found.verdicts, found.mode).items()
            ]

            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message.get("headers", ()), *fields]}
                await send(message)

            try:
                await serve(scope, receive, tell, refuse=refuse, **options)
            finally:
                for close in closers:
                    await close()

        return counted
