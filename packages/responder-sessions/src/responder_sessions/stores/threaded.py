"""Threaded stores: a store without ``async`` as one with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from responder_core.stores.choice import has_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_sessions.stores.store import Change, Record, Saved, Store, SyncStore

    T = TypeVar("T")

_METHODS = ("load", "save", "rotate", "delete", "find", "clear", "close")


class ThreadedStore:
    """Runs the methods of a store in worker threads, or in place where they never wait.

    Attributes:
        inner: the store.
        load_now: its ``load()``, where it is quick enough to be called in place; or None.
        save_now: its ``save()``, where it never waits; or None.
        never_waits: whether all its methods are called in place.
    """

    def __init__(self, inner: SyncStore) -> None:
        self.inner = inner
        is_quick = getattr(inner, "is_quick", False)
        self.load_now: Callable[[str], Record | None] | None = inner.load if is_quick else None
        self.never_waits: bool = getattr(inner, "never_waits", False)
        self.save_now: Callable[[str, Change], Saved] | None = None
        if self.never_waits:
            self.save_now = inner.save

    async def _run(self, function: Callable[..., T], *args: Any, **options: Any) -> T:  # noqa: ANN401
        if self.never_waits:
            return function(*args, **options)
        from functools import partial

        from anyio import to_thread

        # Whoever stops waiting for a store that hangs goes on; its thread ends when it ends.
        return await to_thread.run_sync(partial(function, *args, **options), abandon_on_cancel=True)

    async def load(self, key: str) -> Record | None:
        """As ``Store.load()``."""
        return await self._run(self.inner.load, key)

    async def save(self, key: str, change: Change) -> Saved:
        """As ``Store.save()``."""
        return await self._run(self.inner.save, key, change)

    async def rotate(self, key: str, new_key: str, change: Change, grace: float) -> bool:
        """As ``Store.rotate()``."""
        return await self._run(self.inner.rotate, key, new_key, change, grace)

    async def delete(self, key: str) -> None:
        """As ``Store.delete()``."""
        await self._run(self.inner.delete, key)

    async def find(self, principal: str | None = None) -> list[Record]:
        """As ``Store.find()``."""
        return await self._run(self.inner.find, principal)

    async def clear(self, *, expired: bool = False) -> int:
        """As ``Store.clear()``."""
        return await self._run(self.inner.clear, expired=expired)

    async def close(self) -> None:
        """As ``Store.close()``."""
        await self._run(self.inner.close)


def adapt(candidate: object) -> Store:
    """A store, with or without ``async``, as one with it.

    Raises:
        TypeError: it lacks a method, or has some that are async and some that are not.
    """
    if has_async(candidate, _METHODS, "store"):
        return cast("Store", candidate)
    return ThreadedStore(cast("SyncStore", candidate))
