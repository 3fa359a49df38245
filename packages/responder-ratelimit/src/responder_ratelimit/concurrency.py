"""Concurrency: how many requests of one client are answered at the same time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from responder_core.threads import find_waker
from responder_ratelimit.errors import LimitError

if TYPE_CHECKING:
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


class _Turn:
    """Who waits for a place: on an event loop of its own, as an app may be served on several.

    Attributes:
        is_called: whether it has a place.
    """

    __slots__ = ("_event", "_wake", "is_called")

    def __init__(self) -> None:
        from anyio import Event

        self._event = Event()
        self._wake = find_waker()
        self.is_called = False

    async def wait(self) -> None:
        """Wait for a place."""
        await self._event.wait()

    def call(self) -> bool:
        """Give it a place; whether its event loop is still there."""
        try:
            self._wake(self._event.set)
        except RuntimeError:
            return False
        self.is_called = True
        return True


class Turnstile:
    """The places of clients: who has one, and who waits for one, in turn.

    Nothing is kept of a client that has none and waits for none.
    """

    def __init__(self) -> None:
        # For the two tables together.
        self._lock = Lock()
        self._taken: dict[str, int] = {}
        self._waiting: dict[str, deque[_Turn]] = {}

    def __len__(self) -> int:
        return len(self._taken) + len(self._waiting)

    async def enter(self, key: str, places: Concurrency) -> bool:
        """Take a place, now or when one is free; whether that was so in time."""
        with self._lock:
            taken = self._taken.get(key, 0)
            if taken < places.requests:
                self._taken[key] = taken + 1
                return True
            if len(self._waiting.get(key, ())) >= places.queue:
                return False
            turn = _Turn()
            self._waiting.setdefault(key, deque()).append(turn)
        return await self._wait(key, turn, places.wait)

    async def _wait(self, key: str, turn: _Turn, seconds: float) -> bool:
        from anyio import move_on_after

        try:
            with move_on_after(seconds):
                await turn.wait()
        except BaseException:
            if not self._give_up(key, turn):
                self.leave(key)  # The place came as it was given up.
            raise
        return not self._give_up(key, turn)

    def _give_up(self, key: str, turn: _Turn) -> bool:
        """Wait no more; False for who has a place by now."""
        with self._lock:
            if turn.is_called:
                return False
            line = self._waiting.get(key)
            # It is gone where its event loop did not answer.
            if line is not None and turn in line:
                line.remove(turn)
                if not line:
                    del self._waiting[key]
            return True

    def leave(self, key: str) -> None:
        """Leave a place to who waits longest."""
        with self._lock:
            if key in self._waiting and self._call_next(key):
                return
            left = self._taken[key] - 1
            if left:
                self._taken[key] = left
            else:
                del self._taken[key]

    def _call_next(self, key: str) -> bool:
        """Give a place to the next in line; whether there is one."""
        line = self._waiting[key]
        is_called = False
        while line and not is_called:
            is_called = line.popleft().call()
        if not line:
            del self._waiting[key]
        return is_called
