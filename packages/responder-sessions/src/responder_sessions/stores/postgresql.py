"""The PostgreSQL store: sessions in a table, beside the data of the program."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec

from responder_sessions.stores.store import Record

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from responder_sessions.stores.store import Change, Saved

# Values are JSON within JSON: jsonb would change numbers, and takes no NUL in a text.
_TABLE = """
CREATE TABLE IF NOT EXISTS responder_sessions (
    key text PRIMARY KEY,
    contents jsonb NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends timestamptz NOT NULL,
    principal text,
    successor text,
    predecessor text
);
CREATE INDEX IF NOT EXISTS responder_sessions_ends ON responder_sessions (ends);
CREATE INDEX IF NOT EXISTS responder_sessions_principal ON responder_sessions (principal)
    WHERE principal IS NOT NULL;
"""
# Any number, the same for all who may make the table at once.
_LOCK = "SELECT pg_advisory_xact_lock(7305808869231653491)"

_RECORD = """
SELECT key, contents,
    extract(epoch FROM clock_timestamp() - created)::float8,
    extract(epoch FROM clock_timestamp() - seen)::float8,
    extract(epoch FROM ends - clock_timestamp())::float8,
    principal, successor IS NOT NULL
FROM responder_sessions WHERE ends > clock_timestamp()
"""
_SAVE = r"""
UPDATE responder_sessions AS s SET
    contents = (s.contents - %(removed)s::text[]) || %(written)s::jsonb || coalesce((
        SELECT jsonb_object_agg(d.key, to_jsonb((d.value::numeric + CASE
            WHEN s.contents->>d.key ~ '^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$'
            THEN (s.contents->>d.key)::numeric ELSE 0 END)::text))
        FROM jsonb_each_text(%(deltas)s::jsonb) AS d
    ), '{}'),
    seen = clock_timestamp(),
    ends = CASE WHEN s.successor IS NULL
        THEN clock_timestamp() + make_interval(secs => %(lasts)s) ELSE s.ends END,
    principal = coalesce(%(principal)s, s.principal)
WHERE s.key = %(key)s AND s.ends > clock_timestamp() AND (s.successor IS NULL OR %(late)s)
"""
_CREATE = """
INSERT INTO responder_sessions (key, contents, ends, principal)
VALUES (%(key)s, %(written)s::jsonb || %(deltas)s::jsonb,
    clock_timestamp() + make_interval(secs => %(lasts)s), %(principal)s)
ON CONFLICT (key) DO NOTHING
"""
_SUCCESSOR = """
SELECT successor FROM responder_sessions WHERE key = %s AND ends > clock_timestamp()
"""
_LOCK_ROW = (
    "SELECT 1 FROM responder_sessions WHERE key = %s AND ends > clock_timestamp() FOR UPDATE"
)
_COPY = """
INSERT INTO responder_sessions (key, contents, created, ends, principal, predecessor)
SELECT %(new)s, contents, created, ends, principal, key FROM responder_sessions
WHERE key = %(old)s
"""
_MARK = """
UPDATE responder_sessions SET successor = %(new)s,
    ends = least(ends, clock_timestamp() + make_interval(secs => %(grace)s))
WHERE key = %(old)s AND successor IS NULL
"""
_DELETE = """
WITH RECURSIVE chain(key) AS (
    SELECT %s::text
    UNION
    SELECT near FROM chain JOIN responder_sessions AS s USING (key),
        unnest(ARRAY[s.successor, s.predecessor]) AS near WHERE near IS NOT NULL
)
DELETE FROM responder_sessions WHERE key IN (SELECT key FROM chain)
"""
_SWEEP = """
DELETE FROM responder_sessions WHERE key IN
    (SELECT key FROM responder_sessions WHERE ends <= clock_timestamp() LIMIT 500)
