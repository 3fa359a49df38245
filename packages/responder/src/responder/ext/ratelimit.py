"""Rate limits; ``responder_ratelimit`` documents them."""

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
    "Limit",
    "LimitError",
    "MemoryStore",
    "RateLimiter",
    "RateLimits",
    "RedisStore",
    "Rule",
    "SQLiteStore",
    "by_address",
    "by_all",
    "by_header",
]
