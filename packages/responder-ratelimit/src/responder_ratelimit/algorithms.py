"""Algorithms: what a limit admits, as pure functions of a state and a time.

Times are whole microseconds of one clock, and all is counted in whole numbers, so nothing is lost
by rounding. A state is what is kept for one client; None stands for nothing counted yet.

- **gcra** (generic cell rate algorithm, ITU-T I.371 annex A) keeps one number, the time at which
  all that was admitted would be paid off at the even pace of the limit. In any time *t* it admits
  at most ``burst + t * requests / period``, and never refuses what stays within that. So
  ``100/minute`` admits 100 at once, then one each 0.6 seconds.
- **token-bucket** admits the same, told the other way round: *burst* tokens, which come back at
  the even pace.
- **sliding-window** admits at most *requests* in any period, wherever that begins, and keeps the
  time of each.
- **fixed-window** counts from one multiple of the period to the next, so that twice as many can
  come around the turn.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from responder_ratelimit.limits import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_ratelimit.limits import Limit

State: TypeAlias = Any
"""What one algorithm keeps for one client; each function gets what its own ``take()`` gave."""

NEVER = -1
"""What is waited for in vain: it costs more than the limit ever admits."""


class Counting(NamedTuple):
    """The functions of an algorithm.

    Attributes:
        wait: ``wait(limit, state, now, cost)``: the ticks until *cost* is admitted; 0 for now.
        take: ``take(limit, state, now, cost)``: the state once *cost* is counted, whether it is
            admitted or not; a *cost* below 0 gives back what was counted last.
        back: ``back(limit, state, now, cost, at)``: the state once *cost* is given back that was
            counted at the time *at*. Windows give back what is left of that, and nothing else;
            a debt does not tell what it is made of.
        left: ``left(limit, state, now)``: how much is admitted now, and the ticks until nothing
            is left of what was counted.
    """

    wait: Callable[[Limit, State, int, int], int]
    take: Callable[[Limit, State, int, int], State]
    back: Callable[[Limit, State, int, int, int], State]
    left: Callable[[Limit, State, int], tuple[int, int]]


# GCRA: the state is the time in ticks, times the requests of the limit, so that it is whole.


def _gcra_wait(limit: Limit, state: int | None, now: int, cost: int) -> int:
    time = now * limit.requests
    debt = 0 if state is None or state <= time else state - time
    over = debt + (cost - limit.burst) * limit.ticks
    if over <= 0:
        return 0
    return NEVER if cost > limit.burst else -(-over // limit.requests)


def _gcra_take(limit: Limit, state: int | None, now: int, cost: int) -> int:
    time = now * limit.requests
    begin = time if state is None or state < time else state
    return begin + cost * limit.ticks


def _gcra_back(limit: Limit, state: int | None, now: int, cost: int, _at: int) -> int:
    return _gcra_take(limit, state, now, -cost)


def _gcra_left(limit: Limit, state: int | None, now: int) -> tuple[int, int]:
    debt = 0 if state is None else max(0, state - now * limit.requests)
    left = max(0, limit.burst * limit.ticks - debt) // limit.ticks
    return left, -(-debt // limit.requests)


# Token bucket: the state is what is missing, in tokens times ticks, and since when.


def _bucket_missing(limit: Limit, state: tuple[int, int] | None, now: int) -> int:
    if state is None:
        return 0
    missing, since = state
    return max(0, missing - max(0, now - since) * limit.requests)


def _bucket_wait(limit: Limit, state: tuple[int, int] | None, now: int, cost: int) -> int:
    missing = _bucket_missing(limit, state, now)
    over = missing + (cost - limit.burst) * limit.ticks
    if over <= 0:
        return 0
    return NEVER if cost > limit.burst else -(-over // limit.requests)


def _bucket_take(
    limit: Limit, state: tuple[int, int] | None, now: int, cost: int
) -> tuple[int, int]:
    since = now if state is None else max(now, state[1])
    return max(0, _bucket_missing(limit, state, now) + cost * limit.ticks), since


def _bucket_back(
    limit: Limit, state: tuple[int, int] | None, now: int, cost: int, _at: int
) -> tuple[int, int]:
    return _bucket_take(limit, state, now, -cost)


def _bucket_left(limit: Limit, state: tuple[int, int] | None, now: int) -> tuple[int, int]:
    missing = _bucket_missing(limit, state, now)
    left = max(0, limit.burst * limit.ticks - missing) // limit.ticks
    return left, -(-missing // limit.requests)


# Sliding window: the state is the sum, and the times with what each counted, the oldest first.
# It is changed in place; what is over leaves it when it is looked at.

Window: TypeAlias = "tuple[list[int], deque[list[int]]]"


def _sliding_forget(limit: Limit, state: Window, now: int) -> None:
    total, times = state
    while times and times[0][0] <= now - limit.ticks:
        total[0] -= times.popleft()[1]


def _sliding_wait(limit: Limit, state: Window | None, now: int, cost: int) -> int:
    if cost > limit.requests:
        return NEVER
    if state is None:
        return 0
    _sliding_forget(limit, state, now)
    total, times = state
    over = total[0] + cost - limit.requests
    for time, counted in times:
        if over <= 0:
            break
        over -= counted
        if over <= 0:
            return time + limit.ticks - now
    return 0


def _sliding_take(limit: Limit, state: Window | None, now: int, cost: int) -> Window:
    total, times = state = ([0], deque()) if state is None else state
    _sliding_forget(limit, state, now)
    if cost > 0 and times and times[-1][0] >= now:
        times[-1][1] += cost
    elif cost > 0:
        times.append([now, cost])
    while cost < 0 and times:
        back = min(-cost, times[-1][1])
        times[-1][1] -= back
        cost += back
        total[0] -= back
        if not times[-1][1]:
            times.pop()
    total[0] += max(0, cost)
    return state


def _sliding_back(limit: Limit, state: Window | None, now: int, cost: int, at: int) -> Window:
    total, times = state = ([0], deque()) if state is None else state
    _sliding_forget(limit, state, now)
    # From the newest on, as most requests are answered soon.
    for index, entry in enumerate(reversed(times), 1):
        if entry[0] == at:
            back = min(cost, entry[1])
            entry[1] -= back
            total[0] -= back
            if not entry[1]:
                del times[-index]
        if entry[0] <= at:
            break
    return state


def _sliding_left(limit: Limit, state: Window | None, now: int) -> tuple[int, int]:
    if state is None:
        return limit.requests, 0
    _sliding_forget(limit, state, now)
    total, times = state
    ends = times[-1][0] + limit.ticks - now if times else 0
    return max(0, limit.requests - total[0]), ends


# Fixed window: the state is the number of the window, and the count in it.


def _fixed_count(limit: Limit, state: tuple[int, int] | None, now: int) -> int:
    return state[1] if state is not None and state[0] >= now // limit.ticks else 0


def _fixed_wait(limit: Limit, state: tuple[int, int] | None, now: int, cost: int) -> int:
    if cost > limit.requests:
        return NEVER
    if _fixed_count(limit, state, now) + cost <= limit.requests:
        return 0
    return limit.ticks - now % limit.ticks


def _fixed_take(
    limit: Limit, state: tuple[int, int] | None, now: int, cost: int
) -> tuple[int, int]:
    return now // limit.ticks, max(0, _fixed_count(limit, state, now) + cost)


def _fixed_back(
    limit: Limit, state: tuple[int, int] | None, now: int, cost: int, at: int
) -> tuple[int, int]:
    is_over = at // limit.ticks != now // limit.ticks
    return _fixed_take(limit, state, now, 0 if is_over else -cost)


def _fixed_left(limit: Limit, state: tuple[int, int] | None, now: int) -> tuple[int, int]:
    count = _fixed_count(limit, state, now)
    return max(0, limit.requests - count), limit.ticks - now % limit.ticks if count else 0


COUNTING: dict[str, Counting] = {
    "gcra": Counting(_gcra_wait, _gcra_take, _gcra_back, _gcra_left),
    "token-bucket": Counting(_bucket_wait, _bucket_take, _bucket_back, _bucket_left),
    "sliding-window": Counting(_sliding_wait, _sliding_take, _sliding_back, _sliding_left),
    "fixed-window": Counting(_fixed_wait, _fixed_take, _fixed_back, _fixed_left),
}
"""The algorithms by name."""


class Verdict(NamedTuple):
    """What a limit says of a request.

    Attributes:
        limit: the limit.
        allowed: whether it admits the request.
        remaining: how much more it admits now.
        reset_after: the seconds until nothing is left of what was counted.
        retry_after: the seconds until it would admit the request; 0 where it does, infinity
            where it never will.
        at: when it was counted, as the store tells times; None where it does not.
    """

    limit: Limit
    allowed: bool
    remaining: int
    reset_after: float
    retry_after: float
    at: int | None = None


def charge(limit: Limit, state: State, now: int, cost: int, at: int | None) -> State:
    """The state once *cost* is counted, or given back: below 0, what was counted at a time."""
    counting = COUNTING[limit.algorithm]
    if cost < 0 and at is not None:
        return counting.back(limit, state, now, -cost, at)
    return counting.take(limit, state, now, cost)


def set_back(limit: Limit, state: State, now: int, ticks: int) -> State:
    """The state by a clock that was set back to *now*, by so many *ticks*: as if it stood still."""
    if limit.algorithm == "gcra":
        return state - ticks * limit.requests
    if limit.algorithm == "token-bucket":
        missing, since = state
        return missing, since - ticks
    if limit.algorithm == "fixed-window":
        return now // limit.ticks, state[1]
    total, times = state
    return total, deque([time - ticks, counted] for time, counted in times)


def judge(limit: Limit, state: State, now: int, wait: int) -> Verdict:
    """The verdict on a request that has to *wait* so many ticks, beside the state as it is now."""
    left, reset = COUNTING[limit.algorithm].left(limit, state, now)
    retry = float("inf") if wait == NEVER else wait / MICROSECONDS
    return Verdict(limit, not wait, left, reset / MICROSECONDS, retry, now)


def judge_debt(limit: Limit, debt: int, wait: int) -> Verdict:
    """As ``judge()``, from the debt that GCRA has found already."""
    ticks, requests = limit.ticks, limit.requests
    left = (limit.burst * ticks - debt) // ticks
    reset = debt / (requests * MICROSECONDS)
    # By position, as every request has one.
    if not wait:
        return Verdict(limit, True, left, reset, 0.0)
    retry = float("inf") if wait == NEVER else wait / MICROSECONDS
    return Verdict(limit, False, left, reset, retry)
