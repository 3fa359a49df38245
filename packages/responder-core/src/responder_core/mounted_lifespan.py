"""The lifespan of mounted apps, within that of the app they are mounted on."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from responder_core.mounts import Mount


@asynccontextmanager
async def run_mounted(mount: Mount, timeout: float) -> AsyncGenerator[None]:
    """Start a mounted app, and stop it at the end; one that knows no lifespan is left alone.

    One that has not stopped in *timeout* seconds is cancelled.

    Raises:
        RuntimeError: the app failed to start, or to stop.
    """
    from anyio import create_task_group, move_on_after

    from responder_core.conversation import Conversation

    conversation = Conversation(mount.app, mount.state)
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
            conversation.told = f"it went on for {timeout} s after it was told to"
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    if conversation.failed:
        raised = conversation.error
        why = conversation.told or f"{type(raised).__name__}: {raised}"
        what = "stop" if started else "start"
        msg = f"the app mounted at {mount.prefix!r} failed to {what}: {why}"
        raise RuntimeError(msg)
