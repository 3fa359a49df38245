"""Timeouts: exchanges that end in time, or when the client goes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from responder_core.body import ClientDisconnect
from responder_core.errors import Problem
from responder_core.exchange import run_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_core.hooks import Step
    from responder_core.problems import ExceptionHandlers
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.types import Exchange


def late() -> Problem:
    """The 504 of a request that took too long."""
    return Problem(504, "The answer took too long.")


def limit_time(
    exchange: Exchange,
    seconds: float,
    *,
    after: Sequence[Step],
    handlers: ExceptionHandlers,
) -> Exchange:
    """An exchange that is given up after so many seconds, and answered with 504.

    It covers the hooks before the view, reading the body, and the view; a timeout of the
    program's own is a failure like any other. The hooks *after* it run outside of the limit.
    """

    async def limited(req: Request, resp: Response) -> None:
        from anyio import move_on_after

        with move_on_after(seconds) as scope:
            await exchange(req, resp)
        if scope.cancelled_caught:
            await handlers.recover(req, resp, late())
        if after:
            await run_after(req, resp, deque(after), handlers.recover)

    return limited


def cancel_on_disconnect(exchange: Exchange, *, handlers: ExceptionHandlers) -> Exchange:
    """An exchange that is cancelled when the client goes away before it is answered."""

    async def watched(req: Request, resp: Response) -> None:
        from anyio import create_task_group

        from responder_core.inbox import Inbox

        inbox = Inbox(req.receive)
        req.receive_from(inbox.receive)
        failure: list[Exception] = []
        async with create_task_group() as group:

            async def watch() -> None:
                await inbox.listen()
                group.cancel_scope.cancel()

            group.start_soon(watch)
            try:
                await exchange(req, resp)
            except Exception as exc:  # noqa: BLE001 - raised outside of the group
                failure.append(exc)
            group.cancel_scope.cancel()
        if failure:
            raise failure[0]
        if inbox.gone:
            await handlers.recover(req, resp, ClientDisconnect())

    return watched
