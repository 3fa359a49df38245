"""The choice of a store: by a name, by a URL, or an object as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from responder_sessions.stores.threaded import adapt

if TYPE_CHECKING:
    from responder_sessions.stores.store import Store, SyncStore

SQLITE_FILE = "sessions.sqlite3"
"""Where ``"sqlite"`` keeps sessions: in the directory that the program was started in."""

_NETWORK = {"redis", "rediss", "unix", "valkey", "valkeys"}
_POSTGRES = {"postgres", "postgresql"}


def choose_store(wanted: str | Store | SyncStore) -> Store:
    """The store that is meant by ``"memory"``, ``"sqlite"``, a URL, or an object.

    Raises:
        ValueError: no store is called so.
        TypeError: the object is no store.
        ModuleNotFoundError: what it needs is not installed.
    """
    if not isinstance(wanted, str):
        return adapt(wanted)
    if wanted == "memory":
        from responder_sessions.stores.memory import MemoryStore

        return adapt(MemoryStore())
    url = urlsplit("sqlite:" if wanted == "sqlite" else wanted)
    if url.scheme == "sqlite":
        from responder_sessions.stores.sqlite import SQLiteStore

        if url.netloc:
            msg = f"{wanted!r} names a host; write 'sqlite:///{url.netloc}{url.path}' for a file"
            raise ValueError(msg)
        # As elsewhere: three slashes before a relative path, four before an absolute one.
        return adapt(SQLiteStore(unquote(url.path[1:]) or SQLITE_FILE))
    if url.scheme in _NETWORK:
        from responder_sessions.stores.redis import RedisStore

        return RedisStore(wanted)
    if url.scheme in _POSTGRES:
        from responder_sessions.stores.postgresql import PostgreSQLStore

        return PostgreSQLStore(wanted)
    msg = (
        f"there is no session store {url.scheme or wanted!r}; write 'memory', 'sqlite', "
        "'sqlite:///file', 'redis://host', 'postgresql://host/database', or give a store"
    )
    raise ValueError(msg)
