"""Multipart forms (RFC 7578), read part by part as they come in."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from anyio.lowlevel import checkpoint

from responder_core.errors import Problem
from responder_core.http.disposition import base_name, parse_disposition
from responder_core.http.headers import RequestHeaders
from responder_core.http.media_types import charset, find_codec, parameters, parse_media_type

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from typing_extensions import Self

    from responder_core.settings import Limits
    from responder_core.types import Header

# RFC 2046 §5.1.1 has fewer characters, but clients do not keep to them.
_BOUNDARY = re.compile(r"[!-~](?:[ -~]{0,68}[!-~])?")
# What is parsed at once, so that a body in one piece does not become a million events.
_PIECE = 64 * 1024
# Bytes in which nothing happens: text before the first part and after the last, and padding.
_MAX_IDLE = 16 * 1024
# RFC 7578 §4.7: parts are sent as they are.
_PLAIN = {"", "7bit", "8bit", "binary"}


class Part:
    """One part of a multipart form, read while it comes in.

    ::

        async for part in req.multipart():
            async for chunk in part:
                ...

    Attributes:
        name: the name of its field.
        filename: the bare base name of a file, ``""`` where the client chose none; None for
            a part that is no file.
        content_type: its Content-Type, or None.
        headers: its header fields.
    """

    __slots__ = ("_reader", "filename", "headers", "name")

    def __init__(
        self, reader: MultipartReader, name: str, filename: str | None, headers: RequestHeaders
    ) -> None:
        self._reader = reader
        self.name: str = name
        self.filename: str | None = filename
        self.headers: RequestHeaders = headers

    def __repr__(self) -> str:
        return f"<Part {self.name!r} {self.filename!r}>"

    @property
    def content_type(self) -> str | None:
        """Its Content-Type, or None."""
        return self.headers.get("content-type")

    def __aiter__(self) -> Self:
        """The content, chunk by chunk; empty when it was read already.

        Raises:
            Problem: 413, a field is larger than its limit; 400, the form is malformed.
            RuntimeError: the next part was asked for already.
        """
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._reader.read_chunk(self)
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def read(self, limit: int | None = None) -> bytes:
        """The whole content; *limit* is in bytes, the one of form fields unless given.

        Raises:
            Problem: 413, it is larger than the limit.
        """
        if limit is None:
            limit = self._reader.limits.form_field_size
        content = bytearray()
        async for chunk in self:
            content += chunk
            if len(content) > limit:
                msg = f"A part of the form is larger than {limit} bytes."
                raise Problem(413, msg)
        return bytes(content)

    def decode(self, content: bytes) -> str:
        """Its content as text: UTF-8, unless its own Content-Type says otherwise.

        Raises:
            Problem: 400, it is no such text.
        """
        label = charset(self.content_type or "")
        codec = "utf-8" if label is None else find_codec(label)
        if codec is None:
            raise Problem(400, "The charset of a form field is unknown; send UTF-8.")
        try:
            return content.decode(codec)
        except UnicodeError:
            raise Problem(400, f"A form field is no valid {codec} text.") from None


_Event: TypeAlias = "Part | bytes | None"
"""What the parser found: a part begins, a piece of its content, its end."""


class MultipartReader:
    """Reads the parts of one body, one after the other.

    Attributes:
        limits: what a form may hold.

    Raises:
        Problem: 400, there is no boundary; 415, the library that reads forms is not installed.
    """

    def __init__(self, chunks: AsyncIterator[bytes], content_type: str, limits: Limits) -> None:
        self.limits = limits
        self._chunks = chunks
        self._chunk = b""
        self._start = 0
        self._builder = _Builder(self, limits)
        self._events = self._builder.events
        self._parser = self._builder.make_parser(find_boundary(content_type))
        self._current: Part | None = None
        self._idle = 0

    def __aiter__(self) -> Self:
        """The parts; what is not read of one is passed over.

        Raises:
            Problem: 400, the form is malformed; 413, it exceeds a limit.
        """
        return self

    async def __anext__(self) -> Part:
        while self._current is not None and await self.read_chunk(self._current) is not None:
            pass
        part = await self._next()
        # The end of each part was read above, so this is the next one, or the end of all.
        if not isinstance(part, Part):
            raise StopAsyncIteration
        self._current = part
        return part

    async def read_chunk(self, part: Part) -> bytes | None:
        """The next piece of a part's content, or None at its end."""
        if part is not self._current:
            if self._current is None:
                return None
            msg = f"part {part.name!r} was passed over; read it before the next"
            raise RuntimeError(msg)
        event = await self._next()
        if isinstance(event, bytes):
            return event
        self._current = None
        return None

    async def _next(self) -> _Event:
        """The next event; at the end of the form, None."""
        while not self._events:
            if self._start < len(self._chunk):
                # So that one large chunk does not keep others waiting.
                await checkpoint()
            else:
                chunk = await anext(self._chunks, None)
                if chunk is None:
                    if not self._builder.ended:
                        raise Problem(400, "The form ends before its closing boundary.")
                    return None
                self._chunk, self._start = chunk, 0
            self._parse(self._chunk[self._start : self._start + _PIECE])
            self._start += _PIECE
        return self._events.popleft()

    def _parse(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except Problem:
            raise
        except ValueError as error:
            # What python-multipart raises; its text would repeat some of the body.
            raise Problem(400, "The form is no valid multipart/form-data.") from error
        self._idle = 0 if self._events else self._idle + len(piece)
        if self._idle > _MAX_IDLE:
            raise Problem(400, "The form has too much beside its parts.")


class _Builder:
    """Takes the callbacks of python-multipart, counts, and makes events of them.

    Attributes:
        events: what was found and not read yet.
        ended: whether the closing boundary was there.
    """

    __slots__ = (
        "_fields",
        "_files",
        "_header_size",
        "_headers",
        "_is_file",
        "_limits",
        "_name",
        "_reader",
        "_size",
        "_value",
        "ended",
        "events",
    )

    def __init__(self, reader: MultipartReader, limits: Limits) -> None:
        self._reader = reader
        self._limits = limits
        self.events: deque[_Event] = deque()
        self.ended = False
        self._fields = self._files = 0
        self.begin_part()

    def make_parser(self, boundary: bytes) -> Any:  # noqa: ANN401 - of python-multipart
        """The parser that calls this.

        Raises:
            Problem: 415, python-multipart is not installed.
        """
        try:
            from python_multipart.multipart import MultipartParser
        except ModuleNotFoundError:
            msg = "Multipart forms need python-multipart: pip install 'responder-core[forms]'"
            raise Problem(415, msg) from None
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self.begin_part,
                "on_header_field": self.add_name,
                "on_header_value": self.add_value,
                "on_header_end": self.end_header,
                "on_headers_finished": self.end_headers,
                "on_part_data": self.add_data,
                "on_part_end": self.end_part,
                "on_end": self.end,
            },
            # What is counted here comes first; these hold where no callback is called.
            max_header_count=self._limits.part_headers + 1,
            max_header_size=self._limits.part_header_size + 1,
        )

    def begin_part(self) -> None:
        """Forget the part before."""
        self._headers: list[Header] = []
        self._header_size = self._size = 0
        self._name = self._value = b""
        self._is_file = False

    def add_name(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of the name of a header field."""
        self.count_header(end - start)
        self._name += data[start:end]

    def add_value(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of its value."""
        self.count_header(end - start)
        self._value += data[start:end]

    def count_header(self, size: int) -> None:
        """Refuse header fields that are too large together."""
        self._header_size += size
        if self._header_size > self._limits.part_header_size:
            limit = self._limits.part_header_size
            msg = f"A part of the form has header fields of more than {limit} bytes."
            raise Problem(413, msg)

    def end_header(self) -> None:
        """Keep a header field."""
        self._headers.append((self._name.lower(), self._value.strip(b" \t")))
        self._name = self._value = b""
        if len(self._headers) > self._limits.part_headers:
            limit = self._limits.part_headers
            raise Problem(413, f"A part of the form has more than {limit} header fields.")

    def end_headers(self) -> None:
        """Begin the content of a part."""
        headers = RequestHeaders(raw=self._headers)
        values = headers.get_list("content-disposition")
        kind, params = parse_disposition(_decode(values[0])) if len(values) == 1 else ("", {})
        name = params.get("name")
        if kind != "form-data" or name is None:
            msg = "A part of the form has no Content-Disposition that says form-data and a name."
            raise Problem(400, msg)
        if headers.get("content-transfer-encoding", "").strip().lower() not in _PLAIN:
            msg = "A part of the form has a Content-Transfer-Encoding; send it as it is."
            raise Problem(400, msg)
        filename = params.get("filename")
        self.count_part(is_file=filename is not None)
        if filename:
            filename = base_name(filename)
        self.events.append(Part(self._reader, name, filename, headers))

    def count_part(self, *, is_file: bool) -> None:
        """Refuse one part too many."""
        self._is_file = is_file
        if is_file:
            self._files += 1
            if self._files > self._limits.form_files:
                msg = f"The form has more than {self._limits.form_files} files."
                raise Problem(413, msg)
        else:
            self._fields += 1
            if self._fields > self._limits.form_fields:
                msg = f"The form has more than {self._limits.form_fields} fields."
                raise Problem(413, msg)

    def add_data(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of the content."""
        self._size += end - start
        if not self._is_file and self._size > self._limits.form_field_size:
            limit = self._limits.form_field_size
            raise Problem(413, f"A field of the form is larger than {limit} bytes.")
        self.events.append(data[start:end])

    def end_part(self) -> None:
        """End the content."""
        self.events.append(None)

    def end(self) -> None:
        """See the closing boundary."""
        if not self.ended:  # pragma: no branch - the parser says it once
            self.ended = True
            del self._reader  # It has this, and no part comes any more.


def find_boundary(content_type: str) -> bytes:
    """The boundary that a Content-Type names: ``"multipart/form-data; boundary=x"`` → ``b"x"``.

    Raises:
        Problem: 415, it is no multipart form; 400, it names no boundary (RFC 2046 §5.1.1).
    """
    if parse_media_type(content_type) != ("multipart", "form-data"):
        msg = "The body is no multipart form."
        raise Problem(415, msg, headers={"Accept": "multipart/form-data"})
    boundary = parameters(content_type).get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise Problem(400, "The Content-Type of the form has no boundary that can be used.")
    return boundary.encode("ascii")


def _decode(value: str) -> str:
    """A field value as the client meant it: UTF-8 (RFC 7578 §5.1), or else Latin-1."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return value
