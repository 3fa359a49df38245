"""Threaded stores: a store without ``async`` as one with it, and backends of older programs."""

from __future__ import annotations

from functools import partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, TypeVar, cast

from anyio import Event, to_thread
from anyio.lowlevel import RunVar

from responder_core.stores.choice import has_async
from responder_core.threads import is_async
from responder_ratelimit.algorithms import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_ratelimit.stores.store import BatchStore, Hit, Store, SyncStore

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


class _Job:
    """Hits that wait for the thread, and what becomes of them."""

    __slots__ = ("error", "hits", "is_left", "turn", "verdicts")

    def __init__(self, hits: Sequence[Hit], turn: Event) -> None:
        self.hits = hits
        self.turn = turn
        self.verdicts: list[Verdict] | None = None
        self.error: Exception | None = None
        self.is_left = False


class _Line:
    """What waits on one event loop, and whether one of them works there."""

    __slots__ = ("is_busy", "waiting")

    def __init__(self) -> None:
        self.waiting: list[_Job] = []
        self.is_busy = False

    def pass_on(self) -> None:
        """Let the first that waits work."""
        self.is_busy = bool(self.waiting)
        if self.waiting:
            self.waiting[0].turn.set()


class BatchedStore(ThreadedStore):
    """A store that works through all hits that wait in one go, in one thread at a time.

    So a burst of requests waits neither for many threads nor for many transactions. Each event
    loop has a line and a thread of its own, as none may wake who waits on another.
    """

    inner: BatchStore

    def __init__(self, inner: BatchStore) -> None:
        super().__init__(inner)
        # By a name of its own, by which older versions of AnyIO tell them apart.
        self._lines: RunVar[_Line] = RunVar(f"responder.ratelimit.{id(self)}")

    async def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``."""
        line = self._lines.get(None)
        if line is None:
            line = _Line()
            self._lines.set(line)
        job = _Job(hits, Event())
        line.waiting.append(job)
        if line.is_busy:
            try:
                await job.turn.wait()
            except BaseException:
                job.is_left = True
                if job in line.waiting:
                    line.waiting.remove(job)
                if job.turn.is_set() and job.verdicts is None and job.error is None:
                    line.pass_on()  # It was this one's turn to work.
                raise
        if job.verdicts is None and job.error is None:
            await self._work(line)
        if job.error is not None:
            raise job.error
        return cast("list[Verdict]", job.verdicts)

    async def _work(self, line: _Line) -> None:
        """Work through all that wait, and let the next one that has come meanwhile do it again."""
        line.is_busy = True
        jobs, line.waiting = line.waiting, []
        try:
            # Not abandoned: the others wait for it, and a file answers in its own time.
            found = await to_thread.run_sync(self.inner.hit_each, [job.hits for job in jobs])
            for job, verdicts in zip(jobs, found, strict=True):
                job.verdicts = verdicts
        except Exception as error:  # noqa: BLE001 - raised by each of them
            for job in jobs:
                job.error = error
        except BaseException:
            # The first of them, who works, goes; the others that are here are still to be counted.
            line.waiting[:0] = [job for job in jobs[1:] if not job.is_left]
            jobs = []
            raise
        finally:
            for job in jobs:
                job.turn.set()
            line.pass_on()


class Backend:
    """A backend of an older program: ``hit(key, max_requests, period)``, or ``ahit()``.

    It gives whether the request is admitted, how many more would be, and maybe the seconds until
    it begins anew. It counts one at a time, and takes nothing back; bursts are its own affair.
    """

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - a user's object
        self.inner = inner
        self._ahit: Any = getattr(inner, "ahit", None)
        if self._ahit is None and is_async(inner.hit):
            self._ahit = inner.hit

    async def hit(self, hits: Sequence[Hit]) -> list[Verdict]:
        """As ``Store.hit()``, one after the other; those after one that refuses are not counted.

        It cannot look without counting: of what costs nothing it says that it is admitted.
        """
        verdicts: list[Verdict] = []
        allowed = True
        for hit in hits:
            verdict = Verdict(hit.limit, True, hit.limit.requests, 0.0, 0.0)
            for _ in range(hit.cost):
                if allowed:
                    verdict = await self._hit_once(hit)
                    allowed = verdict.allowed
            verdicts.append(verdict)
        return verdicts

    async def _hit_once(self, hit: Hit) -> Verdict:
        limit = hit.limit
        arguments = (f"{limit.identity}\n{hit.key}", limit.requests, limit.period)
        if self._ahit is not None:
            answer = await self._ahit(*arguments)
        else:
            call = partial(self.inner.hit, *arguments)
            answer = await to_thread.run_sync(call, abandon_on_cancel=True)
        allowed, remaining, *rest = answer
        reset = float(rest[0]) if rest else limit.period
        return Verdict(limit, bool(allowed), remaining, reset, 0.0 if allowed else reset)

    async def charge(self, hits: Sequence[Hit]) -> None:
        """Count what is charged, one by one; it cannot give back."""
        for hit in hits:
            for _ in range(hit.cost):
                await self._hit_once(hit)

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
            result = reset(f"{hit.limit.identity}\n{hit.key}")
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
    if hasattr(candidate, "hit_each"):
        return BatchedStore(cast("BatchStore", candidate))
    return ThreadedStore(cast("SyncStore", candidate))


def _counts(function: Callable[..., Any]) -> int:
    """How many positional arguments a function takes."""
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in kinds for each in signature(function).parameters.values())
