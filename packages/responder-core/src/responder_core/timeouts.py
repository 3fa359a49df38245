"""Timeouts: exchanges that end in time, or when the client goes away."""

from __future__ import annotations

import math
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from anyio import CancelScope, create_task_group, move_on_after

from responder_core.body import ClientDisconnect
from responder_core.errors import Problem
from responder_core.exchange import run_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_core.door import Door, Serve
    from responder_core.hooks import Step
    from responder_core.inbox import Inbox
    from responder_core.problems import ExceptionHandlers
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Exchange, Receive, Scope, Send

# The scope key of the bounds of a request.
_BOUNDS = "responder.bounds"


def late() -> Problem:
    """The 504 of a request that took too long."""
    return Problem(504, "The answer took too long.")


class Bounds:
    """What may end a request before it is answered: its time, and its client.

    Two scopes are around everything that its providers enter: one that ends the request, and
    within it one that keeps that away from what is still to be done then.
    """

    __slots__ = ("_is_gone", "_is_over", "_limit", "_listener", "_shield")

    def __init__(self, limit: CancelScope, shield: CancelScope) -> None:
        self._limit = limit
        self._shield = shield
        self._listener = CancelScope()
        self._is_gone = False
        self._is_over = False

    def lift(self) -> Problem | None:
        """Let nothing end the request any more; what it was ended with, or None."""
        self._is_over = True
        self._limit.deadline = math.inf
        self._listener.cancel()
        if not self._limit.cancel_called:
            return None
        self._shield.shield = True
        return ClientDisconnect() if self._is_gone else late()

    async def listen(self, inbox: Inbox) -> None:
        """End the request when its client goes away."""
        with self._listener:
            with suppress(OSError):  # What some servers say of a client that is gone.
                await inbox.listen()
            if not self._is_over:
                self._is_gone = True
                self._limit.cancel()


def limit_exchange(
    exchange: Exchange, *, after: Sequence[Step], handlers: ExceptionHandlers
) -> Exchange:
    """An exchange within the bounds that its door set: 504 once its time is over.

    They cover the hooks, reading the body, and the view; a timeout of the program's own is a
    failure like any other. The hooks *after* it that have not begun then run all the same.
    """

    async def limited(req: Request, resp: Response) -> None:
        bounds: Bounds = req.scope[_BOUNDS]
        pending = deque(after)
        try:
            await exchange(req, resp)
            await run_after(req, resp, pending, handlers.recover)
        except BaseException:
            failure = bounds.lift()
            if failure is None:
                raise
            await handlers.recover(req, resp, failure)
            await run_after(req, resp, pending, handlers.recover)
        else:
            bounds.lift()

    return limited


def bound(serve: Serve, route: Route) -> Serve:
    """As *serve*, with requests that end in time, or with their client, as the route says."""
    if route.cancel_on_disconnect:
        return _watch_client(serve, route.request_timeout)
    return _start_clock(serve, route.request_timeout)


def _start_clock(serve: Serve, seconds: float | None) -> Serve:

    async def timed(
        door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> None:
        with move_on_after(seconds) as limit, CancelScope() as shield:
            scope[_BOUNDS] = Bounds(limit, shield)
            await serve(door, scope, receive, send, path_params)

    return timed


def _watch_client(serve: Serve, seconds: float | None) -> Serve:
    """As ``_start_clock()``, for requests that end when their client goes away, too.

    To learn of that, messages are received before anyone asks for them. The inbox keeps them
    for who reads the body, and receives no more while it is full.
    """
    from responder_core.inbox import Inbox

    async def watched(
        door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> None:
        inbox = Inbox(receive, is_patient=True)
        failure: Exception | None = None
        async with create_task_group() as group:
            with move_on_after(seconds) as limit, CancelScope() as shield:
                scope[_BOUNDS] = bounds = Bounds(limit, shield)
                group.start_soon(bounds.listen, inbox)
                try:
                    await serve(door, scope, inbox.receive, send, path_params)
                except Exception as exc:  # noqa: BLE001 - raised outside of the group
                    failure = exc
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure

    return watched
