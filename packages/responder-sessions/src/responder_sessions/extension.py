"""The extension: ``Sessions(...)`` gives an API its ``req.session``."""

from __future__ import annotations

import logging
import os
import time
from functools import partial
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Literal, cast

from responder_core.extension import Extension
from responder_core.http.cookies import is_guarded
from responder_sessions.around import SessionAround
from responder_sessions.cookie import SessionCookie
from responder_sessions.errors import MAKE_KEY, SecretKeyError
from responder_sessions.facts import SessionFact
from responder_sessions.keys import check_keys
from responder_sessions.lifetime import Lifetime
from responder_sessions.management import SessionManagement
from responder_sessions.opening import find_sessions, open_session
from responder_sessions.options import SessionOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from responder_core.api import API
    from responder_core.deployment import Deployment, Finding
    from responder_core.http.cookies import SameSite
    from responder_core.request import Request
    from responder_core.route import Route, WebSocketRoute
    from responder_core.websocket import WebSocket
    from responder_sessions.session import Session
    from responder_sessions.signed_cookies import SignedCookies
    from responder_sessions.stored_sessions import StoredSessions
    from responder_sessions.stores.store import Store, SyncStore

logger: logging.Logger = logging.getLogger("responder.sessions")

SECRET_KEY = "RESPONDER_SECRET_KEY"  # noqa: S105 - the name of a variable
"""The variable of the environment that has the secret key, or several with commas between."""

_TWO_WEEKS = 14 * 24 * 60 * 60


