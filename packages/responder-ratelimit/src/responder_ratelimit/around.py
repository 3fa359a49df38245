"""Around: what stands around an exchange whose requests are counted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from responder_core.errors import Problem
from responder_core.http.headers import ResponseHeaders, encode_name, encode_value
from responder_core.problems import name_request
from responder_ratelimit.algorithms import judge_debt
from responder_ratelimit.headers import compile_fields
from responder_ratelimit.keys import UNKNOWN, name_host
from responder_ratelimit.refusals import refuse

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.mounts import Mount
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Exchange, Message, Receive, Scope, Send, ServeMount
    from responder_ratelimit.checks import Check
    from responder_ratelimit.counting import Counting
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
        quick = _count_now(self._limiter, check, exchange)
        return quick or _count(self._limiter.counting, check, exchange)


def _count(counting: Counting, check: Check, exchange: Exchange) -> Exchange:
    async def counted(req: Request, resp: Response) -> None:
        await counting.begin(req, check, resp)
        await exchange(req, resp)
        resp.headers.update(counting.fields(req))

    return counted


def _count_now(limiter: RateLimiter, check: Check, exchange: Exchange) -> Exchange | None:
    """As ``_count()`` for what most apps have: one limit by GCRA, by address, in memory."""
    counting, found, store = limiter.counting, check.find_single(), limiter.memory
    if found is None or store is None or not counting.is_plain:
        return None
    place, limit = found
    count, cost = store.counter(limit, lambda host: place + name_host(host)), limit.cost
    write = compile_fields(limit, counting.headers)

    async def counted(req: Request, resp: Response) -> None:
        # As by_address() has it, of whom the store knows most already.
        client = req.scope.get("client")
        wait, debt = count(UNKNOWN if client is None else client[0], cost)
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
