"""The cookie of a session: found among those of a request, and written (RFC 6265bis)."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from responder_core.http.cookies import bake_cookie
from responder_core.http.fields import join_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responder_core.http.cookies import SameSite
    from responder_core.http.headers import ResponseHeaders
    from responder_core.types import Header

LIMIT = 4093
"""The bytes of name and value that every browser takes, whatever else the cookie has."""

# A client that sends more than this many cookies of one name is told nothing by the others.
_MOST = 4
_SHARED = re.compile(r"(?i)\s*(public|s-maxage\s*=.*)\s*")
_DECIDED = re.compile(r"(?i)(?:^|,)\s*(?:public|private|no-store|s-maxage)\b")
_SEMICOLON = ord(";")
_EXPIRED = "Thu, 01 Jan 1970 00:00:00 GMT"
_VALUE = "-"
_SAID_BEFORE = frozenset({b"cache-control", b"vary"})
_PRIVATE: tuple[Header, ...] = ((b"vary", b"Cookie"), (b"cache-control", b"private"))


class SessionCookie:
    """Name and attributes of a cookie, checked once.

    Attributes:
        name: of the cookie; ``__Host-`` in front binds it to the host, by HTTPS alone.
        is_secure: whether browsers send it by HTTPS alone.

    Raises:
        ValueError: attributes that browsers refuse together.
    """

    def __init__(
        self,
        name: str,
        *,
        path: str,
        domain: str | None,
        secure: bool,
        same_site: SameSite,
        partitioned: bool,
    ) -> None:
        jar: SimpleCookie = SimpleCookie()
        bake_cookie(
            jar,
            name,
            _VALUE,
            expires=None,
            path=path,
            domain=domain,
            max_age=None,
            secure=secure,
            httponly=True,
            samesite=same_site,
            partitioned=partitioned,
        )
        self.name = name
        self.is_secure = secure
        self._start = f"{name}=".encode("ascii")
        self._attributes = jar[name].OutputString().removeprefix(f"{name}={_VALUE}")
        # The attributes with the Max-Age that most cookies of an app have.
        self._known: tuple[int | None, bytes] = None, self._attributes.encode("ascii")

    def find(self, fields: Iterable[Header]) -> list[bytes]:
        """The values of this cookie in a request, the first first; at most four.

        Another site of the same domain may have set one of this name, so each is a candidate;
        and nothing that stands before a cookie hides it.
        """
        start = self._start
        found: list[bytes] = []
        # By find(), and the number of the semicolon: to look for bytes, "in" takes them for a
        # number first, and the error that this gives costs more than all the rest.
        for name, value in fields:
            if name == b"cookie":
                place = value.find(start)
                if place < 0:
                    continue
                if not place and _SEMICOLON not in value:  # Nothing but this one.
                    found.append(value[len(start) :].rstrip(b" \t").strip(b'"'))
                    continue
                for pair in value.split(b";"):
                    text = pair.strip(b" \t")
                    if text.startswith(start):
                        found.append(text[len(start) :].strip(b'"'))
        return found if len(found) <= _MOST else found[:_MOST]

    def is_in(self, fields: Iterable[Header]) -> bool:
        """Whether a request may have it: what can be told without looking closer."""
        start = self._start
        for name, value in fields:  # noqa: SIM110 - a generator would cost every request
            if name == b"cookie" and value.find(start) >= 0:
                return True
        return False

    def size(self, value: bytes) -> int:
        """The bytes of name and value."""
        return len(self._start) - 1 + len(value)

    def write(self, headers: ResponseHeaders, value: bytes, max_age: float | None) -> None:
        """Let a client keep a value, beside all other cookies of the response.

        *max_age* is in seconds; None is until the browser is closed.
        """
        lasts = None if max_age is None else int(max_age)
        known, end = self._known
        if known != lasts:
            age = "" if lasts is None else f"; Max-Age={lasts}"
            end = f"{age}{self._attributes}".encode("ascii")
            self._known = lasts, end
        headers.raw.append((b"set-cookie", self._start + value + end))

    def erase(self, headers: ResponseHeaders) -> None:
        """Let a client forget it."""
        end = f'""; Max-Age=0; expires={_EXPIRED}{self._attributes}'
        headers.raw.append((b"set-cookie", self._start + end.encode("ascii")))


def mark_private(headers: ResponseHeaders, *, sets_cookie: bool) -> None:
    """Keep an answer out of shared caches, as it is of one client (RFC 9111 §5.2.2.7).

    ``Vary: Cookie``, and ``Cache-Control: private`` where the view has not decided otherwise;
    what sets the cookie is private whatever the view said.
    """
    fields = headers.raw
    for name, _ in fields:
        if name in _SAID_BEFORE:
            break
    else:
        fields += _PRIVATE
        return
    vary = headers.get("vary")
    headers["vary"] = "Cookie" if vary is None else join_tokens(vary, ["Cookie"])
    control = headers.get("cache-control")
    if control is None:
        headers["cache-control"] = "private"
        return
    if sets_cookie:
        kept = [part.strip() for part in control.split(",") if not _SHARED.fullmatch(part)]
        control = ", ".join(filter(None, kept))
    if not _DECIDED.search(control):
        control = f"private, {control}" if control else "private"
    headers["cache-control"] = control
