"""Concurrency: how many requests of one client are answered at the same time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from responder_ratelimit.errors import LimitError

if TYPE_CHECKING:
    from anyio import Event

    from responder_ratelimit.keys import Key


@dataclass(frozen=True, slots=True)
class Concurrency:
    """So many requests at once, the others wait: ``rate_limit=["9/second", Concurrency(2)]``.

    A request holds its place until its answer is sent, a WebSocket until it is closed. It is
    counted in each process by itself, whatever the store.

    Attributes:
        requests: how many at once.
        queue: how many may wait; the others are refused with 429.
        wait: for how many seconds.
        key: who is counted, a function of the request; the limiter's unless given.
        name: routes of one name share their places; without it each has its own.

    Raises:
        LimitError: a number cannot work.
    """

    requests: int
    queue: int = 0
    wait: float = 5.0
    key: Key | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        for name, least in (("requests", 1), ("queue", 0)):
            value: object = getattr(self, name)
            if type(value) is not int or value < least:
                msg = f"Concurrency({name}=) is {least} or more, not {value!r}"
                raise LimitError(msg)
        if not 0 < self.wait < 1e9:
            msg = f"Concurrency(wait=) takes seconds above 0, not {self.wait!r}"
            raise LimitError(msg)

    def named(self, name: str) -> Concurrency:
        """The same, whose routes share their places by a name."""
        return replace(self, name=name)

    def __str__(self) -> str:
        queue = f", {self.queue} more wait" * bool(self.queue)
        return f"{self.requests} at once{queue}" + f" ({self.name})" * bool(self.name)


class Turnstile:
    """The places of clients: who has one, and who waits for one, in turn.

    Nothing is kept of a client that has none and waits for none.
    """

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}
        self._waiting: dict[str, deque[Event]] = {}

    def __len__(self) -> int:
        return len(self._taken) + len(self._waiting)

    async def enter(self, key: str, places: Concurrency) -> bool:
        """Take a place, now or when one is free; whether that was so in time."""
        taken = self._taken.get(key, 0)
        if taken < places.requests:
            self._taken[key] = taken + 1
            return True
        line = self._waiting.get(key, ())
        if len(line) >= places.queue:
            return False
        return await self._wait(key, places.wait)

    async def _wait(self, key: str, seconds: float) -> bool:
        from anyio import Event, move_on_after

        turn = Event()
        line = self._waiting.setdefault(key, deque())
        line.append(turn)
        try:
            with move_on_after(seconds):
                await turn.wait()
        except BaseException:
            if turn.is_set():
                self.leave(key)  # The place came as it was given up.
            raise
        finally:
            if not turn.is_set():
                line.remove(turn)
                self._forget(key, line)
        return turn.is_set()

    def leave(self, key: str) -> None:
        """Leave a place to who waits longest."""
        line = self._waiting.get(key)
        if line:
            line.popleft().set()
            self._forget(key, line)
            return
        left = self._taken[key] - 1
        if left:
            self._taken[key] = left
        else:
            del self._taken[key]

    def _forget(self, key: str, line: deque[Event]) -> None:
        if not line and self._waiting.get(key) is line:
            del self._waiting[key]
