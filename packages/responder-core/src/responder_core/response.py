"""The response: what a view writes to; data until it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.errors import Problem
from responder_core.head import ResponseHead
from responder_core.http.headers import encode_value
from responder_core.http.urls import is_external, quote_reference
from responder_core.representation import (
    CONTENT,
    HTML,
    MEDIA,
    NOTHING,
    PROBLEM,
    TEXT,
    Representation,
    content_length,
    content_type,
)
from responder_core.status import CONTENTLESS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from responder_core.request import Request
    from responder_core.types import Header

# Fields that speak of a representation: they must not travel with another one, an error's.
_REPRESENTATION_FIELDS = frozenset(
    {
        b"accept-ranges",
        b"cache-control",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-length",
        b"content-location",
        b"content-range",
        b"content-type",
        b"etag",
        b"expires",
        b"last-modified",
        b"location",
    }
)

_TYPE_FIELD = frozenset({b"content-type"})


class Response(ResponseHead):
    """What will be sent; a view sets what it means, and the last body set is the one sent.

    ``resp.text``, ``resp.html``, ``resp.content`` and ``resp.media`` each replace the body.
    ``resp.mimetype`` overrides the Content-Type that goes with it.

    Attributes:
        req: the request this answers.
        status_code: the status, or None until someone sets one; None is sent as 200.
    """

    __slots__ = ("_body", "_mimetype", "_representation", "req")

    def __init__(self, req: Request) -> None:
        self.req = req
        self.status_code = None
        self._representation = NOTHING
        self._body: Any = None
        self._mimetype: str | None = None
        self._headers = None
        self._cookies = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status_code} {self._representation.name}>"

    @property
    def text(self) -> Any:  # noqa: ANN401 - whatever the body is
        """The body; set a str to send it as text/plain."""
        return self._body

    @text.setter
    def text(self, value: str) -> None:
        self._body = value
        self._representation = TEXT

    @property
    def html(self) -> Any:  # noqa: ANN401 - whatever the body is
        """The body; set a str to send it as text/html."""
        return self._body

    @html.setter
    def html(self, value: str) -> None:
        self._body = value
        self._representation = HTML

    @property
    def content(self) -> Any:  # noqa: ANN401 - whatever the body is
        """The body; set bytes (or a str) to send them as they are, typed by ``mimetype``."""
        return self._body

    @content.setter
    def content(self, value: bytes | str) -> None:
        self._body = value
        self._representation = CONTENT

    @property
    def media(self) -> Any:  # noqa: ANN401 - whatever the body is
        """The body; set a dict, a list or a model to send it as JSON."""
        return self._body

    @media.setter
    def media(self, value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        self._body = value
        self._representation = MEDIA

    @property
    def mimetype(self) -> str | None:
        """The media type: the one set here, else the one that goes with the body."""
        return self._mimetype or self._representation.media_type

    @mimetype.setter
    def mimetype(self, value: str | None) -> None:
        self._mimetype = value or None

    @property
    def encoding(self) -> str:
        """The charset of text: always UTF-8."""
        return "utf-8"

    def redirect(
        self,
        location: str,
        *,
        set_text: bool = True,
        status_code: int | None = None,
        permanent: bool = False,
        allow_external: bool = True,
    ) -> None:
        """Send the client elsewhere: 307, or 308 when *permanent* (RFC 9110 §15.4).

        Use ``allow_external=False`` for a location that a client chose: then one that leaves
        the host, in any spelling a browser would follow, is a 400.

        Raises:
            Problem: 400, the location leaves the host and *allow_external* is off.
            ValueError: the status is no redirect.
        """
        if status_code is None:
            status_code = 308 if permanent else 307
        elif not 300 <= status_code <= 399:
            msg = f"redirect() needs a status of 300 to 399, not {status_code!r}"
            raise ValueError(msg)
        if not allow_external and is_external(location):
            raise Problem(400, "The redirect would leave this host.")
        self.status_code = status_code
        self.headers["Location"] = target = quote_reference(location)
        if set_text:
            self.text = f"Redirecting to: {target}"

    def problem(
        self,
        status_code: int,
        detail: str | None = None,
        *,
        title: str | None = None,
        type: str = "about:blank",  # noqa: A002 - the member's name in RFC 9457 §3.1.1
        instance: str | None = None,
        errors: Sequence[Mapping[str, object]] | None = None,
        headers: Mapping[str, str] | None = None,
        **extensions: object,
    ) -> None:
        """Answer with an error, as ``raise Problem(...)`` would, and go on."""
        self.write_problem(
            Problem(
                status_code,
                detail,
                title=title,
                type=type,
                instance=instance,
                errors=errors,
                headers=headers,
                **extensions,
            )
        )

    def write_problem(self, problem: Problem) -> None:
        """Put a problem's status, document and header fields into the response."""
        self.status_code = problem.status_code
        self._body = problem.document()
        self._representation = PROBLEM
        self._mimetype = None
        if self._headers is not None:
            self._headers.discard(_TYPE_FIELD)
        if problem.headers:
            self.headers.update(problem.headers)

    def reset_for_error(self) -> None:
        """Forget the body, the status and what spoke of them, so that an error can take over.

        Cookies and the header fields that speak of the exchange (``Vary``, ``X-Request-ID``)
        stay; ``ETag``, ``Cache-Control``, ``Location`` and their like go.
        """
        self.status_code = None
        self._body = None
        self._representation = NOTHING
        self._mimetype = None
        if self._headers is not None:
            self._headers.discard(_REPRESENTATION_FIELDS)

    def finish(self) -> tuple[int, list[Header], bytes]:
        """The response as a door sends it: status, header fields, body.

        Raises:
            TypeError: the body is of a kind that cannot be sent, or the status is no int.
            ValueError: the status is not 200 to 599, or the media type cannot stand in a field.
        """
        representation = self._representation
        try:
            body = representation.encode(self._body)
        except TypeError as error:
            kind = type(self._body).__name__
            msg = f"resp.{representation.name} takes {representation.accepts}, not {kind}: {error}"
            raise TypeError(msg) from error
        status = self.status_code
        if (
            self._headers is None
            and self._mimetype is None
            and self._cookies is None
            and representation.field is not None
            and (status is None or (type(status) is int and status in _ORDINARY))
        ):
            return status or 200, [representation.field, content_length(len(body))], body
        return self._finish_dressed(representation, body)

    def _finish_dressed(
        self, representation: Representation, body: bytes
    ) -> tuple[int, list[Header], bytes]:
        """As ``finish()``, for a response with a status, fields or cookies of its own."""
        status = _checked_status(self.status_code)
        fields = self._headers.fields if self._headers is not None else []
        if status in CONTENTLESS:
            fields = [field for field in fields if field[0] not in _FRAMING]
            body = b""
            if status == 205:
                fields.append(content_length(0))
        else:
            if self._mimetype is not None:
                fields = [field for field in fields if field[0] != b"content-type"]
                fields.insert(0, content_type(self._mimetype))
            elif representation.field is not None and b"content-type" not in dict(fields):
                fields.insert(0, representation.field)
            fields = [field for field in fields if field[0] not in _FRAMING]
            fields.append(content_length(len(body)))
        if self._cookies is not None:
            fields += [
                (b"set-cookie", encode_value(morsel.OutputString()))
                for morsel in self._cookies.values()
            ]
        return status, fields, body


# Statuses that a small answer with a body has every day; the others take the longer way.
_ORDINARY = frozenset({200, 201, 202, 400, 401, 403, 404, 405, 409, 422, 429, 500})
# The server frames the message; what a handler says of it could only contradict that.
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


def _checked_status(status: object) -> int:
    if status is None:
        return 200
    if not isinstance(status, int):
        msg = f"resp.status_code is an int, not {status!r}"
        raise TypeError(msg)
    if not 200 <= status <= 599:
        msg = f"resp.status_code is 200 to 599, not {status!r}"
        raise ValueError(msg)
    return int(status)
