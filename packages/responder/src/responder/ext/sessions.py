"""Sessions; ``responder_sessions`` documents them."""

from responder_sessions import (
    MemoryStore,
    RedisStore,
    SecretKeyError,
    Session,
    Sessions,
    SQLiteStore,
    Store,
)

MemorySessionBackend = MemoryStore
"""What older programs call it."""
RedisSessionBackend = AsyncRedisSessionBackend = RedisStore
"""As above."""
SessionConfigError = SecretKeyError
"""As above."""

__all__ = [
    "MemoryStore",
    "RedisStore",
    "SQLiteStore",
    "SecretKeyError",
    "Session",
    "Sessions",
    "Store",
]
