"""Arounds: what stands around an exchange, as a limit, a session or a function of the program's."""

from __future__ import annotations

from collections import deque
from functools import wraps
from typing import TYPE_CHECKING, Any

from responder_core.body_length import check_length
from responder_core.errors import Problem
from responder_core.exchange import run_after
from responder_core.hooks import describe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from responder_core.exchange import DoorCall, DoorCalls
    from responder_core.hooks import Step
    from responder_core.problems import ExceptionHandlers
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Around, Exchange


def surround(
    exchange: Exchange,
    route: Route | None,
    arounds: Sequence[Around],
    *,
    after: Sequence[Step],
    handlers: ExceptionHandlers,
    calls: DoorCalls | None = None,
) -> Exchange:
    """The exchange with what stands around it, the outermost first; failures there answered.

    A wrapper that answers by itself, and never calls what it wraps, has its answer pass
    through the after hooks all the same. In *calls* is left what a door may call instead, which
    answers failures as well: where no wrapper may return anything, that it would take for a result.

    Raises:
        TypeError: a wrapper returned no exchange.
    """
    recover = handlers.recover

    async def reach(req: Request, resp: Response) -> None:
        req.extras[reach] = True
        await exchange(req, resp)

    inner: Exchange = reach if after else exchange
    wrapped = inner
    for wrap in reversed(arounds):
        wrapped = wrap(route, wrapped)
        candidate: object = wrapped
        if not callable(candidate):
            msg = f"wrapper {describe(wrap)} returned {wrapped!r}; return an exchange"
            raise TypeError(msg)
    if wrapped is inner:
        return exchange

    async def guarded(req: Request, resp: Response) -> None:
        try:
            await wrapped(req, resp)
        except Exception as exc:  # noqa: BLE001 - every failure is answered
            await recover(req, resp, exc)
        if after and reach not in req.extras:
            await run_after(req, resp, deque(after), recover)

    if calls is not None and not after and all(map(_returns_none, arounds)):
        calls.of[guarded] = wrapped
    return guarded


def _returns_none(wrap: Around) -> bool:
    """Whether the exchanges of a wrapper are known to return None."""
    return bool(getattr(wrap, "returns_none", False))


def reads_bodies(*arounds: Sequence[Around]) -> bool:
    """Whether a wrapper may look at the body of an answer; one says that it does not."""
    return any(getattr(wrap, "reads_body", True) for each in arounds for wrap in each)


def bound_length(limit: int, refusal: Exchange) -> Callable[[DoorCall], DoorCall]:
    """What stands around exchanges of requests with bodies: *refusal* answers one too long.

    *limit* is in bytes. Content-Length says so before anything is read (RFC 9110 §15.5.14).
    """
    digits = len(str(limit))

    def bound(exchange: DoorCall) -> DoorCall:
        @wraps(exchange)
        def bounded(req: Request, resp: Response) -> Awaitable[Any]:
            for name, value in req.scope["headers"]:
                if name == b"content-length" and not (
                    len(value) <= digits and value.isdigit() and int(value) <= limit
                ):
                    try:
                        check_length(req.scope["headers"], limit)
                    except Problem:
                        return refusal(req, resp)
            return exchange(req, resp)

        return bounded

    return bound
