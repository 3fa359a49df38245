"""The async WebSocket: the client's side of a socket of an app in process, for async tests.

(ASGI WebSocket connection scope; RFC 6455 §7.4 for codes.)
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

import httpx2
from anyio import CancelScope, EndOfStream, Event, create_memory_object_stream, move_on_after
from starlette.websockets import WebSocketDisconnect

if TYPE_CHECKING:
    from types import TracebackType

    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from typing_extensions import Self

    from responder_core.types import ASGIApp, Message, Receive, Scope


_INTERNAL_ERROR = 1011

GRACE = 5.0
"""Seconds that an app gets to end once its client has left a WebSocket; then it is cancelled."""


class DeniedError(WebSocketDisconnect):
    """The app did not take the socket.

    Attributes:
        response: what it answered; a 403 without a body where it only closed the socket.
    """

    def __init__(self, response: httpx2.Response, code: int = 1006) -> None:
        super().__init__(code, f"the app answered {response.status_code}")
        self.response = response


class LiveWebSocket:
    """A socket that is open within ``async with``.

    ::

        async with client.websocket_connect("/ws") as socket:
            await socket.send_text("hello")
            assert await socket.receive_text() == "hello"

    Attributes:
        subprotocol: the one that the app took, or None.
        headers: the fields that it accepted with.

    Raises:
        DeniedError: the app did not take it.
        WebSocketDisconnect: of ``receive_…()``: the app has closed it.
    """

    def __init__(self, app: ASGIApp, scope: Scope, group: TaskGroup, *, raises: bool) -> None:
        self._app = app
        self._connection = scope
        self._group = group
        self._raises = raises
        self._ended = Event()
        self._scope = CancelScope()
        self._gone = False
        self._failure: Exception | None = None
        to_app = create_memory_object_stream[Any](math.inf)
        to_test = create_memory_object_stream[Any](math.inf)
        self._into: MemoryObjectSendStream[Message] = to_app[0]
        self._read: MemoryObjectReceiveStream[Message] = to_app[1]
        self._write: MemoryObjectSendStream[Message] = to_test[0]
        self._from: MemoryObjectReceiveStream[Message] = to_test[1]
        self.subprotocol: str | None = None
        self.headers: httpx2.Headers = httpx2.Headers()

    async def __aenter__(self) -> Self:
        self._into.send_nowait({"type": "websocket.connect"})
        self._group.start_soon(self._run)
        try:
            message = await self._next()
            if message["type"] != "websocket.accept":
                await self._deny(message)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        self.subprotocol = message.get("subprotocol")
        self.headers = httpx2.Headers(list(message.get("headers") or ()))
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
        if exc_value is not None:
            self._scope.cancel()
        with move_on_after(GRACE):
            await self._ended.wait()
        self._scope.cancel()
        await self._ended.wait()
        for stream in (self._into, self._read, self._write, self._from):
            stream.close()
        if exc_value is None:
            self._raise_failure()

    async def send_text(self, text: str) -> None:
        """Send a message of text."""
        self._into.send_nowait({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        """Send a message of bytes."""
        self._into.send_nowait({"type": "websocket.receive", "bytes": data})

    async def send_json(self, value: object) -> None:
        """Send a value as a message of JSON."""
        await self.send_text(json.dumps(value))

    async def receive(self) -> str | bytes:
        """The next message."""
        message = await self._next()
        if message["type"] == "websocket.close":
            code = message.get("code") or 1000
            if code == _INTERNAL_ERROR:
                await self._ended.wait()
                self._raise_failure()
            raise WebSocketDisconnect(code, message.get("reason") or "")
        text: str | None = message.get("text")
        return message["bytes"] if text is None else text

    async def receive_text(self) -> str:
        """The next message, which is text.

        Raises:
            TypeError: it is bytes.
        """
        message = await self.receive()
        if isinstance(message, str):
            return message
        msg = f"the app sent bytes, not text: {message!r}"
        raise TypeError(msg)

    async def receive_bytes(self) -> bytes:
        """The next message, which is bytes.

        Raises:
            TypeError: it is text.
        """
        message = await self.receive()
        if isinstance(message, bytes):
            return message
        msg = f"the app sent text, not bytes: {message!r}"
        raise TypeError(msg)

    async def receive_json(self) -> Any:  # noqa: ANN401 - whatever it is
        """The value of the next message, which is JSON."""
        return json.loads(await self.receive())

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Leave: the app is told so."""
        self._into.send_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self._gone = True

    async def _run(self) -> None:
        receive: Receive = self._read.receive
        try:
            with self._scope:
                await self._app(self._connection, receive, self._send)
        except Exception as error:  # noqa: BLE001 - raised in the test
            self._failure = error
        finally:
            self._ended.set()
            self._write.close()

    async def _send(self, message: Message) -> None:
        if self._gone:
            # As servers say it since ASGI 2.4.
            msg = "the client is gone"
            raise OSError(msg)
        await self._write.send(message)

    async def _next(self) -> Message:
        """The next message of the app; what it failed with where it sends no more."""
        try:
            return await self._from.receive()
        except EndOfStream:
            self._raise_failure()
            raise WebSocketDisconnect(1006, "the app ended without closing it") from None

    def _raise_failure(self) -> None:
        """Raise what the app failed with, once."""
        failure, self._failure = self._failure, None
        if failure is not None and self._raises:
            raise failure from None

    async def _deny(self, message: Message) -> NoReturn:
        """Raise what the app answered in place of a socket."""
        if message["type"] == "websocket.close":
            raise DeniedError(httpx2.Response(403), message.get("code") or 1006)
        body = b""
        more = True
        while more:
            piece = await self._next()
            body += piece.get("body", b"")
            more = piece.get("more_body", False)
        fields = list(message.get("headers") or ())
        raise DeniedError(httpx2.Response(message["status"], headers=fields, content=body))
