"""Answers that are more than a body: created, redirected, refused, and followed by work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from responder_core.errors import Problem
from responder_core.head import ResponseHead
from responder_core.http.urls import is_external, quote_reference
from responder_core.representation import MEDIA, NOTHING, PROBLEM, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from http.cookies import SimpleCookie

    from responder_core.http.headers import ResponseHeaders
    from responder_core.representation import Encoded, Representation
    from responder_core.request import Request

    F = TypeVar("F", bound=Callable[..., Any])

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


class Answers(ResponseHead):
    """What a response can be told in one call; a base of ``Response``."""

    __slots__ = ("encoded", "own_body", "own_mimetype", "representation", "req")

    # Set by the response itself, which is made for every request: one call less.
    req: Request
    own_body: Any
    own_mimetype: str | None
    representation: Representation
    encoded: Encoded | None

    def created(
        self,
        media: Any = None,  # noqa: ANN401 - whatever the formats can hold
        *,
        location: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer 201, with what was created and where it is (RFC 9110 §15.3.2)."""
        self.status_code = 201
        if media is not None:
            self.own_body = media
            self.representation = MEDIA
            self.encoded = None
        if location is not None:
            self.headers["Location"] = quote_reference(location)
        if headers:
            self.headers.update(headers)

    def no_content(self, *, headers: Mapping[str, str] | None = None) -> None:
        """Answer 204, without a body (RFC 9110 §15.3.5)."""
        self.status_code = 204
        self.own_body = None
        self.representation = NOTHING
        if headers:
            self.headers.update(headers)

    def redirect(
        self,
        location: str,
        *,
        set_text: bool = True,
        status_code: int | None = None,
        permanent: bool = False,
        allow_external: bool = False,
    ) -> None:
        """Send the client elsewhere: 307, or 308 when *permanent* (RFC 9110 §15.4).

        A location that leaves the host, in any spelling a browser would follow, is a 400, as a
        client may have chosen it; pass ``allow_external=True`` where the program did.

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
            msg = "The redirect would leave this host, which needs allow_external=True."
            raise Problem(400, msg)
        self.status_code = status_code
        self.headers["Location"] = target = quote_reference(location)
        if set_text:
            self.own_body = f"Redirecting to: {target}"
            self.representation = TEXT

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

    def background(self, function: F, *args: Any, **kwargs: Any) -> F:  # noqa: ANN401
        """Run a function once the answer was sent: ``resp.background(send_mail, user)``.

        Several run in the order they were given, sync ones in worker threads, before the
        dependencies of the request are torn down. What fails is logged, and the others run.
        It runs for an error, too; what must not be lost belongs into a queue of jobs.
        """
        self.req.open_resources().tasks.append((function, args, kwargs))
        return function

    def write_problem(self, problem: Problem) -> None:
        """Put a problem's status, document and header fields into the response."""
        self.status_code = problem.status_code
        self.own_body = problem.document(self.req.instance)
        self.representation = PROBLEM
        self.own_mimetype = None
        if self.own_headers is not None:
            self.own_headers.discard(_TYPE_FIELD)
        if problem.headers:
            self.headers.update(problem.headers)

    def reset_for_error(self) -> None:
        """Forget the body, the status and what spoke of them, so that an error can take over.

        Cookies and the header fields that speak of the exchange (``Vary``, ``X-Request-ID``)
        stay; ``ETag``, ``Cache-Control``, ``Location`` and their like go.
        """
        self.status_code = None
        self.own_body = None
        self.representation = NOTHING
        self.own_mimetype = None
        self.delivery = None
        if self.own_headers is not None:
            self.own_headers.discard(_REPRESENTATION_FIELDS)

    def take(self, other: Answers) -> None:
        """Become what another response is; what either does later does not touch the other."""
        self.status_code = other.status_code
        self.own_headers: ResponseHeaders | None = None
        if other.own_headers is not None:
            self.headers = other.own_headers
        self.own_cookies: SimpleCookie | None = None
        if other.own_cookies is not None:
            self.cookies.update(other.own_cookies)
        self.own_body = other.own_body
        self.own_mimetype = other.own_mimetype
        self.representation = other.representation
        self.encoded = other.encoded
        self.delivery = other.delivery
