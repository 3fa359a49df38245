"""Health: whether an app lives, and whether it is ready for requests."""

from __future__ import annotations

import inspect
import logging
from abc import ABC, abstractmethod
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from responder_core.hooks import refuse_awaitable
from responder_core.settings import check_seconds
from responder_core.threads import is_async
from responder_core.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from responder_core.drain import Drain
    from responder_core.extension import RouteOptions
    from responder_core.lifespan import LifespanEvents
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.settings import Settings
    from responder_core.types import Endpoint, Phase

logger: logging.Logger = logging.getLogger("responder")

LIVE_ROUTE = "/livez"
READY_ROUTE = "/readyz"

TIMEOUT = 5.0
"""Seconds that a check may take."""

KEPT = 1.0
"""Seconds for which what came of the checks is kept, so that probes cost what one costs."""


class Result(NamedTuple):
    """What came of a check.

    Attributes:
        status: ``"ok"``, ``"error"`` or ``"timeout"``.
        seconds: how long it took.
    """

    status: str
    seconds: float


class HealthChecks:
    """The checks of an app, and the views that tell what came of them.

    ``/livez`` answers as long as the app does. ``/readyz`` is 503 while the app starts or stops,
    and while a check fails; ``/readyz?verbose`` tells which.

    Args:
        phase: tells what the app is about.
        clock: seconds since whenever, for how long what is known is kept.
    """

    def __init__(
        self, phase: Callable[[], Phase], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._phase = phase
        self._clock = clock
        self._checks: dict[str, _Check] = {}
        self._known: dict[str, Result] = {}
        self._until = float("-inf")
        self._turns = Turns()

    def add(self, name: str, check: Callable[[], Any], timeout: float = TIMEOUT) -> None:
        """Add a check: a function, sync or async, that fails by False or by an exception.

        Raises:
            TypeError: it is no function.
            ValueError: there is a check of this name, or the timeout is none.
        """
        target: object = check
        if not callable(target):
            msg = f"health check {name!r} is a function without arguments, not {check!r}"
            raise TypeError(msg)
        if name in self._checks:
            msg = f"there is a health check {name!r} already; give one of them another name"
            raise ValueError(msg)
        check_seconds(f"health check {name!r}: timeout", timeout)
        self._checks[name] = _Check(name, check, timeout)
        self._until = float("-inf")

    async def live(self, _req: Request, resp: Response) -> None:
        """Say that the app lives."""
        _tell(resp, 200, {"status": "ok"})

    async def ready(self, req: Request, resp: Response) -> None:
        """Say whether the app is ready for requests."""
        phase = self._phase()
        if phase in ("starting", "stopping"):
            _tell(resp, 503, {"status": phase})
            return
        results = await self.results()
        good = all(each.status == "ok" for each in results.values())
        document: dict[str, Any] = {"status": "ok" if good else "error"}
        if "verbose" in req.params:
            document["checks"] = {
                name: {"status": each.status, "duration_ms": round(each.seconds * 1000, 3)}
                for name, each in results.items()
            }
        _tell(resp, 200 if good else 503, document)

    async def results(self) -> dict[str, Result]:
        """What came of each check, all run at once, by name; of a moment ago at most.

        Who asks while they run waits for the same results.
        """
        if self._clock() < self._until:
            return self._known
        async with self._turns.take(self):
            if self._clock() >= self._until:  # Else who had the turn before knows them.
                from anyio import create_task_group

                found: dict[str, Result] = {}
                checks = list(self._checks.values())
                async with create_task_group() as group:
                    for check in checks:
                        group.start_soon(check.run, found)
                self._known = {each.name: found[each.name] for each in checks}
                self._until = self._clock() + KEPT
            return self._known


class HealthRegistrar(ABC):
    """An app that has health checks, once it was asked for."""

    settings: Settings
    drain: Drain
    lifespan_events: LifespanEvents
    _health: HealthChecks | None = None

    @abstractmethod
    def add_route(
        self, path: str, endpoint: Endpoint | None = None, **options: Unpack[RouteOptions]
    ) -> None:
        """Register a view."""

    @property
    def health(self) -> HealthChecks:
        """The health checks, with ``/livez`` and ``/readyz``, which are there from now on."""
        return self.serve_health() if self._health is None else self._health

    def serve_health(self) -> HealthChecks:
        """Register the probes; what ``health_route=`` and the first check do."""
        self._health = checks = HealthChecks(self._find_phase)
        route = self.settings.health_route or READY_ROUTE
        self.add_route(LIVE_ROUTE, checks.live, methods=["GET"], name="livez")
        self.add_route(route, checks.ready, methods=["GET"], name="readyz")
        return checks

    def _find_phase(self) -> Phase:
        return "stopping" if self.drain.is_set() else self.lifespan_events.phase

    def add_health_check(
        self, name: str, check: Callable[[], Any], *, timeout: float = TIMEOUT
    ) -> None:
        """Have ``/readyz`` ask a function: ``api.add_health_check("db", db.ping)``.

        It is sync or async, and fails by False, by an exception, or by taking longer than
        *timeout*, in seconds. All run at once, a second apart at least.

        Raises:
            TypeError: it is no function.
            ValueError: there is a check of this name.
        """
        self.health.add(name, check, timeout)


class _Check:
    """One check."""

    def __init__(self, name: str, function: Callable[[], Any], timeout: float) -> None:
        self.name = name
        self._function = function
        self._timeout = timeout
        self._awaits = is_async(function)
        self._hangs = False

    async def run(self, found: dict[str, Result]) -> None:
        """Run it, and put what came of it into a table."""
        from anyio import CapacityLimiter, move_on_after, to_thread

        begun = monotonic()
        status = "error"
        try:
            # A thread that does not come back is not joined by a second one.
            if self._hangs:
                status = "timeout"
            else:
                with move_on_after(self._timeout) as limit:
                    if self._awaits:
                        answer = await self._function()
                    else:
                        answer = await to_thread.run_sync(
                            self._call, abandon_on_cancel=True, limiter=CapacityLimiter(1)
                        )
                    if inspect.isawaitable(answer):
                        refuse_awaitable(answer, f"health check {self.name!r}")
                    status = "error" if answer is False else "ok"
                if limit.cancelled_caught:
                    status = "timeout"
        except Exception:
            logger.exception("health check %r failed", self.name)
        else:
            if status == "error":
                logger.error("health check %r failed", self.name)
            elif status == "timeout":
                logger.error("health check %r was not done in %s s", self.name, self._timeout)
        finally:
            # Also where the check was cancelled from elsewhere: without a result it has failed.
            found[self.name] = Result(status, monotonic() - begun)

    def _call(self) -> object:
        self._hangs = True
        try:
            return self._function()
        finally:
            self._hangs = False


def _tell(resp: Response, status: int, document: dict[str, Any]) -> None:
    resp.status_code = status
    resp.media = document
    resp.headers["Cache-Control"] = "no-store"
