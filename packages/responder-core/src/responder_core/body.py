"""The body of a request: received piece by piece, counted while it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from responder_core.body_length import read_length, too_large
from responder_core.errors import Problem
from responder_core.http.media_types import charset, find_codec

if TYPE_CHECKING:
    from collections.abc import Collection

    import anyio
    from typing_extensions import Self

    from responder_core.forms import FormReader
    from responder_core.types import Header, Message, Receive


# What uses the body now, as it ends a sentence; other uses have used it up.
_READING = "is being read"
# Bytes of a piece that is kept with its neighbours.
_SHORT = 4096
_UTF8 = frozenset({"ascii", "utf-8", "utf_8"})


class ClientDisconnect(Problem):
    """Raised when the client went away before its body was complete.

    It is a 400 that no one reads, so that it is answered like any other and not logged.
    """

    def __init__(self) -> None:
        super().__init__(400, "The client went away before the body was complete.")


class Body:
    """The body of one request: read whole once, or passed on once as it comes in.

    Attributes:
        content_type: the Content-Type as bytes, or None.
        encoding: the charset that the program chose instead of the declared one, or None.
        values: what the body was decoded to, by the name of the format.
        form: what reads it as a form, or None when nothing asked for that.
    """

    __slots__ = (
        "_coding",
        "_content",
        "_free",
        "_length",
        "_limit",
        "_pieces",
        "_receive",
        "_streamed",
        "_use",
        "content_type",
        "encoding",
        "form",
        "values",
    )

    def __init__(self, receive: Receive, fields: Collection[Header], limit: int | None) -> None:
        table = dict(fields)  # One walk, in C; the length alone must not be there twice.
        length = table.get(b"content-length")
        if length is None:
            self._length = None
        elif len(table) == len(fields) and len(length) < 20 and length.isdigit():
            self._length = int(length)
        else:
            self._length = read_length(fields)
        self._receive = receive
        self._limit = limit
        self._coding = table.get(b"content-encoding")
        self._content: bytes | None = None
        # Joined once: to grow one buffer copies it again and again.
        self._pieces: list[bytes | bytearray] = []
        self._use: str | None = None
        self._streamed = 0
        self._free: anyio.Event | None = None
        self.content_type: bytes | None = table.get(b"content-type")
        self.encoding: str | None = None
        self.values: dict[str, Any] = {}
        self.form: FormReader | None = None

    def receive_from(self, receive: Receive) -> None:
        """Receive what is left from elsewhere."""
        self._receive = receive

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was received of it yet."""
        return self._content is None and self._use is None and not self._pieces

    def fill(self, content: bytes) -> None:
        """Take the whole body, which was received already."""
        self._content = content

    def begin_with(self, message: Message) -> None:
        """Take the first message of the body, which was received already."""
        receive = self._receive
        waiting = [message]

        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        self._receive = again

    def declared_charset(self) -> str | None:
        """The charset that the Content-Type declares, or None."""
        kind = self.content_type
        if kind is None or b"charset" not in kind.lower():
            return None
        return charset(kind.decode("latin-1"))

    def codec(self) -> str:
        """Python's name of the charset of the text in the body; UTF-8 unless it says otherwise.

        Raises:
            Problem: 400, the declared charset is unknown.
        """
        label = self.encoding or self.declared_charset()
        if label is None:
            return "utf-8"
        codec = find_codec(label)
        if codec is None:
            raise Problem(400, "The charset of the body is unknown; send UTF-8.")
        return codec

    def decode(self, content: bytes) -> str:
        """Bytes of the body as text.

        Raises:
            Problem: 400, they are no text in the charset of the body.
        """
        codec = self.codec()
        try:
            return content.decode(codec)
        except UnicodeError:
            raise Problem(400, f"The body is no valid {codec} text.") from None

    def to_utf8(self, content: bytes) -> bytes:
        """Bytes of the body as UTF-8; those that are said to be are not looked at.

        Raises:
            Problem: 400, they are no text in the charset of the body.
        """
        kind = self.content_type
        if self.encoding is None and (kind is None or b"=" not in kind):
            return content
        return content if self.codec() in _UTF8 else self.decode(content).encode()

    async def read(self, media_size: int | None = None) -> bytes:
        """The whole body, read once.

        *media_size* is a limit for this reading, beside that of the request.

        Raises:
            Problem: 413, it is too large; 415, it is encoded; 400, its length is malformed.
            ClientDisconnect: the client went away.
            RuntimeError: it was streamed already.
        """
        limit = self._limit
        if media_size is not None and (limit is None or media_size < limit):
            limit = media_size
        while self._use == _READING:
            if self._free is None:
                from anyio import Event

                self._free = Event()
            await self._free.wait()
        content = self._content
        if content is None:
            self._begin(limit)
            self._use = _READING
            try:
                message = await self._receive()
                if message["type"] == "http.request" and not message.get("more_body"):
                    # The usual body: all of it in one message.
                    self._content = content = self._join(message.get("body", b""))
                else:
                    content = await self._receive_rest(message, limit)
            finally:
                self._use = None
                if self._free is not None:
                    self._free.set()
                    self._free = None
        if limit is not None and len(content) > limit:
            raise self._refusal(limit)
        return content

    async def _receive_rest(self, message: Message, limit: int | None) -> bytes:
        """The whole body, of which this message is one of several."""
        size = sum(map(len, self._pieces))
        while True:
            chunk = _open_message(message)
            if not message.get("more_body"):
                self._content = content = self._join(chunk)
                return content
            self._keep(chunk)
            size += len(chunk)
            if limit is not None and size > limit:
                raise self._refusal(limit)
            message = await self._receive()

    def _keep(self, chunk: bytes) -> None:
        """Keep a piece; short ones together, as each would take more memory than it has bytes."""
        pieces = self._pieces
        if len(chunk) >= _SHORT:
            pieces.append(chunk)
        elif pieces and isinstance(pieces[-1], bytearray):
            pieces[-1] += chunk
        else:
            pieces.append(bytearray(chunk))

    def _join(self, last: bytes) -> bytes:
        """The body, when its last piece is there."""
        if not self._pieces:
            return last
        content = b"".join([*self._pieces, last])
        self._pieces.clear()
        return content

    def _begin(self, limit: int | None) -> None:
        """Refuse what cannot be read, before anything is."""
        if self._use is not None:
            self._refuse_used()
        if self._coding is not None:
            self.refuse_encoded()
        if limit is not None and self._length is not None and self._length > limit:
            raise self._refusal(limit)

    def stream(self, use: str = "was streamed") -> BodyStream:
        """The body piece by piece, as it was sent, whatever its Content-Encoding.

        *use* says what for, if something asks for the body again.
        """
        return BodyStream(self, use)

    def begin_stream(self, use: str) -> bytes | None:
        """What is there of a body that is about to be streamed; None when that is not all.

        Raises:
            Problem: 413, it is too large.
            RuntimeError: it was streamed already.
        """
        limit = self._limit
        if self._content is not None:
            if limit is not None and len(self._content) > limit:
                raise self._refusal(limit)
            return self._content
        if self._use is not None:
            self._refuse_used()
        if limit is not None and self._length is not None and self._length > limit:
            raise self._refusal(limit)
        self._use = use
        return None

    async def receive_piece(self) -> tuple[bytes, bool]:
        """The next piece of a body that is streamed, and whether there are more.

        Raises:
            Problem: 413, it is too large.
            ClientDisconnect: the client went away.
        """
        if self._pieces:
            # What an earlier reading got before it was cancelled or refused.
            chunk, more = self._join(b""), True
        else:
            message = await self._receive()
            chunk, more = _open_message(message), message.get("more_body", False)
        self._streamed += len(chunk)
        if self._limit is not None and self._streamed > self._limit:
            raise self._refusal(self._limit)
        return chunk, more

    def refuse_encoded(self) -> None:
        """Refuse what would have to be unfolded first (RFC 9110 §8.4).

        Raises:
            Problem: 415, the body has a Content-Encoding.
        """
        coding = self._coding or b""
        if {part.strip(b" \t").lower() for part in coding.split(b",")} - {b"", b"identity"}:
            msg = "An encoded body is not understood; send it without Content-Encoding."
            # RFC 9110 §15.5.16: Accept-Encoding in the answer says that it was the coding.
            raise Problem(415, msg, headers={"Accept-Encoding": "identity"})

    def _refuse_used(self) -> NoReturn:
        left = "it cannot be streamed now" if self._use == _READING else "nothing of it is left"
        msg = f"the body {self._use}, so {left}; await req.content first to read it twice"
        raise RuntimeError(msg)

    def _refusal(self, limit: int) -> Problem:
        if limit == self._limit:
            return too_large(limit)
        return too_large(limit, "Limits(media_size=)")


class BodyStream:
    """The pieces of a body, for ``async for``; a class, as trio warns of unfinished generators.

    Raises:
        Problem: 413, it is too large.
        ClientDisconnect: the client went away.
        RuntimeError: it was streamed already.
    """

    __slots__ = ("_begun", "_body", "_more", "_use")

    def __init__(self, body: Body, use: str) -> None:
        self._body = body
        self._use = use
        self._begun = False
        self._more = True

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        body = self._body
        if not self._begun:
            self._begun = True
            content = body.begin_stream(self._use)
            if content is not None:
                self._more = False
                if content:
                    return content
        while self._more:
            chunk, self._more = await body.receive_piece()
            if chunk:
                return chunk
        raise StopAsyncIteration


def _open_message(message: Message) -> bytes:
    """What a message brings of the body.

    Raises:
        ClientDisconnect: the client went away.
    """
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    content: bytes = message.get("body", b"")
    return content
