"""Tables: what is kept for each client of one limit, in little memory, for two of its horizons."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from responder_ratelimit.algorithms import COUNTING, NEVER, charge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responder_ratelimit.algorithms import State
    from responder_ratelimit.limits import Limit

_SHARDS = 256
_FIRST = 8
_EMPTY = 0
_MOST = 2**63 - 1
"""The greatest number of an ``array("q")``."""


class Shard:
    """Numbers by number: open addressing in two arrays, 16 bytes for each place.

    A million in dictionaries would take a hundred megabytes.
    """

    __slots__ = ("count", "crowded_until", "keys", "mask", "values")

    def __init__(self, size: int = _FIRST) -> None:
        self.mask: int = size - 1
        self.count: int = 0
        self.crowded_until: int = -_MOST
        self.keys: array[int] = array("Q", bytes(8 * size))
        self.values: array[int] = array("q", bytes(8 * size))

    def find(self, key: int) -> int:
        """The place of a key, or the empty one where it belongs."""
        keys, mask = self.keys, self.mask
        place = key & mask
        while True:
            found = keys[place]
            if found in (key, _EMPTY):
                return place
            place = (place + 1) & mask

    def put(self, place: int, key: int, value: int) -> None:
        """Keep a value at the place that ``find()`` gave."""
        if self.keys[place] == _EMPTY:
            self.keys[place] = key
            self.count += 1
            self.values[place] = value
            if 3 * self.count > 2 * self.mask:
                self._grow()
        else:
            self.values[place] = value

    def _grow(self) -> None:
        whole = Shard(2 * (self.mask + 1))
        for key, value in self.items():
            whole.put(whole.find(key), key, value)
        self.keys, self.values, self.mask = whole.keys, whole.values, whole.mask

    def items(self) -> Iterator[tuple[int, int]]:
        """Every key with its value."""
        return ((key, value) for key, value in zip(self.keys, self.values, strict=True) if key)


class Generation:
    """What was counted within one horizon, in shards, so that none takes long to grow.

    Attributes:
        start: when it began, in ticks.
        base: what is kept is the difference to this, which is a small number.
    """

    __slots__ = ("base", "shards", "start")

    def __init__(self, start: int, limit: Limit) -> None:
        self.start: int = start
        self.base: int = start * limit.requests
        self.shards: list[Shard | None] = [None] * _SHARDS

    def __len__(self) -> int:
        return sum(shard.count for shard in self.shards if shard is not None)


class CompactTable:
    """The debts of clients by GCRA: a number each.

    What was counted is over after one horizon. So there are two generations, and whoever comes
    after a horizon drops the older one: nobody has to look for what is over.

    Args:
        limit: the limit.
        most: how many clients one generation keeps. Where all of a shard are refused at the
            moment, none of them is forgotten: who comes new then shares a count with others.
    """

    def __init__(self, limit: Limit, most: int) -> None:
        self._limit = limit
        self._horizon = limit.horizon
        self._requests = limit.requests
        self._ticks = limit.ticks
        self._full = limit.burst * limit.ticks
        self._most = max(_FIRST, most // _SHARDS)
        self._young = Generation(-_MOST, limit)
        self._old = self._young
        # Debts that no request could make, by who was charged afterwards.
        self._overdue: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old) + len(self._overdue)

    def advance(self, now: int) -> None:
        """Drop what is over."""
        since = now - self._young.start
        if since < self._horizon:
            return
        is_over = since >= 2 * self._horizon
        self._old = Generation(now, self._limit) if is_over else self._young
        self._young = Generation(now, self._limit)
        if self._overdue:
            time = self._young.base
            self._overdue = {key: debt for key, debt in self._overdue.items() if debt > time}

    def decide(self, key: int, now: int, cost: int) -> tuple[int, int]:
        """Count a request, unless it is refused: the ticks to wait, and the debt in the end.

        It does what ``place()``, ``get()``, ``put()`` and the functions of GCRA do, in one, as
        every request asks for it; with times since the generation began, as each operation on
        a number takes the longer the greater it is.
        """
        young, number = self._young, key >> 56
        since = now - young.start
        if since >= self._horizon:
            self.advance(now)
            young, since = self._young, 0
        shard = young.shards[number]
        if shard is None:
            shard = young.shards[number] = Shard()
        keys, mask = shard.keys, shard.mask
        place = key & mask
        while (found := keys[place]) != key and found:
            place = (place + 1) & mask
        if self._overdue or (not found and shard.count >= self._most):
            return self._decide_slowly(key, now, cost)
        state = time = since * self._requests
        if found:
            state = shard.values[place]
        else:
            old = self._old.shards[number]
            if old is not None:
                at = old.find(key)
                if old.keys[at]:
                    state = old.values[at] + self._old.base - young.base
        debt = own = cost * self._ticks
        if state > time:
            debt += state - time
        if debt > self._full:
            wait = debt - self._full
            never = own > self._full
            return (NEVER if never else -(-wait // self._requests)), debt - own
        if found:
            shard.values[place] = time + debt
        else:
            shard.put(place, key, time + debt)
        return 0, debt

    def _decide_slowly(self, key: int, now: int, cost: int) -> tuple[int, int]:
        key = self.place(key, now)
        counting = COUNTING[self._limit.algorithm]
        state = self.get(key)
        wait = counting.wait(self._limit, state, now, cost)
        if not wait:
            state = counting.take(self._limit, state, now, cost)
            self.put(key, state, now)
        return wait, max(0, (state or 0) - now * self._requests)

    def give_back(self, key: int, now: int, cost: int) -> None:
        """Undo what ``decide()`` has counted at this moment."""
        key = self.place(key, now)
        self.put(key, charge(self._limit, self.get(key), now, -cost, now), now)

    def get(self, key: int) -> int | None:
        """The state of a client."""
        if self._overdue:
            state = self._overdue.get(key)
            if state is not None:
                return state
        for generation in (self._young, self._old):
            shard = generation.shards[key >> 56]
            if shard is not None:
                place = shard.find(key)
                if shard.keys[place]:
                    return shard.values[place] + generation.base
        return None

    def put(self, key: int, state: int, now: int) -> None:
        """Keep the state of a client."""
        is_overdue = state > (now + self._horizon) * self._requests
        if is_overdue or self._overdue:
            self._overdue.pop(key, None)
            if is_overdue:
                self._overdue[key] = state
                return
        shard = self._young.shards[key >> 56]
        if shard is None:
            shard = self._young.shards[key >> 56] = Shard()
        shard.put(shard.find(key), key, state - self._young.base)

    def remove(self, key: int) -> None:
        """Forget a client: nothing was counted."""
        self._overdue.pop(key, None)
        for generation in (self._young, self._old):
            shard = generation.shards[key >> 56]
            if shard is not None:
                place = shard.find(key)
                if shard.keys[place]:
                    shard.values[place] = -_MOST

    def place(self, key: int, now: int) -> int:
        """The key that a client is counted by: its own, unless there is no room for it."""
        shard = self._young.shards[key >> 56]
        if shard is None or shard.count < self._most or shard.keys[shard.find(key)]:
            return key
        if (self.get(key) or 0) > now * self._requests:
            return key  # Of the older generation, which it takes its debt along from.
        shared = (key >> 56 << 56) | (key & 0xF) | 0x10
        if now < shard.crowded_until:
            return shared
        time = now * self._requests - self._young.base
        full = time + (self._limit.burst - 1) * self._limit.ticks
        kept = sorted(shard.items(), key=lambda item: item[1])
        live = [(each, value) for each, value in kept if value > time]
        refused = [(each, value) for each, value in live if value > full]
        room = max(len(refused), self._most - self._most // 4)
        if self._most - len(refused) < self._most // 8:
            # Looked at again when more of them may be admitted: to look takes its time.
            shard.crowded_until = now + self._horizon // 16
            return shared
        smaller = Shard(shard.mask + 1)
        for each, value in live[-room:]:
            smaller.put(smaller.find(each), each, value)
        self._young.shards[key >> 56] = smaller
        return key


class StateTable:
    """The states of clients by other algorithms, in dictionaries; else as ``CompactTable``."""

    def __init__(self, limit: Limit, most: int) -> None:
        self._limit = limit
        self._horizon = limit.horizon
        self._left = COUNTING[limit.algorithm].left
        self._most = most
        self._young: dict[int, State] = {}
        self._old: dict[int, State] = {}
        self._overdue: dict[int, State] = {}
        self._turn = -_MOST

    def __len__(self) -> int:
        return len(self._young) + len(self._old) + len(self._overdue)

    def advance(self, now: int) -> None:
        """Drop what is over."""
        if now < self._turn:
            return
        self._old = {} if now >= self._turn + self._horizon else self._young
        self._young = {}
        self._turn = now + self._horizon
        if self._overdue:
            self._overdue = {
                key: state
                for key, state in self._overdue.items()
                if self._left(self._limit, state, now)[1]
            }

    def get(self, key: int) -> State:
        """The state of a client."""
        for states in (self._overdue, self._young, self._old):
            state = states.get(key)
            if state is not None:
                return state
        return None

    def put(self, key: int, state: State, now: int) -> None:
        """Keep the state of a client."""
        self._overdue.pop(key, None)
        is_overdue = self._left(self._limit, state, now)[1] > self._horizon
        (self._overdue if is_overdue else self._young)[key] = state

    def remove(self, key: int) -> None:
        """Forget a client."""
        for states in (self._overdue, self._young, self._old):
            states.pop(key, None)

    def place(self, key: int, now: int) -> int:  # noqa: ARG002 - as CompactTable
        """The key that a client is counted by: its own, unless there is no room for it."""
        if len(self._young) < self._most or self.get(key) is not None:
            return key
        return key & 0xFFF


def make_table(limit: Limit, most: int) -> CompactTable | StateTable:
    """The table for a limit: numbers in arrays where they are small enough."""
    if limit.algorithm == "gcra" and 4 * limit.burst * limit.ticks < _MOST:
        return CompactTable(limit, most)
    return StateTable(limit, most)