class Sessions(SessionManagement, Extension[SessionOptions]):
    """Gives requests a session: ``API(extensions=[Sessions(secret_key=...)])``.

    Without a store it is a signed cookie, which the client can read and not write. With one the
    client has an id alone: ``store="sqlite"``, ``"memory"``, ``"redis://..."``,
    ``"postgresql://..."``, or an object with the methods of ``Store``.

    Args:
        secret_key: what signs cookies; of several the first signs, and all verify. Without one
            that of the environment, RESPONDER_SECRET_KEY.
        store: where sessions are kept, or None for cookies.
        cookie: the name of the cookie; one with ``__Host-`` in front is bound to the host.
        max_age: the seconds that a session lasts unused; None until the browser is closed.
        lifetime: the seconds that it lasts at all, or None for any time.
        sliding: whether it lasts anew when it is read, too.
        https_only: whether the cookie is sent by HTTPS alone; None for all apps but those with
            ``debug=True``.
        same_site, path, domain, partitioned: what else the cookie has.
        salt: what keeps these signatures apart from others by the same key.
        reads_starlette: whether cookies of Starlette's ``SessionMiddleware``, and of Responder
            up to 9.2, are read, so that nobody has to log in anew.
        strict: whether a secret key must be given; else one is made for this process.
        grace: the seconds for which requests under way find a session under its old id.
        store_timeout: the seconds that a call of the store may take.
        on_error: ``"error"`` answers 503 where a session is used while its store does not
            answer, ``"anonymous"`` goes on with an empty one that is not kept.
        clock: the time in seconds of the POSIX clock.

    Raises:
        SecretKeyError: a key is weak, or there is none and *strict* is set.
        ValueError: other settings that cannot work.
    """

    options = SessionOptions
    socket_options: type[Mapping[str, Any]] = SessionOptions

    def __init__(
        self,
        *,
        secret_key: str | Sequence[str] | None = None,
        store: str | Store | SyncStore | None = None,
        cookie: str = "session",
        max_age: float | None = _TWO_WEEKS,
        lifetime: float | None = None,
        sliding: bool = True,
        https_only: bool | None = None,
        same_site: SameSite = "lax",
        path: str = "/",
        domain: str | None = None,
        partitioned: bool = False,
        salt: str = "responder.session",
        reads_starlette: bool = False,
        strict: bool = False,
        grace: float = 10,
        store_timeout: float = 0.4,
        on_error: Literal["error", "anonymous"] = "error",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.https_only = https_only
        self._must_be_secure = same_site == "none" or partitioned or is_guarded(cookie)
        self._make_cookie = partial(
            SessionCookie,
            cookie,
            path=path,
            domain=domain,
            same_site=same_site,
            partitioned=partitioned,
        )
        # Made for each of the two when it is first needed; one now, so that errors are early.
        self._cookies: dict[bool, SessionCookie] = {}
        self._cookie_name = self._cookie(debug=False).name
        # Filled while the app is built, so that a request only looks it up.
        self.off_routes: set[Route | WebSocketRoute] = set()
        self.has_random_key: bool = False
        limits = Lifetime(max_age, lifetime, sliding=sliding)
        self.signed: SignedCookies | None = None
        self.stored: StoredSessions | None = None
        if store is None:
            from responder_sessions.signed_cookies import SignedCookies
            from responder_sessions.signing import CookieSigner

            keys = self._find_keys(secret_key, strict=strict)
            signer = CookieSigner(keys, salt=salt, starlette=reads_starlette, clock=clock)
            self.signed = SignedCookies(signer, limits, clock=clock)
            self._open = self.signed.open
        else:
            if secret_key is not None:
                # It signs nothing here, and may be what signs once the store is left out.
                check_keys(secret_key)
            self.stored = _open_store(store, limits, grace, store_timeout, on_error)
            self._open = self.stored.open

    def _find_keys(self, given: str | Sequence[str] | None, *, strict: bool) -> tuple[str, ...]:
        """The keys: those given, else those of the environment, else one for this process."""
        if given is not None:
            return check_keys(given)
        found = os.environ.get(SECRET_KEY, "")
        if found:
            return check_keys([key for key in map(str.strip, found.split(",")) if key])
        remedy = f"pass secret_key=, or set {SECRET_KEY}; {MAKE_KEY}"
        if strict:
            msg = f"Sessions has no secret key: {remedy}"
            raise SecretKeyError(msg)
        logger.warning("sessions end with this process, as there is no secret key: %s", remedy)
        self.has_random_key = True
        return (token_urlsafe(32),)

    @classmethod
    def of(cls, api: API) -> Sessions:
        """Those of an app: ``await Sessions.of(api).revoke_all(user.id)``.

        Raises:
            SessionsOffError: it has none.
        """
        return find_sessions(api)

    def install(self, api: API) -> None:
        """Stand around the exchanges of an app."""
        api.around("session", SessionAround(self, api))
        if self.stored is not None:
            api.add_event_handler("shutdown", self.stored.store.close)
            if self.stored.loads_ahead:
                api.add_hook(self._load_for_socket, websocket=True)

    def bind(self, route: Route, options: SessionOptions) -> None:
        """Note whether a route has sessions."""
        enabled = options.get("session", True)
        route.facts.append(SessionFact(self._cookie_name, enabled=enabled))
        if not enabled:
            self.off_routes.add(route)

    def bind_socket(self, route: WebSocketRoute, options: SessionOptions) -> None:
        """As ``bind()``, for a route of WebSockets; no document tells of those."""
        if not options.get("session", True):
            self.off_routes.add(route)

    def cookie_of(self, api: API) -> SessionCookie:
        """The cookie of an app: by HTTPS alone, unless that is debugged."""
        return self._cookie(debug=api.debug)

    def _cookie(self, *, debug: bool) -> SessionCookie:
        known = self._cookies.get(debug)
        if known is None:
            secure = self.https_only
            if secure is None:
                secure = self._must_be_secure or not debug
            known = self._cookies[debug] = self._make_cookie(secure=secure)
        return known

    def open(self, connection: Request | WebSocket) -> Session:
        """The session of a request or of a socket; ``req.session`` asks for it."""
        api = connection.api
        scope = connection.scope
        cookie = self._cookies.get(api.debug) or self.cookie_of(api)
        session = self._open(scope, cookie)
        if self.stored is not None:
            # Nobody lists devices without a store, and a cookie has no room to waste.
            session.scope_parts = scope["headers"], scope.get("client")
        session.owner = api
        return session

    async def load(self, req: Request) -> Session:
        """The session of a request where nothing loads it ahead, as where a route is served.

        ::

            async def members(req):  # a guard of a mount, or what a rate limit is counted by
                session = await Sessions.of(req.api).load(req)
                if session.principal is None:
                    abort(401)

        Raises:
            SessionsOffError: it is off for the route.
            StoreUnavailableError: the store does not answer.
        """
        if self.stored is not None and self.stored.loads_ahead:
            cookie = self.cookie_of(req.api)
            if cookie.is_in(req.scope["headers"]):
                await self.stored.load(req.scope, cookie)
        return open_session(req)

    def open_for_socket(self, ws: WebSocket) -> Session:
        """The session of a socket; ``ws.session`` asks for it."""
        session = self.open(ws)
        if session.saver is None:
            session.seal("a socket sends no cookies, so its session is only read")
        else:
            ws.open_resources().closers.append(partial(_end_socket, session, ws))
        return session

    async def _load_for_socket(self, ws: WebSocket) -> None:
        cookie = self.cookie_of(ws.api)
        stored = cast("StoredSessions", self.stored)
        if cookie.is_in(ws.scope["headers"]) and ws.route not in self.off_routes:
            await stored.load(ws.scope, cookie)

    def check(self, api: API, deployment: Deployment) -> Iterable[Finding]:
        """What a deployment should know: ``responder check``."""
        from responder_sessions.findings import find_faults

        return find_faults(self, api, deployment)


async def _end_socket(session: Session, ws: WebSocket) -> None:
    try:
        await session.save()
    except Exception:
        logger.exception("the session of a WebSocket was not kept, request %r", ws.id)


def _open_store(
    store: str | Store | SyncStore,
    limits: Lifetime,
    grace: float,
    timeout: float,
    on_error: str,
) -> StoredSessions:
    """What keeps sessions in a store.

    Raises:
        ValueError: a setting that cannot work, or a store that there is not.
    """
    from responder_sessions.stored_sessions import StoredSessions
    from responder_sessions.stores.choice import choose_store
    from responder_sessions.stores.guarded import GuardedStore

    if on_error not in ("error", "anonymous"):
        msg = f"Sessions: on_error= is 'error' or 'anonymous', not {on_error!r}"
        raise ValueError(msg)
    if not grace >= 0:
        msg = f"Sessions: grace= takes seconds, 0 or more, not {grace!r}"
        raise ValueError(msg)
    guarded = GuardedStore(choose_store(store), timeout=timeout)
    return StoredSessions(guarded, limits, grace=grace, is_strict=on_error == "error")
