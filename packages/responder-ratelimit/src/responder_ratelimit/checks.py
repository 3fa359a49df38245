"""Checks: the rules of one place, compiled into what is asked of the store for each request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Literal, NamedTuple

from responder_ratelimit.concurrency import Concurrency
from responder_ratelimit.keys import by_address
from responder_ratelimit.limits import read_limits
from responder_ratelimit.rules import Rule
from responder_ratelimit.stores.store import Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_core.connection import Connection
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_ratelimit.algorithms import Verdict
    from responder_ratelimit.keys import Key, Who
    from responder_ratelimit.limits import Limit
    from responder_ratelimit.rules import AnyRule

logger = logging.getLogger("responder.ratelimit")


class Asked(NamedTuple):
    """What a request is counted by, and for which rule.

    Attributes:
        rule: the rule.
        hits: what is counted, by each of its limits.
        ban: what the violations of the rule are counted by, or None.
    """

    rule: Rule
    hits: list[Hit]
    ban: Hit | None


Mode = Literal["allow", "local"]
"""What served a request while the store did not answer."""


class Counted(NamedTuple):
    """A request that was counted, and admitted.

    Attributes:
        asked: by what it was counted.
        verdicts: what the limits say of it.
        mode: what served it while the store did not answer; None where it did.
    """

    asked: list[Asked]
    verdicts: list[Verdict]
    mode: Mode | None


class Check:
    """The rules of one place, an app, a route or a name, for whom requests are counted there.

    Args:
        rules: the rules with the places that they count for.
        key: who is counted, where a rule does not say it.
    """

    def __init__(self, rules: Sequence[tuple[str, AnyRule]], key: Key) -> None:
        self._key = key
        named = [(f"{rule.name or place}\n", rule) for place, rule in rules]
        self.rules = [(place, rule) for place, rule in named if isinstance(rule, Rule)]
        self.places = [(place, rule) for place, rule in named if isinstance(rule, Concurrency)]

    async def ask(self, connection: Connection) -> list[Asked]:
        """What is to be counted for a request, by each rule."""
        asked: list[Asked] = []
        for place, rule in self.rules:
            limits = await self._find_limits(rule, connection)
            if not limits:
                continue
            cost = await self._find_cost(rule, connection)
            if cost <= 0:
                continue
            key = place + await self._find_key(rule, connection)
            hits = [Hit(key, limit, cost * limit.cost) for limit in limits]
            ban = None if rule.ban is None else Hit(key, rule.ban.limit, 0)
            asked.append(Asked(rule, hits, ban))
        return asked

    async def ask_places(self, connection: Connection) -> list[tuple[str, Concurrency]]:
        """Which places a request has to take."""
        return [
            (place + await self._find_key(rule, connection), rule) for place, rule in self.places
        ]

    def find_single(self) -> tuple[str, Limit] | None:
        """The place and the limit where there is one alone, by GCRA, counted by the address."""
        if len(self.rules) != 1 or self.places:
            return None
        place, rule = self.rules[0]
        limits = rule.limits
        if rule.charge or rule.when or rule.shadow or rule.ban or rule.cost != 1:
            return None
        if callable(limits):
            return None
        if (rule.key or self._key) is not by_address or len(limits) != 1:
            return None
        return (place, limits[0]) if limits[0].algorithm == "gcra" else None

    async def _find_limits(self, rule: Rule, connection: Connection) -> tuple[Limit, ...]:
        limits = rule.limits
        if not callable(limits):
            return limits
        given = limits(connection)
        if isinstance(given, Awaitable):
            given = await given
        return () if given is None else read_limits(given)

    async def _find_cost(self, rule: Rule, connection: Connection) -> int:
        if isinstance(rule.cost, int):
            return rule.cost
        cost = rule.cost(connection)
        return await cost if isinstance(cost, Awaitable) else cost

    async def _find_key(self, rule: AnyRule, connection: Connection) -> str:
        """Who is counted; by the address where that cannot be told, or asking fails."""
        key = rule.key or self._key
        if key is by_address:
            return by_address(connection)
        try:
            who = key(connection)
            if isinstance(who, Awaitable):
                who = await who
        except Exception:
            logger.exception("the key of a rate limit failed, the address is counted: %r", key)
            who = None
        return by_address(connection) if who is None else name_who(who)


def name_who(who: Who) -> str:
    """Who, as a part of a key that nobody else has."""
    if isinstance(who, str):
        return f"={who}"  # Nobody's name is anybody's address.
    return repr(who)


def settle(asked: Sequence[Asked], req: Request, resp: Response) -> list[Hit]:
    """What is charged now that a request is answered, and what is given back: below 0."""
    found: list[Hit] = []
    for rule, hits, _ in asked:
        if rule.when is not None and not rule.when(req, resp):
            found += [hit._replace(cost=-hit.cost) for hit in hits if hit.cost]
        elif rule.charge is not None:
            cost = rule.charge(req, resp)
            found += [hit._replace(cost=cost * hit.limit.cost) for hit in hits if cost]
    return found
