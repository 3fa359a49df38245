"""The choice of a store: by a name, by a URL, or an object as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from responder_ratelimit.stores.threaded import adapt

if TYPE_CHECKING:
    from responder_ratelimit.stores.store import Store

SQLITE_FILE = "ratelimits.sqlite3"
"""Where ``"sqlite"`` keeps counts: in the directory that the program was started in."""

_NETWORK = {"redis", "rediss", "unix", "valkey", "valkeys"}


def choose_store(wanted: object) -> Store:
    """The store that is meant by ``"memory"``, ``"sqlite"``, a URL, or an object.

    Raises:
        ValueError: no store is called so.
        TypeError: the object is no store.
        ModuleNotFoundError: what it needs is not installed.
    """
    if not isinstance(wanted, str):
        return adapt(wanted)
    if wanted == "memory":
        from responder_ratelimit.stores.memory import MemoryStore

        return adapt(MemoryStore())
    url = urlsplit("sqlite:" if wanted == "sqlite" else wanted)
    if url.scheme == "sqlite":
        from responder_ratelimit.stores.sqlite import SQLiteStore

        if url.netloc:
            msg = f"{wanted!r} names a host; write 'sqlite:///{url.netloc}{url.path}' for a file"
            raise ValueError(msg)
        return adapt(SQLiteStore(unquote(url.path[1:]) or SQLITE_FILE))
    if url.scheme in _NETWORK:
        from responder_ratelimit.stores.redis import RedisStore

        return RedisStore(wanted)
    msg = (
        f"there is no store of rate limits {url.scheme or wanted!r}; write 'memory', 'sqlite', "
        "'sqlite:///file', 'redis://host', or give a store"
    )
    raise ValueError(msg)
