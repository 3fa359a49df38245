"""The choice of a store: what a name or a URL means, and whether an object can be one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from responder_core.threads import is_async

if TYPE_CHECKING:
    from collections.abc import Sequence

REDIS = frozenset({"redis", "rediss", "unix", "valkey", "valkeys"})
"""The schemes of Redis and Valkey."""


def read_store(wanted: str, file: str) -> tuple[str, str]:
    """The kind of a store, and where it is.

    ``read_store("sqlite:///a%20b.db", "x.db")`` → ``("sqlite", "a b.db")``, ``"redis://host"`` →
    ``("redis", "redis://host")``, ``"memory"`` → ``("memory", "")``; ``"sqlite"`` is *file*. What
    is known to no store is given as it is, with its scheme.

    Raises:
        ValueError: a URL of SQLite names a host.
    """
    if wanted == "memory":
        return "memory", ""
    url = urlsplit("sqlite:" if wanted == "sqlite" else wanted)
    if url.scheme in REDIS:
        return "redis", wanted
    if url.scheme != "sqlite":
        return url.scheme or wanted, wanted
    if url.netloc:
        msg = f"{wanted!r} names a host; write 'sqlite:///{url.netloc}{url.path}' for a file"
        raise ValueError(msg)
    # As elsewhere: three slashes before a relative path, four before an absolute one.
    return "sqlite", unquote(url.path[1:]) or file


def has_async(candidate: object, methods: Sequence[str], keyword: str) -> bool:
    """Whether the methods of a store are async.

    Raises:
        TypeError: it lacks one, or has some that are async and some that are not; *keyword* is
            how the message names the place.
    """
    missing = [name for name in methods if not callable(getattr(candidate, name, None))]
    if missing:
        msg = (
            f"{keyword}= takes a name, a URL or a store; {candidate!r} has no {', '.join(missing)}"
        )
        raise TypeError(msg)
    kinds = {is_async(getattr(candidate, name)) for name in methods}
    if len(kinds) > 1:
        msg = f"{candidate!r} has some methods with async and some without; make all alike"
        raise TypeError(msg)
    return kinds.pop()
