"""The body of a request: received piece by piece, counted while it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio

from responder_core.errors import Problem
from responder_core.http.media_types import charset, find_codec, parse_media_type

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from responder_core.forms import Form
    from responder_core.multipart import Part
    from responder_core.settings import Limits
    from responder_core.types import Header, Message, Receive


class ClientDisconnect(Problem):
    """Raised when the client went away before its body was complete.

    It is a 400 that no one reads, so that it is answered like any other and not logged.
    """

    def __init__(self) -> None:
        super().__init__(400, "The client went away before the body was complete.")


def read_length(fields: Iterable[Header]) -> int | None:
    """The Content-Length in bytes, or None without one (RFC 9110 §8.6).

    Repeated equal values, as in ``Content-Length: 42, 42``, are one.

    Raises:
        Problem: 400, the value is no number, or there are several.
    """
    values = {
        part.strip(b" \t")
        for name, value in fields
        if name == b"content-length"
        for part in value.split(b",")
    }
    if not values:
        return None
    value = values.pop()
    if values or not value.isdigit():
        raise Problem(400, "The Content-Length is not one number.")
    # Python refuses to read numbers of thousands of digits; so many bytes come from no one.
    return int(value) if len(value) < 20 else 10**20


def check_length(fields: Iterable[Header], limit: int | None) -> None:
    """Refuse a body by its Content-Length, before anything of it is read.

    Raises:
        Problem: 413, it is longer than the limit, in bytes; 400, the field is malformed.
    """
    length = read_length(fields)
    if limit is not None and length is not None and length > limit:
        raise too_large(limit)


def limit_receive(receive: Receive, limit: int | None) -> Receive:
    """The same ``receive``, which counts: for an app that reads the body itself.

    Raises:
        Problem: 413, in the app's ``receive()``, once the body is longer than the limit.
    """
    if limit is None:
        return receive
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise too_large(limit)
        return message

    return limited


def too_large(limit: int, setting: str = "max_request_size") -> Problem:
    """The 413 for a body of more bytes than a setting allows."""
    msg = f"The request body is larger than {limit} bytes, the limit that {setting} sets."
    return Problem(413, msg)


class Body:
    """The body of one request: read whole once, or passed on once as it comes in.

    Attributes:
        content_type: the Content-Type as bytes, or None.
        encoding: the charset that the program chose instead of the declared one, or None.
        values: what the body was decoded to, by the name of the format.
        form: the form it was read as, or None.
    """

    __slots__ = (
        "_buffer",
        "_coding",
        "_content",
        "_form_fault",
        "_form_lock",
        "_free",
        "_length",
        "_limit",
        "_reading",
        "_receive",
        "_streamed",
        "content_type",
        "encoding",
        "form",
        "values",
    )

    def __init__(self, receive: Receive, fields: Iterable[Header], limit: int | None) -> None:
        # One walk in C; that of a repeated field the last value stays matters to none but the
        # length, which is looked at again.
        table = dict(fields)
        self._receive = receive
        self._limit = limit
        self._length = read_length(fields) if b"content-length" in table else None
        self._coding = table.get(b"content-encoding")
        self._content: bytes | None = None
        self._buffer = bytearray()
        self._reading = False
        self._free: anyio.Event | None = None
        self._streamed: str | None = None
        self.content_type = table.get(b"content-type")
        self.encoding: str | None = None
        self.values: dict[str, Any] = {}
        self.form: Form | None = None
        self._form_lock: anyio.Lock | None = None
        self._form_fault: Problem | None = None

    def receive_from(self, receive: Receive) -> None:
        """Receive what is left from elsewhere."""
        self._receive = receive

    @property
    def is_read(self) -> bool:
        """Whether the whole body is in memory."""
        return self._content is not None

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
        content = self._content
        if content is None:
            content = await self._receive_all(limit)
        if limit is not None and len(content) > limit:
            raise self._refusal(limit)
        return content

    async def _receive_all(self, limit: int | None) -> bytes:
        while self._reading:
            if self._free is None:
                self._free = anyio.Event()
            await self._free.wait()
        if self._content is not None:
            return self._content
        self._refuse_streamed()
        self.refuse_encoded()
        if limit is not None and self._length is not None and self._length > limit:
            raise self._refusal(limit)
        self._reading = True
        buffer = self._buffer
        try:
            while True:
                chunk, more = await self._next()
                if not more:
                    break
                buffer += chunk
                if limit is not None and len(buffer) > limit:
                    raise self._refusal(limit)
        finally:
            self._reading = False
            if self._free is not None:
                self._free.set()
                self._free = None
        if buffer:
            buffer += chunk
            chunk = bytes(buffer)
            self._buffer = bytearray()
        self._content = chunk
        return chunk

    async def stream(self, use: str = "streamed") -> AsyncGenerator[bytes, None]:
        """The body piece by piece, as it was sent, whatever its Content-Encoding.

        *use* says what for, if something asks for the body again.

        Raises:
            Problem: 413, it is too large; 400, its length is malformed.
            ClientDisconnect: the client went away.
            RuntimeError: it was streamed already.
        """
        if self._content is not None:
            if self._content:
                yield self._content
            return
        self._refuse_streamed()
        if self._reading:
            msg = "the body is being read elsewhere; await req.content before req.stream()"
            raise RuntimeError(msg)
        limit = self._limit
        if limit is not None and self._length is not None and self._length > limit:
            raise self._refusal(limit)
        self._streamed = use
        size = len(self._buffer)
        if size:
            # What an earlier reading got before it was cancelled or refused.
            yield bytes(self._buffer)
            self._buffer = bytearray()
        more = True
        while more:
            chunk, more = await self._next()
            size += len(chunk)
            if limit is not None and size > limit:
                raise self._refusal(limit)
            if chunk:
                yield chunk

    async def _next(self) -> tuple[bytes, bool]:
        """The next piece, and whether more will come."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        return message.get("body", b""), message.get("more_body", False)

    def refuse_encoded(self) -> None:
        """Refuse what would have to be unfolded first (RFC 9110 §8.4).

        Raises:
            Problem: 415, the body has a Content-Encoding.
        """
        coding = self._coding
        if coding is None:
            return
        if {part.strip(b" \t").lower() for part in coding.split(b",")} - {b"", b"identity"}:
            msg = "An encoded body is not understood; send it without Content-Encoding."
            # RFC 9110 §15.5.16: Accept-Encoding in the answer says that it was the coding.
            raise Problem(415, msg, headers={"Accept-Encoding": "identity"})

    async def read_form(self, limits: Limits) -> Form:
        """The body as a form, parsed once; a form that is refused is so again.

        Raises:
            Problem: 415, it is no form; 413, it exceeds a limit; 400, it is malformed.
        """
        if self._form_lock is None:
            self._form_lock = anyio.Lock()
        async with self._form_lock:
            if self._form_fault is not None:
                raise self._form_fault
            if self.form is None:
                try:
                    self.form = await self._parse_form(limits)
                except Problem as problem:
                    self._form_fault = problem
                    raise
            return self.form

    async def _parse_form(self, limits: Limits) -> Form:
        from responder_core.forms import parse_urlencoded, spool

        kind = parse_media_type((self.content_type or b"").decode("latin-1"))
        if kind == ("multipart", "form-data"):
            return await spool(self.parts(limits, "read as a form"), limits)
        if self.content_type is not None and kind != ("application", "x-www-form-urlencoded"):
            msg = "The body is no form."
            types = "application/x-www-form-urlencoded, multipart/form-data"
            raise Problem(415, msg, headers={"Accept": types})
        return parse_urlencoded(await self.read(limits.media_size), self.codec(), limits)

    async def parts(self, limits: Limits, use: str = "read as parts") -> AsyncGenerator[Part, None]:
        """The parts of a multipart form as they come in.

        Raises:
            Problem: 415, it is no multipart form; 413, it exceeds a limit; 400, it is malformed.
            RuntimeError: it was read already.
        """
        from responder_core.multipart import MultipartReader

        self.refuse_encoded()
        content_type = (self.content_type or b"").decode("latin-1")
        reader = MultipartReader(self.stream(use), content_type, limits)
        async for part in reader.parts():
            yield part

    def _refuse_streamed(self) -> None:
        if self._streamed is not None:
            msg = (
                f"the body was {self._streamed} already, so nothing of it is left; "
                "await req.content first to read it more than once"
            )
            raise RuntimeError(msg)

    def _refusal(self, limit: int) -> Problem:
        if limit == self._limit:
            return too_large(limit)
        return too_large(limit, "Limits(media_size=)")
