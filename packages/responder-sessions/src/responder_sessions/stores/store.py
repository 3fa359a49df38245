"""The store: what keeps sessions on a server, as an object of any kind has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - of the fields of a Struct
from typing import Literal, Protocol, TypeAlias

import msgspec

Saved: TypeAlias = 'bool | Literal["moved"]'
"""Whether there was a session that could be saved; ``"moved"`` where it has another key since."""


# Both are made for each request that uses a session. A frozen dataclass takes ten times as long to
# make; and what the garbage collector need not look at, as it never refers to itself, less still.
class Record(msgspec.Struct, frozen=True, gc=False):
    """A session as a store has it.

    Attributes:
        key: what it is kept under.
        values: each value as JSON, by its key.
        age: the seconds since it was made, by the clock of the store.
        idle: the seconds since it was last saved.
        lasts: the seconds until the store forgets it.
        principal: who logged in, or None.
        is_rotated: whether it has got another key since, and is here for a short time only.
    """

    key: str
    values: dict[str, bytes]
    age: float
    idle: float
    lasts: float
    principal: str | None = None
    is_rotated: bool = False


class Change(msgspec.Struct, frozen=True, gc=False):
    """What is to become of a session, in one step that nothing comes between.

    Attributes:
        lasts: the seconds that it lasts from now on.
        written: the keys that get a value, each as JSON; all others stay as they are.
        removed: the keys that go.
        deltas: what is added to numbers; one that is not there, or is none, counts as 0.
        principal: who is logged in, or None.
        creates: whether a session is made where there is none; else it is left alone.
        is_late: whether the session was rotated already when it was loaded.
    """

    lasts: float
    written: Mapping[str, bytes] = msgspec.field(default_factory=dict[str, bytes])
    removed: Sequence[str] = ()
    deltas: Mapping[str, float] = msgspec.field(default_factory=dict[str, float])
    principal: str | None = None
    creates: bool = False
    is_late: bool = False


class Store(Protocol):
    """What keeps sessions; an object with these methods is a store.

    Keys are text of ASCII letters, digits, ``_``, ``-`` and one ``:``. The two characters in
    front of that are the same when a session is rotated. A store may have the methods without
    ``async``, too: they run in worker threads then.
    """

    async def load(self, key: str) -> Record | None:
        """The session of a key; None where there is none, or its time is over."""
        ...

    async def save(self, key: str, change: Change) -> Saved:
        """Change a session; whether there was one, or one was made.

        For a session that was rotated, the change is made where it is now, which ``"moved"``
        tells, unless it *is_late*: then it is made to what is left here.
        """
        ...

    async def rotate(self, key: str, new_key: str, change: Change, grace: float) -> bool:
        """Change a session and keep it under another key; whether there was one.

        Under the old key it stays as it was for *grace* seconds.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget a session, and what it was rotated from or to."""
        ...

    async def find(self, principal: str | None = None) -> list[Record]:
        """The sessions of someone, or all; those that were rotated are left out."""
        ...

    async def clear(self, *, expired: bool = False) -> int:
        """Forget all sessions, or those whose time is over; how many there were."""
        ...

    async def close(self) -> None:
        """Let go of connections and files; the next call opens them again."""


class SyncStore(Protocol):
    """As ``Store``, for stores that block: their methods run in worker threads."""

    def load(self, key: str) -> Record | None:
        """As ``Store.load()``."""
        ...

    def save(self, key: str, change: Change) -> Saved:
        """As ``Store.save()``."""
        ...

    def rotate(self, key: str, new_key: str, change: Change, grace: float) -> bool:
        """As ``Store.rotate()``."""
        ...

    def delete(self, key: str) -> None:
        """As ``Store.delete()``."""
        ...

    def find(self, principal: str | None = None) -> list[Record]:
        """As ``Store.find()``."""
        ...

    def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``."""
        ...

    def close(self) -> None:
        """As ``Store.close()``."""
        ...
