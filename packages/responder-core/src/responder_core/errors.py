"""The exceptions of the framework, and ``abort``.

::

    HTTPException (Starlette's)
    └── Problem                     an answer, raised
        └── MissingKeyError         also a KeyError: req.params["q"] that was not sent
    ValueError
    ├── PathTemplateError           a path template that cannot work
    └── RouteConflictError          two routes that overlap
    LookupError
    └── RouteNotFoundError          url_for() of something that has no route
    TypeError
    └── ViewError                   a view that cannot be called, or answered nonsense
        ├── ResultError             a view's result that is not what it said
        └── DependencyError         a dependency that cannot be had
            ├── DependencyCycleError        it needs itself
            ├── DependencyScopeError        it lasts longer than what it needs
            └── DependencyResolutionError   a parameter of it comes from nowhere
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeAlias

import starlette.exceptions

from responder_core.http.pointers import pointer
from responder_core.status import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "DependencyCycleError",
    "DependencyError",
    "DependencyResolutionError",
    "DependencyScopeError",
    "HTTPException",
    "MissingKeyError",
    "PathTemplateError",
    "Problem",
    "ResultError",
    "RouteConflictError",
    "RouteNotFoundError",
    "ViewError",
    "abort",
    "finding",
]

HTTPException: TypeAlias = starlette.exceptions.HTTPException
"""Raised to answer with a status: Starlette's own, so that what its parts raise is one, too."""

# Where a value of a request may stand.
_SOURCES = ("body", "query", "header", "cookie", "path")


class Problem(HTTPException):
    """Raised to answer with an error, as problem details (RFC 9457).

    ``raise Problem(409, "The seat is taken.", seat="12A")`` answers 409 with
    ``{"type": "about:blank", "title": "Conflict", "status": 409, "detail": "The seat is
    taken.", "seat": "12A"}`` as ``application/problem+json``.

    Attributes:
        status_code: the HTTP status, 400 to 599.
        detail: what happened this time, for the reader; ``""`` leaves the member out.
        title: what the kind of problem is called; the status phrase unless given.
        type: a URI that names the kind of problem.
        instance: a URI reference that names this occurrence, or None for the request's own id.
        errors: single findings, each a mapping as ``finding()`` makes it, or None.
        headers: header fields to send with the answer, or None.
        extensions: further members of the document.

    Raises:
        ValueError: the status is no error, or an extension would replace a standard member.
    """

    # Errors come in floods, and attributes of exceptions are slow without slots.
    __slots__ = (
        "detail",
        "errors",
        "extensions",
        "headers",
        "instance",
        "status_code",
        "title",
        "type",
    )

    def __init__(
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
        if status_code.__class__ is not int:
            status_code = int(status_code)
        if not 400 <= status_code <= 599:
            msg = f"a problem needs an error status, 400 to 599, not {status_code!r}"
            raise ValueError(msg)
        if "status" in extensions:
            msg = "a problem's status is its first argument; 'status' is no extension member"
            raise ValueError(msg)
        # As HTTPException.__init__ does.
        self.status_code: int = status_code
        self.detail: str = detail or ""
        self.headers: Mapping[str, str] | None = headers
        self.title: str = title or phrase(status_code)
        self.type: str = type
        self.instance: str | None = instance
        self.errors: Sequence[Mapping[str, object]] | None = errors
        self.extensions: dict[str, object] = extensions

    def document(self, instance: str | None = None) -> dict[str, object]:
        """The members of the problem document, in the order of RFC 9457 §3.1.

        *instance* is the member of a problem that has none of its own.
        """
        members: dict[str, object] = {
            "type": self.type,
            "title": self.title,
            "status": self.status_code,
        }
        if self.detail:
            members["detail"] = self.detail
        if self.instance is not None:
            instance = self.instance
        if instance is not None:
            members["instance"] = instance
        if self.errors is not None:
            members["errors"] = self.errors
        if self.extensions:
            members.update(self.extensions)
        return members

    def __reduce__(self) -> tuple[object, ...]:
        slots = {name: getattr(self, name) for name in Problem.__slots__}
        return type(self), self.args, {**self.__dict__, **slots}


class MissingKeyError(Problem, KeyError):
    """Raised when a view asks for a parameter that the client did not send.

    It is a ``KeyError`` for the program, and a 400 for the client when nothing catches it.
    """

    def __init__(self, key: str, source: str) -> None:
        super().__init__(400, f"The {source} parameter {key!r} is required.")
        self.key = key


class PathTemplateError(ValueError):
    """Raised when a path template cannot work: no leading slash, an unknown convertor."""


class RouteConflictError(ValueError):
    """Raised when a route would answer a method and path that another one answers."""


class RouteNotFoundError(LookupError):
    """Raised when ``url_for()`` is asked for something that has no route."""


class ViewError(TypeError):
    """Raised when a view cannot be called with what it gets, or returns what cannot be sent."""


class ResultError(ViewError):
    """Raised when what a view answered is not of the type that it said; it is never sent."""


class DependencyError(ViewError):
    """Raised when a dependency cannot be had."""


class DependencyCycleError(DependencyError):
    """Raised when a dependency needs itself, directly or by way of others."""


class DependencyScopeError(DependencyError):
    """Raised when an app-wide dependency needs what belongs to one request."""


class DependencyResolutionError(DependencyError):
    """Raised when there is no such dependency, or nothing to fill a parameter of one from."""


def abort(
    status_code: int,
    *,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    title: str | None = None,
    type: str = "about:blank",  # noqa: A002 - the member's name in RFC 9457 §3.1.1
    instance: str | None = None,
    errors: Sequence[Mapping[str, object]] | None = None,
    **extensions: object,
) -> NoReturn:
    """End the request here with an error, as ``abort(404, detail="No such user.")`` does.

    Raises:
        Problem: always, made of these arguments; see there for what each one means.
    """
    raise Problem(
        status_code,
        detail,
        title=title,
        type=type,
        instance=instance,
        errors=errors,
        headers=headers,
        **extensions,
    )


def finding(location: Sequence[str | int], detail: str, **more: object) -> dict[str, object]:
    """One finding for the ``errors`` of a problem: where it is, and what is wrong there.

    A value in the body is found by a JSON Pointer, as in the example of RFC 9457 §3.1:
    ``finding(("body", "items", 0, "price"), "must be above 0")`` →
    ``{"pointer": "#/body/items/0/price", "detail": "must be above 0"}``.
    Everything else is a parameter: ``finding(("query", "limit"), "must be an integer")`` →
    ``{"parameter": "limit", "in": "query", "detail": "must be an integer"}``, with a pointer
    too where the location leads into it: ``("query", "id", 2)``.

    *more* are further members. Never put there what the client sent: an answer that repeats
    its question carries secrets into logs, and scripts into pages.

    Raises:
        ValueError: the location begins with none of ``body``, ``query``, ``header``,
            ``cookie`` and ``path``, or names no parameter of these.
    """
    source = location[0] if location else None
    if source not in _SOURCES or (source != "body" and len(location) == 1):
        msg = f"{location!r} is no location; write ('body', …) or ('query', 'limit') and its like"
        raise ValueError(msg)
    place: dict[str, object] = {}
    if source == "body" or len(location) > 2:
        place["pointer"] = pointer(*location)
    if source != "body":
        place |= {"parameter": str(location[1]), "in": source}
    return {**place, "detail": detail, **more}
