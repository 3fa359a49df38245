"""The channel: what a request over RSGI brings and what is answered, as messages of ASGI.

(RSGI 1.6, HTTP protocol.) Who has the whole answer sends it by ``answer_whole()`` instead.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal, Protocol

from anyio import CancelScope, sleep

from responder_core.body_length import read_length
from responder_core.cutting import cut_connection
from responder_core.errors import Problem
from responder_core.rsgi_scope import split_address
from responder_core.speedups import speed_answer
from responder_core.types import RANGESEND

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from responder_core.door import AnswerWhole
    from responder_core.rsgi_scope import RSGIScope
    from responder_core.types import Header, Message

_AT_ONCE = 1024 * 1024
"""Bytes of a body that are received in one piece."""

_FLUSH = 0.05
"""Seconds in which granian sends what it has, in a thread of its own, before an answer is cut."""

TextField = tuple[str, str]


class StreamTransport(Protocol):
    """What takes the pieces of an answer."""

    async def send_bytes(self, data: bytes) -> None:
        """Queue a piece; it does not wait for the client."""
        ...


class HTTPProtocol(Protocol):
    """A request over RSGI, as granian has it."""

    async def __call__(self) -> bytes:
        """The whole body."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body piece by piece."""
        ...

    async def client_disconnect(self) -> None:
        """Wait until the client is gone."""
        ...

    def response_bytes(self, status: int, headers: list[TextField], body: bytes) -> None:
        """Answer with a body."""
        ...

    def response_file(self, status: int, headers: list[TextField], file: str) -> None:
        """Answer with a file."""
        ...

    def response_file_range(
        self, status: int, headers: list[TextField], file: str, start: int, end: int
    ) -> None:
        """Answer with the bytes of a file from *start* up to *end*."""
        ...

    def response_stream(self, status: int, headers: list[TextField]) -> StreamTransport:
        """Answer piece by piece."""
        ...


class Channel:
    """One request over RSGI: ``receive()`` and a call of it are those of ASGI.

    Attributes:
        protocol: the request as granian has it.
        scope: its scope.
        flow: what comes and goes piece by piece, or None.
    """

    __slots__ = ("flow", "protocol", "scope")

    def __init__(self, protocol: HTTPProtocol, scope: RSGIScope) -> None:
        self.protocol: HTTPProtocol = protocol
        self.scope: RSGIScope = scope
        self.flow: _Flow | None = None

    async def receive(self) -> Message:
        """The next message: a piece of the body, or that the client is gone."""
        return await (self.flow or self._open()).receive()

    async def __call__(self, message: Message) -> None:
        """Send a message of an answer.

        Raises:
            OSError: the client went away (ASGI 2.4).
        """
        await (self.flow or self._open()).send(message)

    async def end(self) -> None:
        """Cut the connection where an answer was begun and not completed.

        Granian would end it as if it were whole. With HTTP/2 it does, as others use the connection.
        """
        if self.flow is not None:
            await self.flow.end()

    def _open(self) -> _Flow:
        self.flow = _Flow(self.protocol, self.scope)
        return self.flow


