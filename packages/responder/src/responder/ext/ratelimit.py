"""Rate limits; ``responder_ratelimit`` documents them."""

from typing import TYPE_CHECKING

from responder.former import refuse_names
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
    "AsyncRedisBackend",
    "Limit",
    "LimitError",
    "MemoryBackend",
    "MemoryStore",
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

_STORE = "a backend is what has hit(key, max_requests, period); MemoryStore tells more"

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__, {"AsyncRateLimitBackend": _STORE, "RateLimitBackend": _STORE}
    )
