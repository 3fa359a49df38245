"""Lifespan: what runs when the server starts and stops (ASGI Lifespan Protocol 2.0)."""

from __future__ import annotations

import inspect
import traceback
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, get_args

from responder_core.errors import ViewError
from responder_core.hooks import accepts, describe, refuse_awaitable
from responder_core.mounted_lifespan import run_mounted
from responder_core.threads import call
from responder_core.types import LifespanEvent

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.mounts import Mount
    from responder_core.types import EventHandler, Lifespan, Phase, Receive, Scope, Send


class LifespanEvents:
    """What a program asked to run at start-up and shutdown.

    Attributes:
        phase: what the app is about: ``"idle"`` before and after, and without a lifespan.

    A context manager given as ``lifespan=`` surrounds the handlers of ``on_event()``: start-up
    handlers run after it was entered, shutdown handlers before it is left.
    """

    def __init__(self, lifespan: Lifespan | None) -> None:
        if lifespan is not None and not accepts(lifespan, 1):
            msg = f"lifespan= is a function of (app), made by asynccontextmanager, not {lifespan!r}"
            raise TypeError(msg)
        self.phase: Phase = "idle"
        self._lifespan = lifespan
        self._handlers: dict[str, list[EventHandler]] = {"startup": [], "shutdown": []}

    def add(self, event: LifespanEvent, handler: EventHandler) -> None:
        """Run a handler at an event.

        Raises:
            ValueError: the event is neither ``"startup"`` nor ``"shutdown"``.
            ViewError: the handler needs arguments.
        """
        self.check(event)
        if not accepts(handler, 0):
            msg = f"{event} handler {describe(handler)} is called without arguments; give it none"
            raise ViewError(msg)
        self._handlers[event].append(handler)

    def check(self, event: object) -> None:
        """Refuse what is no event.

        Raises:
            ValueError: it is neither ``"startup"`` nor ``"shutdown"``.
        """
        if event not in self._handlers:
            known = " or ".join(map(repr, get_args(LifespanEvent)))
            msg = f"there is no event {event!r}; it is {known}"
            raise ValueError(msg)

    async def serve(self, api: API, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the lifespan messages of a server.

        A failure is reported to the server with its traceback, and raised.
        """
        started = False
        self.phase = "starting"
        api.drain.reset()
        await receive()
        if api.settings.enable_logging:
            from responder_core.logs import silence_server

            silence_server()
        try:
            async with AsyncExitStack() as stack:
                if self._lifespan is not None:
                    state = await stack.enter_async_context(self._lifespan(api))
                    if state:
                        _share(scope, dict(state))
                started_apps: dict[int, Mount] = {}
                for mount in api.mounts:
                    first = started_apps.setdefault(id(mount.app), mount)
                    if first is mount:
                        await stack.enter_async_context(
                            run_mounted(mount, api.settings.background_timeout)
                        )
                    else:
                        mount.state = first.state
                stack.push_async_callback(api.dependencies.close)
                stack.push_async_callback(api.drain_background)
                for handler in self._handlers["startup"]:
                    await _run(handler)
                for handler in reversed(self._handlers["shutdown"]):
                    stack.push_async_callback(_run, handler)
                await send({"type": "lifespan.startup.complete"})
                started = True
                self.phase = "running"
                await receive()
                self.phase = "stopping"
            if not started:
                msg = "start-up failed, and the lifespan= context manager kept the exception"
                raise RuntimeError(msg)  # noqa: TRY301 - reported to the server below
        except BaseException:
            kind = "shutdown" if started else "startup"
            await send({"type": f"lifespan.{kind}.failed", "message": traceback.format_exc()})
            raise
        finally:
            self.phase = "idle"
        await send({"type": "lifespan.shutdown.complete"})


async def _run(handler: EventHandler) -> None:
    result = await call(handler)
    if inspect.isawaitable(result):
        refuse_awaitable(result, f"event handler {describe(handler)}")


def _share(scope: Scope, state: dict[str, Any]) -> None:
    """Make what the lifespan yielded the state of every request."""
    if "state" not in scope:
        msg = "lifespan= yielded state, but this server has no lifespan state to keep it in"
        raise RuntimeError(msg)
    scope["state"].update(state)
