"""The limiter: ``RateLimiter(...)`` counts the requests of an API."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from responder_core.errors import Problem
from responder_ratelimit.around import LimitAround, MountAround
from responder_ratelimit.checks import Check
from responder_ratelimit.concurrency import Concurrency
from responder_ratelimit.counting import Counting
from responder_ratelimit.decorated import decorate, run_from_thread
from responder_ratelimit.facts import RateLimitFact
from responder_ratelimit.headers import STYLES
from responder_ratelimit.keys import by_address
from responder_ratelimit.limits import Limit
from responder_ratelimit.rules import Rule, read_policies, read_rules
from responder_ratelimit.stores.choice import choose_store
from responder_ratelimit.stores.guarded import GuardedStore
from responder_ratelimit.stores.memory import MemoryStore
from responder_ratelimit.stores.threaded import ThreadedStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from responder_core.api import API
    from responder_core.connection import Connection
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route, WebSocketRoute
    from responder_core.types import Tier
    from responder_core.websocket import WebSocket
    from responder_ratelimit.algorithms import Verdict
    from responder_ratelimit.counting import Outcome
    from responder_ratelimit.headers import Style
    from responder_ratelimit.keys import Key, Who
    from responder_ratelimit.rules import AnyRule, RateLimit
    from responder_ratelimit.stores.store import Hit, Store

    V = TypeVar("V", bound=Callable[..., Any])

_APP = "*"
# The limits of messages that are kept as they were read; a program has a few.
_KEPT = 256


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
        trust_proxy_headers: False, as older programs may say; ``trusted_proxies=`` of the API
            tells whom to believe about addresses.
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
        trust_proxy_headers: bool = False,
    ) -> None:
        if trust_proxy_headers:
            msg = (
                "RateLimiter: trust_proxy_headers= is no more; name whom you trust: "
                "API(trusted_proxies=['10.0.0.0/8'])"
            )
            raise TypeError(msg)
        if headers is not None and headers not in STYLES:
            msg = f"RateLimiter: headers= is one of {', '.join(STYLES)}, or None, not {headers!r}"
            raise ValueError(msg)
        if on_error not in ("deny", "allow", "local"):
            msg = f"RateLimiter: on_error= is 'deny', 'allow' or 'local', not {on_error!r}"
            raise ValueError(msg)
        self.key: Key = key or by_address
        self.policies: dict[str, AnyRule] = read_policies(policies or {})
        self.rules: tuple[AnyRule, ...] = self._read_app(limits, requests, period)
        first = next((rule.limits for rule in self.rules if isinstance(rule, Rule)), ())
        known = first[0] if first and not callable(first) else None
        self.max_requests: int | None = None if known is None else known.requests
        self.period: float | None = None if known is None else known.period
        self.backend = backend
        store = choose_store(MemoryStore() if backend in (None, "memory") else backend)
        if not isinstance(store, ThreadedStore) or not store.is_quick:
            store = GuardedStore(store, timeout=store_timeout)
        self.store: Store = store
        self.counting: Counting = Counting(
            self.store,
            local=MemoryStore() if on_error == "local" else None,
            allows=on_error == "allow" or fail_open,
            headers=headers,
            shadow=shadow,
            observe=observe,
            jitter=jitter,
        )
        self._tier: Tier = tier
        self._own = Check([(_APP, rule) for rule in self.rules], self.key)
        self._read_once = lru_cache(maxsize=_KEPT)(self._read_messages)

    @property
    def memory(self) -> MemoryStore | None:
        """The store, where each process counts for itself."""
        inner = self.store.inner if isinstance(self.store, ThreadedStore) else None
        return inner if isinstance(inner, MemoryStore) else None

    def _read_app(
        self, limits: RateLimit | int, requests: int | None, period: float | None
    ) -> tuple[AnyRule, ...]:
        """The rules of the app; the first number of an older program is the requests."""
        if limits is False:
            return ()
        if limits is None or isinstance(limits, int):
            if limits is not None and limits is not True:
                requests = limits
            limit = Limit(
                requests=100 if requests is None else requests,
                period=60 if period is None else period,
            )
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
        if self.rules:
            check = self._own.without_answers()
            api.check_stray_sockets(lambda ws: self.counting.begin(ws, check))
        api.add_event_handler("shutdown", self.store.close)

    def check_of(self, route: Route | WebSocketRoute | None) -> Check | None:
        """What the requests of a route are counted by, None for nothing."""
        facts: list[object] = [] if route is None else route.facts
        for fact in facts:
            if not isinstance(fact, RateLimitFact):
                continue
            if fact.is_exempt:
                return None  # From every limiter, also one that install() has put there.
            if fact.limiter is self and fact.check is not None:
                return fact.check
        return self._own if self.rules else None

    def compile(self, place: str, rules: Sequence[AnyRule]) -> Check:
        """What the requests of a place are counted by: the rules of the app, and its own."""
        app = [(_APP, rule) for rule in self.rules]
        return Check([*app, *((place, rule) for rule in rules)], self.key)

    async def _count_socket(self, ws: WebSocket) -> None:
        check = self.check_of(ws.route)
        if check is not None:
            await self.counting.begin(ws, check.without_answers())

    # What programs call.

    async def acheck(self, req: Request, resp: Response) -> bool:
        """Count a request by the limits of the app; False where it is refused.

        The response then is the 429, and tells of the limits in any case.
        """
        try:
            await self.counting.begin(req, self._own, resp)
        except Problem as problem:
            resp.write_problem(problem)
            return False
        resp.headers.update(self.counting.fields(req))
        return True

    def check(self, req: Request, resp: Response) -> bool:
        """As ``acheck()``, for synchronous views and hooks."""
        return run_from_thread(self.acheck, req, resp)

    def limit(self, given: RateLimit | Callable[..., Any]) -> Any:  # noqa: ANN401 - the view, or what decorates it
        """Limit a view: ``@limiter.limit`` by the limits of the app, or ``@limiter.limit("5/m")``.

        It stands below ``@api.route()``, also on methods of class views.
        """
        if callable(given) and not isinstance(given, (Limit, Rule, Concurrency)):
            return decorate(given, self, self._own)
        rules = read_rules(given, self.policies)

        def wrap(view: V) -> V:
            place = f"{view.__module__}.{view.__qualname__}"
            return decorate(view, self, Check([(place, rule) for rule in rules], self.key))

        return wrap

    async def count_message(self, ws: WebSocket, limits: RateLimit) -> None:
        """Count a message that a WebSocket has received: one that is too much closes it with 1008.

        ``await limiter.count_message(ws, "10/second")``: all sockets of one client on one route
        share the count.

        Raises:
            Problem: 429, a limit refuses it; 503, the store does not answer.
            TypeError: they are limits of requests at the same time.
        """
        is_list = isinstance(limits, list)
        several = tuple(cast("Iterable[object]", limits)) if is_list else (limits,)
        is_value = all(isinstance(each, (str, Limit, Rule)) for each in several)
        read = self._read_once if is_value else self._read_messages
        await self.counting.begin(ws, read(f"messages {ws.route.path}", several))

    def _read_messages(self, place: str, limits: tuple[object, ...]) -> Check:
        """What messages are counted by; raises what ``count_message()`` says of its limits."""
        check = Check([(place, rule) for rule in read_rules(limits, self.policies)], self.key)
        if check.places:
            msg = f"messages come one after the other, so {check.places[0][1]} cannot limit them"
            raise TypeError(msg)
        return check.without_answers()

    async def peek(self, who: Who, rule: str | None = None) -> list[Verdict]:
        """How it stands with someone: by the limits of the app, or of a policy, by its name.

        Raises:
            LookupError: there is no such policy, or its limits depend on the request.
            StoreUnavailableError: the store does not answer.
        """
        return await self.store.hit([hit._replace(cost=0) for hit in self._find(who, rule)])

    async def reset(self, who: Who, rule: str | None = None) -> None:
        """Forget what was counted for someone, and a ban; raises what ``peek()`` raises."""
        await self.store.reset(self._find(who, rule))

    async def charge(self, who: Who, cost: int = 1, rule: str | None = None) -> None:
        """Count what someone has cost, admitted or not; raises what ``peek()`` raises."""
        hits = [hit for hit in self._find(who, rule) if hit.limit.name not in ("ban", "violations")]
        await self.store.charge([hit._replace(cost=cost * hit.limit.cost) for hit in hits])

    def _find(self, who: Who, name: str | None) -> list[Hit]:
        """What is counted for someone."""
        if name is None:
            return self._own.list_hits(who)
        if name not in self.policies:
            msg = f"there is no policy {name!r}; there are {sorted(self.policies)}"
            raise LookupError(msg)
        return Check([(name, self.policies[name])], self.key).list_hits(who)
