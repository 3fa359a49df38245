"""Guarded stores: a store that fails quickly while it cannot be reached."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from responder_core.stores.breaker import Breaker
from responder_core.stores.guard import PROGRAM_FAULTS, Guard
from responder_sessions.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_sessions.stores.store import Change, Record, Saved, Store

logger: logging.Logger = logging.getLogger("responder.sessions")


class GuardedStore:
    """A store whose calls end in time, and are not made while it does not answer.

    Args:
        inner: the store.
        timeout: the seconds that a call may take.
        breaker: what refuses calls; None for one of its own.

    Attributes:
        load_now, save_now: as those of ``ThreadedStore``.
    """

    def __init__(self, inner: Store, *, timeout: float, breaker: Breaker | None = None) -> None:
        self.inner = inner
        self._breaker = breaker or Breaker()
        self._guard = Guard(
            "the session store",
            logger,
            StoreUnavailableError,
            timeout=timeout,
            never_waits=getattr(inner, "never_waits", False),
            breaker=self._breaker,
        )
        self.load_now: Callable[[str], Record | None] | None = self._watch_load(
            getattr(inner, "load_now", None)
        )
        self.save_now: Callable[[str, Change], Saved] | None = self._watch_save(
            getattr(inner, "save_now", None)
        )

    def _watch_load(
        self, load: Callable[[str], Record | None] | None
    ) -> Callable[[str], Record | None] | None:
        if load is None:
            return None
        breaker, guard = self._breaker, self._guard

        # As Guard.call_now(), with nothing to ask of it, or to tell it, while all goes well.
        def load_now(key: str) -> Record | None:
            if breaker.count:
                return guard.call_now(partial(load, key))
            try:
                return load(key)
            except PROGRAM_FAULTS:
                raise
            except Exception as error:
                guard.note(error)
                raise StoreUnavailableError from error

        return load_now

    def _watch_save(
        self, save: Callable[[str, Change], Saved] | None
    ) -> Callable[[str, Change], Saved] | None:
        if save is None:
            return None
        breaker, guard = self._breaker, self._guard

        def save_now(key: str, change: Change) -> Saved:
            if breaker.count:
                return guard.call_now(partial(save, key, change))
            try:
                return save(key, change)
            except PROGRAM_FAULTS:
                raise
            except Exception as error:
                guard.note(error)
                raise StoreUnavailableError from error

        return save_now

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
