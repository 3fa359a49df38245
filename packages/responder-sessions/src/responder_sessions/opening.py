"""Opening: the session of a request or a socket, made when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.asgi import MISS
from responder_sessions.errors import SessionsOffError
from responder_sessions.options import SessionOptions

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.route import Route
    from responder_core.types import Scope
    from responder_sessions.extension import Sessions
    from responder_sessions.session import Session

SESSION = "responder.session"
"""The scope key of the session of a request, once someone asked for it.

None where nobody did before the answer was on its way; it is only read then.
"""

_OUTSIDE = (
    "a guard of a mount only reads the session: nothing keeps what is written before an app that "
    "answers by itself"
)

CSRF_ISSUED = "responder.csrf_token"
"""The scope key of whether an answer has a CSRF token in it."""

CSRF_REFUSED = "responder.csrf_refused"
"""The scope key of whether a request was refused before its view: hooks after it still run."""


def open_session(connection: Any) -> Session:  # noqa: ANN401 - a request, whatever its class
    """The session of a request, the same each time.

    Raises:
        SessionsOffError: there are none, or none on its route.
        SessionError: it is not loaded yet.
        StoreUnavailableError: the store does not answer.
    """
    scope: Scope = connection.scope
    session: Session | None = scope.get(SESSION)
    if session is None or session.owner is not connection.api:
        sessions = find_sessions(connection.api)
        if connection.route in sessions.off_routes:
            raise _off(connection.route)
        is_late = session is None and SESSION in scope
        session = scope[SESSION] = sessions.open(connection)
        if is_late:
            close_session(session, scope)
        elif connection.route is None and MISS not in scope:
            session.seal(_OUTSIDE)
    return session


def close_session(session: Session, scope: Scope) -> None:
    """Let a session be written no more, as its answer is on the way.

    Hooks after a request that CSRF has refused may write, in vain: another site made it, and what
    they do for every answer is no failure.
    """
    if CSRF_REFUSED in scope:
        session.saver = _forget
    else:
        session.seal()


async def _forget(_session: Session) -> None:
    """Keep nothing."""


def open_socket_session(ws: Any) -> Session:  # noqa: ANN401 - a socket, whatever its class
    """As ``open_session()``, for a socket: it is kept when that ends."""
    scope: Scope = ws.scope
    session: Session | None = scope.get(SESSION)
    if session is None or session.owner is not ws.api:
        sessions = find_sessions(ws.api)
        if ws.route in sessions.off_routes:
            raise _off(ws.route)
        session = scope[SESSION] = sessions.open_for_socket(ws)
    return session


def find_sessions(api: API) -> Sessions:
    """The extension of an app.

    Raises:
        SessionsOffError: it has none.
    """
    for extension in api.extensions:
        # By what it claims, as to import it here would cost each request.
        if extension.options is SessionOptions:
            found: Any = extension
            sessions: Sessions = found
            return sessions
    msg = (
        "req.session needs sessions: pass secret_key= to API(), or extensions=[Sessions("
        "secret_key=...)]"
    )
    raise SessionsOffError(msg)


def _off(route: Route) -> SessionsOffError:
    msg = f"sessions are off for {route!r}; leave session=False out where req.session is used"
    return SessionsOffError(msg)
