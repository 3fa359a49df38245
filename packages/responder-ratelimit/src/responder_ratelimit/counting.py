"""Counting: what is done for a request, from the first question to what is charged at the end."""

from __future__ import annotations

import logging
from functools import partial
from random import random
from typing import TYPE_CHECKING, Any, Literal

from anyio import CancelScope

from responder_core.errors import Problem
from responder_ratelimit.checks import ask_program
from responder_ratelimit.concurrency import Turnstile
from responder_ratelimit.errors import StoreUnavailableError
from responder_ratelimit.headers import write_fields
from responder_ratelimit.refusals import refuse, refuse_banned, refuse_crowded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_core.connection import Connection
    from responder_core.response import Response
    from responder_ratelimit.algorithms import Verdict
    from responder_ratelimit.checks import Asked, Check
    from responder_ratelimit.headers import Style
    from responder_ratelimit.rules import Rule
    from responder_ratelimit.stores.memory import MemoryStore
    from responder_ratelimit.stores.store import Hit, Store

Outcome = Literal["allowed", "limited", "shadow", "error"]
"""What became of a request: ``"error"`` where the store did not answer."""

Mode = Literal["allow", "local"]
"""What served a request while the store did not answer."""

logger: logging.Logger = logging.getLogger("responder.ratelimit")

_UNAVAILABLE = "The store of rate limits does not answer."
_MODE = "X-RateLimit-Mode"
# The scope key under which a request keeps the verdicts on it, and the mode.
_TOLD = "responder.ratelimit"


