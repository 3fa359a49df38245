"""Cookies: read leniently, written strictly (RFC 6265bis §4.1 and §5.6)."""

from __future__ import annotations

import re
from http.cookies import Morsel
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from responder_core.http.dates import format_date

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import datetime
    from http.cookies import SimpleCookie

SameSite: TypeAlias = Literal["lax", "strict", "none"]

# RFC 6265bis §4.1.1: av-octet is printable ASCII without the semicolon.
_UNSAFE_ATTRIBUTE = re.compile(r"[^\x20-\x7e]|;")
# RFC 6265bis §4.1.1: cookie-octet.
_PLAIN_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
# What http.cookies of newer Pythons takes in no value, although it is escaped before it is sent.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPE = re.compile(r"\\([0-3][0-7][0-7]|.)", re.DOTALL)

# RFC 6265bis §5.6: of a longer pair browsers drop the cookie, of a longer attribute the attribute.
_MAX_PAIR = 4096
_MAX_ATTRIBUTE = 1024


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


class PartitionedMorsel(Morsel[str]):
    """A cookie that each site that embeds this one has for itself (CHIPS).

    ``http.cookies`` knows the attribute from Python 3.14 on.
    """

    def OutputString(self, attrs: Container[str] | None = None) -> str:  # noqa: N802 - its name
        """The cookie as Set-Cookie has it."""
        return f"{super().OutputString(attrs)}; Partitioned"


def is_guarded(name: str) -> bool:
    """Whether browsers take a cookie of this name with Secure alone (RFC 6265bis §4.1.3).

    ``is_guarded("__Host-id")`` → True, in any case.
    """
    return name.lower().startswith(("__host-", "__secure-"))


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
    partitioned: bool = False,
) -> None:
    """Put a cookie with its attributes into a jar.

    Raises:
        ValueError: the name, the path or the domain cannot stand in a cookie; the whole is
            longer than browsers take; or it is one that they refuse: SameSite=None and
            Partitioned without Secure, ``__Host-`` and ``__Secure-`` names without what they
            promise (RFC 6265bis §4.1.3 and §5.7).
    """
    moment = expires if expires is None or isinstance(expires, str) else format_date(expires)
    _check_text(name, path=path, domain=domain, expires=moment)
    _check_values(name, value=value, max_age=max_age, samesite=samesite)
    morsel: Morsel[str] = PartitionedMorsel() if partitioned else Morsel()
    try:
        coded = _quote(value)
        morsel.set(name, coded if _CONTROL.search(value) else value, coded)
    except UnicodeEncodeError as error:
        msg = f"cookie {name!r}: the value {value!r} is no text"
        raise ValueError(msg) from error
    except Exception as error:
        msg = f"{name!r} is no cookie name: {error}"
        raise ValueError(msg) from error
    _check_length(name, morsel.coded_value)
    if not secure:
        _check_clear(name, samesite=samesite, partitioned=partitioned)
    _check_host(name, path=path, domain=domain)
    attributes: dict[str, Any] = {
        "expires": moment or "",
        "path": path or "",
        "domain": domain or "",
        "max-age": "" if max_age is None else max_age,
        "secure": secure,
        "httponly": httponly,
        "samesite": samesite or "",
    }
    morsel.update(attributes)
    jar[name] = morsel


def _check_text(name: str, **attributes: object) -> None:
    for label, text in attributes.items():
        if text is None:
            continue
        if not isinstance(text, str):
            msg = f"cookie {name!r}: the {label} must be str, not {text!r}"
            raise ValueError(msg)  # noqa: TRY004 - as every other attribute that is wrong
        if _UNSAFE_ATTRIBUTE.search(text) or (label == "domain" and "," in text):
            msg = (
                f"cookie {name!r}: the {label} {text!r} has a character that no attribute may have"
            )
            raise ValueError(msg)
        if len(text) > _MAX_ATTRIBUTE:
            msg = (
                f"cookie {name!r}: the {label} has {len(text)} bytes; "
                f"browsers ignore one of more than {_MAX_ATTRIBUTE}"
            )
            raise ValueError(msg)


def _check_values(name: str, *, value: object, max_age: object, samesite: object) -> None:
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


def _check_length(name: str, coded_value: str) -> None:
    """Refuse what browsers would drop without a word."""
    size = len(name) + len(coded_value)
    if size > _MAX_PAIR:
        msg = (
            f"cookie {name!r}: name and value have {size} bytes as they are sent; browsers drop "
            f"a cookie of more than {_MAX_PAIR}. Keep the data on the server and send its key"
        )
        raise ValueError(msg)


def _check_clear(name: str, *, samesite: str | None, partitioned: bool) -> None:
    """Refuse a cookie without Secure that browsers would refuse."""
    if samesite == "none":
        msg = f"cookie {name!r}: samesite='none' needs secure=True, or browsers refuse it"
        raise ValueError(msg)
    if partitioned:
        msg = f"cookie {name!r}: partitioned=True needs secure=True, or browsers refuse it"
        raise ValueError(msg)
    if is_guarded(name):
        prefix = name[: name.index("-") + 1]
        msg = f"cookie {name!r}: a name with {prefix} needs secure=True, or browsers refuse it"
        raise ValueError(msg)


def _check_host(name: str, *, path: str | None, domain: str | None) -> None:
    """Refuse a ``__Host-`` name on a cookie that is not for the whole host and it alone."""
    if name.lower().startswith("__host-") and (path != "/" or domain):
        msg = (
            f"cookie {name!r}: a name with {name[:7]} needs path='/' and no domain, or browsers "
            f"refuse it; here are path={path!r} and domain={domain!r}"
        )
        raise ValueError(msg)
