"""The guard: calls of a store end in time, and are not made while it does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from responder_core.stores.breaker import Breaker

if TYPE_CHECKING:
    import logging
    from collections.abc import Awaitable, Callable

    T = TypeVar("T")


PROGRAM_FAULTS = (AttributeError, NameError, NotImplementedError, TypeError, UnicodeError)
"""What no store raises because it cannot be reached."""


class Guard:
    """Calls a store, or says at once that it does not answer.

    ``await guard.call(lambda: store.load(key))``. What changes is logged once, and the first
    failure in a row, which may be of one call alone.

    What the program has done wrong is raised as it is, and is no fault of the store.

    Args:
        what: what is called, for the reader of the log: ``"the session store"``.
        logger: where that is logged.
        unavailable: the exception that stands for every failure; its cause is the failure.
        timeout: the seconds that a call may take.
        never_waits: whether calls are so quick that it costs more to watch the time.
        breaker: what refuses calls; None for one of its own.

    Raises:
        ValueError: the timeout is none.
    """

    def __init__(
        self,
        what: str,
        logger: logging.Logger,
        unavailable: type[Exception],
        *,
        timeout: float,
        never_waits: bool = False,
        breaker: Breaker | None = None,
    ) -> None:
        if not timeout > 0:
            msg = f"store_timeout= takes seconds above 0, not {timeout!r}"
            raise ValueError(msg)
        self._what = what
        self._logger = logger
        self._unavailable = unavailable
        self._timeout = None if never_waits else timeout
        self._breaker = breaker or Breaker()

    async def call(self, function: Callable[[], Awaitable[T]]) -> T:
        """What a coroutine function gives.

        Raises:
            Exception: that of *unavailable*: it failed, took too long, or was not asked.
        """
        if not self._breaker.allows():
            raise self._unavailable
        try:
            if self._timeout is None:
                result = await function()
            else:
                from anyio import fail_after

                with fail_after(self._timeout):
                    result = await function()
        except PROGRAM_FAULTS:
            raise
        except Exception as error:
            self.note(error)
            raise self._unavailable from error
        self.note(None)
        return result

    def call_now(self, function: Callable[[], T]) -> T:
        """As ``call()``, for a function that never waits."""
        if not self._breaker.allows():
            raise self._unavailable
        try:
            result = function()
        except PROGRAM_FAULTS:
            raise
        except Exception as error:
            self.note(error)
            raise self._unavailable from error
        self.note(None)
        return result

    async def wait(self, call: Awaitable[T]) -> T:
        """What a call gives that people wait for: as long as it takes.

        Whether it fails says nothing of those that requests make, which may be of another kind.
        """
        try:
            return await call
        except PROGRAM_FAULTS:
            raise
        except Exception as error:
            self._logger.warning("a call of %s failed: %r", self._what, error)
            raise self._unavailable from error

    def note(self, error: Exception | None) -> None:
        """Count a call that failed, or went well."""
        if error is None:
            if self._breaker.succeed():
                self._logger.warning("%s answers again", self._what)
        elif self._breaker.fail():
            self._logger.error("%s does not answer: %r", self._what, error)
        elif self._breaker.count == 1:
            # It may be of one call alone, and no others follow it.
            self._logger.warning("a call of %s failed: %r", self._what, error)
