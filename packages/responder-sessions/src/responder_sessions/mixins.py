"""Mixins: ``req.session``, ``resp.session`` and ``ws.session``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_sessions.opening import SESSION, open_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responder_core.api import API
    from responder_core.request import Request
    from responder_core.route import Route
    from responder_core.types import Scope
    from responder_sessions.csrf import HiddenInput
    from responder_sessions.session import Session


class SessionMixin:
    """``req.session`` and the CSRF token: ``class Request(SessionMixin, responder_core.Request)``.

    It has no room of its own, so a request with it is as small as one without.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        scope: Scope
        api: API
        route: Route | None

    @property
    def session(self) -> Session:
        """What the client is known by from one request to the next: ``req.session["user"] = 1``.

        ``req.session = {...}`` replaces its values; the id and who logged in stay.

        Raises:
            SessionsOffError: there are no sessions here; says how to have them.
            SessionError: it is not loaded yet, as for a rate limit.
            StoreUnavailableError: 503, the store does not answer.
        """
        session: Session | None = self.scope.get(SESSION)
        if session is None or session.owner is not self.api:
            return open_session(self)
        return session

    @session.setter
    def session(self, values: Mapping[str, Any]) -> None:
        self.session.replace(values)

    @property
    def csrf_token(self) -> str:
        """The token that forms and scripts of this client send back; another text each time.

        Scripts send it as ``X-CSRF-Token``.

        Raises:
            SessionsOffError: there are no sessions here; they keep the token.
        """
        from responder_sessions.csrf import issue_token

        return issue_token(self)

    @property
    def csrf_input(self) -> HiddenInput:
        """The field that a form sends the token in: ``<form>{{ req.csrf_input }}``."""
        from responder_sessions.csrf import make_input

        return make_input(self)


class SessionResponseMixin:
    """``resp.session``, the same as ``req.session``."""

    __slots__ = ()

    if TYPE_CHECKING:
        req: Request

    @property
    def session(self) -> Session:
        """The session of the request that this answers; see ``req.session``."""
        return open_session(self.req)

    @session.setter
    def session(self, values: Mapping[str, Any]) -> None:
        open_session(self.req).replace(values)


class SessionWebSocketMixin:
    """``ws.session``: ``class WebSocket(SessionWebSocketMixin, responder_core.WebSocket)``.

    What is written is kept when the socket ends, or by ``await ws.session.save()``. It needs a
    store for that, and a session that was there before, as a socket sends no cookies.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        scope: Scope
        api: API

    @property
    def session(self) -> Session:
        """The session of the client that opened the socket; see ``req.session``."""
        from responder_sessions.opening import open_socket_session

        return open_socket_session(self)
