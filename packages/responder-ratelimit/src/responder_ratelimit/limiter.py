"""The limiter: ``RateLimiter(...)`` counts the requests of an API."""

from __future__ import annotations

import logging
from functools import partial
from random import random
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from responder_core.errors import Problem
from responder_ratelimit.around import LimitAround, MountAround
from responder_ratelimit.checks import Asked, Check, Counted, Mode, name_who, settle
from responder_ratelimit.concurrency import Concurrency, Turnstile
from responder_ratelimit.decorated import decorate
from responder_ratelimit.errors import StoreUnavailableError
from responder_ratelimit.facts import RateLimitFact
from responder_ratelimit.headers import (
    STYLES,
    write_fields,
)
from responder_ratelimit.keys import by_address
from responder_ratelimit.limits import Limit
from responder_ratelimit.refusals import refuse, refuse_banned, refuse_crowded
from responder_ratelimit.rules import Rule, read_policies, read_rules
from responder_ratelimit.stores.choice import choose_store
from responder_ratelimit.stores.guarded import GuardedStore
from responder_ratelimit.stores.memory import MemoryStore
from responder_ratelimit.stores.store import Hit
from responder_ratelimit.stores.threaded import ThreadedStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from responder_core.api import API
    from responder_core.connection import Connection
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route, WebSocketRoute
    from responder_core.types import Tier
    from responder_core.websocket import WebSocket
    from responder_ratelimit.algorithms import Verdict
    from responder_ratelimit.headers import Style
    from responder_ratelimit.keys import Key, Who
    from responder_ratelimit.rules import AnyRule, RateLimit

    V = TypeVar("V", bound=Callable[..., Any])

Outcome = Literal["allowed", "limited", "shadow", "error"]
"""What became of a request: ``"error"`` where the store did not answer."""

logger = logging.getLogger("responder.ratelimit")

_APP = "*"
_UNAVAILABLE = "The store of rate limits does not answer."


