"""WebSockets: Starlette's, with typed messages, limits and an end (RFC 6455)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

import starlette.websockets
from starlette.websockets import WebSocketDisconnect, WebSocketState

from responder_core.connection import Connection
from responder_core.errors import Problem, finding
from responder_core.http.headers import encode_name, encode_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Self

    from responder_core.api import API
    from responder_core.http.headers import RequestHeaders
    from responder_core.http.query import QueryDict
    from responder_core.resources import Resources
    from responder_core.route import WebSocketRoute
    from responder_core.types import Message, Receive, Scope, Send

T = TypeVar("T")

# RFC 6455 §7.4.1.
GOING_AWAY = 1001
UNSUPPORTED = 1003
ABNORMAL = 1006
POLICY_VIOLATION = 1008
TOO_BIG = 1009
INTERNAL_ERROR = 1011

_CONNECTED = WebSocketState.CONNECTED
_DENIAL = "websocket.http.response"


class WebSocket(Connection, starlette.websockets.WebSocket):
    """An open door to one client: ``await ws.accept()``, ``receive_text()``, ``send_json()``.

    ``async for message in ws`` gives each message, a str or bytes, until the client leaves.

    Attributes:
        api: the app that serves the socket.
        route: the route it was opened on.
    """

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, api: API, route: WebSocketRoute
    ) -> None:
        super().__init__(scope, receive, send)
        self.api = api
        self.route = route
        self.resources: Resources | None = None
        self._take = receive
        self._give = send
        idle, size = route.idle_timeout, route.max_message_size
        self._idle = api.settings.ws_idle_timeout if idle is None else idle
        self._size = api.settings.max_message_size if size is None else size
        self.known_headers: RequestHeaders | None = None
        self.known_params: QueryDict | None = None
        self.known_cookies: dict[str, str] | None = None

    @property
    def method(self) -> str:
        """The method of the handshake, ``"GET"`` (RFC 6455 §4.1)."""
        return "GET"

    @property
    def subprotocols(self) -> list[str]:
        """What the client speaks, as it likes best (RFC 6455 §1.9)."""
        return list(self.scope.get("subprotocols", ()))

    @property
    def is_open(self) -> bool:
        """Whether it was accepted, and neither side has closed it."""
        states = (self.client_state, self.application_state)
        return states == (WebSocketState.CONNECTED, WebSocketState.CONNECTED)

    async def accept(
        self,
        subprotocol: str | None = None,
        headers: Iterable[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """Open the socket.

        Without a *subprotocol* it is the first of the route's ``subprotocols=`` that the client
        speaks too.
        """
        if subprotocol is None:
            offered = self.subprotocols
            subprotocol = next((each for each in self.route.subprotocols if each in offered), None)
        await super().accept(subprotocol, headers)

    async def deny(
        self,
        status_code: int = 403,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Refuse the socket with an HTTP status before it is accepted.

        Servers that cannot send one send 403.
        """
        await self.refuse(Problem(status_code, detail, headers=headers))

    async def refuse(self, problem: Problem) -> None:
        """Refuse the socket with a problem; what ``deny()`` and guards do."""
        if _DENIAL not in self.scope.get("extensions", ()):
            await self.close()
            return
        from responder_core.formats.json import encode

        body = encode(problem.document())
        fields = [(b"content-type", b"application/problem+json")]
        fields += [
            (encode_name(name), encode_value(value))
            for name, value in (problem.headers or {}).items()
        ]
        fields.append((b"content-length", b"%d" % len(body)))
        start = {"status": problem.status_code, "headers": fields}
        await self.send({"type": f"{_DENIAL}.start", **start})
        await self.send({"type": f"{_DENIAL}.body", "body": body})

    async def receive(self) -> Message:
        """The next message of the server, as ASGI has it.

        Raises:
            WebSocketDisconnect: nothing came for too long, or too much; the socket is closed.
        """
        if self.client_state is not _CONNECTED:
            return await super().receive()
        # As Starlette's receive() has it, which would be one more coroutine for each message.
        message = await (self._take() if self._idle is None else self._take_within(self._idle))
        if message["type"] == "websocket.disconnect":
            self.client_state = WebSocketState.DISCONNECTED
        elif self._size is not None:
            content = message.get("text")
            if content is None:
                length = len(message.get("bytes") or b"")
            else:
                length = len(content)
                if length <= self._size < 4 * length and not content.isascii():
                    length = len(content.encode("utf-8", "replace"))
            if length > self._size:
                await self._end(TOO_BIG)
        return message

    async def _take_within(self, seconds: float) -> Message:
        from anyio import move_on_after

        with move_on_after(seconds):
            return await self._take()
        return await self._end(GOING_AWAY)

    async def _end(self, code: int) -> Message:
        await self.close(code)
        raise WebSocketDisconnect(code)

    @overload
    async def receive_json(self, mode: str = "text") -> Any: ...  # noqa: ANN401
    @overload
    async def receive_json(self, mode: type[T], *, binary: bool = False) -> T: ...
    async def receive_json(self, mode: Any = "text", *, binary: bool = False) -> Any:
        """A message of JSON: ``await ws.receive_json()``, or ``receive_json(Move)``.

        With a model it is decoded straight into that, from a text, or from bytes where *binary*
        says so; without one the mode says what it comes in, ``"text"`` or ``"binary"``.

        Raises:
            Problem: 422, it is no JSON, or not of the model; unless it is caught, the socket is
                closed with 1008.
            WebSocketDisconnect: the client left.
        """
        if isinstance(mode, str):
            from responder_core.formats.json import decode

            content = await self._receive_content(binary=mode == "binary")
            try:
                return decode(content, self.api.settings.limits)
            except Problem:
                raise _invalid([finding(("body",), "is no valid JSON")]) from None
        content = await self._receive_content(binary=binary)
        from responder_core.texts import InvalidValue
        from responder_core.validation import validator_of

        try:
            return validator_of(mode).from_json(content)
        except InvalidValue as error:
            errors = [finding(("body", *where), what) for where, what in error.findings]
        except (ValueError, RecursionError):
            errors = [finding(("body",), "is no valid JSON")]
        raise _invalid(errors) from None

    async def _receive_content(self, *, binary: bool) -> bytes:
        if binary:
            return await self.receive_bytes()
        return (await self.receive_text()).encode("utf-8", "replace")

    async def receive_text(self) -> str:
        """A message of text.

        Raises:
            WebSocketDisconnect: the client left, or sent bytes: then it is closed with 1003.
        """
        if self.application_state is not _CONNECTED:
            raise _not_open()
        message = await self.receive()
        text: str | None = message.get("text")
        return await self._lack(message) if text is None else text

    async def receive_bytes(self) -> bytes:
        """A message of bytes.

        Raises:
            WebSocketDisconnect: the client left, or sent text: then it is closed with 1003.
        """
        if self.application_state is not _CONNECTED:
            raise _not_open()
        message = await self.receive()
        content: bytes | None = message.get("bytes")
        return await self._lack(message) if content is None else content

    async def send_text(self, data: str) -> None:
        """Send a message of text.

        Raises:
            WebSocketDisconnect: the client left.
        """
        message = {"type": "websocket.send", "text": data}
        if self.application_state is not _CONNECTED:
            await self.send(message)
            return  # pragma: no cover - send() refuses it
        # As Starlette's send() has it, which would be one more coroutine for each message.
        try:
            await self._give(message)
        except OSError:
            self.application_state = WebSocketState.DISCONNECTED
            raise WebSocketDisconnect(ABNORMAL) from None

    async def _lack(self, message: Message) -> Any:  # noqa: ANN401 - it never returns
        """End where a message is not of the kind that was waited for."""
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000), message.get("reason"))
        await self._end(UNSUPPORTED)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            message = await self.receive()
        except WebSocketDisconnect:
            raise StopAsyncIteration from None
        if message["type"] != "websocket.receive":
            raise StopAsyncIteration
        text: str | None = message.get("text")
        return message["bytes"] if text is None else text


def _not_open() -> RuntimeError:
    return RuntimeError('the socket is not open; write "await ws.accept()" first')


def _invalid(errors: list[dict[str, object]]) -> Problem:
    msg = "The message is not valid; its errors say what and where."
    return Problem(422, msg, errors=errors[:100])
