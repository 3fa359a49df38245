"""The head of a response: status, header fields, cookies."""

from __future__ import annotations

from datetime import datetime, timezone
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from responder_core.http.conditional import quote_etag
from responder_core.http.cookies import bake_cookie, is_guarded
from responder_core.http.dates import posix_seconds
from responder_core.http.fields import format_directives, join_tokens
from responder_core.http.headers import ResponseHeaders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responder_core.http.cookies import SameSite


class Delivery:
    """What a few responses say of how their body travels.

    Attributes:
        etag: the entity tag, quoted, or None.
        modified: when the body was last changed, in seconds of the POSIX clock, or None.
        compress: whether the body may be compressed.
    """

    __slots__ = ("compress", "etag", "modified")

    def __init__(self) -> None:
        self.etag: str | None = None
        self.modified: float | None = None
        self.compress: bool = True


class ResponseHead:
    """What a response says beside its body.

    Attributes:
        status_code: the status, or None until someone sets one; None is sent as 200.
        own_headers, own_cookies, delivery: what was said, or None where nothing was; for what
            finishes a response, as reading these makes nothing.
    """

    __slots__ = ("delivery", "own_cookies", "own_headers", "status_code")

    # Set by the response itself, which is made for every request: one call less.
    status_code: int | None
    own_headers: ResponseHeaders | None
    own_cookies: SimpleCookie | None
    delivery: Delivery | None

    @property
    def headers(self) -> ResponseHeaders:
        """The header fields to send, names in any case: ``resp.headers["X-Tag"] = "blue"``."""
        if self.own_headers is None:
            self.own_headers = ResponseHeaders()
        return self.own_headers

    @headers.setter
    def headers(self, value: Mapping[str, str]) -> None:
        headers = ResponseHeaders()
        if isinstance(value, ResponseHeaders):
            headers.copy_fields(value)
        else:
            headers.update(value)
        self.own_headers = headers

    @property
    def cookies(self) -> SimpleCookie:
        """The cookies to send, as ``http.cookies`` has them; see also ``set_cookie()``."""
        if self.own_cookies is None:
            self.own_cookies = SimpleCookie()
        return self.own_cookies

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

    def _say(self) -> Delivery:
        if self.delivery is None:
            self.delivery = Delivery()
        return self.delivery

    @property
    def etag(self) -> str | None:
        """The entity tag (RFC 9110 §8.8.3): ``resp.etag = "v7"`` is sent as ``"v7"``, quoted.

        ``W/"v7"`` is a weak one. A client that has the tag is answered with 304.
        """
        return None if self.delivery is None else self.delivery.etag

    @etag.setter
    def etag(self, value: str | None) -> None:
        self._say().etag = None if value is None else quote_etag(value)

    @property
    def last_modified(self) -> datetime | None:
        """When the body was last changed (RFC 9110 §8.8.2), in UTC; set a datetime or a date.

        A datetime without a zone is taken as UTC; a str is an HTTP date.
        """
        if self.delivery is None or self.delivery.modified is None:
            return None
        return datetime.fromtimestamp(self.delivery.modified, timezone.utc)

    @last_modified.setter
    def last_modified(self, value: datetime | str | float | None) -> None:
        self._say().modified = None if value is None else posix_seconds(value)

    @property
    def compress(self) -> bool:
        """Whether the body may be compressed; set False for one that must not be.

        A secret next to what a client chose can be guessed from the compressed length.
        """
        return self.delivery is None or self.delivery.compress

    @compress.setter
    def compress(self, value: bool) -> None:
        self._say().compress = value

    def vary(self, *names: str) -> None:
        """Say which request fields the answer depends on: ``resp.vary("Cookie")``.

        They are added to those there, each once (RFC 9110 §12.5.5).
        """
        self.headers["Vary"] = join_tokens(self.headers.get("vary"), names)

    def cache_control(self, **directives: str | int | bool | None) -> None:
        """Set Cache-Control (RFC 9111 §5.2.2): ``resp.cache_control(public=True, max_age=60)``.

        Underscores become hyphens; True stands for a directive without a value; None and
        False leave it out.

        Raises:
            ValueError: a directive or a value that the field cannot have.
        """
        self.headers["Cache-Control"] = format_directives(directives)

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
        partitioned: bool = False,
    ) -> None:
        """Send a cookie (RFC 6265bis): ``resp.set_cookie("theme", "dark", max_age=3600)``.

        *max_age* is in seconds; *expires* without a zone is taken as UTC. With *partitioned*
        each site that embeds this one gets a cookie of its own (CHIPS).

        Raises:
            ValueError: a name or an attribute that no cookie can have, a cookie that is longer
                than browsers take, or one that they would refuse: ``__Host-id`` without
                ``secure=True``, for one.
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
            partitioned=partitioned,
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
        partitioned: bool = False,
    ) -> None:
        """Make the client forget a cookie; path and domain must be those it was set with.

        So must *partitioned*. ``__Host-`` and ``__Secure-`` names get the Secure they need.
        """
        self.set_cookie(
            key,
            expires="Thu, 01 Jan 1970 00:00:00 GMT",
            path=path,
            domain=domain,
            max_age=0,
            secure=secure or is_guarded(key),
            httponly=httponly,
            samesite=samesite,
            partitioned=partitioned,
        )
