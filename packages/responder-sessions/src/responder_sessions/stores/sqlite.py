"""The SQLite store: sessions in a file, shared by the workers of one machine."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from responder_core.stores.sqlite import Connection
from responder_sessions.stores.rows import Row, Rows, RowStore

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Callable, Generator, Iterable

_TABLE = """
CREATE TABLE IF NOT EXISTS responder_sessions (
    key TEXT PRIMARY KEY,
    contents BLOB NOT NULL,
    created REAL NOT NULL,
    seen REAL NOT NULL,
    ends REAL NOT NULL,
    principal TEXT,
    successor TEXT,
    predecessor TEXT
) WITHOUT ROWID
"""
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS responder_sessions_ends ON responder_sessions (ends)",
    """
    CREATE INDEX IF NOT EXISTS responder_sessions_principal ON responder_sessions (principal)
        WHERE principal IS NOT NULL
    """,
)
_COLUMNS = "contents, created, seen, ends, principal, successor, predecessor"
_GET = f"SELECT {_COLUMNS} FROM responder_sessions WHERE key = ?"  # noqa: S608 - a constant
_PUT = (
    f"INSERT OR REPLACE INTO responder_sessions (key, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
)
_SWEEP = """
DELETE FROM responder_sessions WHERE key IN
    (SELECT key FROM responder_sessions WHERE ends <= ? LIMIT 50)
"""
# One in so many changes forgets what is over.
_SWEPT_EVERY = 256

_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class SQLiteStore(RowStore):
    """Keeps sessions in a file of SQLite, with a write-ahead log.

    Restarts lose nothing, and neither does a worker that is killed: what was answered is in the
    file. (When the machine itself loses power, the last moments before may be missing.) Workers
    of one machine share it; the file must not lie on a network.

    Args:
        path: the file; it and its directory are made, the file for its owner alone.
        timeout: the seconds to wait while another process writes.
        clock: the time in seconds of the POSIX clock.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        timeout: float = 0.3,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(clock)
        self.path: Path = Path(path)
        # Who reads does not wait for who writes, so each has a connection; and a long list keeps
        # nobody waiting, as each connection is for one at a time.
        self._reader, self._writer, self._lister = (
            Connection(self.path, timeout, (_TABLE, *_INDEXES)) for _ in range(3)
        )
        self._count = 0

    def __repr__(self) -> str:
        return f"<SQLiteStore {str(self.path)!r}>"

    @contextmanager
    def transaction(self) -> Generator[Rows]:
        """The rows, while no other process writes."""
        with self._writer.transaction() as connection:
            yield _Table(connection)
            self._count += 1
            if self._count % _SWEPT_EVERY == 0:
                connection.execute(_SWEEP, (self.clock(),))

    def get(self, key: str) -> Row | None:
        """The row of a key."""
        with self._reader.use() as connection:
            return _Table(connection).get(key)

    def rows(self, principal: str | None) -> list[tuple[str, Row]]:
        """Every row with its key, or those of someone."""
        query = f"SELECT key, {_COLUMNS} FROM responder_sessions"  # noqa: S608 - a constant
        with self._lister.use() as connection:
            if principal is None:
                found = connection.execute(query).fetchall()
            else:
                found = connection.execute(f"{query} WHERE principal = ?", (principal,)).fetchall()
        return [(key, _row(*columns)) for key, *columns in found]

    def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``."""
        query = "DELETE FROM responder_sessions"
        with self._writer.use() as connection:
            if expired:
                return connection.execute(f"{query} WHERE ends <= ?", (self.clock(),)).rowcount
            return connection.execute(query).rowcount

    def close(self) -> None:
        """Close the file."""
        for each in (self._reader, self._writer, self._lister):
            each.close()


class _Table:
    """The rows of the table."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> Row | None:
        found = self._connection.execute(_GET, (key,)).fetchone()
        return None if found is None else _row(*found)

    def put(self, key: str, row: Row) -> None:
        values = {name: msgspec.Raw(value) for name, value in row.values.items()}
        times = row.created, row.seen, row.ends
        places = row.principal, row.successor, row.predecessor
        self._connection.execute(_PUT, (key, _write(values), *times, *places))

    def remove(self, keys: Iterable[str]) -> None:
        query = "DELETE FROM responder_sessions WHERE key = ?"
        self._connection.executemany(query, [(key,) for key in keys])


def _row(contents: bytes, *columns: Any) -> Row:  # noqa: ANN401 - as the table has them
    return Row({name: bytes(value) for name, value in _read(contents).items()}, *columns)
