"""The request: what a view reads from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import ParseResult

from starlette.datastructures import Address, State

from responder_core.connection import REQUEST_ID
from responder_core.errors import HTTPException, Problem
from responder_core.http.accept import preferred, quality, types_named
from responder_core.http.conditional import Outcome, evaluate, quote_etag, suffix_etag
from responder_core.http.dates import posix_seconds
from responder_core.http.media_types import is_json
from responder_core.http.request_ids import UUID_SCHEME, request_uri
from responder_core.http.urls import quote_path, quote_query
from responder_core.reading import BodyReader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from responder_core.api import API
    from responder_core.body import Body
    from responder_core.http.headers import RequestHeaders
    from responder_core.http.query import QueryDict
    from responder_core.resources import Resources
    from responder_core.route import Route
    from responder_core.types import Receive, Scope, Send


CSP_NONCE = "responder.csp_nonce"
"""The scope key of the nonce that a Content-Security-Policy of this answer has."""


class Request(BodyReader):
    """What a client sent; its parts are decoded when they are first read.

    Attributes:
        scope: the connection, with the keys of the ASGI HTTP connection scope. A door may
            pass any mapping with these keys.
        api: the app that serves the request.
        route: the route that answers it, or None for what no route answers.
        path_params: the parameters of the path, converted: ``{"id": 7}``.
        send: how the door that the request came through sends messages, or None.
        known_state, known_extras: what was made already, or None; for who makes one.
    """

    __slots__ = (
        "known_extras",
        "known_state",
        "path_params",
        "send",
    )

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        api: API,
        route: Route | None = None,
        path_params: dict[str, Any] | None = None,
    ) -> None:
        self.scope = scope
        self.receive = receive
        self.api = api
        self.route = route
        self.path_params: dict[str, Any] = path_params if path_params is not None else {}
        self.opened_body: Body | None = None
        self.received: bytes | None = None
        self.resources: Resources | None = None
        self.send: Send | None = None
        self.known_headers: RequestHeaders | None = None
        self.known_params: QueryDict | None = None
        self.known_cookies: dict[str, str] | None = None
        self.known_state: State | None = None
        self.known_extras: dict[object, Any] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} {self.scope['path']!r}>"

    @property
    def method(self) -> str:
        """The method in upper case: ``"GET"``."""
        method: str = self.scope["method"]
        return method

    @property
    def csp_nonce(self) -> str | None:
        """The nonce of the Content-Security-Policy of this answer, or None without one.

        ``<script nonce="{{ req.csp_nonce }}">`` runs where ``security_headers=`` has
        ``'nonce-{nonce}'``.
        """
        return self.scope.get(CSP_NONCE)

    @property
    def instance(self) -> str:
        """This request as a URI, ``"urn:uuid:0b54c9f6-…"``: the ``instance`` of its problems."""
        known: str | None = self.scope.get(REQUEST_ID)
        return UUID_SCHEME + self.id if known is None else request_uri(known)

    @property
    def state(self) -> State:
        """A bag of attributes for this request; what the lifespan yielded is in it."""
        if self.known_state is None:
            self.known_state = State(self.scope.setdefault("state", {}))
        return self.known_state

    @property
    def extras(self) -> dict[object, Any]:
        """What extensions keep for this request, each under a key of its own."""
        if self.known_extras is None:
            self.known_extras = {}
        return self.known_extras

    @property
    def client(self) -> Address | None:
        """The address the request came from, ``(host, port)``, or None where none is known."""
        client = self.scope.get("client")
        return Address(*client) if client is not None else None

    @property
    def url(self) -> ParseResult:
        """The URL of the request in its parts; the path is always the one that was routed."""
        scope = self.scope
        host = self.headers.get("host")
        if host is None:
            server = scope.get("server")
            host = "" if server is None else _authority(*server)
        return ParseResult(
            scheme=scope.get("scheme", "http"),
            netloc=host,
            path=quote_path(scope["path"]),
            params="",
            query=quote_query(scope["query_string"]),
            fragment="",
        )

    @property
    def full_url(self) -> str:
        """The URL of the request: ``"http://127.0.0.1:5042/search?q=tea"``."""
        url = self.url
        # geturl() would take the host out of a path that begins with two slashes. A path that
        # begins with none, as in OPTIONS *, must not run into the host.
        path = url.path if url.path.startswith("/") else f"/{url.path}"
        return f"{url.scheme}://{url.netloc}{path}" + (f"?{url.query}" if url.query else "")

    @property
    def is_secure(self) -> bool:
        """Whether the request came over HTTPS."""
        return bool(self.scope.get("scheme", "http") == "https")

    @property
    def mimetype(self) -> str:
        """The Content-Type as the client sent it, with parameters; ``""`` without one."""
        return self.headers.get("content-type", "")

    @property
    def is_json(self) -> bool:
        """Whether the Content-Type names JSON, ``+json`` types included (RFC 6839)."""
        return is_json(self.mimetype)

    @property
    def last_event_id(self) -> str | None:
        """The id of the last event that a reconnecting event stream saw, or None."""
        value = self.headers.get("last-event-id")
        # WHATWG HTML §9.2.3: the id is sent as UTF-8, which header fields know nothing of.
        return None if value is None else value.encode("latin-1").decode("utf-8", "replace")

    def _accept(self) -> str | None:
        fields = self.headers.get_list("accept")
        return ", ".join(fields) if fields else None

    def accepts(self, media_type: str) -> bool:
        """Whether the client takes a media type: ``req.accepts("text/html")``.

        A bare word stands for the types of that name: ``"json"`` for ``application/json``,
        ``"html"`` for ``text/html``.
        Without an Accept header everything is taken (RFC 9110 §12.5.1).
        """
        accept = self._accept()
        candidates = [media_type] if "/" in media_type else types_named(media_type, accept)
        return any(quality(accept, candidate) > 0 for candidate in candidates)

    def preferred_media_type(self, candidates: Iterable[str]) -> str | None:
        """The candidate the client likes best, ties to the first; None when it takes none."""
        return preferred(self._accept(), candidates)

    def check_preconditions(
        self,
        *,
        etag: str | None = None,
        last_modified: datetime | str | float | None = None,
        exists: bool = True,
    ) -> None:
        """Stop unless the client's preconditions hold for what is there now (RFC 9110 §13.2.2).

        Call it before you write: ``req.check_preconditions(etag=user.version)`` answers 412 to
        a client that has seen another version (``If-Match``), or that wants to make what is
        there already (``If-None-Match: *``). For GET and HEAD it answers 304 to a client that
        has it, before you make it. With *exists* off there is nothing yet.

        Raises:
            Problem: 412, a precondition does not hold.
            HTTPException: 304, the client has it already.
        """
        tag = None if etag is None else quote_etag(etag)
        modified = None if last_modified is None else posix_seconds(last_modified)
        outcome = evaluate(
            self.method, _PlainTags(self.headers, tag), etag=tag, modified=modified, exists=exists
        )
        if outcome is Outcome.FAILED:
            raise Problem(412, "A precondition of the request does not hold.")
        if outcome is Outcome.NOT_MODIFIED:
            raise HTTPException(304, headers=None if tag is None else {"ETag": tag})


class _PlainTags:
    """The fields of a request, the tags of an entity's coded forms read as its own.

    A client that was sent the compressed form knows the tag of that.
    """

    __slots__ = ("_headers", "_tag")

    def __init__(self, headers: RequestHeaders, tag: str | None) -> None:
        self._headers = headers
        self._tag = None if tag is None else tag.removeprefix("W/")

    def get_list(self, name: str) -> list[str]:
        values = self._headers.get_list(name)
        if self._tag is not None and name in {"if-match", "if-none-match"}:
            for coding in ("br", "gzip", "zstd"):
                coded = suffix_etag(self._tag, coding)
                values = [value.replace(coded, self._tag) for value in values]
        return values


def _authority(host: str, port: int | None) -> str:
    """A server address as it stands in a URL: ``("::1", 80)`` → ``"[::1]:80"``."""
    if port is None:
        return ""  # ASGI: a Unix socket is a path without a port, and a path is no authority.
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}"
