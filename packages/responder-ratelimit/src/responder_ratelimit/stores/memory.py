"""The memory store: counts in this process, which end with it."""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from math import inf
from threading import Lock
from typing import TYPE_CHECKING

from responder_ratelimit.algorithms import COUNTING, NEVER, Verdict, charge, judge
from responder_ratelimit.limits import MICROSECONDS
from responder_ratelimit.stores.store import Hit
from responder_ratelimit.stores.table import CompactTable, make_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_ratelimit.algorithms import State
    from responder_ratelimit.limits import Limit
    from responder_ratelimit.stores.table import StateTable

_WORD = 2**64 - 1
# Requests between two looks at what other limits have kept.
_LOOK = 256
# The clients whose keys are kept as numbers, as most of them ask again soon.
_KNOWN = 4096


class MemoryStore:
    """Keeps counts in this process, safe from threads: about 40 bytes for each client by GCRA.

    Other algorithms keep more, a sliding window the time of each request. Each limit forgets a
    client after two of its horizons, while requests are counted; there is no thread that does so.
    Clients are kept by a hash of 64 bits, which this process alone knows: of a million, two share
    one with a chance of one in thirty million.

    Args:
        max_keys: how many clients there may be for each limit and horizon. By GCRA, those nearest
            to owing nothing make room for more. Who is refused at the moment is never forgotten
            for that: where nearly all are, and by the other algorithms, those who come new share
            counts.
        clock: the time in seconds, of any clock that does not go back.
    """

    never_waits = True

    def __init__(
        self, *, max_keys: int = 1_000_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if max_keys < 1:
            msg = f"MemoryStore: max_keys= is 1 or more, not {max_keys!r}"
            raise ValueError(msg)
        self._most = max_keys
        self._clock = clock
        self._lock = Lock()
        self._tables: dict[Limit, CompactTable | StateTable] = {}
        self._turns: deque[Limit] = deque()
        self._bound: set[Limit] = set()
        self._known: list[dict[str, int] | dict[str, list[int]]] = []
        self._learned = 0
        self._hits = 0
        self._fresh = 0

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self)} clients>"

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._tables.values()))

    def _table(self, limit: Limit) -> CompactTable | StateTable:
        table = self._tables.get(limit)
        if table is None:
            table = self._tables[limit] = make_table(limit, self._most)
            self._turns.append(limit)
            self._fresh += 1
        return table

    def _look_around(self, now: int) -> None:
        """Drop what is over of some limits, in turn, and those that have nothing left.

        It is done now and then, for more of them while a plan gives ever new ones.
        """
        count, self._fresh = 1 + 2 * self._fresh, 0
        for _ in range(min(count, len(self._turns))):
            limit = self._turns.popleft()
            table = self._tables[limit]
            table.advance(now)
            if len(table) or limit in self._bound:
                self._turns.append(limit)
            else:
                del self._tables[limit]

    def counter(
        self, limit: Limit, name: Callable[[str], str] = str
    ) -> Callable[[str, int], tuple[int, int]]:
        """``hit()`` for one limit by GCRA that is known from the start: ``count(who, cost)``.

        It gives the ticks to wait, and the debt in the end. It is what most requests ask for, so
        the limit is looked up here, and nothing else is made for them. *name* gives the key that
        someone is counted by, always the same; who asks again soon is known without it.
        """
        with self._lock:
            table = self._table(limit)
            self._bound.add(limit)
            known: dict[str, int] = {}
            self._known.append(known)
        if not isinstance(table, CompactTable):
            return partial(self._count, limit, name)
        clock, decide = self._clock, table.decide
        # Called by name, these two take half of what ``with`` takes.
        acquire, release = self._lock.acquire, self._lock.release
        recall, second, left = known.get, float(MICROSECONDS), _LOOK

        def learn(who: str) -> int:
            self._make_room()
            key = known[who] = hash(name(who)) & _WORD or 1
            return key

        def count(who: str, cost: int) -> tuple[int, int]:
            nonlocal left
            now = int(clock() * second)
            acquire()
            try:
                left -= 1
                if self._fresh or not left:
                    left = _LOOK
                    self._look_around(now)
                return decide(recall(who) or learn(who), now, cost)
            finally:
                release()

        return count

    def joint_counter(
        self, hits: Sequence[tuple[Limit, Callable[[str], str]]]
    ) -> Callable[[str], list[int] | None] | None:
        """As ``counter()`` for several limits, each with what names its clients: ``count(who)``.

        It counts what a request costs by each, and gives the debts; or counts nothing, and gives
        None, where one of them refuses it. None in its place where a limit is too large for that.
        """
        with self._lock:
            tables = [self._table(limit) for limit, _ in hits]
            self._bound.update(limit for limit, _ in hits)
            known: dict[str, list[int]] = {}
            self._known.append(known)
        steps = [
            (table, limit.cost)
            for table, (limit, _) in zip(tables, hits, strict=True)
            if isinstance(table, CompactTable)
        ]
        if len(steps) < len(hits):
            return None
        clock, left = self._clock, _LOOK
        acquire, release = self._lock.acquire, self._lock.release

        def learn(who: str) -> list[int]:
            self._make_room()
            keys = known[who] = [hash(name(who)) & _WORD or 1 for _, name in hits]
            return keys

        def count(who: str) -> list[int] | None:
            nonlocal left
            now = int(clock() * MICROSECONDS)
            acquire()
            try:
                left -= 1
                if self._fresh or not left:
                    left = _LOOK
                    self._look_around(now)
                keys = known.get(who) or learn(who)
                debts: list[int] = []
                for at, (table, cost) in enumerate(steps):
                    wait, debt = table.decide(keys[at], now, cost)
                    if wait:
                        for earlier, (counted, its_cost) in enumerate(steps[:at]):
                            counted.give_back(keys[earlier], now, its_cost)
                        return None
                    debts.append(debt)
                return debts
            finally:
                release()

        return count

    def _make_room(self) -> None:
        """Make room for the key of one more client, among those of all limits together."""
        if self._learned >= _KNOWN:
            for known in self._known:
                known.clear()
            self._learned = 0
        self._learned += 1

    def _count(
        self, limit: Limit, name: Callable[[str], str], who: str, cost: int
    ) -> tuple[int, int]:
        (verdict,) = self.hit([Hit(name(who), limit, cost)])
        wait = NEVER if verdict.retry_after == inf else round(verdict.retry_after * MICROSECONDS)
        return wait, round(verdict.reset_after * MICROSECONDS) * limit.requests

    def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``."""
        with self._lock:
            now = int(self._clock() * MICROSECONDS)
            self._hits += 1
            if self._fresh or self._hits % _LOOK == 0:
                self._look_around(now)
            return self._hit_all(hits, now)

    def _hit_all(self, hits: Sequence[Hit], now: int) -> list[Verdict]:
        """Look at all, and count where none refuses it."""
        found: list[tuple[Hit, CompactTable | StateTable, int, State, int]] = []
        for hit in hits:
            table = self._table(hit.limit)
            table.advance(now)
            key = table.place(hash(hit.key) & _WORD or 1, now)
            state = table.get(key)
            wait = COUNTING[hit.limit.algorithm].wait(hit.limit, state, now, hit.cost or 1)
            found.append((hit, table, key, state, wait))
        verdicts: list[Verdict] = []
        counts = not any(wait for *_, wait in found)
        for hit, table, key, before, wait in found:
            state = before
            if counts and hit.cost:
                state = COUNTING[hit.limit.algorithm].take(hit.limit, before, now, hit.cost)
                table.put(key, state, now)
            verdicts.append(judge(hit.limit, state, now, wait))
        return verdicts

    def charge(self, hits: Sequence[Hit]) -> None:
        """As ``Store.charge()``."""
        with self._lock:
            now = int(self._clock() * MICROSECONDS)
            for who, limit, cost, at in hits:
                table = self._table(limit)
                table.advance(now)
                place = table.place(hash(who) & _WORD or 1, now)
                table.put(place, charge(limit, table.get(place), now, cost, at), now)

    def reset(self, hits: Sequence[Hit]) -> None:
        """As ``Store.reset()``."""
        with self._lock:
            for hit in hits:
                table = self._tables.get(hit.limit)
                if table is not None:
                    table.remove(hash(hit.key) & _WORD or 1)

    def close(self) -> None:
        """As ``Store.close()``: there is nothing to let go of."""
