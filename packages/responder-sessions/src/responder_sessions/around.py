"""Around: what stands around an exchange whose view may use the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from responder_core.representation import EVENTS, STREAM
from responder_sessions.cookie import mark_private
from responder_sessions.opening import CSRF_ISSUED, SESSION, close_session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_core.api import API
    from responder_core.http.headers import ResponseHeaders
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Exchange, Scope
    from responder_sessions.cookie import SessionCookie
    from responder_sessions.extension import Sessions
    from responder_sessions.session import Session
    from responder_sessions.signed_cookies import SignedCookies

    Commit = Callable[[Session, ResponseHeaders, SessionCookie], bool | Awaitable[bool]]
    Recover = Callable[[Request, Response, Exception], Awaitable[None]]

# Whose views ask for no session; others of the core wrap those of the program, as streams do.
_ALONE = frozenset({"responder_core.health", "responder_core.metrics", "responder_core.static"})


class SessionAround:
    """Wraps exchanges: keeps what a view wrote to its session, and tells the client of it.

    Attributes:
        reads_body: False, as it never looks at the body of an answer.
        returns_none: True, as its exchanges do.
    """

    reads_body = False
    returns_none = True

    def __init__(self, sessions: Sessions, api: API) -> None:
        self._sessions = sessions
        self._api = api

    def __call__(self, route: Route | None, exchange: Exchange) -> Exchange:
        """The exchange with what a session needs; itself where the route has none."""
        sessions = self._sessions
        if route in sessions.off_routes:
            return exchange
        stored = sessions.stored
        load = None
        commit: Commit
        if stored is None:
            commit = cast("SignedCookies", sessions.signed).commit
        else:
            commit = stored.commit
            load = stored.load if stored.loads_ahead and not self._is_left_alone(route) else None
        cookie = sessions.cookie_of(self._api)
        return _surround(exchange, commit, cookie, self._recover(route), load)

    def _recover(self, route: Route | None) -> Recover:
        """What answers a failure, here already: an error page may use the session, too."""
        frames = () if route is None else route.frames
        tables = [frame.router.handlers for frame in reversed(frames)]
        return self._api.exception_handlers.within(tables).recover

    def _is_left_alone(self, route: Route | None) -> bool:
        """Whether nobody but the core answers, who asks for no session: static files, health."""
        registry = self._api.registry
        if route is None or registry.before or registry.after or route.before or route.after:
            return False
        if route.frames or registry.guards_of(route):
            return False
        module = getattr(route.endpoint, "__module__", None) or type(route.endpoint).__module__
        return module in _ALONE


def _surround(
    exchange: Exchange,
    commit: Commit,
    cookie: SessionCookie,
    recover: Recover,
    load: Callable[[Scope, SessionCookie], Awaitable[None]] | None,
) -> Exchange:
    """An exchange, its session kept by *commit*; *load* is what has to come first, if anything."""

    async def with_session(req: Request, resp: Response) -> None:
        if load is not None and cookie.is_in(req.scope["headers"]):
            await load(req.scope, cookie)
        try:
            await exchange(req, resp)
        except Exception as exc:  # noqa: BLE001 - every failure is answered
            await recover(req, resp, exc)
        session = req.scope.get(SESSION)
        if session is None or session.owner is not req.api:
            _leave(req, resp)
            return
        sends = False
        try:
            kept = commit(session, resp.headers, cookie)
            # A store takes its time; a cookie takes none, and no coroutine either.
            sends = kept if isinstance(kept, bool) else await kept
        except Exception as exc:  # noqa: BLE001 - every failure is answered
            session.seal()
            await recover(req, resp, exc)
        _finish(session, req, resp, sends=sends)

    return with_session


def _leave(req: Request, resp: Response) -> None:
    """Let who begins with the session from here on read it alone."""
    req.scope[SESSION] = None
    if resp.representation is STREAM or resp.representation is EVENTS:
        # It has not begun, so nobody knows yet whether it will read the session.
        _mark(resp, sends=False)


def _mark(resp: Response, *, sends: bool) -> None:
    headers = resp.headers
    if resp.representation is EVENTS and "cache-control" not in headers:
        # As the core has it, where nothing else was said.
        headers["cache-control"] = "no-cache"
    mark_private(headers, sets_cookie=sends)


def _finish(session: Session, req: Request, resp: Response, *, sends: bool) -> None:
    """Let the session be written no more, and caches know of it."""
    close_session(session, req.scope)
    _mark(resp, sends=sends)
    if sends or CSRF_ISSUED in req.scope:
        _keep_plain(req, resp)


def _keep_plain(req: Request, resp: Response) -> None:
    """Let nobody compress what has a secret of this client (the attack called BREACH)."""
    settings = req.api.settings
    body: object = resp.own_body if resp.encoded is None else resp.encoded.body
    # To say so takes the longer way of finishing, which short answers need not.
    is_short = isinstance(body, str | bytes) and 4 * len(body) < settings.compress_minimum
    if settings.gzip and not is_short:
        resp.compress = False
