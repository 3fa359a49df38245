"""The choice of a store: by a name, by a URL, or an object as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.stores.choice import read_store
from responder_ratelimit.stores.threaded import adapt

if TYPE_CHECKING:
    from responder_ratelimit.stores.store import Store

SQLITE_FILE = "ratelimits.sqlite3"
"""Where ``"sqlite"`` keeps counts: in the directory that the program was started in."""


def choose_store(wanted: object) -> Store:
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
        from responder_ratelimit.stores.memory import MemoryStore

        return adapt(MemoryStore())
    if kind == "sqlite":
        from responder_ratelimit.stores.sqlite import SQLiteStore

        return adapt(SQLiteStore(where))
    if kind == "redis":
        from responder_ratelimit.stores.redis import RedisStore

        return RedisStore(where)
    msg = (
        f"there is no store of rate limits {kind!r}; write 'memory', 'sqlite', "
        "'sqlite:///file', 'redis://host', or give a store"
    )
    raise ValueError(msg)
