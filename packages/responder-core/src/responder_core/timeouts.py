"""Timeouts: exchanges that end in time."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

from responder_core.errors import Problem
from responder_core.exchange import run_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    import anyio

    from responder_core.asgi import Serve
    from responder_core.hooks import Step
    from responder_core.problems import ExceptionHandlers
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.types import Exchange, Receive, Scope, Send

# The scope key of the two cancel scopes around a request that has to end in time.
_SCOPES = "responder.timeout"


def late() -> Problem:
    """The 504 of a request that took too long."""
    return Problem(504, "The answer took too long.")


def limit_time(
    exchange: Exchange, *, after: Sequence[Step], handlers: ExceptionHandlers
) -> Exchange:
    """An exchange that is answered with 504 once the time of its door is over.

    It covers the hooks before the view, reading the body, and the view; a timeout of the
    program's own is a failure like any other. The hooks *after* it run outside of the limit.
    """

    async def limited(req: Request, resp: Response) -> None:
        limit, shield = req.scope[_SCOPES]
        try:
            await exchange(req, resp)
        except BaseException:
            # The limit is outermost, so that what providers entered is inside of it; from here
            # on the shield keeps its cancellation away.
            shield.shield = True
            if not limit.cancel_called:
                raise
            await handlers.recover(req, resp, late())
        limit.deadline = math.inf
        if after:
            await run_after(req, resp, deque(after), handlers.recover)

    return limited


def start_clock(serve: Serve, seconds: float) -> Serve:
    """A door whose request has so many seconds; what ``limit_time()`` looks at."""

    async def timed(
        scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> None:
        from anyio import CancelScope, move_on_after

        limit: anyio.CancelScope
        with move_on_after(seconds) as limit, CancelScope() as shield:
            scope[_SCOPES] = limit, shield
            await serve(scope, receive, send, path_params)

    return timed
