"""Guarded stores: a store that fails quickly while it cannot be reached."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from anyio import fail_after

from responder_core.breaker import Breaker
from responder_ratelimit.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from responder_ratelimit.algorithms import Verdict
    from responder_ratelimit.stores.store import Hit, Store

    T = TypeVar("T")

logger = logging.getLogger("responder.ratelimit")


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
        if not timeout > 0:
            msg = f"store_timeout= takes seconds above 0, not {timeout!r}"
            raise ValueError(msg)
        self.inner = inner
        self._timeout = timeout
        self._breaker = breaker or Breaker()

    async def _call(self, function: Callable[[], Awaitable[T]]) -> T:
        if not self._breaker.allows():
            raise StoreUnavailableError
        try:
            with fail_after(self._timeout):
                result = await function()
        except Exception as error:
            if self._breaker.fail():
                logger.error("the store of rate limits does not answer: %r", error)  # noqa: TRY400
            elif self._breaker.count == 1:
                logger.warning("a call of the store of rate limits failed: %r", error)
            raise StoreUnavailableError from error
        if self._breaker.succeed():
            logger.warning("the store of rate limits answers again")
        return result

    async def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``."""
        return await self._call(lambda: self.inner.hit(hits))

    async def charge(self, hits: Sequence[Hit]) -> None:
        """As ``Store.charge()``."""
        await self._call(lambda: self.inner.charge(hits))

    async def reset(self, hits: Sequence[Hit]) -> None:
        """As ``Store.reset()``."""
        await self._call(lambda: self.inner.reset(hits))

    async def close(self) -> None:
        """As ``Store.close()``."""
        await self.inner.close()
