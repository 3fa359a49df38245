"""Cookies: read leniently, written strictly (RFC 6265bis §4.1 and §5.6)."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import format_datetime
from http.cookies import Morsel
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from http.cookies import SimpleCookie

SameSite: TypeAlias = Literal["lax", "strict", "none"]

# RFC 6265bis §4.1.1: av-octet is printable ASCII without the semicolon.
_UNSAFE_ATTRIBUTE = re.compile(r"[^\x20-\x7e]|;")
# RFC 6265bis §4.1.1: cookie-octet.
_PLAIN_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_ESCAPE = re.compile(r"\\([0-3][0-7][0-7]|.)", re.DOTALL)


def parse_cookies(header: str) -> dict[str, str]:
    """The cookies of a Cookie field, what is none passed over (RFC 6265bis §5.6).

    ``parse_cookies("a=1; b=2")`` → ``{"a": "1", "b": "2"}``. Only spaces and tabs around a
    name are dropped: with another blank before it, ``__Host-id`` is another name, which a
    browser does not guard. The reverse of ``bake_cookie()``.
    """
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        name = name.strip(" \t")
        if equals and name:
            cookies[name] = _unquote(value.strip(" \t"))
    return cookies


def _unquote(value: str) -> str:
    """A value without its quotes and escapes; non-ASCII text was escaped as UTF-8."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    text = _ESCAPE.sub(_unescape, value[1:-1])
    try:
        return text.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def _unescape(found: re.Match[str]) -> str:
    escaped = found.group(1)
    return chr(int(escaped, 8)) if len(escaped) == 3 else escaped


def _quote(value: str) -> str:
    """A value as it may stand in a cookie; quoted and escaped where it must be."""
    if _PLAIN_VALUE.fullmatch(value):
        return value
    escaped = (_quoted_byte(byte) for byte in value.encode("utf-8"))
    return f'"{"".join(escaped)}"'


def _quoted_byte(byte: int) -> str:
    character = chr(byte)
    if character in '"\\':
        return "\\" + character
    return character if 0x20 <= byte < 0x7F and character not in ",;" else f"\\{byte:03o}"


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
    _check_text(name, path=path, domain=domain, expires=expires)
    _check_values(name, value=value, max_age=max_age, secure=secure, samesite=samesite)
    morsel: Morsel[str] = Morsel()
    try:
        morsel.set(name, value, _quote(value))
    except UnicodeEncodeError as error:
        msg = f"cookie {name!r}: the value {value!r} is no text"
        raise ValueError(msg) from error
    except Exception as error:
        msg = f"{name!r} is no cookie name: {error}"
        raise ValueError(msg) from error
    jar[name] = morsel
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


def _check_text(name: str, **attributes: object) -> None:
    for label, text in attributes.items():
        if isinstance(text, str) and (
            _UNSAFE_ATTRIBUTE.search(text) or (label == "domain" and "," in text)
        ):
            msg = (
                f"cookie {name!r}: the {label} {text!r} has a character that no attribute may have"
            )
            raise ValueError(msg)


def _check_values(
    name: str, *, value: object, max_age: object, secure: bool, samesite: object
) -> None:
    typed: tuple[tuple[str, object, type], ...] = (
        ("value", value, str),
        ("max_age", max_age or 0, int),
    )
    for label, given, kind in typed:
        if not isinstance(given, kind):
            msg = f"cookie {name!r}: the {label} must be {kind.__name__}, not {given!r}"
            raise ValueError(msg)  # noqa: TRY004 - as every other attribute that is wrong
    if samesite not in (None, "lax", "strict", "none"):
        msg = f"cookie {name!r}: samesite is 'lax', 'strict', 'none' or None, not {samesite!r}"
        raise ValueError(msg)
    if samesite == "none" and not secure:
        msg = f"cookie {name!r}: samesite='none' needs secure=True, or browsers refuse it"
        raise ValueError(msg)


def _utc(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is taken as UTC."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)
