"""Timing: where the time of a request goes, told to who develops it (W3C Server Timing).

Only an app in debug is compiled with it; others pay nothing.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from responder_core.binding import Binding
    from responder_core.door import Door, Serve
    from responder_core.hooks import Step
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.types import ASGIApp, Exchange, Message, Receive, Scope, Send
    from responder_core.views import View

TIMING = "responder.timing"
"""The scope key of what is measured of a request."""

PARTS = ("match", "hooks", "dependencies", "view", "render")
"""What is told, beside the total; what did not happen is left out."""


class Timing:
    """The seconds that the parts of a request took.

    Attributes:
        started: when it came in.
        answered: when the response was filled; 0.0 before.
        parts: by name.
    """

    __slots__ = ("answered", "parts", "started")

    def __init__(self) -> None:
        self.started: float = perf_counter()
        self.answered: float = 0.0
        self.parts: dict[str, float] = {}

    def add(self, part: str, since: float) -> None:
        """Count what ended now."""
        self.parts[part] = self.parts.get(part, 0.0) + perf_counter() - since

    def write(self) -> bytes:
        """The value of Server-Timing, in milliseconds."""
        if self.answered:
            self.add("render", self.answered)
        self.add("total", self.started)
        return ", ".join(
            f"{part};dur={self.parts[part] * 1000:.3f}"
            for part in (*PARTS, "total")
            if part in self.parts
        ).encode()


def time_app(app: ASGIApp) -> ASGIApp:
    """An app whose answers tell where the time went."""

    async def timed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        timing = scope[TIMING] = Timing()

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                field = (b"server-timing", timing.write())
                message = {**message, "headers": [*message.get("headers", ()), field]}
            await send(message)

        await app(scope, receive, tell)

    return timed


def time_look_up(serve: Serve) -> Serve:
    """As *serve*, with a note of how long it took to find the route."""

    def timed(
        door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> Awaitable[None]:
        timing: Timing | None = scope.get(TIMING)
        if timing is not None and "match" not in timing.parts:  # pragma: no branch - one route each
            timing.add("match", timing.started)
        return serve(door, scope, receive, send, path_params)

    return timed


def time_exchange(exchange: Exchange) -> Exchange:
    """An exchange that notes when the response was filled."""

    async def timed(req: Request, resp: Response) -> None:
        await exchange(req, resp)
        timing: Timing | None = req.scope.get(TIMING)
        if timing is not None:  # pragma: no branch - time_app() is around it
            timing.answered = perf_counter()

    return timed


def time_steps(steps: Sequence[Step]) -> list[Step]:
    """Hooks that count as such."""
    return [replace(step, call=_time("hooks", step.call, awaits=step.awaits)) for step in steps]


def time_view(view: View) -> View:
    """A view that counts as such."""
    return replace(view, call=_time("view", view.call, awaits=view.awaits))


class TimedBinding:
    """A binding as an exchange uses it, which counts as dependencies.

    Attributes:
        bind, generates: as of ``Binding``.
        bind_now, json_body: None, as what counts is ``bind()``.
    """

    __slots__ = ("_prepare", "bind", "bind_now", "generates", "json_body")

    def __init__(self, binding: Binding) -> None:
        self.bind: Callable[..., Any] = _time("dependencies", binding.bind, awaits=True)
        self.bind_now: None = None
        self.json_body: None = None
        self.generates: bool = binding.generates
        self._prepare = _time("dependencies", binding.prepare, awaits=True)

    async def prepare(self, req: Request, resp: Response) -> Callable[[], dict[str, Any]]:
        """As ``Binding.prepare()``."""
        give = await self._prepare(req, resp)

        def timed() -> dict[str, Any]:
            since = perf_counter()
            try:
                values: dict[str, Any] = give()
            finally:
                _note(req, "dependencies", since)
            return values

        return timed


def _time(part: str, call: Callable[..., Any], *, awaits: bool) -> Callable[..., Any]:
    async def wait(req: Any, resp: Any, /, **values: Any) -> Any:  # noqa: ANN401 - the function's
        since = perf_counter()
        try:
            return await call(req, resp, **values)
        finally:
            _note(req, part, since)

    def run(req: Any, resp: Any, /, **values: Any) -> Any:  # noqa: ANN401 - as above
        since = perf_counter()
        try:
            return call(req, resp, **values)
        finally:
            _note(req, part, since)

    return wait if awaits else run


def _note(req: Request, part: str, since: float) -> None:
    timing: Timing | None = req.scope.get(TIMING)
    if timing is not None:  # pragma: no branch - time_app() is around it
        timing.add(part, since)