class _Flow:
    """What comes and goes piece by piece; most requests have none."""

    __slots__ = (
        "_length",
        "_phase",
        "_pieces",
        "_protocol",
        "_received",
        "_scope",
        "_start",
        "_transport",
    )

    def __init__(self, protocol: HTTPProtocol, scope: RSGIScope) -> None:
        self._protocol = protocol
        self._scope = scope
        self._phase: Literal["new", "open", "ended", "gone"] = "new"
        self._length: int | None = None
        self._received = 0
        self._start: Message | None = None
        self._transport: StreamTransport | None = None

    _pieces: AsyncIterator[bytes]

    async def receive(self) -> Message:
        """As ``Channel.receive()``."""
        if self._phase == "new":
            return await self._begin()
        if self._phase == "open":
            return await self._receive_piece()
        if self._phase == "ended":
            await self._protocol.client_disconnect()
        return self._end_early()

    async def _begin(self) -> Message:
        fields: list[Header] = self._scope["headers"]
        try:
            self._length = read_length(fields)
        except Problem:
            self._length = None  # Whoever reads it refuses it.
        is_chunked = any(name == b"transfer-encoding" for name, _ in fields)
        if self._length is None and not is_chunked and self._scope["http_version"] != "2":
            return self._end(b"")
        if self._length is None or self._length > _AT_ONCE:
            self._phase = "open"
            self._pieces = self._protocol.__aiter__()
            return await self._receive_piece()
        try:
            content = await self._protocol()
        except RuntimeError:  # granian's RSGIProtocolClosed
            return self._end_early()
        # Of a stream of HTTP/2 that was reset granian gives what there is.
        return self._end(content) if len(content) >= self._length else self._end_early()

    async def _receive_piece(self) -> Message:
        """The next piece of a long body, or of one whose length is not told.

        Granian ends the pieces of a body that broke off as those of a whole one. Yet an empty
        piece stands for the end, and another for what broke; or for trailers, which nobody can
        tell from that.
        """
        empty = 0
        # Neither async for nor anext() will do: granian takes it for an error to be asked for the
        # iterator again, and its worker dies of a default.
        with suppress(StopAsyncIteration):
            while True:
                piece = await self._pieces.__anext__()
                if piece:
                    self._received += len(piece)
                    return {"type": "http.request", "body": piece, "more_body": True}
                empty += 1
        if self._length is not None:
            is_whole = self._received >= self._length
        else:
            is_whole = empty < 2 or self._scope["http_version"] == "2"
        return self._end(b"") if is_whole else self._end_early()

    def _end(self, content: bytes) -> Message:
        self._phase = "ended"
        return {"type": "http.request", "body": content, "more_body": False}

    def _end_early(self) -> Message:
        self._phase = "gone"
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """As a call of the channel."""
        kind = message["type"]
        if kind == "http.response.start":
            self._start = message
        elif kind == "http.response.body":
            await self._send_body(message.get("body", b""), more=message.get("more_body", False))
        elif kind == "http.response.pathsend":
            status, fields = self._take_start()
            self._protocol.response_file(status, fields, message["path"])
        elif kind == RANGESEND:
            status, fields = self._take_start()
            path, start, stop = message["path"], message["start"], message["stop"]
            self._protocol.response_file_range(status, fields, path, start, stop)

    async def end(self) -> None:
        """Let an answer that was not completed look like that; see ``Channel.end()``."""
        transport, self._transport = self._transport, None
        raw = self._scope.raw
        # Of a client that is gone another may have the address already.
        is_left = transport is None or self._phase == "gone"
        if not is_left and raw.http_version[:1] == "1":
            client, server = split_address(raw.client), split_address(raw.server)
            if client is not None and server is not None:
                with CancelScope(shield=True):
                    await sleep(_FLUSH)
                cut_connection(client, server)

    async def _send_body(self, piece: bytes, *, more: bool) -> None:
        transport = self._transport
        if transport is None:
            if not more:
                self._protocol.response_bytes(*self._take_start(), piece)
                return
            transport = self._transport = self._protocol.response_stream(*self._take_start())
        if piece:
            try:
                await transport.send_bytes(piece)
            except RuntimeError as error:  # granian's RSGIProtocolClosed
                self._phase = "gone"
                raise OSError(str(error)) from error
        if not more:
            # Granian ends the answer when nobody has the transport any more.
            self._transport = None

    def _take_start(self) -> tuple[int, list[TextField]]:
        """The status and the fields of the answer that begins.

        Raises:
            RuntimeError: it has none, or was sent whole already.
        """
        start, self._start = self._start, None
        if start is None:
            msg = "the body of an answer comes once, after http.response.start"
            raise RuntimeError(msg)
        return start["status"], decode_fields(start.get("headers", ()))


_MOST_KNOWN = 4096
_SHORT = 64

# Fields whose values are few: nothing that a client chooses is kept.
_REPEATED = frozenset(
    {b"access-control-allow-origin", b"allow", b"cache-control", b"content-length"}
    | {b"content-type", b"referrer-policy", b"strict-transport-security", b"vary"}
    | {b"x-content-type-options", b"x-frame-options"}
)


class _Decoded(dict["Header", TextField]):
    """Header fields as text; those that come again and again are kept."""

    def __missing__(self, field: Header) -> TextField:
        name, value = field
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        decoded = name.decode("latin-1"), text
        if len(value) <= _SHORT and name in _REPEATED:
            if len(self) >= _MOST_KNOWN:
                self.clear()
            self[field] = decoded
        return decoded


_decoded = _Decoded()


def decode_fields(fields: Iterable[Header]) -> list[TextField]:
    """Header fields as RSGI takes them: ``[(b"etag", b"1")]`` → ``[("etag", "1")]``.

    Granian sends text as UTF-8, so bytes beyond ASCII stay what they are where they are UTF-8.
    """
    return [_decoded[field] for field in fields]


def _answer_whole(channel: Channel, status: int, fields: Iterable[Header], body: bytes) -> None:
    """Send a whole answer."""
    if body:
        # Granian says the length by itself, and each field costs it a microsecond.
        texts = [_decoded[field] for field in fields if field[0] != b"content-length"]
    else:
        texts = decode_fields(fields)
    channel.protocol.response_bytes(status, texts, body)


answer_whole: AnswerWhole = speed_answer(_answer_whole, Channel, _decoded)
