"""Around: what stands around an exchange whose requests are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_ratelimit.algorithms import judge_debt
from responder_ratelimit.headers import compile_fields
from responder_ratelimit.keys import by_address

if TYPE_CHECKING:
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Exchange
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
