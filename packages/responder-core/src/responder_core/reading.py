"""Reading: what a request gives of its body, in which form a view asks for it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar

from responder_core.body import Body
from responder_core.connection import Connection
from responder_core.errors import Problem
from responder_core.http.media_types import find_codec, parse_media_type
from responder_core.speedups import speed_announcement
from responder_core.threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable

    from responder_core.api import API
    from responder_core.formats.registry import Format, Formats
    from responder_core.forms import Form
    from responder_core.multipart import Part
    from responder_core.route import Route
    from responder_core.settings import Limits
    from responder_core.types import Header, Message, Receive

T = TypeVar("T")

# The fields that tell of a body, of which most requests have many others.
_BODY_FIELDS = frozenset({b"content-type", b"content-length", b"content-encoding"})


def _announces_json(fields: Iterable[Header], known: frozenset[bytes], most: int) -> bool:
    kind = length = None
    for name, value in fields:
        if name not in _BODY_FIELDS:
            continue
        if name == b"content-type":
            kind = value
        elif name != b"content-length" or length is not None:
            return False
        elif len(value) <= 7 and value.isdigit():
            length = int(value)
        else:
            return False
    return length is not None and length <= most and kind in known


announces_json: Callable[[Iterable[Header], frozenset[bytes], int], bool] = speed_announcement(
    _announces_json
)
"""Whether header fields tell of a short body of JSON, as it is.

