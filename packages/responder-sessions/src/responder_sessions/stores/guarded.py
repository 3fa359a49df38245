"""Guarded stores: a store that fails quickly while it cannot be reached."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from anyio import fail_after

from responder_core.breaker import Breaker
from responder_sessions.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_sessions.stores.store import Change, Record, Saved, Store

    T = TypeVar("T")

logger = logging.getLogger("responder.sessions")


class GuardedStore:
    """A store whose calls end in time, and are not made while it does not answer.

    Args:
        inner: the store.
        timeout: the seconds that a call may take.
        breaker: what refuses calls; None for one of its own.

    Attributes:
        load_now: as that of ``ThreadedStore``.
    """

    def __init__(self, inner: Store, *, timeout: float, breaker: Breaker | None = None) -> None:
        if not timeout > 0:
            msg = f"Sessions: store_timeout= takes seconds above 0, not {timeout!r}"
            raise ValueError(msg)
        self.inner = inner
        self._timeout = timeout
        self._is_timed = not getattr(inner, "never_waits", False)
        self._breaker = breaker or Breaker()
        self._load_now: Callable[[str], Record | None] | None = getattr(inner, "load_now", None)
        self.load_now = None if self._load_now is None else self._load_in_place

    def _load_in_place(self, key: str) -> Record | None:
        if not self._breaker.allows():
            raise StoreUnavailableError
        try:
            record = None if self._load_now is None else self._load_now(key)
        except Exception as error:
            self._note(error)
            raise StoreUnavailableError from error
        self._note(None)
        return record

    async def _call(self, function: Callable[[], Awaitable[T]]) -> T:
        if not self._breaker.allows():
            raise StoreUnavailableError
        try:
            if self._is_timed:
                with fail_after(self._timeout):
                    result = await function()
            else:
                result = await function()
        except Exception as error:
            self._note(error)
            raise StoreUnavailableError from error
        self._note(None)
        return result

    def _note(self, error: Exception | None) -> None:
        """Count a call; the first failure in a row is logged, and what changes."""
        if error is None:
            if self._breaker.succeed():
                logger.warning("the session store answers again")
        elif self._breaker.fail():
            logger.error("the session store does not answer: %r", error)
        elif self._breaker.count == 1:
            # It may be of one session alone, and no others follow it.
            logger.warning("a call of the session store failed: %r", error)

    # ruff: disable[D102]
    async def load(self, key: str) -> Record | None:
        return await self._call(lambda: self.inner.load(key))

    async def save(self, key: str, change: Change) -> Saved:
        return await self._call(lambda: self.inner.save(key, change))

    async def rotate(self, key: str, new_key: str, change: Change, grace: float) -> bool:
        return await self._call(lambda: self.inner.rotate(key, new_key, change, grace))

    async def delete(self, key: str) -> None:
        await self._call(lambda: self.inner.delete(key))

    # ruff: enable[D102]

    async def _wait(self, call: Awaitable[T]) -> T:
        """What people ask for, who wait for an answer."""
        try:
            return await call
        except Exception as error:
            self._note(error)
            raise StoreUnavailableError from error

    async def find(self, principal: str | None = None) -> list[Record]:
        """As ``Store.find()``; as long as it takes."""
        return await self._wait(self.inner.find(principal))

    async def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``; as long as it takes."""
        return await self._wait(self.inner.clear(expired=expired))

    async def close(self) -> None:
        """As ``Store.close()``."""
        await self.inner.close()
