"""The memory store: sessions of one process, which end with it."""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING

from responder_sessions.stores.rows import Row, RowStore

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

# How many rows that are over are dropped with each one that comes.
_SWEPT = 4


class MemoryStore(RowStore):
    """Keeps sessions in a dict, at most *max_keys*; then the one longest unused goes.

    For one process: workers do not see each other's, and nothing outlives a restart.

    Raises:
        ValueError: *max_keys* is not above 0.
    """

    never_waits = True
    """No method does anything that others would wait for."""

    def __init__(
        self, *, max_keys: int = 100_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(clock)
        if max_keys < 1:
            msg = f"MemoryStore: max_keys= is above 0, not {max_keys!r}"
            raise ValueError(msg)
        self._max_keys = max_keys
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._rows)

    @contextmanager
    def transaction(self) -> Generator[MemoryStore]:
        """The rows, while no other thread comes between."""
        with self._lock:
            yield self

    def get(self, key: str) -> Row | None:
        """A copy of the row, as its values are changed later."""
        with self._lock:
            row = self._rows.get(key)
            return None if row is None else replace(row, values=dict(row.values))

    def put(self, key: str, row: Row) -> None:
        """Keep a row, and drop others that are over, or too many."""
        rows = self._rows
        rows[key] = row
        rows.move_to_end(key)
        now = self.clock()
        for _ in range(_SWEPT):
            oldest = next(iter(rows))
            if len(rows) <= self._max_keys and (oldest == key or rows[oldest].ends > now):
                break
            del rows[oldest]

    def remove(self, keys: Iterable[str]) -> None:
        """Forget rows."""
        for key in keys:
            self._rows.pop(key, None)

    def rows(self, principal: str | None) -> list[tuple[str, Row]]:
        """Copies of the rows."""
        with self._lock:
            return [
                (key, replace(row, values=dict(row.values)))
                for key, row in self._rows.items()
                if principal is None or row.principal == principal
            ]

    def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``."""
        with self._lock:
            now = self.clock()
            gone = [key for key, row in self._rows.items() if not expired or row.ends <= now]
            self.remove(gone)
            return len(gone)

    def close(self) -> None:
        """There is nothing to let go of; the sessions stay as long as the process."""
