"""The breaker: whether it is worth asking what has failed several times in a row."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Breaker:
    """Says whether to ask a service: not for a while, after failures in a row.

    Then one call is let through, and decides for all::

        breaker = Breaker()
        if breaker.allows():
            try:
                answer = ask()
            except OSError:
                breaker.fail()
            else:
                breaker.succeed()

    Args:
        failures: how many in a row.
        pause: for how many seconds.
        clock: the time in seconds.

    Attributes:
        count: the failures in a row so far.
    """

    def __init__(
        self,
        *,
        failures: int = 3,
        pause: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._pause = pause
        self._clock = clock
        self.count: int = 0
        self._until = 0.0
        self._lock = Lock()

    def allows(self) -> bool:
        """Whether a call may be made."""
        if self.count < self._most:
            return True
        now = self._clock()
        with self._lock:
            if now < self._until:
                return False
            self._until = now + self._pause  # The others wait for what becomes of this one.
            return True

    def succeed(self) -> bool:
        """Note a call that went well; whether calls were refused before."""
        if not self.count:
            return False
        with self._lock:
            was_open = self.count >= self._most
            self.count = 0
            return was_open

    def fail(self) -> bool:
        """Note a call that failed; whether calls are refused from now on, as they were not."""
        with self._lock:
            self.count += 1
            self._until = self._clock() + self._pause
            return self.count == self._most
