"""Cookies: read leniently, written strictly (RFC 6265bis §4.1 and §5.6)."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from http.cookies import SimpleCookie

SameSite: TypeAlias = Literal["lax", "strict", "none"]

_UNSAFE_ATTRIBUTE = re.compile(r"[;,\x00-\x1f\x7f]")


def parse_cookies(header: str) -> dict[str, str]:
    """The cookies of a Cookie field, malformed ones passed over (RFC 6265bis §5.6.3).

    ``parse_cookies("a=1; b=2")`` → ``{"a": "1", "b": "2"}``.
    """
    # Imported here, for it takes longer to import than the rest of the request.
    from starlette.requests import cookie_parser

    return cookie_parser(header)


def bake_cookie(
    jar: SimpleCookie,
    name: str,
    value: str,
    *,
    expires: datetime | str | None,
    path: str | None,
    domain: str | None,
    max_age: int | None,
    secure: bool,
    httponly: bool,
    samesite: SameSite | None,
) -> None:
    """Put a cookie with its attributes into a jar.

    Raises:
        ValueError: the name, the path or the domain cannot stand in a cookie, or SameSite=None
            comes without Secure, which browsers refuse (RFC 6265bis §5.6.7).
    """
    for label, text in (("path", path), ("domain", domain)):
        if text and _UNSAFE_ATTRIBUTE.search(text):
            msg = f"cookie {name!r}: the {label} {text!r} has a character that ends an attribute"
            raise ValueError(msg)
    if samesite not in (None, "lax", "strict", "none"):
        msg = f"cookie {name!r}: samesite is 'lax', 'strict', 'none' or None, not {samesite!r}"
        raise ValueError(msg)
    if samesite == "none" and not secure:
        msg = f"cookie {name!r}: samesite='none' needs secure=True, or browsers refuse it"
        raise ValueError(msg)
    try:
        jar[name] = value
    except Exception as error:
        msg = f"{name!r} is no cookie name: {error}"
        raise ValueError(msg) from error
    morsel = jar[name]
    if expires is not None:
        morsel["expires"] = (
            expires if isinstance(expires, str) else format_datetime(_utc(expires), usegmt=True)
        )
    attributes: dict[str, Any] = {
        "path": path or "",
        "domain": domain or "",
        "max-age": "" if max_age is None else max_age,
        "secure": secure,
        "httponly": httponly,
        "samesite": samesite or "",
    }
    morsel.update(attributes)


def _utc(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is taken as UTC."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)
