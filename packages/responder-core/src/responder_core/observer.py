"""The observer: ids, and what is noted of a connection, around everything else.

(W3C Trace Context §3.2 for ``traceparent``.)
"""

from __future__ import annotations

import re
from time import perf_counter
from typing import TYPE_CHECKING

from responder_core.context import current_observation, current_request
from responder_core.handshake import REQUEST_ID
from responder_core.http.request_ids import make_request_id
from responder_core.observation import OBSERVATION, Observation
from responder_core.proxies import TRUSTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from responder_core.types import ASGIApp, Header, Message, Receive, Scope, Send

# What someone else's id may be: 1 to 128 visible characters of ASCII.
_NAME = re.compile(rb"[!-~]{1,128}")
# Version, trace, span, flags; a later version may say more behind a dash.
_TRACE = re.compile(
    rb"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}"
    rb"(?P<more>-.*)?"
)
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})

CLIENT_GONE = 499
"""The status of what was not answered, as its client went away before: nginx's word for it."""


class Observer:
    """ASGI middleware that gives every request and WebSocket an id, and tells what came of it.

    The id is what the client or a proxy sent as X-Request-ID, where that is well-formed and
    comes from whom it may be taken; else a new one. Every answer says it.

    Args:
        app: what is behind it.
        sinks: what is called with each observation once it is over.
        from_proxies: take ids from trusted proxies alone.
    """

    def __init__(
        self,
        app: ASGIApp,
        sinks: Sequence[Callable[[Observation], None]] = (),
        *,
        from_proxies: bool = False,
    ) -> None:
        self._app = app
        self._sinks = tuple(sinks)
        self._from_proxies = from_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection, and note what comes of it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        noted = self._begin(scope)
        field: Header = (b"x-request-id", noted.id.encode("ascii"))
        pathsend = "http.response.pathsend" in (scope.get("extensions") or ())
        told = 0

        async def observed(message: Message) -> None:
            nonlocal told
            kind = message["type"]
            if kind == "http.response.body":
                noted.size += len(message.get("body", b""))
                await send(message)
                if not message.get("more_body"):
                    # Now, as background functions are still to run.
                    self._end(noted)
                return
            if kind in _STARTS:
                noted.status = message.get("status", 101)
                noted.first_byte = perf_counter() - noted.started
                fields = [each for each in message.get("headers") or () if each[0] != field[0]]
                fields.append(field)
                message = {**message, "headers": fields}
                told = _told_size(fields) if pathsend else 0
            elif kind == "http.response.pathsend":
                noted.size = told
            elif kind == "websocket.close" and not noted.status:
                noted.status = 403
            elif kind == "websocket.http.response.body":
                noted.size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception:
            noted.status = noted.status or 500  # As servers answer it.
            raise
        finally:
            self._end(noted)

    def _end(self, noted: Observation) -> None:
        if noted.is_over:
            return
        noted.is_over = True
        noted.duration = perf_counter() - noted.started
        noted.status = noted.status or CLIENT_GONE
        req = current_request.get()
        if noted.template is None and req is not None and req.scope.get(OBSERVATION) is noted:
            noted.template = None if req.route is None else req.route.path
        for sink in self._sinks:
            sink(noted)

    def _begin(self, scope: Scope) -> Observation:
        known: str | None = scope.get(REQUEST_ID)
        sent = trace = None
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                # Two of them are none.
                sent = value if sent is None else b""
            elif name == b"traceparent":
                trace = value if trace is None else b""
        if known is None and sent and (not self._from_proxies or scope.get(TRUSTED)):
            known = sent.decode("ascii") if _NAME.fullmatch(sent) else None
        if known is None:
            known = make_request_id()
        noted = Observation(scope, known, _read_trace(trace))
        scope[REQUEST_ID] = known
        scope[OBSERVATION] = noted
        current_observation.set(noted)
        return noted


def _read_trace(field: bytes | None) -> tuple[str, str] | None:
    """The trace and the span of a traceparent; None where it is malformed."""
    if not field:
        return None
    found = _TRACE.fullmatch(field)
    if found is None or (found["version"] == b"00" and found["more"]):
        return None
    return found[2].decode("ascii"), found[3].decode("ascii")


def _told_size(fields: Iterable[Header]) -> int:
    """The Content-Length of an answer, or 0."""
    for name, value in fields:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
