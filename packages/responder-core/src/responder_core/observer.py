"""The observer: ids, and what is noted of a connection, around everything else.

(W3C Trace Context §3.2 for ``traceparent``.)
"""

from __future__ import annotations

import re
from time import perf_counter
from typing import TYPE_CHECKING

from responder_core.connection import REQUEST_ID
from responder_core.context import current_observation, current_request
from responder_core.http.request_ids import make_request_id
from responder_core.observation import OBSERVATION, Observation
from responder_core.proxies import TRUSTED
from responder_core.types import RANGESEND

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
_ENDS = frozenset({"http.disconnect", "websocket.disconnect"})

CLIENT_GONE = 499
"""The status of what was not answered, as its client went away before: nginx's word for it."""


class Observer:
    """ASGI middleware that gives every request and WebSocket an id, and tells what came of it.

    The id is what the client or a proxy sent as X-Request-ID, where that is well-formed and
    comes from whom it may be taken; else a new one. Every answer says it.

    Args:
        app: what is behind it.
        sinks: what is called with each observation once it is over; where one has methods
            ``begin`` and ``respond``, these are called when it begins, and before the answer does.
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
        self._begins = _list_methods(sinks, "begin")
        self._responds = _list_methods(sinks, "respond")
        self._from_proxies = from_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection, and note what comes of it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        noted: Observation | None = scope.get(OBSERVATION)
        if noted is not None:
            # What this app is mounted on observes it already.
            kinds = {type(sink) for sink in noted.sinks}
            more = [sink for sink in self._sinks if type(sink) not in kinds]
            noted.sinks += more
            for begin in _list_methods(more, "begin"):
                begin(noted)
            await self._app(scope, receive, send)
            return
        await self._observe(self._begin(scope), scope, receive, send)

    async def _observe(
        self, noted: Observation, scope: Scope, receive: Receive, send: Send
    ) -> None:
        field: Header = (b"x-request-id", noted.id.encode("ascii"))
        pathsend = "http.response.pathsend" in (scope.get("extensions") or ())
        told = 0
        is_gone = False

        async def receive_observed() -> Message:
            nonlocal is_gone
            message = await receive()
            if message["type"] in _ENDS:
                is_gone = True
            return message

        async def send_observed(message: Message) -> None:
            nonlocal told
            kind = message["type"]
            if kind == "http.response.body":
                noted.size += len(message.get("body", b""))
                await send(message)
                if not message.get("more_body"):
                    # Now, as background functions are still to run.
                    _end(noted)
                return
            if kind in _STARTS:
                # What is said to nobody was not the answer.
                noted.status = CLIENT_GONE if is_gone else message.get("status", 101)
                noted.first_byte = perf_counter() - noted.started
                fields = [
                    each for each in message.get("headers") or () if each[0].lower() != field[0]
                ]
                fields.append(field)
                message = {**message, "headers": fields}
                told = _told_size(fields) if pathsend else 0
                if self._responds:
                    _note_template(noted)
                    for respond in self._responds:
                        respond(noted)
            elif kind in {"http.response.pathsend", RANGESEND}:
                noted.size = told
            elif kind == "websocket.close" and not noted.status:
                noted.status = 403
            elif kind == "websocket.http.response.body":
                noted.size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive_observed, send_observed)
        finally:
            # As servers answer what was not answered.
            noted.status = noted.status or (CLIENT_GONE if is_gone else 500)
            _end(noted)

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
        noted.sinks += self._sinks
        scope[REQUEST_ID] = known
        scope[OBSERVATION] = noted
        current_observation.set(noted)
        for begin in self._begins:
            begin(noted)
        return noted


def _list_methods(sinks: Iterable[object], name: str) -> list[Callable[[Observation], None]]:
    """A method of those of the sinks that have it."""
    return [method for sink in sinks if (method := getattr(sink, name, None)) is not None]


def _end(noted: Observation) -> None:
    """Tell the sinks, once."""
    if noted.is_over:
        return
    noted.is_over = True
    noted.duration = perf_counter() - noted.started
    _note_template(noted)
    for sink in noted.sinks:
        sink(noted)


def _note_template(noted: Observation) -> None:
    """Find the route where its door did not say it, as that of a mounted app does not."""
    if noted.template is None:
        req = current_request.get()
        if req is not None and req.route is not None and req.scope.get(OBSERVATION) is noted:
            noted.template = req.route.path


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