class Counting:
    """Counts requests in a store, and says what became of them.

    Args:
        store: where counts are kept.
        local: what takes its place while it does not answer, or None.
        allows: whether requests are let through meanwhile.
        headers: the fields of limited answers.
        shadow: whether what would be refused is only reported.
        observe: what is told of each request, or None.
        jitter: up to how many seconds are added to Retry-After.
    """

    def __init__(
        self,
        store: Store,
        *,
        local: MemoryStore | None,
        allows: bool,
        headers: Style | None,
        shadow: bool,
        observe: Callable[[Outcome, Rule, Connection], object] | None,
        jitter: float,
    ) -> None:
        self._store = store
        self._local = local
        self._allows = allows
        self._shadow = shadow
        self._observe = observe
        self._jitter = jitter
        self._turnstile = Turnstile()
        self.headers: Style | None = headers

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the store is asked for a request."""
        return self._observe is None and not self._shadow

    async def begin(
        self, connection: Connection, check: Check, resp: Response | None = None
    ) -> None:
        """Count a request by all of its limits, or by none, and take the places that it needs.

        What is to be done when *resp* is answered is done then, and also when it never is: places
        are left, what does not count is given back, what it has cost is charged.

        Raises:
            Problem: 429, it is refused; 503, the store does not answer.
        """
        asked = await check.ask(connection)
        mode = await self._count(connection, asked, may_give_back=check.ends)
        closers = connection.open_resources().closers if check.ends else []
        try:
            for key, places in await check.ask_places(connection):
                if not await self._turnstile.enter(key, places):
                    raise refuse_crowded(places, self.fields(connection))  # noqa: TRY301 - counted
                closers.append(partial(self._leave, key))
        except BaseException:
            back = [hit.back(hit.at) for each in asked for hit in each.hits]
            with CancelScope(shield=True):
                await self._call(mode, "charge", back)
            raise
        if check.ends and resp is not None and mode != "allow":
            closers.append(partial(self._settle, asked, mode, connection, resp))

    async def _count(
        self, connection: Connection, asked: Sequence[Asked], *, may_give_back: bool
    ) -> Mode | None:
        """Count by what is asked; which mode served where the store did not."""
        firm = [each for each in asked if not (self._shadow or each.rule.shadow)]
        hits = [hit for each in firm for hit in each.hits]
        bans = [each.banned for each in firm if each.banned is not None]
        verdicts, mode = await self._hit(connection, firm, [*hits, *bans])
        verdicts, banned = verdicts[: len(hits)], verdicts[len(hits) :]
        self._note(connection, verdicts, mode)
        if may_give_back and verdicts:
            _note_times(firm, verdicts)
        for each in asked:
            if each not in firm:
                await self._hit_shadow(each, connection)
        if not all(verdict.allowed for verdict in banned):
            self._tell("limited", firm, connection)
            raise refuse_banned(banned, self.fields(connection))
        refusing = _find_refusing(firm, verdicts)
        if refusing:
            self._tell("limited", refusing, connection)
            await self._note_violations(refusing, mode)
            raise refuse(verdicts, self.fields(connection), self.jitter())
        if mode is None:
            self._tell("allowed", firm, connection)
        return mode

    async def _hit(
        self, connection: Connection, asked: Sequence[Asked], hits: Sequence[Hit]
    ) -> tuple[list[Verdict], Mode | None]:
        if not hits:
            return [], None
        try:
            return await self._store.hit(hits), None
        except StoreUnavailableError as error:
            self._tell("error", asked, connection)
            if self._allows:
                return [], "allow"
            if self._local is not None:
                return self._local.hit(hits), "local"
            raise Problem(503, _UNAVAILABLE, headers={"Retry-After": "1"}) from error

    async def _call(self, mode: Mode | None, method: str, hits: Sequence[Hit]) -> Any:  # noqa: ANN401
        """What a method of the store gives that counted a request; None where it cannot."""
        if not hits or mode == "allow":
            return None
        if mode == "local" and self._local is not None:
            return getattr(self._local, method)(hits)
        try:
            return await getattr(self._store, method)(hits)
        except StoreUnavailableError:
            return None  # The guard has logged it.

    async def _note_violations(self, refusing: Sequence[Asked], mode: Mode | None) -> None:
        """Count a violation of each rule with a ban; who has had as many as may be is banned."""
        for each in refusing:
            if each.violation is None or each.banned is None:
                continue
            verdicts: list[Verdict] | None = await self._call(mode, "hit", [each.violation])
            if verdicts and not verdicts[0].remaining:
                await self._call(mode, "charge", [each.banned._replace(cost=1)])

    async def _hit_shadow(self, asked: Asked, connection: Connection) -> None:
        try:
            verdicts = await self._store.hit(asked.hits)
        except StoreUnavailableError:
            asked.hits.clear()
            self._tell("error", [asked], connection)
            return
        if all(verdict.allowed for verdict in verdicts):
            _note_times([asked], verdicts)
            return
        asked.hits.clear()  # None was counted, so none is given back.
        logger.warning("a rate limit in its shadow would refuse: %s", asked.rule)
        self._tell("shadow", [asked], connection)

    async def _settle(
        self, asked: Sequence[Asked], mode: Mode | None, req: Connection, resp: Response
    ) -> None:
        """Charge what is known now that it is answered, and give back what does not count."""
        hits: list[Hit] = []
        for each in asked:
            rule = each.rule
            if rule.when is not None and not await ask_program("when", True, rule.when, req, resp):
                hits += [hit.back(hit.at) for hit in each.hits]
            elif rule.charge is not None:
                cost = await ask_program("charge", 0, rule.charge, req, resp)
                more = [hit._replace(cost=cost * hit.limit.cost, at=None) for hit in each.hits]
                hits += more if cost else ()
        await self._call(mode, "charge", hits)

    def jitter(self) -> float:
        """The seconds that are added to Retry-After."""
        return self._jitter * random() if self._jitter else 0.0  # noqa: S311 - no secret

    async def _leave(self, key: str) -> None:
        self._turnstile.leave(key)

    def _tell(self, outcome: Outcome, asked: Sequence[Asked], connection: Connection) -> None:
        if self._observe is None:
            return
        try:
            for each in asked:
                self._observe(outcome, each.rule, connection)
        except Exception:
            logger.exception("observe= of rate limits failed: %r", self._observe)

    def _note(self, connection: Connection, verdicts: Sequence[Verdict], mode: Mode | None) -> None:
        """Keep what is told of the limits of a request, of which there may be several checks."""
        told: list[Any] = connection.scope.setdefault(_TOLD, [[], None])
        told[0] += verdicts
        told[1] = mode or told[1]

    def fields(self, connection: Connection, *more: Verdict) -> dict[str, str]:
        """The header fields of an answer, for all that was counted for its request so far."""
        verdicts, mode = connection.scope.get(_TOLD, ([], None))
        fields = write_fields([*verdicts, *more], self.headers)
        if mode is not None:
            fields[_MODE] = mode
        return fields


def _note_times(asked: Sequence[Asked], verdicts: Sequence[Verdict]) -> None:
    """Note when each hit was counted, so that this is given back and nothing else."""
    told = iter(verdicts)
    for each in asked:
        each.hits[:] = [hit._replace(at=next(told).at) for hit in each.hits]


def _find_refusing(asked: Sequence[Asked], verdicts: Sequence[Verdict]) -> list[Asked]:
    """Those that refuse a request; the verdicts are those of all hits, in their order."""
    found: list[Asked] = []
    at = 0
    for each in asked:
        own = verdicts[at : at + len(each.hits)]
        at += len(each.hits)
        if not all(verdict.allowed for verdict in own):
            found.append(each)
    return found
