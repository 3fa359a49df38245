"""Sessions; ``responder_sessions`` documents them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder.former import refuse_names
from responder_sessions import (
    MemoryStore,
    RedisStore,
    SecretKeyError,
    Session,
    Sessions,
    SQLiteStore,
    Store,
)

if TYPE_CHECKING:
    from responder.messages import Request

MemorySessionBackend = MemoryStore
"""What older programs call it."""
RedisSessionBackend = AsyncRedisSessionBackend = RedisStore
"""As above."""
SessionConfigError = SecretKeyError
"""As above."""

__all__ = [
    "AsyncRedisSessionBackend",
    "MemorySessionBackend",
    "MemoryStore",
    "RedisSessionBackend",
    "RedisStore",
    "SQLiteStore",
    "SecretKeyError",
    "Session",
    "SessionConfigError",
    "Sessions",
    "Store",
    "regenerate_session",
]


def regenerate_session(req: Request) -> None:
    """Give the session another id, as ``req.session.rotate()`` does."""
    req.session.rotate()


_STORE = "session_backend= takes what has the methods of responder_sessions.Store"

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__,
        {
            "AsyncSessionBackend": _STORE,
            "JSONSessionSerializer": "sessions hold what JSON can, with dates, UUIDs and bytes",
            "ServerSessionMiddleware": "API(session_backend=...) keeps sessions in a store",
            "SessionBackend": _STORE,
            "resolve_secret_key": "API(secret_key=...), or RESPONDER_SECRET_KEY",
        },
    )
