"""The lifespan over RSGI: two calls around a loop that is not running (RSGI 1.6)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from responder_core.problems import logger

if TYPE_CHECKING:
    from responder_core.types import ASGIApp, Message


class RSGILifespan:
    """Runs the lifespan of an ASGI app as one task, from ``start()`` to ``stop()``.

    Attributes:
        state: what the lifespan keeps for requests; filled at the start.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._task: asyncio.Task[None] | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run what comes before the first request.

        Raises:
            SystemExit: it failed; the failure was logged, and the worker is to end.
        """
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._answered = asyncio.Event()
        self._messages.put_nowait({"type": "lifespan.startup"})
        self._failure: str | None = None
        self._task = loop.create_task(self._serve())
        loop.run_until_complete(self._answered.wait())
        self._report("start-up")

    def stop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run what comes after the last request; a failure is logged.

        Raises:
            SystemExit: it failed.
        """
        if self._task is None:
            return
        self._answered.clear()
        self._messages.put_nowait({"type": "lifespan.shutdown"})
        loop.run_until_complete(self._task)
        self._task = None
        self._report("shutdown")

    def _report(self, phase: str) -> None:
        if self._failure is not None:
            logger.error("The %s failed:\n%s", phase, self._failure)
            raise SystemExit(1)

    async def _serve(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await self._app(scope, self._messages.get, self._send)
        except Exception as error:  # noqa: BLE001 - told to the server by a message before
            self._failure = self._failure or repr(error)
        finally:
            self._answered.set()

    async def _send(self, message: Message) -> None:
        if message["type"].endswith(".failed"):
            self._failure = message.get("message") or "it said no more"
        self._answered.set()
