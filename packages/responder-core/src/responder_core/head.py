"""The head of a response: status, header fields, cookies."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from responder_core.http.cookies import bake_cookie
from responder_core.http.headers import ResponseHeaders

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from responder_core.http.cookies import SameSite


class ResponseHead:
    """What a response says beside its body.

    Attributes:
        status_code: the status, or None until someone sets one; None is sent as 200.
    """

    __slots__ = ("_cookies", "_headers", "status_code")

    # Set by the response itself, which is made for every request: one call less.
    status_code: int | None
    _headers: ResponseHeaders | None
    _cookies: SimpleCookie | None

    @property
    def headers(self) -> ResponseHeaders:
        """The header fields to send, names in any case: ``resp.headers["X-Tag"] = "blue"``."""
        if self._headers is None:
            self._headers = ResponseHeaders()
        return self._headers

    @headers.setter
    def headers(self, value: Mapping[str, str]) -> None:
        headers = ResponseHeaders()
        if isinstance(value, ResponseHeaders):
            headers.copy_fields(value)
        else:
            headers.update(value)
        self._headers = headers

    @property
    def cookies(self) -> SimpleCookie:
        """The cookies to send, as ``http.cookies`` has them; see also ``set_cookie()``."""
        if self._cookies is None:
            self._cookies = SimpleCookie()
        return self._cookies

    @property
    def status_code_safe(self) -> int:
        """The status that was set.

        Raises:
            RuntimeError: none was set yet.
        """
        if self.status_code is None:
            msg = "resp.status_code is not set yet; it is sent as 200"
            raise RuntimeError(msg)
        return self.status_code

    @property
    def ok(self) -> bool:
        """Whether the status is a success, 200 to 299; one that is not set yet counts as 200."""
        return self.status_code is None or 200 <= self.status_code < 300

    def set_cookie(
        self,
        key: str,
        value: str = "",
        *,
        expires: datetime | str | None = None,
        path: str | None = "/",
        domain: str | None = None,
        max_age: int | None = None,
        secure: bool = False,
        httponly: bool = True,
        samesite: SameSite | None = "lax",
    ) -> None:
        """Send a cookie (RFC 6265bis): ``resp.set_cookie("theme", "dark", max_age=3600)``.

        *max_age* is in seconds; *expires* without a zone is taken as UTC.

        Raises:
            ValueError: a name or an attribute that no cookie can have.
        """
        bake_cookie(
            self.cookies,
            key,
            value,
            expires=expires,
            path=path,
            domain=domain,
            max_age=max_age,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
        )

    def delete_cookie(
        self,
        key: str,
        *,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = True,
        samesite: SameSite | None = "lax",
    ) -> None:
        """Make the client forget a cookie; path and domain must be those it was set with."""
        self.set_cookie(
            key,
            expires="Thu, 01 Jan 1970 00:00:00 GMT",
            path=path,
            domain=domain,
            max_age=0,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
        )
