"""Guarded stores: a store that fails quickly while it cannot be reached."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from responder_core.stores.guard import Guard
from responder_ratelimit.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_core.stores.breaker import Breaker
    from responder_ratelimit.algorithms import Verdict
    from responder_ratelimit.stores.store import Hit, Store

logger: logging.Logger = logging.getLogger("responder.ratelimit")


class GuardedStore:
    """A store whose calls end in time, and are not made while it does not answer.

    Args:
        inner: the store.
        timeout: the seconds that a call may take.
        breaker: what refuses calls; None for one of its own.

    Raises:
        ValueError: the time is none.
    """

    def __init__(self, inner: Store, *, timeout: float, breaker: Breaker | None = None) -> None:
        self.inner = inner
        self._guard = Guard(
            "the store of rate limits",
            logger,
            StoreUnavailableError,
            timeout=timeout,
            breaker=breaker,
        )

    async def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``."""
        return await self._guard.call(lambda: self.inner.hit(hits))

    async def charge(self, hits: Sequence[Hit]) -> None:
        """As ``Store.charge()``."""
        await self._guard.call(lambda: self.inner.charge(hits))

    async def reset(self, hits: Sequence[Hit]) -> None:
        """As ``Store.reset()``."""
        await self._guard.call(lambda: self.inner.reset(hits))

    async def close(self) -> None:
        """As ``Store.close()``."""
        await self.inner.close()
