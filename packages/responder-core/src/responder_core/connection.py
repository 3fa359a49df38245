"""The connection: what a request and a WebSocket have in common (ASGI connection scope)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.http.cookies import parse_cookies
from responder_core.http.headers import RequestHeaders
from responder_core.http.query import QueryDict
from responder_core.http.request_ids import make_request_id

if TYPE_CHECKING:
    from responder_core.resources import Resources
    from responder_core.types import Scope


REQUEST_ID = "responder.request_id"
"""The scope key under which a request keeps its id, or what stands around the app set one."""


class Connection:
    """Header fields, query and cookies, decoded when they are first read; and what is held.

    Attributes:
        scope: the connection, with the keys of the ASGI connection scope.
        resources: what is held until it was answered, or None.
        known_headers, known_params, known_cookies: what was decoded already, or None; for who
            makes one.
    """

    __slots__ = ("known_cookies", "known_headers", "known_params", "resources", "scope")

    # Set by the request and the socket themselves: one call less for every request.
    scope: Scope
    resources: Resources | None
    known_headers: RequestHeaders | None
    known_params: QueryDict | None
    known_cookies: dict[str, str] | None

    def open_resources(self) -> Resources:
        """What is held until it was answered; ``resources`` is None before."""
        if self.resources is None:
            from responder_core.resources import Resources

            self.resources = Resources()
        return self.resources

    def note_failure(self, failure: BaseException) -> None:
        """Let the teardown of dependencies see why it failed; the first failure counts."""
        if self.resources is not None and self.resources.failure is None:
            self.resources.failure = failure

    @property
    def id(self) -> str:
        """The id of this request, by which its answer and its log records are found.

        A UUID, made when it is first read, unless something around the app has set one. With
        ``request_id=True`` it may be what the client or a proxy sent as X-Request-ID.
        """
        known: str | None = self.scope.get(REQUEST_ID)
        if known is None:
            known = self.scope[REQUEST_ID] = make_request_id()
        return known

    @property
    def headers(self) -> RequestHeaders:
        """The header fields, names in any case: ``req.headers["accept"]``."""
        if self.known_headers is None:
            self.known_headers = RequestHeaders(scope=self.scope)
        return self.known_headers

    @property
    def params(self) -> QueryDict:
        """The query parameters: ``/?q=tea`` → ``req.params["q"] == "tea"``."""
        if self.known_params is None:
            self.known_params = QueryDict(self.scope["query_string"])
        return self.known_params

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies the client sent; malformed ones are passed over."""
        if self.known_cookies is None:
            fields = self.headers.get_list("cookie")
            self.known_cookies = parse_cookies("; ".join(fields)) if fields else {}
        return self.known_cookies
