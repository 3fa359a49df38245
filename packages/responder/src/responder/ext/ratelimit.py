"""Rate limits; ``responder_ratelimit`` documents them."""

from typing import Protocol, TypeAlias

from responder_ratelimit import (
    Limit,
    LimitError,
    MemoryStore,
    RateLimiter,
    RateLimits,
    RedisStore,
    Rule,
    SQLiteStore,
    by_address,
    by_all,
    by_header,
)

MemoryBackend = MemoryStore
"""What older programs call it."""
RedisBackend = AsyncRedisBackend = RedisStore
"""As above."""

__all__ = [
    "AsyncRateLimitBackend",
    "AsyncRedisBackend",
    "Limit",
    "LimitError",
    "MemoryBackend",
    "MemoryStore",
    "RateLimitBackend",
    "RateLimiter",
    "RateLimits",
    "RedisBackend",
    "RedisStore",
    "Rule",
    "SQLiteStore",
    "by_address",
    "by_all",
    "by_header",
]


Answer: TypeAlias = "tuple[bool, int] | tuple[bool, int, float]"
"""Whether a request is admitted, how many more are, and the seconds until it begins anew."""


class RateLimitBackend(Protocol):
    """What older programs count in, and give as ``backend=``."""

    def hit(self, key: str, max_requests: int, period: float) -> Answer:
        """Count a request in a *period* of seconds."""
        ...


class AsyncRateLimitBackend(Protocol):
    """The same without threads."""

    async def ahit(self, key: str, max_requests: int, period: float) -> Answer:
        """As ``RateLimitBackend.hit()``."""
        ...
