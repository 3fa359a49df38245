"""The response: what a view writes to; data until it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from responder_core.answers import Answers
from responder_core.http.headers import encode_value
from responder_core.representation import (
    CONTENT,
    EVENTS,
    FILE,
    HTML,
    MEDIA,
    NOTHING,
    STREAM,
    TEXT,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.cookies import SimpleCookie
    from os import PathLike

    from responder_core.files import File
    from responder_core.head import Delivery
    from responder_core.http.headers import ResponseHeaders
    from responder_core.representation import Encoded, Representation
    from responder_core.request import Request
    from responder_core.streams import ReplayBuffer

    F = TypeVar("F", bound=Callable[..., Any])


# The message of ASGI, and its name in the extensions of a server that offers it.
_EARLY_HINT = "http.response.early_hint"

# What resp.file() and its like read at a time, in bytes.
_CHUNK_SIZE = 1024 * 1024


class Response(Answers):
    """What will be sent; a view sets what it means, and the last body set is the one sent.

    ``resp.text``, ``resp.html``, ``resp.content`` and ``resp.media`` each replace the body, and
    so do ``resp.file()``, ``resp.stream()`` and ``resp.sse()``.
    ``resp.mimetype`` overrides the Content-Type that goes with it.

    Attributes:
        req: the request this answers.
        status_code: the status, or None until someone sets one; None is sent as 200.
        representation, own_body, own_mimetype: what kind of body it is, the body as it was set, and
            the media type that was set for it; for what finishes a response.
        encoded: the body as bytes, once it is encoded; as above.
    """

    __slots__ = ()

    def __init__(self, req: Request) -> None:
        self.req = req
        self.status_code: int | None = None
        self.representation: Representation = NOTHING
        self.own_body: Any = None
        self.encoded: Encoded | None = None
        self.own_mimetype = None
        self.own_headers: ResponseHeaders | None = None
        self.own_cookies: SimpleCookie | None = None
        self.delivery: Delivery | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status_code} {self.representation.name}>"

    @property
    def text(self) -> Any:  # noqa: ANN401 - whatever the body is
        """The body; set a str to send it as text/plain."""
        return self._read_body()

    @text.setter
    def text(self, value: str) -> None:
        self.own_body = value
        self.representation = TEXT

    @property
    def html(self) -> Any:  # noqa: ANN401 - whatever the body is
        """The body; set a str to send it as text/html."""
        return self._read_body()

    @html.setter
    def html(self, value: str) -> None:
        self.own_body = value
        self.representation = HTML

    @property
    def content(self) -> Any:  # noqa: ANN401 - whatever the body is
        """The body; set bytes (or a str) to send them as they are, typed by ``mimetype``."""
        return self._read_body()

    @content.setter
    def content(self, value: bytes | str) -> None:
        self.own_body = value
        self.representation = CONTENT

    @property
    def media(self) -> Any:  # noqa: ANN401 - whatever the body is
        """The body; set a dict, a list or a model to send it as JSON, or as the client likes.

        The format is what the Accept header prefers of ``api.formats``, unless ``mimetype``
        or a Content-Type names one (RFC 9110 §12.5.1).
        """
        return self._read_body()

    @media.setter
    def media(self, value: Any) -> None:  # noqa: ANN401 - whatever the formats can hold
        self.own_body = value
        self.representation = MEDIA
        self.encoded = None

    def _read_body(self) -> Any:  # noqa: ANN401 - whatever the body is
        # Whoever reads it may change it in place, so what was encoded is encoded anew.
        self.encoded = None
        return self.own_body

    @property
    def mimetype(self) -> str | None:
        """The media type: the one set here, else the one that goes with the body."""
        return self.own_mimetype or self.representation.media_type

    @mimetype.setter
    def mimetype(self, value: str | None) -> None:
        self.own_mimetype = value or None
        self.encoded = None

    @property
    def encoding(self) -> str:
        """The charset of text: always UTF-8."""
        return "utf-8"

    def file(
        self,
        path: str | PathLike[str],
        *,
        content_type: str | None = None,
        root: str | PathLike[str] | None = None,
        conditional: bool = True,
    ) -> None:
        """Send a file: ``resp.file("report.pdf")``, typed by its name.

        It is read when the response is sent, off the event loop, with ETag, Last-Modified,
        conditional requests and ranges (RFC 9110 §13 and §14); *conditional* off leaves out
        the validators. For a name that a client chose give the *root* that it must stay in:
        what is outside or missing is then a 404. Without it a missing file is a 500.
        """
        self.stream_file(path, content_type=content_type, root=root, conditional=conditional)

    def stream_file(
        self,
        path: str | PathLike[str],
        *,
        content_type: str | None = None,
        chunk_size: int = _CHUNK_SIZE,
        root: str | PathLike[str] | None = None,
        conditional: bool = True,
    ) -> None:
        """As ``file()``, read in pieces of *chunk_size* bytes."""
        from responder_core.files import File

        self.send_file(
            File(
                path,
                root=root,
                media_type=content_type,
                conditional=conditional,
                chunk_size=chunk_size,
            )
        )

    def send_file(self, file: File) -> None:
        """Send a file that is described already; what ``file()`` and its like call."""
        self.own_body = file
        self.representation = FILE

    def download(
        self,
        path: str | PathLike[str],
        *,
        filename: str | None = None,
        content_type: str | None = None,
        root: str | PathLike[str] | None = None,
        conditional: bool = True,
    ) -> None:
        """As ``file()``, to be saved as *filename*, or as the file is called (RFC 6266).

        A download that was cut off can be resumed, as the file's tag is strong.
        """
        from responder_core.http.disposition import content_disposition

        self.stream_file(path, content_type=content_type, root=root, conditional=conditional)
        name = filename if filename is not None else self.own_body.name
        self.headers["Content-Disposition"] = content_disposition("attachment", name)

    def stream(self, function: F, *args: Any, **kwargs: Any) -> F:  # noqa: ANN401
        """Send what a generator yields, bytes or str, piece by piece.

        ::

            @resp.stream
            async def rows():
                for row in table:
                    yield row.to_csv()

        Sync generators run in worker threads. The generator is closed when the client goes.
        """
        from responder_core.streams import Stream

        self.own_body = Stream(function, args, kwargs)
        self.representation = STREAM
        return function

    @overload
    def sse(self, function: F, /, *args: Any, **kwargs: Any) -> F: ...  # noqa: ANN401
    @overload
    def sse(
        self, /, *, heartbeat: float | None = None, replay: ReplayBuffer | None = None
    ) -> Callable[[F], F]: ...
    def sse(
        self,
        function: Any = None,
        /,
        *args: Any,
        heartbeat: float | None = None,
        replay: ReplayBuffer | None = None,
        **kwargs: Any,
    ) -> Any:
        """Send server-sent events: what a generator yields (WHATWG HTML §9.2).

        ::

            @resp.sse(heartbeat=15)
            async def ticks():
                yield {"event": "tick", "data": 1}

        Each is a dict, a str, bytes, or an ``SSE``. A comment is sent after *heartbeat*
        seconds without one. *replay* keeps events for clients that come back.
        """

        def register(generator: F) -> F:
            from responder_core.streams import EventStream

            self.own_body = EventStream(
                generator, args, kwargs, req=self.req, heartbeat=heartbeat, replay=replay
            )
            self.representation = EVENTS
            return generator

        return register if function is None else register(function)

    def render(self, template: str, /, *args: Any, **context: Any) -> None:  # noqa: ANN401
        """Send a template, rendered, as HTML: ``resp.render("page.html", title="Tea")``.

        The template knows ``req``, as ``request`` too, and ``url_for()``.
        """
        known = {"req": self.req, "request": self.req}
        self.html = self.req.api.template(template, known, *args, **context)

    async def render_async(self, template: str, /, *args: Any, **context: Any) -> None:  # noqa: ANN401
        """As ``render()``, for templates that call coroutine functions: they are awaited."""
        known = {"req": self.req, "request": self.req}
        templates = self.req.api.templates
        self.html = await templates.render_async(template, known, *args, **context)

    async def early_hints(self, *links: str) -> bool:
        """Tell the client what to load while it waits (RFC 8297); whether it was told.

        ``await resp.early_hints("</style.css>; rel=preload; as=style")``. Only some servers
        can: those that offer ASGI's ``http.response.early_hint``.
        """
        req = self.req
        if req.send is None or _EARLY_HINT not in (req.scope.get("extensions") or ()):
            return False
        fields = [encode_value(link) for link in links]
        await req.send({"type": _EARLY_HINT, "links": fields})
        return True
