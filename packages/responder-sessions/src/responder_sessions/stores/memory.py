"""The memory store: sessions of one process, which end with it."""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from responder_sessions.stores.rows import Row, RowStore, save_row

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, ItemsView, Iterable

    from responder_sessions.stores.store import Change, Saved

# Every so many changes, rows that are over are looked for; and how many of them go then, four for
# each that may have come.
_SWEPT_EVERY = 16
_SWEPT = 4 * _SWEPT_EVERY


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
        self._rows = _Rows(max_keys, clock)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._rows)

    @contextmanager
    def transaction(self) -> Generator[_Rows]:
        """The rows, while no other thread comes between."""
        with self._lock:
            yield self._rows

    def get(self, key: str) -> Row | None:
        """The row of a key, also when its time is over."""
        # Without the lock: it is one step of a dict, and nobody changes a row.
        return self._rows.get(key)

    def save(self, key: str, change: Change) -> Saved:
        """As ``Store.save()``."""
        # As RowStore has it, but without a generator for each request, and the lock is taken by
        # hand, which costs half of what "with" does.
        lock = self._lock
        lock.acquire()
        try:
            return save_row(self._rows, key, change, self.clock())
        finally:
            lock.release()

    def rows(self, principal: str | None) -> list[tuple[str, Row]]:
        """Every row with its key, or those of someone."""
        with self._lock:
            return [
                (key, row)
                for key, row in self._rows.items()
                if principal is None or row.principal == principal
            ]

    def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``."""
        with self._lock:
            now = self.clock()
            gone = [key for key, row in self._rows.items() if not expired or row.ends <= now]
            self._rows.remove(gone)
            return len(gone)

    def close(self) -> None:
        """There is nothing to let go of; the sessions stay as long as the process."""


class _Rows:
    """The rows by their keys, the one longest unused first."""

    __slots__ = ("_changes", "_clock", "_max_keys", "_rows")

    def __init__(self, max_keys: int, clock: Callable[[], float]) -> None:
        # Not one itself: a subclass of OrderedDict takes twice as long to change.
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._max_keys = max_keys
        self._clock = clock
        self._changes = 0

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> Row | None:
        """The row of a key, also when its time is over."""
        return self._rows.get(key)

    def items(self) -> ItemsView[str, Row]:
        """Every row with its key."""
        return self._rows.items()

    def put(self, key: str, row: Row) -> None:
        """Keep a row, and drop others that are over, or too many."""
        rows = self._rows
        rows[key] = row
        rows.move_to_end(key)
        self._changes += 1
        if len(rows) > self._max_keys or not self._changes % _SWEPT_EVERY:
            self._sweep(key)

    def _sweep(self, newest: str) -> None:
        rows = self._rows
        now = self._clock()
        for _ in range(_SWEPT):
            oldest = next(iter(rows))
            if len(rows) <= self._max_keys and (oldest == newest or rows[oldest].ends > now):
                break
            del rows[oldest]

    def remove(self, keys: Iterable[str]) -> None:
        """Forget rows."""
        for key in keys:
            self._rows.pop(key, None)
