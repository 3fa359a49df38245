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
    """

    __slots__ = ("_fields", "_jar", "_query", "resources", "scope")

    # Set by the request and the socket themselves: one call less for every request.
    scope: Scope
    resources: Resources | None
    _fields: RequestHeaders | None
    _query: QueryDict | None
    _jar: dict[str, str] | None

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
        if self._fields is None:
            self._fields = RequestHeaders(scope=self.scope)
        return self._fields

    @property
    def params(self) -> QueryDict:
        """The query parameters: ``/?q=tea`` → ``req.params["q"] == "tea"``."""
        if self._query is None:
            self._query = QueryDict(self.scope["query_string"])
        return self._query

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies the client sent; malformed ones are passed over."""
        if self._jar is None:
            fields = self.headers.get_list("cookie")
            self._jar = parse_cookies("; ".join(fields)) if fields else {}
        return self._jar