class RateLimiter:
    """Counts requests: ``RateLimiter(requests=100, period=60).install(api)``.

    What is given here holds for the whole app, 404s too. ``RateLimits`` is an extension with one,
    which gives routes and routers the keyword ``rate_limit=``, too.

    Args:
        limits: those of the app: text, a ``Limit``, a ``Rule``, several; False for none.
        requests, period: the same in numbers, 100 in 60 seconds unless given.
        backend: where counts are kept: ``"memory"``, ``"sqlite"``, ``"redis://..."``, or a store.
        key: who is counted: a function of the request; by the address unless given.
        policies: limits by a name, which ``rate_limit="name"`` means; its routes share a count.
        headers: the fields of limited answers: ``"draft"``, ``"x"``, ``"both"``, or None.
        on_error: what becomes of requests while the store does not answer: ``"deny"`` with 503,
            ``"allow"``, or ``"local"``, counted in this process.
        fail_open: True for ``on_error="allow"``, as older programs have it.
        store_timeout: the seconds that a call of the store may take.
        shadow: whether what would be refused is only reported.
        observe: a function that is told of each request: ``observe(outcome, rule, connection)``.
        jitter: up to how many seconds are added to Retry-After, so that not all come at once.
        tier: ``"limit"`` counts before anything else is done, ``"user"`` where the session and
            what else stands around a view is there already, for keys that need it.

    Attributes:
        max_requests, period: those of the first limit of the app, or None.
        backend: the store.

    Raises:
        LimitError: a limit cannot be read, or cannot work.
        ValueError, TypeError: other settings that cannot work.
    """

    def __init__(
        self,
        limits: RateLimit | int = None,
        period: float | None = None,
        backend: object = "memory",
        *,
        requests: int | None = None,
        key: Key | None = None,
        policies: Mapping[str, RateLimit] | None = None,
        headers: Style | None = "both",
        on_error: Literal["deny", "allow", "local"] = "deny",
        fail_open: bool = False,
        store_timeout: float = 0.2,
        shadow: bool = False,
        observe: Callable[[Outcome, Rule, Connection], object] | None = None,
        jitter: float = 0.0,
        tier: Tier = "limit",
    ) -> None:
        if headers is not None and headers not in STYLES:
            msg = f"RateLimiter: headers= is one of {', '.join(STYLES)}, or None, not {headers!r}"
            raise ValueError(msg)
        if on_error not in ("deny", "allow", "local"):
            msg = f"RateLimiter: on_error= is 'deny', 'allow' or 'local', not {on_error!r}"
            raise ValueError(msg)
        self.key = key or by_address
        self.policies = read_policies(policies or {})
        self.rules = self._read_app(limits, requests, period)
        first = next((rule.limits for rule in self.rules if isinstance(rule, Rule)), ())
        known = first[0] if first and not callable(first) else None
        self.max_requests = None if known is None else known.requests
        self.period = None if known is None else known.period
        self.backend = backend
        self.headers: Style | None = headers
        self.store = choose_store(MemoryStore() if backend in (None, "memory") else backend)
        if not isinstance(self.store, ThreadedStore) or not self.store.is_quick:
            self.store = GuardedStore(self.store, timeout=store_timeout)
        self._local = MemoryStore() if on_error == "local" else None
        self._allows = on_error == "allow" or fail_open
        self._shadow = shadow
        self._observe = observe
        self._jitter = jitter
        self._tier: Tier = tier
        self._turnstile = Turnstile()
        self._own = Check([(_APP, rule) for rule in self.rules], self.key)

    @property
    def memory(self) -> MemoryStore | None:
        """The store, where each process counts for itself."""
        inner = self.store.inner if isinstance(self.store, ThreadedStore) else None
        return inner if isinstance(inner, MemoryStore) else None

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the store is asked for a request."""
        return self._observe is None and not self._shadow

    def _read_app(
        self, limits: RateLimit | int, requests: int | None, period: float | None
    ) -> tuple[AnyRule, ...]:
        """The rules of the app; the first number of an older program is the requests."""
        if limits is False:
            return ()
        if limits is None or isinstance(limits, int):
            if limits is not None and limits is not True:
                requests = limits
            limit = Limit(requests=100 if requests is None else requests, period=period or 60)
            return (Rule(limit),)
        if requests is not None or period is not None:
            msg = f"RateLimiter has limits {limits!r} and requests= or period=; give one of both"
            raise TypeError(msg)
        return read_rules(limits, self.policies)

    def install(self, api: API) -> None:
        """Count the requests of an app."""
        api.around(self._tier, LimitAround(self))
        api.around_mounts(MountAround(self, api))
        api.add_hook(self._count_socket, websocket=True)
        api.add_event_handler("shutdown", self.store.close)

    def check_of(self, route: Route | WebSocketRoute | None) -> Check | None:
        """What the requests of a route are counted by, None for nothing."""
        facts: list[object] = [] if route is None else route.facts
        for fact in facts:
            if not isinstance(fact, RateLimitFact):
                continue
            if fact.is_exempt:
                return None  # From every limiter, also one that install() has put there.
            if fact.limiter is self and fact.rules:
                app = [(_APP, rule) for rule in self.rules]
                return Check([*app, *((fact.place, rule) for rule in fact.rules)], self.key)
        return self._own if self.rules else None

    # What is done for a request.

    async def count(self, connection: Connection, check: Check) -> Counted:
        """Count a request by all of its limits, or by none.

        Raises:
            Problem: 429, a limit refuses it; 503, the store does not answer.
        """
        asked = await check.ask(connection)
        firm = [each for each in asked if not (self._shadow or each.rule.shadow)]
        verdicts, mode = await self._hit(connection, firm)
        ends = len(verdicts) - sum(each.ban is not None for each in firm)
        verdicts, bans = (verdicts[:ends], verdicts[ends:]) if verdicts else ([], [])
        for each in asked:
            if each not in firm:
                await self._hit_shadow(each, connection)
        if not all(verdict.allowed for verdict in bans):
            self._tell("limited", firm, connection)
            raise refuse_banned(bans)
        if not all(verdict.allowed for verdict in verdicts):
            self._tell("limited", firm, connection)
            await self._note_violations(firm, verdicts, connection)
            raise self.refusal(verdicts, mode)
        if mode is None:
            self._tell("allowed", firm, connection)
        return Counted(asked, verdicts, mode)

    async def _hit(
        self, connection: Connection, asked: Sequence[Asked]
    ) -> tuple[list[Verdict], Mode | None]:
        """The verdicts, and which mode served where the store did not."""
        hits = [hit for each in asked for hit in each.hits]
        hits += [each.ban for each in asked if each.ban is not None]
        if not hits:
            return [], None
        try:
            return await self.store.hit(hits), None
        except StoreUnavailableError as error:
            self._tell("error", asked, connection)
            if self._allows:
                return [], "allow"
            if self._local is not None:
                return self._local.hit(hits), "local"
            raise Problem(503, _UNAVAILABLE, headers={"Retry-After": "1"}) from error

    async def _note_violations(
        self, asked: Sequence[Asked], verdicts: Sequence[Verdict], connection: Connection
    ) -> None:
        """Count a violation of each rule with a ban that has refused the request."""
        refused = {verdict.limit for verdict in verdicts if not verdict.allowed}
        bans = [
            each.ban._replace(cost=1)
            for each in asked
            if each.ban is not None and any(hit.limit in refused for hit in each.hits)
        ]
        if bans:
            try:
                await self.store.charge(bans)
            except StoreUnavailableError:
                self._tell("error", asked, connection)

    async def enter(
        self, connection: Connection, check: Check
    ) -> list[Callable[[], Awaitable[None]]]:
        """Take the places that a request needs; what leaves them again.

        Raises:
            Problem: 429, all are taken, and there is no room to wait, or it took too long.
        """
        taken: list[Callable[[], Awaitable[None]]] = []
        try:
            for key, places in await check.ask_places(connection):
                if not await self._turnstile.enter(key, places):
                    raise refuse_crowded(places)  # noqa: TRY301 - the places so far are left
                taken.append(partial(self._leave, key))
        except BaseException:
            for leave in taken:
                await leave()
            raise
        return taken

    async def _leave(self, key: str) -> None:
        self._turnstile.leave(key)

    async def _hit_shadow(self, asked: Asked, connection: Connection) -> None:
        try:
            verdicts = await self.store.hit(asked.hits)
        except StoreUnavailableError:
            return
        if not all(verdict.allowed for verdict in verdicts):
            logger.info("a rate limit in its shadow would refuse: %s", asked.rule)
            self._tell("shadow", [asked], connection)

    def _tell(self, outcome: Outcome, asked: Sequence[Asked], connection: Connection) -> None:
        if self._observe is not None:
            for each in asked:
                self._observe(outcome, each.rule, connection)

    def fields(self, verdicts: Sequence[Verdict], mode: Mode | None = None) -> dict[str, str]:
        """The header fields of an answer."""
        fields = write_fields(verdicts, self.headers)
        if mode is not None:
            fields["X-RateLimit-Mode"] = mode
        return fields

    def refusal(self, verdicts: Sequence[Verdict], mode: Mode | None = None) -> Problem:
        """The 429 of a request that is refused."""
        jitter = self._jitter * random() if self._jitter else 0.0  # noqa: S311 - no secret
        return refuse(verdicts, self.fields(verdicts, mode), jitter)

    async def settle(self, counted: Counted, req: Request, resp: Response) -> None:
        """Charge what is known once a request is answered, and give back what does not count."""
        hits = settle(counted.asked, req, resp)
        if not hits:
            return
        if counted.mode == "local" and self._local is not None:
            self._local.charge(hits)
            return
        try:
            await self.store.charge(hits)
        except StoreUnavailableError:
            self._tell("error", counted.asked, req)

    async def _count_socket(self, ws: WebSocket) -> None:
        check = self.check_of(ws.route)
        if check is not None:
            await self.count(ws, check)
            ws.open_resources().closers += await self.enter(ws, check)

    async def count_message(self, ws: WebSocket, limits: RateLimit) -> None:
        """Count a message that a WebSocket has received: one that is too much closes it with 1008.

        ``await limiter.count_message(ws, "10/second")``: all sockets of one client on one route
        share the count.

        Raises:
            Problem: 429, a limit refuses it; 503, the store does not answer.
        """
        place = f"messages {ws.route.path}"
        rules = [(place, rule) for rule in read_rules(limits, self.policies)]
        await self.count(ws, Check(rules, self.key))

    # What programs call.

    async def acheck(self, req: Request, resp: Response) -> bool:
        """Count a request by the limits of the app; False where it is refused.

        The response then is the 429, and tells of the limits in any case.
        """
        try:
            counted = await self.count(req, self._own)
        except Problem as problem:
            resp.write_problem(problem)
            return False
        resp.headers.update(self.fields(counted.verdicts, counted.mode))
        return True

    def check(self, req: Request, resp: Response) -> bool:
        """As ``acheck()``, for synchronous views and hooks."""
        from anyio.from_thread import run

        return run(self.acheck, req, resp)

    def limit(self, given: RateLimit | Callable[..., Any]) -> Any:  # noqa: ANN401 - the view, or what decorates it
        """Limit a view: ``@limiter.limit`` by the limits of the app, or ``@limiter.limit("5/m")``.

        It stands below ``@api.route()``, also on methods of class views.
        """
        if callable(given) and not isinstance(given, (Limit, Rule)):
            return decorate(given, self, self._own)
        rules = read_rules(given, self.policies)

        def wrap(view: V) -> V:
            place = f"{view.__module__}.{view.__qualname__}"
            return decorate(view, self, Check([(place, rule) for rule in rules], self.key))

        return wrap

    async def peek(self, who: Who, rule: str | None = None) -> list[Verdict]:
        """How it stands with someone: by the limits of the app, or of a policy, by its name."""
        return await self.store.hit([hit._replace(cost=0) for hit in self._hits_of(who, rule)])

    async def reset(self, who: Who, rule: str | None = None) -> None:
        """Forget what was counted for someone."""
        await self.store.reset(self._hits_of(who, rule))

    async def charge(self, who: Who, cost: int = 1, rule: str | None = None) -> None:
        """Count what someone has cost, whether it is admitted or not."""
        await self.store.charge(
            [hit._replace(cost=cost * hit.limit.cost) for hit in self._hits_of(who, rule)]
        )

    def _hits_of(self, who: Who, name: str | None) -> list[Hit]:
        if name is not None and name not in self.policies:
            msg = f"there is no policy {name!r}; there are {sorted(self.policies)}"
            raise LookupError(msg)
        rules = self.rules if name is None else (self.policies[name],)
        hits: list[Hit] = []
        for rule in rules:
            if isinstance(rule, Concurrency):
                continue
            key = rule.key or self.key
            named = who if key is by_address and isinstance(who, str) else name_who(who)
            if callable(rule.limits):
                msg = f"the limits of {rule} depend on the request"
                raise LookupError(msg)  # noqa: TRY004 - there are none to look up
            place = f"{rule.name or _APP}\n{named}"
            hits += [Hit(place, limit, limit.cost) for limit in rule.limits]
        return hits