"""
# One in so many changes forgets what is over.
_SWEPT_EVERY = 1024
_MOST_HOPS = 8


class PostgreSQLStore:
    """Keeps sessions in the table ``responder_sessions`` of PostgreSQL 12 or newer.

    The table is made where there is none. To load is one statement, and so is to save: each
    changes the row where it is. Times are the server's.

    Args:
        url: ``"postgresql://user@host/database"``, or what else libpq takes.
        pool_size: how many connections there are at most on each event loop.

    Raises:
        ModuleNotFoundError: the driver is not installed.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        try:
            from psycopg_pool import AsyncConnectionPool
        except ImportError as error:
            msg = (
                "Sessions in PostgreSQL need psycopg: pip install 'responder-sessions[postgresql]'"
            )
            raise ModuleNotFoundError(msg) from error
        self._url = url
        self._size = pool_size
        self._make_pool = AsyncConnectionPool
        # A connection belongs to the event loop that it was opened on.
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()
        self._count = 0

    async def _pool(self) -> Any:  # noqa: ANN401 - of a library that may not be installed
        loop = asyncio.get_running_loop()
        known = self._pools.get(loop)
        if known is None:
            known = self._pools[loop] = self._make_pool(
                self._url,
                min_size=0,
                max_size=self._size,
                open=False,
                kwargs={"autocommit": True},
                configure=_prepare,
                name="responder-sessions",
            )
            await known.open()
        return known

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Any]:
        pool = await self._pool()
        async with pool.connection() as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Any]:
        async with self._connection() as connection, connection.transaction():
            yield connection

    async def load(self, key: str) -> Record | None:
        """As ``Store.load()``."""
        async with self._connection() as connection:
            cursor = await connection.execute(f"{_RECORD} AND key = %s", [key])
            row = await cursor.fetchone()
        return None if row is None else _record(row)

    async def save(self, key: str, change: Change) -> Saved:
        """As ``Store.save()``."""
        self._count += 1
        async with self._connection() as connection:
            if self._count % _SWEPT_EVERY == 0:
                await connection.execute(_SWEEP)
            return await _save(connection, key, change)

    async def rotate(self, key: str, new_key: str, change: Change, grace: float) -> bool:
        """As ``Store.rotate()``."""
        keys = {"old": key, "new": new_key, "grace": grace}
        async with self._transaction() as connection:
            # From here on nobody else changes it, so nothing is lost between the steps.
            if not (await connection.execute(_LOCK_ROW, [key])).rowcount:
                return False
            await connection.execute(_COPY, keys)
            await connection.execute(_MARK, keys)
            return bool(await _save(connection, new_key, change))

    async def delete(self, key: str) -> None:
        """As ``Store.delete()``."""
        async with self._transaction() as connection:
            # Whoever rotates it is waited for.
            await connection.execute(_LOCK_ROW, [key])
            await connection.execute(_DELETE, [key])

    async def find(self, principal: str | None = None) -> list[Record]:
        """As ``Store.find()``."""
        query = f"{_RECORD} AND successor IS NULL"
        async with self._connection() as connection:
            if principal is None:
                cursor = await connection.execute(query)
            else:
                cursor = await connection.execute(f"{query} AND principal = %s", [principal])
            return [_record(row) for row in await cursor.fetchall()]

    async def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``."""
        condition = " WHERE ends <= clock_timestamp()" if expired else ""
        async with self._connection() as connection:
            cursor = await connection.execute(f"DELETE FROM responder_sessions{condition}")  # noqa: S608 - constants
            count: int = cursor.rowcount
            return count

    async def close(self) -> None:
        """Close the connections of this event loop."""
        known = self._pools.pop(asyncio.get_running_loop(), None)
        if known is not None:
            await known.close()


async def _prepare(connection: Any) -> None:  # noqa: ANN401 - as above
    """Make the table where there is none; for each new connection."""
    cursor = await connection.execute("SELECT to_regclass('responder_sessions')")
    if (await cursor.fetchone())[0] is None:
        async with connection.transaction():
            await connection.execute(_LOCK)
            await connection.execute(_TABLE)


async def _save(connection: Any, key: str, change: Change) -> Saved:  # noqa: ANN401 - as above
    values = {
        "removed": list(change.removed),
        "written": _nest({name: value.decode() for name, value in change.written.items()}),
        "deltas": _nest({name: repr(delta) for name, delta in change.deltas.items()}),
        "lasts": change.lasts,
        "principal": change.principal,
        "late": change.is_late,
    }
    if change.creates and (await connection.execute(_CREATE, {"key": key, **values})).rowcount:
        return True
    for hops in range(_MOST_HOPS):
        if (await connection.execute(_SAVE, {"key": key, **values})).rowcount:
            return "moved" if hops else True
        row = await (await connection.execute(_SUCCESSOR, [key])).fetchone()
        if row is None or row[0] is None:
            return False
        key = row[0]
    return False


def _nest(values: Mapping[str, str]) -> str:
    return msgspec.json.encode(values).decode()


def _record(row: tuple[Any, ...]) -> Record:
    key, contents, age, idle, lasts, principal, is_rotated = row
    values = {name: value.encode() for name, value in contents.items()}
    return Record(key, values, age, idle, lasts, principal, is_rotated)
