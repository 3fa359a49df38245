"""Turns: one after the other for each key, on whatever event loop, each in a thread of its own."""

from __future__ import annotations

from collections import deque
from contextlib import asynccontextmanager
from threading import Lock
from typing import TYPE_CHECKING

from responder_core.threads import find_waker

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Turns:
    """Locks by their keys, which tasks of several event loops may wait for.

    Those of AnyIO are for one event loop: who is woken from another sleeps on.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        # Who waits for each key that is taken.
        self._waiting: dict[object, deque[_Bell]] = {}

    @asynccontextmanager
    async def take(self, key: object) -> AsyncGenerator[None]:
        """Wait until nobody else has a key, and have it within the block."""
        bell: _Bell | None = None
        with self._lock:
            line = self._waiting.get(key)
            if line is None:
                self._waiting[key] = deque()
            else:
                bell = _Bell()
                line.append(bell)
        if bell is not None:
            await self._wait(key, bell)
        try:
            yield
        finally:
            self._pass_on(key)

    async def _wait(self, key: object, bell: _Bell) -> None:
        try:
            await bell.wait()
        except BaseException:
            with self._lock:
                line = self._waiting.get(key)
                if line is not None and bell in line:
                    line.remove(bell)
            if bell.is_rung:
                self._pass_on(key)  # The turn came as it was given up.
            raise

    def _pass_on(self, key: object) -> None:
        """Call who waits longest."""
        with self._lock:
            line = self._waiting[key]
            while line:
                if line.popleft().ring():
                    return
            del self._waiting[key]


class _Bell:
    """Who waits, on an event loop of its own.

    Attributes:
        is_rung: whether it was rung.
    """

    __slots__ = ("_event", "_wake", "is_rung")

    def __init__(self) -> None:
        from anyio import Event

        self.is_rung: bool = False
        self._event = Event()
        self._wake = find_waker()

    async def wait(self) -> None:
        """Wait until it is rung."""
        await self._event.wait()

    def ring(self) -> bool:
        """Ring it, from whatever thread; whether its event loop is still there."""
        try:
            self._wake(self._event.set)
        except RuntimeError:
            return False
        self.is_rung = True
        return True
