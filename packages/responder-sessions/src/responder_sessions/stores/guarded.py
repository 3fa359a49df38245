"""Guarded stores: a store that fails quickly while it cannot be reached."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from responder_core.stores.guard import Guard
from responder_sessions.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.stores.breaker import Breaker
    from responder_sessions.stores.store import Change, Record, Saved, Store

logger: logging.Logger = logging.getLogger("responder.sessions")


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
        self.inner = inner
        self._guard = Guard(
            "the session store",
            logger,
            StoreUnavailableError,
            timeout=timeout,
            never_waits=getattr(inner, "never_waits", False),
            breaker=breaker,
        )
        load_now: Callable[[str], Record | None] | None = getattr(inner, "load_now", None)
        self.load_now: Callable[[str], Record | None] | None = None
        if load_now is not None:
            self.load_now = lambda key: self._guard.call_now(partial(load_now, key))

    async def load(self, key: str) -> Record | None:
        """As ``Store.load()``."""
        return await self._guard.call(lambda: self.inner.load(key))

    async def save(self, key: str, change: Change) -> Saved:
        """As ``Store.save()``."""
        return await self._guard.call(lambda: self.inner.save(key, change))

    async def rotate(self, key: str, new_key: str, change: Change, grace: float) -> bool:
        """As ``Store.rotate()``."""
        return await self._guard.call(lambda: self.inner.rotate(key, new_key, change, grace))

    async def delete(self, key: str) -> None:
        """As ``Store.delete()``."""
        await self._guard.call(lambda: self.inner.delete(key))

    async def find(self, principal: str | None = None) -> list[Record]:
        """As ``Store.find()``; as long as it takes."""
        return await self._guard.wait(self.inner.find(principal))

    async def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``; as long as it takes."""
        return await self._guard.wait(self.inner.clear(expired=expired))

    async def close(self) -> None:
        """As ``Store.close()``."""
        await self.inner.close()
