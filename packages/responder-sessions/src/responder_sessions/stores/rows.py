"""Rows: what stores have in common that keep a session in one piece, and change it in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec.structs import replace

from responder_sessions.stores.store import Change, Record
from responder_sessions.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from responder_sessions.stores.store import Saved

# How often a session may have been rotated while one request was under way.
_MOST_HOPS = 8


class Row(msgspec.Struct, frozen=True, gc=False):
    """A session in one piece; times are in seconds of the clock of the store.

    It is never changed, nor are its values: who has it needs no copy, and no lock to read it.

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

    def changed(self, change: Change, now: float, ends: float) -> Row:
        """The row that a change makes of it, which is over at *ends*."""
        values = self.values
        if change.removed:
            values = {key: value for key, value in values.items() if key not in change.removed}
        values = {**values, **change.written}
        if change.deltas:
            _add(values, change.deltas)
        principal = change.principal or self.principal
        return Row(values, self.created, now, ends, principal, self.successor, self.predecessor)


def _add(values: dict[str, bytes], deltas: Mapping[str, float]) -> None:
    for key, delta in deltas.items():
        present = decode(values[key]) if key in values else 0
        is_number = isinstance(present, int | float) and not isinstance(present, bool)
        values[key] = encode(present + delta if is_number else delta)


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
        """The row of a key, also when its time is over."""

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
            return save_row(rows, key, change, self.clock())

    def rotate(self, key: str, new_key: str, change: Change, grace: float) -> bool:
        """As ``Store.rotate()``."""
        with self.transaction() as rows:
            now = self.clock()
            row = _current(rows, key, now)
            if row is None:
                return False
            new = row.changed(change, now, now + change.lasts)
            if row.successor is None:
                ends = min(row.ends, now + grace)
                rows.put(key, replace(row, successor=new_key, ends=ends))
            rows.put(new_key, replace(new, successor=None, predecessor=key))
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


def save_row(rows: Rows, key: str, change: Change, now: float) -> Saved:
    """Change a row within a transaction, as ``Store.save()``."""
    row = rows.get(key)
    hops = 0
    while (
        row is not None
        and row.successor
        and row.ends > now
        and not change.is_late
        and hops < _MOST_HOPS
    ):
        key, hops = row.successor, hops + 1
        row = rows.get(key)
    if row is None or row.ends <= now:
        if not change.creates:
            return False
        row = Row({}, now, now, now)
    # What is left of one that was rotated gets no more time.
    ends = row.ends if row.successor else now + change.lasts
    rows.put(key, row.changed(change, now, ends))
    return "moved" if hops else True


def _current(rows: Rows, key: str, now: float) -> Row | None:
    """The row of a key whose time is not over."""
    row = rows.get(key)
    return None if row is None or row.ends <= now else row


def _record(key: str, row: Row, now: float) -> Record:
    # The values in a dict of their own, which whoever gets it may change.
    return Record(
        key,
        row.values.copy(),
        now - row.created,
        now - row.seen,
        row.ends - now,
        row.principal,
        row.successor is not None,
    )
