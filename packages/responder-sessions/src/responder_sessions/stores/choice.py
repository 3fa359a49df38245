"""The choice of a store: by a name, by a URL, or an object as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.stores.choice import read_store
from responder_sessions.stores.threaded import adapt

if TYPE_CHECKING:
    from responder_sessions.stores.store import Store, SyncStore

SQLITE_FILE = "sessions.sqlite3"
"""Where ``"sqlite"`` keeps sessions: in the directory that the program was started in."""

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
    kind, where = read_store(wanted, SQLITE_FILE)
    if kind == "memory":
        from responder_sessions.stores.memory import MemoryStore

        return adapt(MemoryStore())
    if kind == "sqlite":
        from responder_sessions.stores.sqlite import SQLiteStore

        return adapt(SQLiteStore(where))
    if kind == "redis":
        from responder_sessions.stores.redis import RedisStore

        return RedisStore(where)
    if kind in _POSTGRES:
        from responder_sessions.stores.postgresql import PostgreSQLStore

        return PostgreSQLStore(where)
    msg = (
        f"there is no session store {kind!r}; write 'memory', 'sqlite', "
        "'sqlite:///file', 'redis://host', 'postgresql://host/database', or give a store"
    )
    raise ValueError(msg)
