"""The SQLite store: counts in a file, shared by the workers of one machine."""

from __future__ import annotations

import json
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from responder_core.stores.sqlite import Connection
from responder_ratelimit.algorithms import COUNTING, charge, judge, set_back
from responder_ratelimit.limits import MICROSECONDS

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Callable, Sequence

    from responder_ratelimit.algorithms import State, Verdict
    from responder_ratelimit.limits import Limit
    from responder_ratelimit.stores.store import Hit

_TABLE = """
CREATE TABLE IF NOT EXISTS responder_ratelimits (
    key TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    ends INTEGER NOT NULL
) WITHOUT ROWID
"""
_INDEX = "CREATE INDEX IF NOT EXISTS responder_ratelimits_ends ON responder_ratelimits (ends)"
_GET = "SELECT state FROM responder_ratelimits WHERE key = ? AND ends > ?"
_PUT = "INSERT OR REPLACE INTO responder_ratelimits (key, state, ends) VALUES (?, ?, ?)"
_REMOVE = "DELETE FROM responder_ratelimits WHERE key = ?"
_SWEEP = """
DELETE FROM responder_ratelimits WHERE key IN
    (SELECT key FROM responder_ratelimits WHERE ends <= ? LIMIT ?)
"""


class SQLiteStore:
    """Keeps counts in a file of SQLite, which the workers of one machine share.

    What is over is taken away while others are counted. The file must not lie on a network.

    Args:
        path: the file; it and its directory are made, the file for its owner alone.
        timeout: the seconds to wait while another process counts.
        clock: the time in seconds of the POSIX clock, which the workers have in common. Where it
            is set back, what was counted goes back with it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        timeout: float = 0.15,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path: Path = Path(path)
        self._clock = clock
        # A count that is lost when the machine loses power is no harm.
        self._file = Connection(self.path, timeout, (_TABLE, _INDEX), is_durable=False)

    def __repr__(self) -> str:
        return f"<SQLiteStore {str(self.path)!r}>"

    def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``: one transaction."""
        return self.hit_each([hits])[0]

    def hit_each(self, requests: Sequence[Sequence[Hit]]) -> list[list[Verdict]]:
        """What ``hit()`` gives for each of several requests, in one transaction."""
        with self._file.transaction() as connection:
            now = int(self._clock() * MICROSECONDS)
            found = [_hit(connection, hits, now) for hits in requests]
            connection.execute(_SWEEP, (now, 8 * len(requests)))
        return found

    def charge(self, hits: Sequence[Hit]) -> None:
        """As ``Store.charge()``: one transaction."""
        with self._file.transaction() as connection:
            now = int(self._clock() * MICROSECONDS)
            for hit in hits:
                _charge(connection, hit, _get(connection, hit, now), now)

    def reset(self, hits: Sequence[Hit]) -> None:
        """As ``Store.reset()``."""
        with self._file.transaction() as connection:
            connection.executemany(_REMOVE, [(_name(hit.key, hit.limit),) for hit in hits])

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._file.close()


def _hit(connection: sqlite3.Connection, hits: Sequence[Hit], now: int) -> list[Verdict]:
    """Count a request by all of its limits, or by none."""
    states = [_get(connection, hit, now) for hit in hits]
    waits = [
        COUNTING[hit.limit.algorithm].wait(hit.limit, state, now, hit.cost or 1)
        for hit, state in zip(hits, states, strict=True)
    ]
    if not any(waits):
        for index, hit in enumerate(hits):
            if hit.cost:
                states[index] = _charge(connection, hit, states[index], now)
    return [
        judge(hit.limit, state, now, wait)
        for hit, state, wait in zip(hits, states, waits, strict=True)
    ]


def _name(key: str, limit: Limit) -> str:
    return f"{limit.identity}\n{key}"


def _get(connection: sqlite3.Connection, hit: Hit, now: int) -> State:
    row = connection.execute(_GET, (_name(hit.key, hit.limit), now)).fetchone()
    return None if row is None else _read(hit.limit, cast("str", row[0]), now)


def _charge(connection: sqlite3.Connection, hit: Hit, state: State, now: int) -> State:
    state = charge(hit.limit, state, now, hit.cost, hit.at)
    _, ticks = COUNTING[hit.limit.algorithm].left(hit.limit, state, now)
    written = json.dumps([now, _plain(hit.limit, state)])
    connection.execute(_PUT, (_name(hit.key, hit.limit), written, now + ticks))
    return state


def _plain(limit: Limit, state: State) -> Any:  # noqa: ANN401 - what JSON can hold
    return [list(each) for each in state[1]] if limit.algorithm == "sliding-window" else state


def _read(limit: Limit, text: str, now: int) -> State:
    """The state that ``_charge()`` has written.

    Where that is later than now, the clock was set back, and nobody is to wait for it to catch up.
    """
    written: int
    state: Any
    written, state = json.loads(text)
    if limit.algorithm == "sliding-window":
        state = [sum(cost for _, cost in state)], deque(state)
    return state if written <= now else set_back(limit, state, now, written - now)
