"""Redis: the clients of a store, one for each event loop, and the scripts that they run."""

from __future__ import annotations

import asyncio
import re
from hashlib import sha1
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Script(NamedTuple):
    """A script, and the name that a server that has seen it knows it by."""

    text: str
    sha: str

    @classmethod
    def of(cls, *parts: str) -> Script:
        """A script of several parts."""
        text = "\n".join(parts)
        return cls(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


class Clients:
    """The clients of Redis or Valkey.

    Args:
        url: ``"redis://host:6379/0"``, ``"rediss://"``, ``"unix://"``, ``"valkey://"``.
        client: a client of ``redis.asyncio`` in place of a URL, also of a cluster; who made it
            closes it.
        pool_size: how many connections there are at most on each event loop, without *client*.
        missing: what is said where the library is not installed.

    Attributes:
        is_cluster: whether keys may be in several places.
        no_script: the exception of a server that does not know a script.

    Raises:
        ModuleNotFoundError: the library is not installed.
        ValueError: there are neither or both of *url* and *client*, or that gives text.
        TypeError: the client is a synchronous one.
    """

    def __init__(
        self,
        url: str | None,
        client: Any,  # noqa: ANN401 - of one of several classes of redis.asyncio
        *,
        pool_size: int,
        missing: str,
    ) -> None:
        if (url is None) == (client is None):
            msg = 'RedisStore takes a URL, as "redis://localhost:6379/0", or client='
            raise ValueError(msg)
        try:
            import redis as synchronous
            import redis.asyncio as redis
            from redis.asyncio.cluster import RedisCluster
            from redis.exceptions import NoScriptError
        except ImportError as error:
            raise ModuleNotFoundError(missing) from error
        if isinstance(client, (synchronous.Redis, synchronous.RedisCluster)):
            msg = f"RedisStore takes a client of redis.asyncio, not {client!r}"
            raise TypeError(msg)
        # That of a cluster has the settings itself.
        source = getattr(client, "connection_pool", client)
        if getattr(source, "connection_kwargs", {}).get("decode_responses"):
            msg = "RedisStore reads bytes; make client= without decode_responses=True"
            raise ValueError(msg)
        # One that waits for a connection, where the others open ever more.
        kind: Any = redis.BlockingConnectionPool
        self._make_pool: Callable[..., Any] = kind.from_url
        self._make_client: Callable[[Any], Any] = redis.Redis.from_pool
        self._size = pool_size
        self._client = client
        # The scheme alone: a host may be called so, too.
        self._url = "" if url is None else re.sub("^valkey", "redis", url)
        # A connection belongs to the event loop that it was opened on.
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()
        self.is_cluster: bool = isinstance(client, RedisCluster)
        self.no_script: type[Exception] = NoScriptError

    def connect(self) -> Any:  # noqa: ANN401 - as client=
        """The client of this event loop.

        Raises:
            TypeError: that is not asyncio's.
        """
        if self._client is not None:
            return self._client
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            msg = "RedisStore runs on asyncio alone; take another store for this event loop"
            raise TypeError(msg) from None
        known = self._clients.get(loop)
        if known is None:
            pool = self._make_pool(self._url, max_connections=self._size, timeout=None)
            known = self._clients[loop] = self._make_client(pool)
        return known

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[Any]) -> Any:  # noqa: ANN401
        """What a script gives; it is sent once more to a server that does not know it."""
        client = self.connect()
        try:
            return await client.evalsha(script.sha, len(keys), *keys, *args)
        except self.no_script:
            return await client.eval(script.text, len(keys), *keys, *args)

    async def close(self) -> None:
        """Close the connections of this event loop."""
        if self._clients:
            known = self._clients.pop(asyncio.get_running_loop(), None)
            if known is not None:
                await known.aclose()
