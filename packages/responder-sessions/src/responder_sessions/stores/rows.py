"""Rows: what stores have in common that keep a session in one piece, and change it in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from responder_sessions.stores.store import Change, Record
from responder_sessions.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from responder_sessions.stores.store import Saved

# How often a session may have been rotated while one request was under way.
_MOST_HOPS = 8


@dataclass(slots=True)
class Row:
    """A session in one piece; times are in seconds of the clock of the store.

    Attributes:
        values: each value as JSON, by its key.
        created, seen, ends: when it was made, when it was last saved, and when it is over.
        principal: who is logged in, or None.
        successor, predecessor: the keys that it was rotated to and from, or None.
    """

    values: dict[str, bytes]
    created: float
    seen: float
    ends: float
    principal: str | None = None
    successor: str | None = None
    predecessor: str | None = None

    def apply(self, change: Change, now: float) -> None:
        """Make a change."""
        for key in change.removed:
            self.values.pop(key, None)
        self.values.update(change.written)
        for key, delta in change.deltas.items():
            present = decode(self.values[key]) if key in self.values else 0
            is_number = isinstance(present, int | float) and not isinstance(present, bool)
            self.values[key] = encode(present + delta if is_number else delta)
        self.seen = now
        self.ends = now + change.lasts
        self.principal = change.principal or self.principal


class Rows(Protocol):
    """The rows of a store, within a transaction."""

    def get(self, key: str) -> Row | None:
        """The row of a key, also when its time is over."""
        ...

    def put(self, key: str, row: Row) -> None:
        """Keep a row."""
        ...

    def remove(self, keys: Iterable[str]) -> None:
        """Forget rows."""
        ...


class RowStore(ABC):
    """A store without ``async``; subclasses say where the rows are.

    Args:
        clock: the time in seconds, the same for all who share the rows.
    """

    is_quick = True
    """A row is read in less time than a thread is asked for it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Rows]:
        """The rows, while nothing of anyone else comes between."""

    @abstractmethod
    def get(self, key: str) -> Row | None:
        """A copy of the row of a key, also when its time is over."""

    @abstractmethod
    def rows(self, principal: str | None) -> list[tuple[str, Row]]:
        """Every row with its key, or those of someone."""

    @abstractmethod
    def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``."""

    @abstractmethod
    def close(self) -> None:
        """As ``Store.close()``."""

    def load(self, key: str) -> Record | None:
        """As ``Store.load()``."""
        row = self.get(key)
        now = self.clock()
        return None if row is None or row.ends <= now else _record(key, row, now)

    def save(self, key: str, change: Change) -> Saved:
        """As ``Store.save()``."""
        with self.transaction() as rows:
            now = self.clock()
            row = _current(rows, key, now)
            hops = 0
            while row is not None and row.successor and not change.is_late and hops < _MOST_HOPS:
                key, hops = row.successor, hops + 1
                row = _current(rows, key, now)
            if row is None:
                if not change.creates:
                    return False
                row = Row({}, now, now, now)
            ends = row.ends
            row.apply(change, now)
            if row.successor:
                row.ends = ends  # What is left of it gets no more time.
            rows.put(key, row)
            return "moved" if hops else True

    def rotate(self, key: str, new_key: str, change: Change, grace: float) -> bool:
        """As ``Store.rotate()``."""
        with self.transaction() as rows:
            now = self.clock()
            row = _current(rows, key, now)
            if row is None:
                return False
            new = replace(row, values=dict(row.values), successor=None, predecessor=key)
            new.apply(change, now)
            if row.successor is None:
                row.successor = new_key
                row.ends = min(row.ends, now + grace)
                rows.put(key, row)
            rows.put(new_key, new)
            return True

    def delete(self, key: str) -> None:
        """As ``Store.delete()``."""
        with self.transaction() as rows:
            found = {key}
            waiting = [key]
            while waiting:
                row = rows.get(waiting.pop())
                for near in () if row is None else (row.predecessor, row.successor):
                    if near is not None and near not in found:
                        found.add(near)
                        waiting.append(near)
            rows.remove(found)

    def find(self, principal: str | None = None) -> list[Record]:
        """As ``Store.find()``."""
        now = self.clock()
        return [
            _record(key, row, now)
            for key, row in self.rows(principal)
            if row.ends > now and row.successor is None
        ]


def _current(rows: Rows, key: str, now: float) -> Row | None:
    """The row of a key whose time is not over."""
    row = rows.get(key)
    return None if row is None or row.ends <= now else row


def _record(key: str, row: Row, now: float) -> Record:
    return Record(
        key,
        row.values,
        age=now - row.created,
        idle=now - row.seen,
        lasts=row.ends - now,
        principal=row.principal,
        is_rotated=row.successor is not None,
    )
