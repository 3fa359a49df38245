"""WebSockets over RSGI in the words of ASGI (RSGI 1.6, WebSocket protocol).

Granian's RSGI can neither choose a subprotocol nor add header fields, and loses the codes that
sockets are closed with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from responder_core.websocket import POLICY_VIOLATION

if TYPE_CHECKING:
    from responder_core.types import ASGIApp, Message, Scope

_CLOSED, _BYTES = 0, 1
"""The kinds of what is received, beside text."""

_NO_CODE = 1005
"""What stands for a close without a code (RFC 6455 §7.1.5)."""


class Received(Protocol):
    """What came over a socket."""

    kind: int
    data: Any


class WebSocketTransport(Protocol):
    """An accepted socket, as granian has it."""

    async def receive(self) -> Received:
        """The next message, or that it was closed."""
        ...

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        ...

    async def send_str(self, data: str) -> None:
        """Send a text message."""
        ...


class WebSocketProtocol(Protocol):
    """A socket over RSGI, as granian has it."""

    async def accept(self) -> WebSocketTransport:
        """Open it."""
        ...

    def close(self, status: int | None) -> object:
        """Close it, or refuse it by a status of HTTP."""
        ...


async def serve_socket(app: ASGIApp, scope: Scope, protocol: WebSocketProtocol) -> None:
    """Serve a socket by an app of ASGI; one that it leaves open is closed."""
    socket = _Socket(protocol)
    try:
        await app(scope, socket.receive, socket.send)
    finally:
        socket.close(None)


class _Socket:
    """One socket as messages."""

    __slots__ = ("_closed", "_greeted", "_protocol", "_transport")

    def __init__(self, protocol: WebSocketProtocol) -> None:
        self._protocol = protocol
        self._transport: WebSocketTransport | None = None
        self._greeted = False
        self._closed = False

    async def receive(self) -> Message:
        if not self._greeted:
            self._greeted = True
            return {"type": "websocket.connect"}
        if self._transport is None or self._closed:
            return _gone()
        try:
            received = await self._transport.receive()
        except RuntimeError:  # granian's RSGIProtocolClosed
            return _gone()
        if received.kind == _CLOSED:
            return _gone()
        key = "bytes" if received.kind == _BYTES else "text"
        return {"type": "websocket.receive", key: received.data}

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.accept":
            self._transport = await self._protocol.accept()
        elif kind == "websocket.close":
            code = message.get("code", 1000)
            refused = 500 if code not in (1000, POLICY_VIOLATION) else 403
            self.close(refused if self._transport is None else code)
        elif kind == "websocket.send":
            await self._put(message)

    async def _put(self, message: Message) -> None:
        if self._transport is None or self._closed:
            msg = "the socket is not open"
            raise OSError(msg)
        content = message.get("bytes")
        try:
            if content is not None:
                await self._transport.send_bytes(content)
            else:
                await self._transport.send_str(message["text"])
        except RuntimeError as error:  # granian's RSGIProtocolClosed
            raise OSError(str(error)) from error

    def close(self, status: int | None) -> None:
        """Close it, once."""
        if not self._closed:
            self._closed = True
            self._transport = None
            self._protocol.close(status)


def _gone() -> Message:
    return {"type": "websocket.disconnect", "code": _NO_CODE}
