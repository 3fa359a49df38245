"""The conversation: the lifespan messages with an app that something of ours holds.

(ASGI Lifespan Protocol 2.0, from the side of a server.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio import Event

if TYPE_CHECKING:
    from responder_core.types import ASGIApp, Message


class Conversation:
    """Starts an app, and stops it; one that knows no lifespan is left alone.

    Attributes:
        started: set when the app has started, or failed to.
        ended: set when it has stopped.
        told: the failure that the app told of, in its words, or None.
        error: what it raised, or None.
    """

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        self.started: Event = Event()
        self.ended: Event = Event()
        self.told: str | None = None
        self.error: Exception | None = None
        self._app = app
        self._state = state
        self._stopping = Event()
        self._asked = False

    @property
    def failed(self) -> bool:
        """Whether the app failed, or said so."""
        return self.told is not None or self.error is not None

    async def run(self) -> None:
        """Run the app for its lifespan; *state* is what it keeps for its requests."""
        self._state.clear()
        scope: dict[str, Any] = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self._state,
        }
        try:
            await self._app(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - told by who holds the app
            # An app that asks for no message knows nothing of lifespans, and may say so.
            if self._asked:
                self.error = error
        finally:
            self.started.set()
            self.ended.set()

    def stop(self) -> None:
        """Tell the app to stop."""
        self._stopping.set()

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "lifespan.startup"}
        await self._stopping.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind.endswith(".failed"):
            self.told = message.get("message") or "it did not say why"
        if kind.startswith("lifespan.startup."):
            self.started.set()
