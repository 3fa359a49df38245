"""The store: what each place that counts are kept in has to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_ratelimit.algorithms import Verdict
    from responder_ratelimit.limits import Limit


class Hit(NamedTuple):
    """What is counted for one client by one limit.

    Attributes:
        key: who, and for what: ``"/login 192.0.2.1"``.
        limit: the limit.
        cost: how much; 0 only looks, and asks whether 1 more would be admitted.
        at: when what is given back was counted, by its verdict; None for the last that was.
    """

    key: str
    limit: Limit
    cost: int
    at: int | None = None

    def back(self, at: int | None) -> Hit:
        """What gives this back, which was counted at a time."""
        return Hit(self.key, self.limit, -self.cost, at)


class Store(Protocol):
    """Where counts are kept. Each method takes one round trip for all that it is given."""

    async def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """Count a request by all of its limits, or by none where one of them refuses it."""
        ...

    async def charge(self, hits: Sequence[Hit]) -> None:
        """Count what has happened already, whether it is admitted or not; below 0 gives back."""
        ...

    async def reset(self, hits: Sequence[Hit]) -> None:
        """Forget what was counted."""
        ...

    async def close(self) -> None:
        """Let go of files and connections; the next call may open them again."""
        ...


class SyncStore(Protocol):
    """A store whose methods are no coroutines: ``Store`` says what they do."""

    def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``."""
        ...

    def charge(self, hits: Sequence[Hit]) -> None:
        """As ``Store.charge()``."""
        ...

    def reset(self, hits: Sequence[Hit]) -> None:
        """As ``Store.reset()``."""
        ...

    def close(self) -> None:
        """As ``Store.close()``."""
        ...


class BatchStore(SyncStore, Protocol):
    """A synchronous store that works through many requests in one go."""

    def hit_each(self, requests: Sequence[Sequence[Hit]]) -> list[list[Verdict]]:
        """What ``hit()`` gives for each of several requests, one after the other."""
        ...
