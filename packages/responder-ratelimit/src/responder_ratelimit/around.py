"""Around: what stands around an exchange whose requests are counted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from responder_core.errors import Problem
from responder_core.http.headers import ResponseHeaders, encode_name, encode_value
from responder_core.problems import name_request
from responder_ratelimit.algorithms import judge_debt
from responder_ratelimit.headers import compile_fields, compile_joint_fields
from responder_ratelimit.keys import UNKNOWN, name_host
from responder_ratelimit.refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_core.api import API
    from responder_core.mounts import Mount
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Exchange, Header, Message, Receive, Scope, Send, ServeMount
    from responder_ratelimit.checks import Check
    from responder_ratelimit.counting import Counting
    from responder_ratelimit.limiter import RateLimiter
    from responder_ratelimit.limits import Limit


class LimitAround:
    """Wraps exchanges: counts requests, refuses what is too much, tells how it stands.

    Attributes:
        reads_body: False, as it never looks at the body of an answer.
        returns_none: True, as its exchanges do.
    """

    reads_body = False
    returns_none = True

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        # The routes of one limit share what is remembered for it.
        self._plain: dict[Check, _Single | _Joint | None] = {}

    def __call__(self, route: Route | None, exchange: Exchange) -> Exchange:
        """The exchange with what its limits need; itself where it has none."""
        check, counting = self._limiter.check_of(route), self._limiter.counting
        if check is None:
            return exchange
        if check not in self._plain:
            self._plain[check] = _find_plain(self._limiter, check)
        plain = self._plain[check]
        counted = _count(counting, check, exchange)
        if isinstance(plain, _Single):
            return _count_single(counting, plain, exchange)
        return counted if plain is None else _count_joint(counting, plain, exchange, counted)


def _count(counting: Counting, check: Check, exchange: Exchange) -> Exchange:
    async def counted(req: Request, resp: Response) -> None:
        await counting.begin(req, check, resp)
        await exchange(req, resp)
        resp.headers.update(counting.fields(req))

    return counted


class _Single(NamedTuple):
    """What most apps have: one limit by GCRA, by address, in memory."""

    limit: Limit
    decide: Callable[[str, int], tuple[int, int]]
    write: Callable[[int], list[Header]] | None


class _Joint(NamedTuple):
    """The same for several limits."""

    limits: list[Limit]
    decide: Callable[[str], list[int] | None]
    write: Callable[[Sequence[int]], list[Header]] | None


def _find_plain(limiter: RateLimiter, check: Check) -> _Single | _Joint | None:
    counting, found, store = limiter.counting, check.find_plain(), limiter.memory
    if not found or store is None or not counting.is_plain:
        return None
    hits = [(limit, partial(_name, place)) for place, limit in found]
    limits = [limit for limit, _ in hits]
    if len(hits) > 1:
        decide = store.joint_counter(hits)
        write = compile_joint_fields(limits, counting.headers)
        return None if decide is None else _Joint(limits, decide, write)
    limit = limits[0]
    return _Single(limit, store.counter(*hits[0]), compile_fields(limit, counting.headers))


def _name(place: str, host: str) -> str:
    """The key of an address at a place."""
    return place + name_host(host)


def _count_single(counting: Counting, single: _Single, exchange: Exchange) -> Exchange:
    limit, decide, write = single
    cost = limit.cost

    async def counted(req: Request, resp: Response) -> None:
        # As by_address() has it, of whom the store knows most already.
        client = req.scope.get("client")
        wait, debt = decide(UNKNOWN if client is None else client[0], cost)
        if wait:
            verdict = judge_debt(limit, debt, wait)
            raise refuse([verdict], counting.fields(req, verdict), counting.jitter())
        await exchange(req, resp)
        if write is None:
            return
        if resp.own_headers is None:
            resp.own_headers = ResponseHeaders(write(debt))
        else:
            resp.headers.update(counting.fields(req, judge_debt(limit, debt, wait)))

    return counted


def _count_joint(
    counting: Counting, joint: _Joint, exchange: Exchange, whole: Exchange
) -> Exchange:
    limits, decide, write = joint

    async def counted(req: Request, resp: Response) -> None:
        client = req.scope.get("client")
        debts = decide(UNKNOWN if client is None else client[0])
        if debts is None:
            # Nothing is counted yet: the long way says which of them refuse it.
            await whole(req, resp)
            return
        await exchange(req, resp)
        if write is None:
            return
        if resp.own_headers is None:
            resp.own_headers = ResponseHeaders(write(debts))
        else:
            verdicts = [judge_debt(each, debt, 0) for each, debt in zip(limits, debts, strict=True)]
            resp.headers.update(counting.fields(req, *verdicts))

    return counted


class MountAround:
    """Wraps mounts: counts their requests by the limits of the app."""

    def __init__(self, limiter: RateLimiter, api: API) -> None:
        self._limiter = limiter
        self._api = api

    def __call__(self, _mount: Mount, serve: ServeMount) -> ServeMount:
        """What serves a mount, behind the limits; itself where the app has none."""
        counting, api = self._limiter.counting, self._api
        check = self._limiter.check_of(None)
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
            resp = api.response_class(req)
            try:
                try:
                    await counting.begin(req, check, resp)
                except Problem as problem:
                    await refuse(scope, receive, send, problem)
                    return
                tell = _Telling(counting.fields(req), resp, send).send
                await serve(scope, receive, tell, refuse=refuse, **options)
            finally:
                if req.resources is not None:
                    await req.resources.close(partial(name_request, req))

        return counted


class _Telling:
    """Sends what a mounted app answers, with the fields of its limits."""

    def __init__(self, fields: dict[str, str], resp: Response, send: Send) -> None:
        self._fields = [(encode_name(name), encode_value(value)) for name, value in fields.items()]
        self._resp = resp
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a message on; what the app says of limits of its own stays alone."""
        if message["type"] == "http.response.start":
            self._resp.status_code = message["status"]
            said = [*message.get("headers", ())]
            names = {name.lower() for name, _ in said}
            told = [field for field in self._fields if field[0] not in names]
            message = {**message, "headers": said + told}
        await self._send(message)
