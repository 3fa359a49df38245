"""Tracking: a mapping that knows what of it was written, deleted, counted or changed in depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TypeAlias

import msgspec

from responder_sessions.errors import SessionClosedError
from responder_sessions.values import IMMUTABLE, decode, encode

Encoded: TypeAlias = bytes | msgspec.Raw
"""A value as JSON; a Raw is part of a longer text."""

HIDDEN = "$"
"""What the keys begin with that the package keeps for itself; a program does not see them."""

_SMALL = 2**53
NO_KEYS: frozenset[str] = frozenset()
"""What most sessions have removed: made once, as a set costs each request that has one."""

_SENT = (
    "the session was kept already, as the answer is on its way; write it before the view ends, "
    "not in a stream or a background function"
)


Changes: TypeAlias = "tuple[dict[str, bytes], tuple[str, ...], dict[str, float]]"
"""What became of a mapping since it was loaded.

The keys that have a new value, each with it as JSON; the keys that are gone; and what was added
to numbers.
"""


class Tracked(MutableMapping[str, Any]):
    """Values by text keys; each is decoded when it is first read.

    A value that can be changed in place is compared with what was loaded, at the end, if it was
    read; the others never are.
    """

    __slots__ = ("_deltas", "_raw", "_removed", "_sealed", "_values", "_written")

    # Set by the session itself, which is made for many requests: one call less.
    _raw: Mapping[str, Encoded]
    _values: dict[str, Any]
    _written: dict[str, bytes]
    _removed: frozenset[str]
    _deltas: dict[str, float]
    _sealed: str

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - whatever was kept
        if key[:1] == HIDDEN:
            raise KeyError(key)
        return self.peek(key)

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever was kept
        """The value of a key, or the default."""
        # As Mapping has it, for less: this is what most views call.
        if key[:1] == HIDDEN:
            return default
        values = self._values
        if key in values:
            return values[key]
        raw = self._raw.get(key)
        if raw is None:
            return default
        value = values[key] = decode(raw)
        return value

    def __setitem__(self, key: str, value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        if key not in self._raw or key[:1] == HIDDEN:
            _check_key(key)
        if type(value) is int and -_SMALL < value < _SMALL and not self._sealed:
            # What counts visits: as keep() has it, for less.
            self._written[key] = b"%d" % value
            self._values[key] = value
            if self._removed or self._deltas:
                self._supersede(key)
        else:
            self.keep(key, value)

    def __delitem__(self, key: str) -> None:
        if key[:1] == HIDDEN or key not in self:
            raise KeyError(key)
        self.drop(key)

    def __iter__(self) -> Iterator[str]:
        return (key for key in self.all_keys() if key[:1] != HIDDEN)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str) or key[:1] == HIDDEN:
            return False
        return key in self._values or key in self._raw

    def __repr__(self) -> str:
        # The values are of one user alone, and a repr ends up in logs.
        return f"<{type(self).__name__} of {', '.join(map(repr, self)) or 'nothing'}>"

    def all_keys(self) -> list[str]:
        """Every key, those that are hidden too, in the order they came."""
        return list(dict.fromkeys((*self._raw, *self._values)))

    def peek(self, key: str) -> Any:  # noqa: ANN401 - whatever was kept
        """The value of a key that may be hidden.

        Raises:
            KeyError: there is none.
        """
        values = self._values
        if key in values:
            return values[key]
        value = values[key] = decode(self._raw[key])
        return value

    def keep(self, key: str, value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Set the value of a key that may be hidden.

        Raises:
            TypeError: JSON cannot hold the value; the message names the key.
            SessionClosedError: it is too late.
        """
        self._check_open()
        self._written[key] = _encode(key, value)
        self._values[key] = value
        self._supersede(key)

    def _supersede(self, key: str) -> None:
        """Let what was written count, and nothing that became of the key before."""
        self._removed -= {key}
        self._deltas.pop(key, None)

    def drop(self, key: str) -> None:
        """Delete a key that may be hidden; one that is not there is gone already."""
        self._check_open()
        self._raw = {name: value for name, value in self._raw.items() if name != key}
        self._values.pop(key, None)
        self._written.pop(key, None)
        self._deltas.pop(key, None)
        self._removed |= {key}

    def replace(self, values: Mapping[str, Any]) -> None:
        """Have these values and no others, or none of them; the id and who logged in stay.

        Raises:
            TypeError: JSON cannot hold one of them; the message names the key.
            ValueError: one has a key that no session has.
        """
        wanted = dict(values)
        for key, value in wanted.items():
            # Before anything goes: what a view has changed is kept, also where it fails.
            _check_key(key)
            _encode(key, value)
        for key in [key for key in self if key not in wanted]:
            del self[key]
        self.update(wanted)

    def increment(self, key: str, by: float = 1) -> float:
        """Add to a number, which begins at 0; the sum, as far as it is known here.

        In a store it is added to what is there then, so nothing is lost where several requests
        count at once.

        Raises:
            TypeError: the value of the key is no number, or *by* is none.
        """
        _check_key(key)
        self._check_open()
        _check_number(f"increment({key!r}): by", by)
        # Stores add what a plain number is written as.
        by = int(by) if isinstance(by, int) else float(by)
        present = self.get(key, 0)
        _check_number(f"session[{key!r}]", present)
        total: float = present + by
        encoded = _encode(key, total)
        self._values[key] = total
        if key in self._written or key in self._removed:
            self._written[key] = encoded
            self._removed -= {key}
        else:
            self._deltas[key] = self._deltas.get(key, 0) + by
        return total

    def collect(self) -> Changes:
        """What became of it, after ``find_changes()``; the caller's own."""
        removed, deltas = self._removed, self._deltas
        # Most have neither.
        return (
            self._written.copy(),
            tuple(removed) if removed else (),
            deltas.copy() if deltas else {},
        )

    def find_changes(self) -> bool:
        """Look for values that were changed in place; whether there is any change.

        Raises:
            TypeError: a value was changed to what JSON cannot hold; the message names the key.
        """
        written, values = self._written, self._values
        for key in values:
            if type(values[key]) not in IMMUTABLE and key not in self._deltas:
                content = _encode(key, values[key])
                if key in written or content != bytes(self._raw.get(key, b"")):
                    written[key] = content
        return True if written or self._removed or self._deltas else False  # noqa: SIM210 - a call less

    def settle(self) -> None:
        """Take what ``collect()`` gave for kept; what is changed from here on is new."""
        self._raw = self.contents() if self._deltas else {**self._raw, **self._written}
        self._written, self._removed, self._deltas = {}, NO_KEYS, {}

    def contents(self) -> dict[str, Encoded]:
        """Every value as JSON, those that are hidden too; after ``find_changes()``."""
        contents: dict[str, Encoded] = {**self._raw, **self._written}
        for key in self._deltas:
            contents[key] = _encode(key, self._values[key])
        return contents

    def seal(self, reason: str = _SENT) -> None:
        """Refuse what is written from here on, as nobody would keep it."""
        self._sealed = reason

    def _check_open(self) -> None:
        if self._sealed:
            raise SessionClosedError(self._sealed)

    def _forget(self) -> None:
        """Drop everything that was loaded, written and counted."""
        self._check_open()
        self._raw = {}
        self._values = {}
        self._written, self._removed, self._deltas = {}, NO_KEYS, {}


def _check_key(key: object) -> None:
    """Refuse what is no key of a session.

    Raises:
        TypeError: it is no str.
        ValueError: it is hidden, or no store could keep it.
    """
    if not isinstance(key, str):
        msg = f"a session has text keys, not {key!r}; write session[{str(key)!r}]"
        raise TypeError(msg)
    if key[:1] == HIDDEN or "\0" in key or not _is_text(key):
        msg = f"session[{key!r}]: a key begins with no {HIDDEN!r} and has no NUL or lone surrogate"
        raise ValueError(msg)


def _is_text(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_number(what: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"{what} is {value!r}, which is no number"
        raise TypeError(msg)


def _encode(key: str, value: object) -> bytes:
    try:
        return encode(value)
    except TypeError as error:
        msg = f"session[{key!r}] cannot be kept: {error}"
        raise TypeError(msg) from None
