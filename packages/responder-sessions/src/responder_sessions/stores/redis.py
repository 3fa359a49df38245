"""The Redis store: sessions in Redis or Valkey, shared by all machines."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from responder_core.stores.redis import Clients
from responder_sessions.stores.redis_scripts import DELETE, INDEX, LOAD, ROTATE, SAVE
from responder_sessions.stores.store import Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from responder_core.stores.redis import Script
    from responder_sessions.stores.store import Change, Saved

# How many sessions are asked for at once by who lists them.
_BATCH = 200
_VALUE = b"v:"
# What the script says of a session that has another key since.
_MOVED = 2


class RedisStore:
    """Keeps sessions in Redis 6 or newer, or Valkey: one round trip to load, one to save.

    Each session is a hash, and each change a script, so that nothing comes between. What belongs
    together has one hash tag, so that a cluster has it in one place; there, a session of someone
    who logged in takes a second round trip to save. Times are the server's.

    Args:
        url: ``"redis://host:6379/0"``, ``"rediss://"``, ``"unix://"``, ``"valkey://"``.
        client: a client of ``redis.asyncio`` in place of a URL, also of a cluster; who made it
            closes it.
        prefix: what all keys begin with.
        pool_size: how many connections there are at most on each event loop, without *client*.

    Raises:
        ModuleNotFoundError: the client is not installed.
        ValueError: there are neither or both of *url* and *client*, or that gives text.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        client: Any = None,  # noqa: ANN401 - of one of several classes of redis.asyncio
        prefix: str = "responder:session:",
        pool_size: int = 50,
    ) -> None:
        missing = "Sessions in Redis need redis: pip install 'responder-sessions[redis]'"
        self._clients = Clients(url, client, pool_size=pool_size, missing=missing)
        self._prefix = prefix

    def _key(self, key: str) -> str:
        group, _, digest = key.partition(":")
        return f"{self._prefix}{{{group}}}:{digest}"

    def _index(self, principal: str) -> str:
        return f"{self._prefix}of:{sha256(principal.encode()).hexdigest()}"

    async def _run_all(self, calls: Sequence[tuple[Script, Sequence[str], Sequence[Any]]]) -> Any:  # noqa: ANN401
        """What several scripts give, one after the other; of one server in one round trip."""
        if self._clients.is_cluster:
            # Its pipelines take no scripts, as their keys may be in several places.
            return [await self._clients.run(*call) for call in calls]
        pipeline = self._clients.connect().pipeline(transaction=False)
        for script, keys, args in calls:
            pipeline.evalsha(script.sha, len(keys), *keys, *args)
        results: list[Any] = await pipeline.execute(raise_on_error=False)
        for index, result in enumerate(results):
            if isinstance(result, self._clients.no_script):
                results[index] = await self._clients.run(*calls[index])
            elif isinstance(result, Exception):
                raise result
        return results

    async def load(self, key: str) -> Record | None:
        """As ``Store.load()``: one round trip."""
        return _record(key, await self._clients.run(LOAD, [self._key(key)], []))

    async def save(self, key: str, change: Change) -> Saved:
        """As ``Store.save()``: one round trip."""
        args = [int(change.creates), int(change.is_late), *_arguments(change)]
        result = await self._change((SAVE, [self._key(key)], args), key, change)
        return "moved" if result == _MOVED else bool(result)

    async def rotate(self, key: str, new_key: str, change: Change, grace: float) -> bool:
        """As ``Store.rotate()``: one round trip."""
        keys = [self._key(key), self._key(new_key)]
        args = [int(grace * 1000), *_arguments(change)]
        return bool(await self._change((ROTATE, keys, args), new_key, change))

    async def _change(
        self,
        call: tuple[Script, Sequence[str], Sequence[Any]],
        key: str,
        change: Change,
    ) -> object:
        if change.principal is None:
            return await self._clients.run(*call)
        # The index comes first: a session that is in no index could not be revoked.
        index = INDEX, [self._index(change.principal)], [key, _milliseconds(change.lasts)]
        _, result = await self._run_all([index, call])
        return result

    async def delete(self, key: str) -> None:
        """As ``Store.delete()``."""
        await self._clients.run(DELETE, [self._key(key)], [])

    async def find(self, principal: str | None = None) -> list[Record]:
        """As ``Store.find()``."""
        found: list[Record] = []
        gone: list[str] = []
        async for keys in self._keys(principal):
            results = await self._run_all([(LOAD, [self._key(key)], []) for key in keys])
            for key, result in zip(keys, results, strict=True):
                record = _record(key, result)
                if record is None:
                    gone.append(key)
                elif not record.is_rotated:
                    found.append(record)
        if principal is not None and gone:
            await self._clients.connect().srem(self._index(principal), *gone)
        return found

    async def _keys(self, principal: str | None) -> AsyncIterator[list[str]]:
        """The keys of sessions, many at a time."""
        client = self._clients.connect()
        if principal is not None:
            members = [each.decode() for each in await client.smembers(self._index(principal))]
            for start in range(0, len(members), _BATCH):
                yield members[start : start + _BATCH]
            return
        batch: list[str] = []
        start = len(self._prefix.encode())
        async for name in client.scan_iter(match=f"{_escape(self._prefix)}{{*", count=_BATCH):
            batch.append(name[start:].decode().replace("{", "", 1).replace("}", "", 1))
            if len(batch) >= _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    async def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``; what is over is gone here already."""
        count = 0
        if not expired:
            client = self._clients.connect()
            sessions = f"{self._prefix}{{".encode()
            async for name in client.scan_iter(match=f"{_escape(self._prefix)}*", count=_BATCH):
                count += int(await client.unlink(name)) if name.startswith(sessions) else 0
                if not name.startswith(sessions):
                    await client.unlink(name)
        return count

    async def close(self) -> None:
        """Close the connections of this event loop."""
        await self._clients.close()


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def _arguments(change: Change) -> list[Any]:
    """A change as the scripts take it."""
    return [
        _milliseconds(change.lasts),
        change.principal or "",
        len(change.removed),
        *change.removed,
        *_listed(change.written),
        *_listed({key: repr(delta) for key, delta in change.deltas.items()}),
    ]


def _listed(values: Mapping[str, Any]) -> list[Any]:
    return [len(values), *(part for item in values.items() for part in item)]


def _record(key: str, result: Any) -> Record | None:  # noqa: ANN401 - what the script gives
    if result is None:
        return None
    pairs, left, now = cast("tuple[list[bytes], int, int]", result)
    fields = dict(zip(pairs[::2], pairs[1::2], strict=True))
    principal = fields.get(b"p")
    return Record(
        key,
        {
            name[len(_VALUE) :].decode(): value
            for name, value in fields.items()
            if name.startswith(_VALUE)
        },
        age=(now - float(fields[b"c"])) / 1000,
        idle=(now - float(fields[b"s"])) / 1000,
        lasts=left / 1000,
        principal=None if principal is None else principal.decode(),
        is_rotated=b"n" in fields,
    )


def _escape(text: str) -> str:
    """Text as a pattern of Redis that stands for itself alone."""
    return "".join(f"\\{each}" if each in "*?[]\\" else each for each in text)
