"""Signed cookies: sessions that the clients keep themselves, and cannot write."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, NamedTuple

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

logger = logging.getLogger("responder.sessions")


class CookieOrigin(NamedTuple):
    """What is known of the cookie that a session came from.

    Attributes:
        was_sent: whether the client sent one of the name.
        age: how many seconds ago it was signed.
        is_foreign: whether another framework signed it.
    """

    was_sent: bool = False
    age: float = 0
    is_foreign: bool = False


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

    def open(self, scope: Scope, cookie: SessionCookie) -> Session:
        """The session of a request; an empty one where it brings none that is good."""
        was_sent = False
        for value in cookie.find(scope["headers"]):
            was_sent = True
            signed = self._signer.load(value)
            if signed is None:
                logger.info("a session cookie was refused: its signature does not match")
                continue
            session = self._revive(signed)
            if session is not None:
                return session
        return Session({}, lasts=self._lifetime.lasts(None, 0), origin=CookieOrigin(was_sent))

    def _revive(self, signed: Signed) -> Session | None:
        """The session that was signed; None where its time is over."""
        values, own = signed.values, None
        if EXPIRY in values:
            try:
                own = float(decode(values[EXPIRY]))
            except (TypeError, ValueError):  # Another framework's, with a name like ours.
                return None
        now = self._clock()
        lasts = self._lifetime.lasts(own, now - signed.created)
        if lasts is not None:
            allowed = self._lifetime.idle(own)
            if lasts <= 0 or (allowed is not None and now - signed.issued >= allowed):
                return None
        origin = CookieOrigin(was_sent=True, age=now - signed.issued, is_foreign=signed.is_foreign)
        return Session(values, created=signed.created, lasts=lasts, origin=origin)

    def commit(self, session: Session, headers: ResponseHeaders, cookie: SessionCookie) -> bool:
        """Write the cookie of a session that was changed; whether one is written.

        Raises:
            CookieTooLargeError: it does not fit.
            TypeError: a value was changed to what JSON cannot hold.
        """
        origin: CookieOrigin = session.origin
        changed = bool(session.collect())
        if not (
            changed
            or session.has_ended
            or session.is_rotated
            or origin.is_foreign
            or self._lifetime.is_due(origin.age, session.own_expiry, cookie=True)
        ):
            return False
        contents = session.contents()
        if not contents:
            if origin.was_sent:
                cookie.erase(headers)
            return origin.was_sent
        now = self._clock()
        created = now if session.created_at is None else session.created_at
        value = self._signer.dump(contents, created=created)
        size = cookie.size(value)
        if size > LIMIT:
            raise CookieTooLargeError(cookie.name, size, LIMIT)
        cookie.write(headers, value, self._lifetime.cookie_age(session.own_expiry, now - created))
        return True
