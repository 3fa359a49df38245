"""Opening: the session of a request or a socket, made when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from responder_sessions.errors import SessionsOffError

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.route import Route
    from responder_core.types import Scope
    from responder_sessions.extension import Sessions
    from responder_sessions.session import Session

SESSION = "responder.session"
"""The scope key of what ``open_session()`` made."""

CSRF_ISSUED = "responder.csrf_token"
"""The scope key of whether an answer has a CSRF token in it."""


class Opened(NamedTuple):
    """A session that was asked for.

    Attributes:
        session: the session.
        origin: what who reads and writes it knows of where it came from.
    """

    session: Session
    origin: Any


def open_session(connection: Any) -> Session:  # noqa: ANN401 - a request, whatever its class
    """The session of a request, the same each time.

    Raises:
        SessionsOffError: there are none, or none on its route.
        StoreUnavailableError: the store does not answer.
    """
    scope: Scope = connection.scope
    opened: Opened | None = scope.get(SESSION)
    if opened is None:
        sessions = find_sessions(connection.api)
        refuse_off(sessions, connection.route)
        opened = scope[SESSION] = sessions.open(connection)
    return opened.session


def open_socket_session(ws: Any) -> Session:  # noqa: ANN401 - a socket, whatever its class
    """As ``open_session()``, for a socket: it is kept when that ends."""
    scope: Scope = ws.scope
    opened: Opened | None = scope.get(SESSION)
    if opened is None:
        sessions = find_sessions(ws.api)
        opened = scope[SESSION] = sessions.open_for_socket(ws)
    return opened.session


def find_sessions(api: API) -> Sessions:
    """The extension of an app.

    Raises:
        SessionsOffError: it has none.
    """
    from responder_sessions.extension import Sessions

    for extension in api.extensions:
        if isinstance(extension, Sessions):
            return extension
    msg = (
        "req.session needs sessions: pass secret_key= to API(), or extensions=[Sessions("
        "secret_key=...)]"
    )
    raise SessionsOffError(msg)


def refuse_off(sessions: Sessions, route: Route | None) -> None:
    """Refuse a session on a route that has none.

    Raises:
        SessionsOffError: it has session=False, or a router that it came by is switched off.
    """
    if route is not None and sessions.is_off(route):
        msg = f"sessions are off for {route!r}; leave session=False out where req.session is used"
        raise SessionsOffError(msg)
