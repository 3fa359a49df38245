"""The lifespan of mounted apps, within that of the app they are mounted on."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from responder_core.mounts import Mount
    from responder_core.types import Message


@asynccontextmanager
async def run_mounted(mount: Mount, timeout: float) -> AsyncGenerator[None]:
    """Start a mounted app, and stop it at the end; one that knows no lifespan is left alone.

    One that has not stopped in *timeout* seconds is cancelled.

    Raises:
        RuntimeError: the app failed to start, or to stop.
    """
    from anyio import create_task_group, move_on_after

    conversation = _Conversation(mount)
    failure: Exception | None = None
    started = False
    async with create_task_group() as group:
        group.start_soon(conversation.run)
        await conversation.started.wait()
        started = not conversation.failed
        if started:
            try:
                yield
            except Exception as error:  # noqa: BLE001 - raised outside of the group, as it is
                failure = error
        conversation.stop()
        with move_on_after(timeout):
            await conversation.ended.wait()
        if not conversation.ended.is_set():
            conversation.give_up(timeout)
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    conversation.check("stop" if started else "start")


class _Conversation:
    """The lifespan messages between us and a mounted app (ASGI Lifespan Protocol 2.0)."""

    def __init__(self, mount: Mount) -> None:
        from anyio import Event

        self.mount = mount
        self.started = Event()
        self.ended = Event()
        self._stopping = Event()
        self._asked = False
        self._failure: str | None = None

    async def run(self) -> None:
        """Run the app for its lifespan."""
        self.mount.state.clear()
        scope: dict[str, Any] = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.mount.state,
        }
        try:
            await self.mount.app(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - told below
            # An app that asks for no message knows nothing of lifespans, and may say so.
            if self._asked and self._failure is None:
                self._failure = f"{type(error).__name__}: {error}"
        finally:
            self.started.set()
            self.ended.set()

    @property
    def failed(self) -> bool:
        """Whether the app said that it failed, or did."""
        return self._failure is not None

    def stop(self) -> None:
        """Tell the app to stop."""
        self._stopping.set()

    def give_up(self, timeout: float) -> None:
        """Note that the app did not stop in so many seconds."""
        if self._failure is None:
            self._failure = f"it went on for {timeout} s after it was told to"

    def check(self, what: str) -> None:
        """Raise what the app failed with.

        Raises:
            RuntimeError: it failed.
        """
        if self._failure is not None:
            msg = f"the app mounted at {self.mount.prefix!r} failed to {what}: {self._failure}"
            raise RuntimeError(msg)

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "lifespan.startup"}
        await self._stopping.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind.endswith(".failed"):
            self._failure = message.get("message") or "it did not say why"
        if kind.startswith("lifespan.startup."):
            self.started.set()
