"""Errors: a page with a way on for people; programs keep the problem document (RFC 9457)."""

from __future__ import annotations

import re

import responder
from examples.site.login import never_keep
from examples.site.templates import render

_KINDS = ["application/problem+json", "application/json", "text/html"]

_AGAIN = "Go back, load the page anew, and try it again."

PAGES: dict[int, tuple[str, str]] = {
    403: ("That was refused", _AGAIN),
    409: ("Somebody was quicker", _AGAIN),
    413: ("That is too long", "Go back and shorten it."),
    429: ("That was a little too often", "Wait a moment, and try it again."),
}
"""What people are told of a status: what happened, and what to do."""


async def not_found(req: responder.Request, resp: responder.Response, exc: Exception) -> None:
    """A search form with the words of the address."""
    _leave_programs_alone(req, resp, exc)
    resp.status_code = 404
    is_admin = req.scope["path"].startswith(req.api.url_for("admin"))
    if is_admin:
        await never_keep(req, resp)
    last = req.scope["path"].rstrip("/").rpartition("/")[2]
    words = "" if is_admin else " ".join(re.findall(r"[^\W_]+", last))
    detail = getattr(exc, "detail", None) if is_admin else None
    render(req, resp, "404.html", words=words, detail=detail)


async def show_error(req: responder.Request, resp: responder.Response, exc: Exception) -> None:
    """What happened, in words, and what to do."""
    _leave_programs_alone(req, resp, exc)
    if not isinstance(exc, responder.HTTPException):
        raise exc
    title, remedy = PAGES[exc.status_code]
    resp.status_code = exc.status_code
    resp.headers.update(exc.headers or {})  # As Retry-After.
    render(
        req,
        resp,
        "error.html",
        status=exc.status_code,
        title=title,
        remedy=remedy,
        detail=exc.detail,
    )


def _leave_programs_alone(req: responder.Request, resp: responder.Response, exc: Exception) -> None:
    """Raise the error again for who does not ask for a page."""
    resp.headers["Vary"] = "Accept"
    if req.preferred_media_type(_KINDS) != "text/html":
        raise exc
