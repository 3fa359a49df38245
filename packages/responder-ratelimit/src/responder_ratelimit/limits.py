"""Limits: how many requests in how much time, as values that can be read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias, cast

from responder_ratelimit.errors import LimitError

Algorithm: TypeAlias = Literal["gcra", "sliding-window", "fixed-window", "token-bucket"]
"""How requests are counted; ``responder_ratelimit.algorithms`` says what each admits."""

ALGORITHMS: tuple[Algorithm, ...] = ("gcra", "sliding-window", "fixed-window", "token-bucket")
MICROSECONDS = 1_000_000
"""How many ticks a second has: time is counted in whole ones, so that nothing is rounded."""

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_SHORT = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day"}
_RATE = re.compile(r"(\d+) ?(?:/|per ) ?(?:(\d+(?:\.\d+)?) ?)?([a-z]+)", re.ASCII)
_BURST = re.compile(r"burst (\d+)", re.ASCII)
_COST = re.compile(r"cost (\d+)", re.ASCII)
_RIGHT = "write it as '100/minute', '10/second; burst 20' or '10/second; 1000/hour'"


@dataclass(frozen=True, slots=True, init=False)
class Limit:
    """So many requests in a period: ``Limit("100/minute")``, ``Limit(requests=100, period=60)``.

    ``Limit("10/second; burst 20")`` lets 20 come at once, and 10 a second in the long run.
    Limits that are equal are one value; ``str(limit)`` is what ``Limit()`` reads.

    Args:
        text: the limit in words.
        requests: how many, 1 or more.
        period: in how many seconds.
        burst: how many at once, *requests* unless given; windows have none.
        cost: how much one request counts for.
        algorithm: how they are counted.
        name: what the limit is called in header fields, in printable ASCII.

    Raises:
        LimitError: it cannot be read, or cannot work; the message shows a right one.
    """

    requests: int
    period: float
    burst: int
    cost: int
    algorithm: Algorithm
    name: str | None
    # Whole ticks, which requests are counted in.
    ticks: int = field(compare=False, repr=False)
    _hash: int = field(compare=False, repr=False)

    def __init__(
        self,
        text: str | None = None,
        *,
        requests: int | None = None,
        period: float | None = None,
        burst: int | None = None,
        cost: int = 1,
        algorithm: Algorithm | None = None,
        name: str | None = None,
    ) -> None:
        if text is not None:
            if requests is not None or period is not None:
                msg = f"Limit({text!r}) has requests and period already; give one or the other"
                raise LimitError(msg)
            found = _read(text)
            if len(found) > 1:
                msg = f"{text!r} is several limits; give each a Limit() of its own, or the text"
                raise LimitError(msg)
            requests, period, said_burst, said_algorithm, said_cost = found[0]
            burst = said_burst if burst is None else burst
            cost = said_cost if cost == 1 and said_cost is not None else cost
            algorithm = said_algorithm if algorithm is None else algorithm
        if requests is None or period is None:
            msg = f"a limit has requests and a period; {_RIGHT}"
            raise LimitError(msg)
        _check_count("requests", requests)
        _check_count("cost", cost)
        if name is not None and not (name.isascii() and name.isprintable() and name):
            msg = f"the name of a limit is printable ASCII, as it is sent, not {name!r}"
            raise LimitError(msg)
        if algorithm is not None and algorithm not in ALGORITHMS:
            msg = f"there is no algorithm {algorithm!r}; there are {', '.join(ALGORITHMS)}"
            raise LimitError(msg)
        algorithm = algorithm or "gcra"
        if burst is not None:
            _check_count("burst", burst)
            if algorithm.endswith("window"):
                msg = f"a {algorithm} has no burst; it admits all of its requests at once"
                raise LimitError(msg)
        ticks = _count_ticks(period)
        for key, value in {
            "requests": requests,
            "period": period,
            "burst": requests if burst is None else burst,
            "cost": cost,
            "algorithm": algorithm,
            "name": name,
            "ticks": ticks,
        }.items():
            object.__setattr__(self, key, value)
        values = requests, period, self.burst, cost, algorithm, name
        object.__setattr__(self, "_hash", hash(values))

    def __hash__(self) -> int:
        return self._hash  # Counts are looked up by it, for each request.

    def __str__(self) -> str:
        unit = next((unit for unit in _UNITS if _UNITS[unit] == self.period), None)
        seconds = f"{self.ticks / MICROSECONDS:.6f}".rstrip("0").rstrip(".")
        rate = f"{self.requests}/{unit or f'{seconds} second'}"
        burst = f"; burst {self.burst}" if self.burst != self.requests else ""
        cost = f"; cost {self.cost}" if self.cost != 1 else ""
        algorithm = f"; {self.algorithm}" if self.algorithm != "gcra" else ""
        return rate + burst + cost + algorithm

    @property
    def identity(self) -> str:
        """What tells it from every other limit, for stores whose keys are text."""
        return f"{self}\n{self.name or ''}"

    @property
    def horizon(self) -> int:
        """After how many ticks nothing is left of what was counted."""
        if self.algorithm.endswith("window"):
            return self.ticks
        return -(-self.burst * self.ticks // self.requests)

    @property
    def window(self) -> float:
        """The seconds in which *burst* requests are admitted, for header fields."""
        return self.horizon / MICROSECONDS


Limits: TypeAlias = "str | Limit | Iterable[str | Limit]"
"""One limit or several: ``"10/second; 1000/hour"``, ``[Limit("10/second"), "1000/hour"]``."""


def read_limits(given: Limits) -> tuple[Limit, ...]:
    """The limits that are meant: ``read_limits("10/second; 1000/hour")`` → two of them.

    Raises:
        LimitError: one cannot be read, or cannot work; or there is none.
        TypeError: it is no limit.
    """
    if isinstance(given, Limit):
        return (given,)
    if isinstance(given, str):
        return _read_text(given)
    candidate = cast("object", given)
    if not isinstance(candidate, Iterable):
        msg = f"a limit is text or a Limit, not {given!r}; {_RIGHT}"
        raise TypeError(msg)
    found: list[Limit] = []
    for each in cast("Iterable[object]", candidate):
        if not isinstance(each, (str, Limit)):
            msg = f"a limit is text or a Limit, not {each!r}; {_RIGHT}"
            raise TypeError(msg)
        found += read_limits(each)
    if not found:
        msg = f"there is no limit in {given!r}; {_RIGHT}"
        raise LimitError(msg)
    return tuple(found)


@lru_cache(maxsize=1024)
def _read_text(text: str) -> tuple[Limit, ...]:
    """The limits in a text; plans give the same few for each request."""
    return tuple(
        Limit(
            requests=requests,
            period=period,
            burst=burst,
            cost=1 if cost is None else cost,
            algorithm=algorithm,
        )
        for requests, period, burst, algorithm, cost in _read(text)
    )


_Read: TypeAlias = "tuple[int, float, int | None, Algorithm | None, int | None]"


def _read(text: str) -> list[_Read]:
    """Requests, period, burst, algorithm and cost of each limit in a text.

    Raises:
        LimitError: it is none.
    """
    found: list[_Read] = []
    for part in re.split("[;,]", text):
        words = " ".join(part.lower().split())
        requests, period, burst, algorithm, cost = (
            found[-1] if found else (0, 0.0, None, None, None)
        )
        said, costs = _BURST.fullmatch(words), _COST.fullmatch(words)
        if found and said is not None and burst is None:
            found[-1] = requests, period, int(said[1]), algorithm, cost
        elif found and costs is not None and cost is None:
            found[-1] = requests, period, burst, algorithm, int(costs[1])
        elif found and words in ALGORITHMS and algorithm is None:
            found[-1] = requests, period, burst, words, cost
        else:
            found.append(_read_rate(words, text))
    return found


def _read_rate(words: str, text: str) -> _Read:
    rate = _RATE.fullmatch(words)
    if rate is None:
        part = f" in {text!r}" if words != text else ""
        msg = f"{words!r}{part} is no limit; {_RIGHT}"
        raise LimitError(msg)
    requests, count, word = rate.groups()
    unit = _SHORT.get(word, word.removesuffix("s"))
    if unit not in _UNITS:
        msg = f"{word!r} in {text!r} is no unit; take {', '.join(_UNITS)}: '{requests}/minute'"
        raise LimitError(msg)
    return int(requests), float(count or 1) * _UNITS[unit], None, None, None


def _check_count(name: str, value: object) -> None:
    if type(value) is not int or value < 1:
        msg = f"{name} of a limit is a whole number, 1 or more, not {value!r}"
        raise LimitError(msg)


def _count_ticks(period: object) -> int:
    if isinstance(period, (int, float)) and not isinstance(period, bool):
        ticks = round(period * MICROSECONDS) if 0 < period < 1e10 else 0
        if ticks >= 1:
            return ticks
    msg = f"the period of a limit is in seconds, above 0, not {period!r}; {_RIGHT}"
    raise LimitError(msg)
