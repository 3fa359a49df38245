"""Signed cookies: sessions that the clients keep themselves, and cannot write."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from responder_sessions.cookie import LIMIT
from responder_sessions.errors import CookieTooLargeError
from responder_sessions.session import EXPIRY, Session
from responder_sessions.values import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.http.headers import ResponseHeaders
    from responder_core.types import Scope
    from responder_sessions.cookie import SessionCookie
    from responder_sessions.lifetime import Lifetime
    from responder_sessions.signing import CookieSigner, Signed

logger: logging.Logger = logging.getLogger("responder.sessions")


class SignedCookies:
    """Reads and writes sessions as cookies; nothing is kept on the server.

    Of two requests at once, the cookie of the one that is answered last counts, and a copy of a
    cookie stays good until it expires: where either matters, sessions belong into a store.
    """

    def __init__(
        self,
        signer: CookieSigner,
        lifetime: Lifetime,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._signer = signer
        self._lifetime = lifetime
        self._clock = clock
        self._rest = lifetime.rest(None)

    def open(self, scope: Scope, cookie: SessionCookie) -> Session:
        """The session of a request; an empty one where it brings none that is good."""
        candidates = cookie.find(scope["headers"])
        is_forged = False
        for value in candidates:
            signed = self._signer.load(value)
            if signed is None:
                is_forged = True
                continue
            session = self._revive(signed)
            if session is not None:
                return session
        if is_forged:
            logger.info("a session cookie was refused: its signature does not match")
        session = Session({}, None, self._lifetime.lasts(None, 0), None)
        session.was_sent = bool(candidates)
        return session

    def _revive(self, signed: Signed) -> Session | None:
        """The session that was signed; None where its time is over."""
        issued, created, values, is_foreign = signed
        own = None
        if EXPIRY in values:
            try:
                own = float(decode(values[EXPIRY]))
            except (TypeError, ValueError):  # Another framework's, with a name like ours.
                return None
        now = self._clock()
        lifetime = self._lifetime
        if own is None and lifetime.is_idle_alone:
            lasts = allowed = lifetime.max_age
        else:
            lasts, allowed = lifetime.lasts(own, now - created), lifetime.idle(own)
        if (lasts is not None and lasts <= 0) or (allowed is not None and now - issued >= allowed):
            return None
        session = Session(values, created, lasts, None)
        session.was_sent = True
        # One of another framework is written as ours, whatever else becomes of it.
        if is_foreign or own is not None or now - issued >= self._rest:
            session.is_due = is_foreign or lifetime.is_cookie_due(now - issued, own)
        return session

    def commit(self, session: Session, headers: ResponseHeaders, cookie: SessionCookie) -> bool:
        """Write the cookie of a session that was changed; whether one is written.

        Raises:
            CookieTooLargeError: it does not fit.
            TypeError: a value was changed to what JSON cannot hold.
        """
        changed = session.find_changes()
        if not (changed or session.is_due or session.has_ended or session.is_rotated):
            return False
        contents = session.contents()
        if not contents:
            if session.was_sent:
                cookie.erase(headers)
            return session.was_sent
        now = self._clock()
        created = now if session.created_at is None else session.created_at
        value = self._signer.dump(contents, created=created)
        size = cookie.size(value)
        if size > LIMIT:
            raise CookieTooLargeError(cookie.name, size, LIMIT)
        lasts = self._lifetime.max_age
        if EXPIRY in contents or not self._lifetime.is_idle_alone:
            lasts = self._lifetime.cookie_age(session.own_expiry, now - created)
        cookie.write(headers, value, lasts)
        return True
