"""Observation: what is noted of a connection while it is served, for logs and metrics."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.types import Scope

OBSERVATION = "responder.observation"
"""The scope key under which a connection that is observed has its observation."""

UNMATCHED = "unmatched"
"""The route of what no route answers."""


class Observation:
    """One request or WebSocket, from its first message to its last.

    Attributes:
        id: its id, as the answer tells it.
        method: ``"GET"``; that of a WebSocket's handshake is GET, too.
        path: the path as it was asked for, decoded: whatever a client sent.
        client: the address that it came from, or ``"-"``.
        trace: the trace and the span that it belongs to (W3C Trace Context), or None.
        is_socket: whether it is a WebSocket.
        mount: the prefix of the mounted app that answers, or "".
        template: the path template of the route that answers, or None.
        status: the status of the answer; 0 before, 101 for an open WebSocket, 499 where there was
            no answer, as the client went away.
        size: the bytes of the answer's body, as far as they were sent.
        duration, first_byte: seconds until the answer was sent, and until it began; 0.0 before.
        sinks: what is told of it.
        is_over: whether the answer was sent, and the sinks were told.
        failure: the exception that was answered with 500, or None.
    """

    __slots__ = (
        "client",
        "duration",
        "failure",
        "first_byte",
        "id",
        "is_over",
        "is_socket",
        "method",
        "mount",
        "path",
        "sinks",
        "size",
        "started",
        "status",
        "template",
        "trace",
    )

    def __init__(self, scope: Scope, name: str, trace: tuple[str, str] | None) -> None:
        self.started: float = perf_counter()
        self.id: str = name
        self.is_socket: bool = scope["type"] == "websocket"
        self.method: str = "GET" if self.is_socket else scope["method"]
        self.path: str = scope["path"]
        peer = scope.get("client")
        self.client: str = peer[0] if peer else "-"
        self.trace: tuple[str, str] | None = trace
        self.mount: str = ""
        self.template: str | None = None
        self.status: int = 0
        self.size: int = 0
        self.is_over: bool = False
        self.sinks: list[Callable[[Observation], None]] = []
        self.duration: float = 0.0
        self.first_byte: float = 0.0
        self.failure: BaseException | None = None

    @property
    def route(self) -> str:
        """The template of the route, with the prefixes of mounts: ``"/shop/items/{id}"``.

        A mounted app that has no routes of ours is its prefix; what nothing answers is
        ``"unmatched"``. So there are as few of these as a program has routes.
        """
        if self.template is not None:
            return self.mount + self.template
        return self.mount or UNMATCHED
