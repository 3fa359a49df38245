"""Checks: the rules of one place, compiled into what is asked of the store for each request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from responder_ratelimit.concurrency import Concurrency
from responder_ratelimit.keys import by_address, name_host, name_who
from responder_ratelimit.limits import read_limits
from responder_ratelimit.rules import Rule
from responder_ratelimit.stores.store import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_core.connection import Connection
    from responder_ratelimit.keys import Key, Who
    from responder_ratelimit.limits import Limit
    from responder_ratelimit.rules import AnyRule

    T = TypeVar("T")

logger: logging.Logger = logging.getLogger("responder.ratelimit")


class Asked(NamedTuple):
    """What a request is counted by, and for which rule.

    Attributes:
        rule: the rule.
        hits: what is counted, by each of its limits.
        violation: what its violations are counted by, or None.
        banned: what asks whether the client is banned, or None.
    """

    rule: Rule
    hits: list[Hit]
    violation: Hit | None
    banned: Hit | None


class Check:
    """The rules of one place, an app, a route or a name, for whom requests are counted there.

    Args:
        rules: the rules with the places that they count for.
        key: who is counted, where a rule does not say it.
    """

    def __init__(self, rules: Sequence[tuple[str, AnyRule]], key: Key) -> None:
        self._key = key
        # Rules of one place are told apart by their numbers, as their limits may be the same.
        named = [
            (f"{rule.name or f'{place} {number}'}\n", rule)
            for number, (place, rule) in enumerate(rules)
        ]
        counted = [(place, rule) for place, rule in named if isinstance(rule, Rule)]
        places = [(place, rule) for place, rule in named if isinstance(rule, Concurrency)]
        self.rules: list[tuple[str, Rule]] = counted
        self.places: list[tuple[str, Concurrency]] = places
        self.ends: bool = bool(places) or any(rule.when or rule.charge for _, rule in counted)
        blind = [each for each in counted if not (each[1].when or each[1].charge)]
        self._without_answers: Check | None = None
        if len(blind) < len(counted):
            self._without_answers = copy(self)
            self._without_answers.rules = blind

    def without_answers(self) -> Check:
        """The same for what has no answer, such as a WebSocket: but rules that ask for one."""
        return self._without_answers or self

    async def ask(self, connection: Connection) -> list[Asked]:
        """What is to be counted for a request, by each rule, nothing twice."""
        asked: list[Asked] = []
        seen: set[tuple[str, Limit]] = set()
        for place, rule in self.rules:
            limits = await self._find_limits(rule, connection)
            cost = await self._find_cost(rule, connection) if limits else 0
            if not cost:
                continue
            key = place + await self._find_key(rule, connection)
            fresh = [limit for limit in limits if (key, limit) not in seen]
            seen.update((key, limit) for limit in fresh)
            hits = [Hit(key, limit, cost * limit.cost) for limit in fresh]
            violation = banned = None
            if rule.ban is not None:
                violation, banned = Hit(key, rule.ban.violations, 1), Hit(key, rule.ban.banned, 0)
            asked.append(Asked(rule, hits, violation, banned))
        return asked

    async def ask_places(self, connection: Connection) -> list[tuple[str, Concurrency]]:
        """Which places a request has to take, none twice."""
        found = {
            place + await self._find_key(rule, connection): rule for place, rule in self.places
        }
        return [*found.items()]

    def list_hits(self, who: Who) -> list[Hit]:
        """What is counted for someone by these rules, and the bans.

        Raises:
            LookupError: the limits depend on the request.
        """
        hits: list[Hit] = []
        for place, rule in self.rules:
            if callable(rule.limits):
                msg = f"the limits of {rule} depend on the request"
                raise LookupError(msg)  # noqa: TRY004 - there are none to look up
            by_host = (rule.key or self._key) is by_address and isinstance(who, str)
            key = place + (name_host(str(who)) if by_host else name_who(who))
            limits = [*rule.limits]
            if rule.ban is not None:
                limits += [rule.ban.violations, rule.ban.banned]
            hits += [Hit(key, limit, limit.cost) for limit in limits]
        return hits

    def find_plain(self) -> list[tuple[str, Limit]]:
        """The places and limits where all are by GCRA, counted by the address; else none."""
        found: dict[tuple[str, Limit], None] = {}
        for place, rule in self.rules:
            limits = rule.limits
            if rule.charge or rule.when or rule.shadow or rule.ban or rule.cost != 1:
                return []
            if callable(limits) or (rule.key or self._key) is not by_address:
                return []
            found.update(((place, limit), None) for limit in limits)
        is_plain = not self.places and all(limit.algorithm == "gcra" for _, limit in found)
        return [*found] if is_plain else []

    async def _find_limits(self, rule: Rule, connection: Connection) -> tuple[Limit, ...]:
        limits = rule.limits
        if not callable(limits):
            return limits
        given = limits(connection)
        if isinstance(given, Awaitable):
            given = await given
        return () if given is None else read_limits(given)

    async def _find_cost(self, rule: Rule, connection: Connection) -> int:
        """What a request costs: 1 where that cannot be told."""
        if isinstance(rule.cost, int):
            return rule.cost
        cost = await ask_program("cost", 1, rule.cost, connection)
        if type(cost) is int and cost >= 0:
            return cost
        logger.error("the cost of a rate limit is 0 or more, not %r; 1 is counted", cost)
        return 1

    async def _find_key(self, rule: AnyRule, connection: Connection) -> str:
        """Who is counted; by the address where that cannot be told, or asking fails."""
        key = rule.key or self._key
        if key is by_address:
            return by_address(connection)
        try:
            who = key(connection)
            if isinstance(who, Awaitable):
                who = await who
            return by_address(connection) if who is None else name_who(who)
        except Exception:
            logger.exception("the key of a rate limit failed, the address is counted: %r", key)
            return by_address(connection)


async def ask_program(what: str, default: T, function: Callable[..., Any], *args: object) -> T:
    """What a function of the program gives, with or without ``async``; if it fails, the default."""
    try:
        value: Any = function(*args)
        return cast("T", await value if isinstance(value, Awaitable) else value)
    except Exception:
        logger.exception("%s= of a rate limit failed, %r is taken: %r", what, default, function)
        return default