That is of a Content-Type that is *known*, of a length of at *most* so many bytes, uncoded.
"""


class BodyReader(Connection):
    """The body of a request: ``await req.media()``, ``await req.text``, ``req.stream()``.

    It is received when it is first asked for, at most once, and counted against the limits of
    the route. What it was decoded to is kept.
    """

    __slots__ = ("api", "opened_body", "receive", "received", "route")

    # Set by the request itself, which is made for every exchange: one call less.
    api: API
    route: Route | None
    receive: Receive
    opened_body: Body | None
    received: bytes | None

    def _open_body(self) -> Body:
        route = self.route
        limit = (self.api.settings if route is None else route).max_request_size
        self.opened_body = body = Body(self.receive, self.scope["headers"], limit)
        if self.received is not None:
            body.fill(self.received)
        return body

    def receive_from(self, receive: Receive) -> None:
        """Receive what is left of the body from elsewhere: for a door that listens meanwhile."""
        self.receive = receive
        if self.opened_body is not None:
            self.opened_body.receive_from(receive)

    @property
    def formats(self) -> Formats:
        """The formats that bodies are read and written in; ``api.formats``."""
        return self.api.formats

    @property
    def limits(self) -> Limits:
        """What the request may cost: the limits of its route, else those of the app."""
        return (self.api.settings if self.route is None else self.route).limits

    @property
    def content(self) -> Awaitable[bytes]:
        """The body as bytes: ``await req.content``.

        Raises:
            Problem: 413, it is too large; 415, it has a Content-Encoding.
            RuntimeError: it was streamed already.
        """
        return (self.opened_body or self._open_body()).read()

    @property
    def text(self) -> Awaitable[str]:
        """The body as text: ``await req.text``, decoded from the charset it declares.

        Raises:
            Problem: as ``content``; and 400, it is no text in its charset.
        """
        return self._read_text()

    async def _read_text(self) -> str:
        body = self.opened_body or self._open_body()
        return body.decode(await body.read())

    @property
    def encoding(self) -> Awaitable[str]:
        """The charset of the body: ``await req.encoding``; set it to override what is declared.

        ``"utf-8"`` where none is declared.

        Raises:
            ValueError: it is set to what is no charset.
        """
        return self.apparent_encoding

    @encoding.setter
    def encoding(self, value: str) -> None:
        if find_codec(value) is None:
            msg = f"req.encoding is the name of a charset, as 'latin-1', not {value!r}"
            raise ValueError(msg)
        (self.opened_body or self._open_body()).encoding = value

    @property
    def declared_encoding(self) -> Awaitable[str | None]:
        """The charset that the Content-Type declares, or None."""
        return _ready((self.opened_body or self._open_body()).declared_charset())

    @property
    def apparent_encoding(self) -> Awaitable[str]:
        """The charset that was chosen or declared, else ``"utf-8"``."""
        body = self.opened_body or self._open_body()
        return _ready(body.encoding or body.declared_charset() or "utf-8")

    def stream(self) -> AsyncIterator[bytes]:
        """The body piece by piece, as it was sent: ``async for chunk in req.stream()``.

        It can be iterated once, and nothing else reads the body then. When ``content`` was read
        before, that is given in one piece.

        Raises:
            Problem: 413, it is too large.
            ClientDisconnect: the client went away.
            RuntimeError: it was streamed already.
        """
        return (self.opened_body or self._open_body()).stream()

    async def media(self, format: str | Callable[..., Any] | None = None) -> Any:  # noqa: A002, ANN401
        """The body as values: ``await req.media()``, by its Content-Type.

        JSON, YAML, MessagePack and forms, and what ``api.formats`` has beside them. Without a
        Content-Type it is read as JSON. *format* is the name of a format to read it as,
        ``"files"`` for the files of a form, or a function of the request.

        Raises:
            Problem: 415, its type is not understood; 413, it is too large; 400, it is broken.
            ValueError: there is no format of that name.
        """
        body = self.opened_body or self._open_body()
        if format is None:
            chosen = self._find_format(body.content_type)
        elif isinstance(format, str):
            chosen = self.api.formats.named(format)
        else:
            return await self._read_with(format)
        values = body.values
        if chosen.name in values:
            return values[chosen.name]
        if chosen.read is not None:
            value = await chosen.read(self)  # type: ignore[arg-type]
        else:
            route = self.route
            limits = (self.api.settings if route is None else route).limits
            content = await body.read(limits.media_size)
            if chosen.thread_size is None or len(content) <= chosen.thread_size:
                value = _decode(body, chosen, content, limits)
            else:
                value = await run_in_thread(_decode, body, chosen, content, limits)
        values[chosen.name] = value
        return value

    async def receive_json(self, known: frozenset[bytes], most: int) -> bytes | None:
        """The body as JSON text, received in one message; None where it takes more than that.

        It is the short way of most requests that have a body: its Content-Type is one of those
        *known* to be JSON in UTF-8, its length is told and at *most* so many bytes, nothing has
        read it yet. In every other case nothing is lost: ``read_json_text()`` goes on.
        """
        if (
            self.opened_body is not None
            or self.received is not None
            or not announces_json(self.scope["headers"], known, most)
        ):
            return None
        return self.take_message(await self.receive(), most)

    def take_message(self, message: Message, most: int) -> bytes | None:
        """The body that came in one message, of at *most* so many bytes; else None, and is kept."""
        if message.get("more_body") or message["type"] != "http.request":
            self._open_body().begin_with(message)
            return None
        content: bytes
        self.received = content = message.get("body", b"")
        return content if len(content) <= most else None

    async def read_json_text(self) -> bytes | None:
        """The body as JSON text, for a decoder of types; None where it is of another format.

        Raises:
            Problem: as ``media()``, but for what is wrong with the JSON itself.
        """
        body = self.opened_body or self._open_body()
        check = self._find_format(body.content_type).check
        if check is None:
            return None
        route = self.route
        limits = (self.api.settings if route is None else route).limits
        content = await body.read(limits.media_size)
        return check(body.to_utf8(content), limits) if content else b""

    async def _read_with(self, function: object) -> Any:  # noqa: ANN401 - whatever it gives
        if not callable(function):
            msg = f"req.media() takes the name of a format or a function, not {function!r}"
            raise TypeError(msg)
        result = function(self)
        return await result if inspect.isawaitable(result) else result

    def _find_format(self, content_type: bytes | None) -> Format:
        formats = self.api.formats
        # RFC 9110 §8.3: without a Content-Type a recipient may choose what to read.
        found = formats.for_type(content_type or b"application/json")
        if found is None or (found.decode is None and found.read is None):
            understood = formats.understood()
            msg = f"The type of the body is not understood; send one of {understood}."
            raise Problem(415, msg, headers={"Accept": understood})
        return found

    @property
    def is_multipart(self) -> bool:
        """Whether the body is a multipart form."""
        kind = (self.opened_body or self._open_body()).content_type or b""
        return parse_media_type(kind.decode("latin-1")) == ("multipart", "form-data")

    async def read_form(self) -> Form:
        """The body as a form, its fields and its files, parsed once.

        Raises:
            Problem: 415, it is no form; 413, it exceeds a limit; 400, it is malformed.
        """
        body = self.opened_body or self._open_body()
        if body.form is None:
            from responder_core.forms import FormReader

            body.form = FormReader(body, self.limits)
            self.open_resources().closers.append(self.close)
        return await body.form.read()

    def multipart(self) -> AsyncIterator[Part]:
        """The parts of a multipart form as they come in: ``async for part in req.multipart()``.

        Nothing is kept of them, neither in memory nor on the disk; a part that is not read is
        passed over. Nothing else reads the body then.

        Raises:
            Problem: 415, it is no multipart form; 413, it exceeds a limit; 400, it is malformed.
            RuntimeError: it was read already.
        """
        from responder_core.forms import read_parts

        return read_parts(self.opened_body or self._open_body(), self.limits)

    def media_sync(self, format: str | Callable[..., Any] | None = None) -> Any:  # noqa: A002, ANN401
        """As ``media()``, for a sync view, which runs in a worker thread.

        Raises:
            RuntimeError: it was called elsewhere.
        """
        return _from_thread("media_sync()", "media()", self.media, format)

    @property
    def text_sync(self) -> str:
        """As ``text``, for a sync view, which runs in a worker thread.

        Raises:
            RuntimeError: it was read elsewhere.
        """
        return _from_thread("text_sync", "text", self._read_text)

    @property
    def content_sync(self) -> bytes:
        """As ``content``, for a sync view, which runs in a worker thread.

        Raises:
            RuntimeError: it was read elsewhere.
        """
        body = self.opened_body or self._open_body()
        return _from_thread("content_sync", "content", body.read)

    async def close(self) -> None:
        """Close what reading the body opened: the files of a form."""
        body = self.opened_body
        if body is None or body.form is None:
            return
        # It knows the body, too: else the collector would have to free both.
        reader, body.form = body.form, None
        if reader.form is not None:
            await reader.form.close()


def _decode(body: Body, chosen: Format, content: bytes, limits: Limits) -> Any:  # noqa: ANN401
    """The value of a body in the format that was chosen for it."""
    if not content:
        raise Problem(400, "The request body is empty.")
    if chosen.is_text:
        content = body.to_utf8(content)
    if chosen.decode_within is not None:
        return chosen.decode_within(content, limits)
    if chosen.decode is None:
        msg = f"format {chosen.name!r} has no decode=, so it cannot be read"
        raise ValueError(msg)
    try:
        return chosen.decode(content)
    except ValueError as error:
        raise Problem(400, f"The body is no valid {chosen.name}.") from error


async def _ready(value: T) -> T:
    return value


def _from_thread(
    name: str,
    other: str,
    function: Callable[..., Coroutine[Any, Any, T]],
    *args: Any,  # noqa: ANN401 - the function's own
) -> T:
    """Run a coroutine function on the event loop that a worker thread belongs to."""
    from anyio import from_thread

    try:
        from_thread.check_cancelled()
    except RuntimeError:
        msg = (
            f"req.{name} is for sync views, which run in worker threads; "
            f"on the event loop write: await req.{other}"
        )
        raise RuntimeError(msg) from None
    return from_thread.run(function, *args)
