"""Threaded stores: a store without ``async`` as one with it, and backends of older programs."""

from __future__ import annotations

from functools import partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, TypeVar, cast

from anyio import to_thread

from responder_core.stores.choice import has_async
from responder_core.threads import is_async
from responder_ratelimit.algorithms import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_ratelimit.stores.store import Hit, Store, SyncStore

    T = TypeVar("T")

_METHODS = ("hit", "charge", "reset", "close")


class ThreadedStore:
    """Runs the methods of a store in worker threads, or in place where they never wait.

    Attributes:
        inner: the store.
        is_quick: whether its methods never wait, so that they are called in place.
    """

    def __init__(self, inner: SyncStore) -> None:
        self.inner = inner
        self.is_quick: bool = getattr(inner, "never_waits", False)

    async def _run(self, function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
        if self.is_quick:
            return function(*args)
        # Whoever stops waiting for a store that hangs goes on; its thread ends when it ends.
        return await to_thread.run_sync(partial(function, *args), abandon_on_cancel=True)

    async def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``."""
        return await self._run(self.inner.hit, hits)

    async def charge(self, hits: Sequence[Hit]) -> None:
        """As ``Store.charge()``."""
        await self._run(self.inner.charge, hits)

    async def reset(self, hits: Sequence[Hit]) -> None:
        """As ``Store.reset()``."""
        await self._run(self.inner.reset, hits)

    async def close(self) -> None:
        """As ``Store.close()``."""
        await self._run(self.inner.close)


class Backend:
    """A backend of an older program: ``hit(key, max_requests, period)``, or ``ahit()``.

    It gives whether the request is admitted, how many more would be, and maybe the seconds until
    it begins anew. It counts one limit at a time, and takes nothing back.
    """

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - a user's object
        self.inner = inner
        self._ahit: Any = getattr(inner, "ahit", None)

    async def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``, one after the other; those after one that refuses are not counted."""
        verdicts: list[Verdict] = []
        for key, limit, _ in hits:
            arguments = (key, limit.burst, limit.period)
            if self._ahit is not None:
                answer = await self._ahit(*arguments)
            elif is_async(self.inner.hit):
                answer = await self.inner.hit(*arguments)
            else:
                answer = await to_thread.run_sync(
                    partial(self.inner.hit, *arguments), abandon_on_cancel=True
                )
            allowed, remaining, *rest = answer
            reset = float(rest[0]) if rest else limit.period
            verdict = Verdict(limit, bool(allowed), remaining, reset, 0.0 if allowed else reset)
            verdicts.append(verdict)
            if not allowed:
                break
        return verdicts

    async def charge(self, hits: Sequence[Hit]) -> None:
        """Count what is charged, one by one; it cannot give back."""
        for hit in hits:
            for _ in range(hit.cost):
                await self.hit([hit])

    async def reset(self, hits: Sequence[Hit]) -> None:
        """As ``Store.reset()``, where it can.

        Raises:
            TypeError: it cannot.
        """
        reset = getattr(self.inner, "reset", None)
        if reset is None:
            msg = f"{self.inner!r} forgets nobody; give it a reset(key), or take another backend="
            raise TypeError(msg)
        for hit in hits:
            result = reset(hit.key)
            if hasattr(result, "__await__"):
                await result

    async def close(self) -> None:
        """Nothing: who made it closes it."""


def adapt(candidate: object) -> Store:
    """A store, with or without ``async``, or a backend of an older program, as a store.

    Raises:
        TypeError: it is none of these.
    """
    hit: object = getattr(candidate, "hit", None)
    if callable(getattr(candidate, "ahit", None)) or (callable(hit) and _counts(hit) == 3):
        return Backend(candidate)
    if has_async(candidate, _METHODS, "backend"):
        return cast("Store", candidate)
    return ThreadedStore(cast("SyncStore", candidate))


def _counts(function: Callable[..., Any]) -> int:
    """How many positional arguments a function takes."""
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in kinds for each in signature(function).parameters.values())
