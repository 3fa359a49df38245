"""Stored sessions: a client has an id, and a store has the rest."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from responder_sessions.errors import SessionError, StoreUnavailableError
from responder_sessions.ids import is_id, make_id, store_key
from responder_sessions.session import EXPIRY, Session
from responder_sessions.stores.store import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.http.headers import ResponseHeaders
    from responder_core.types import Scope
    from responder_sessions.cookie import SessionCookie
    from responder_sessions.lifetime import Lifetime
    from responder_sessions.stores.guarded import GuardedStore
    from responder_sessions.stores.store import Record
    from responder_sessions.tracking import Changes

logger: logging.Logger = logging.getLogger("responder.sessions")

# The key of the age that a session had when its cookie was last sent, in seconds; without it, 0.
_SENT = "$sent"

LOADED = "responder.session_record"
"""The scope key of what was loaded for a request before anyone asked for it, and by whom."""

_EARLY = (
    "the session is loaded from its store before hooks, guards and views of routes, and not for "
    "rate limits and mounts: await Sessions.of(req.api).load(req) there, or keep sessions in "
    "cookies or SQLite"
)


@dataclass(slots=True)
class StoreOrigin:
    """What is known of where a session came from.

    Attributes:
        session_id: the id that the client sent and the store knows, or None.
        was_sent: whether the client sent a cookie of the name.
        idle: how many seconds ago the session was last saved.
        age: how many seconds ago it was made.
        is_late: whether it had another id already when it was loaded.
        is_lost: whether the store did not answer, and the session is empty instead.
        is_saved: whether it was saved before the answer, which the client was not told of.
        has_new_expiry: whether ``set_expiry()`` was called before that.
    """

    session_id: str | None = None
    was_sent: bool = False
    idle: float = 0
    age: float = 0
    is_late: bool = False
    is_lost: bool = False
    is_saved: bool = False
    has_new_expiry: bool = False


class StoredSessions:
    """Reads and writes sessions in a store.

    Args:
        store: where they are.
        lifetime: how long they last.
        grace: the seconds for which a rotated session stays readable under its old id.
        is_strict: whether a store that does not answer is a 503; else sessions are empty then.
    """

    def __init__(
        self, store: GuardedStore, lifetime: Lifetime, *, grace: float, is_strict: bool
    ) -> None:
        self.store = store
        self._lifetime = lifetime
        self._grace = grace
        self._is_strict = is_strict
        self._load_now = store.load_now

    @property
    def loads_ahead(self) -> bool:
        """Whether a session has to be loaded before a view can ask for it."""
        return self._load_now is None

    async def load(self, scope: Scope, cookie: SessionCookie) -> None:
        """Load what a request may ask for, once; a failure is told to who does."""
        if self._has_loaded(scope):
            return
        try:
            found: object = await self._find(scope, cookie)
        except StoreUnavailableError as error:
            found = error
        scope[LOADED] = self, found

    def _has_loaded(self, scope: Scope) -> bool:
        # An app around this one has loaded something else.
        return LOADED in scope and scope[LOADED][0] is self

    async def _find(self, scope: Scope, cookie: SessionCookie) -> tuple[str, Record] | None:
        for session_id in _shown_ids(scope, cookie):
            record = await self.store.load(store_key(session_id))
            if record is not None:
                return session_id, record
        return None

    def _find_now(
        self,
        scope: Scope,
        cookie: SessionCookie,
        load_now: Callable[[str], Record | None],
    ) -> tuple[str, Record] | None:
        for session_id in _shown_ids(scope, cookie):
            record = load_now(store_key(session_id))
            if record is not None:
                return session_id, record
        return None

    def open(self, scope: Scope, cookie: SessionCookie) -> Session:
        """The session of a request; an empty one where it brings the id of none.

        Raises:
            SessionError: it had to be loaded, and is not.
            StoreUnavailableError: the store does not answer.
        """
        origin = StoreOrigin(was_sent=cookie.is_in(scope["headers"]))
        found: object = None
        if not origin.was_sent:
            pass
        elif self._load_now is None:
            if not self._has_loaded(scope):
                # An empty one in its place would end that of the client.
                raise SessionError(_EARLY)
            found = scope[LOADED][1]
        else:
            try:
                found = self._find_now(scope, cookie, self._load_now)
            except StoreUnavailableError as error:
                found = error
        if isinstance(found, StoreUnavailableError):
            if self._is_strict:
                raise found
            origin.is_lost = True
            found = None
        if found is None:
            return self._begin(origin)
        origin.session_id, record = cast("tuple[str, Record]", found)
        return self._revive(origin, record)

    def _begin(self, origin: StoreOrigin) -> Session:
        return Session({}, lasts=self._lifetime.lasts(None, 0), origin=origin)

    def _revive(self, origin: StoreOrigin, record: Record) -> Session:
        """The session of a record; an empty one where its time is over."""
        session = Session(
            record.values, created=time.time() - record.age, lasts=record.lasts, origin=origin
        )
        lasts = self._lifetime.lasts(session.own_expiry, record.age)
        if lasts is not None and lasts <= 0:
            # The lifetime was made shorter since.
            return self._begin(origin)
        session.key = record.key
        origin.idle, origin.age, origin.is_late = record.idle, record.age, record.is_rotated
        return session

    async def commit(
        self, session: Session, headers: ResponseHeaders | None, cookie: SessionCookie
    ) -> bool:
        """Keep what was changed, and tell the client of a new id; whether a cookie is sent.

        Without *headers* nothing can be told: as before the answer, or in a socket.

        Raises:
            StoreUnavailableError: the store does not answer.
            TypeError: a value was changed to what JSON cannot hold.
        """
        changes = session.collect()
        reply = None if headers is None else _Reply(headers, cookie)
        if not session.origin.is_lost:
            try:
                return await self._keep(session, changes, reply)
            except StoreUnavailableError:
                if self._is_strict:
                    raise
        return _erase_ended(session, reply)

    async def _keep(self, session: Session, changes: Changes, reply: _Reply | None) -> bool:
        origin: StoreOrigin = session.origin
        known = origin.session_id
        if known is not None and (session.has_ended or session.is_new):
            await self.store.delete(store_key(known))
            known = origin.session_id = None
        if known is None:
            if changes.written or changes.deltas:
                return await self._create(session, changes, reply)
            return _erase_ended(session, reply)
        if session.is_rotated and reply is not None:
            return await self._rotate(session, known, changes, reply)
        must_save = bool(changes) or self._lifetime.is_due(origin.idle, session.own_expiry)
        was_used = must_save or origin.is_saved
        renews = reply is not None and was_used and self._renews(session, changes)
        if not must_save and not renews:
            return False
        change = self._change(session, changes, sends=renews)
        saved = await self.store.save(store_key(known), change)
        if not saved:
            # It was ended meanwhile, and stays so.
            return False
        session.settle()
        if reply is None:
            origin.idle, origin.is_saved = 0, True
            origin.has_new_expiry |= _has_new_expiry(changes)
        if reply is None or not renews or saved == "moved":
            # Who got a new id meanwhile is not told the old one again.
            return False
        self._send(session, known, reply)
        return True

    def _renews(self, session: Session, changes: Changes) -> bool:
        """Whether the cookie is sent again, as the client would forget it before the server does.

        Not by when the session was saved, which one in use may be all the time.
        """
        origin: StoreOrigin = session.origin
        if origin.is_late:
            return False
        if origin.has_new_expiry or _has_new_expiry(changes):
            return True
        own = session.own_expiry
        if self._lifetime.cookie_age(own, origin.age) is None:
            return False
        try:
            sent: float = session.peek(_SENT)
        except KeyError:
            sent = 0
        return origin.age - sent >= self._lifetime.rest(own)

    async def _create(self, session: Session, changes: Changes, reply: _Reply | None) -> bool:
        if reply is None:
            # Nothing here could tell the client of a new id.
            logger.warning("a session begins with an HTTP answer; this one is not kept before")
            return False
        origin: StoreOrigin = session.origin
        made = make_id()
        origin.age = origin.idle = 0
        await self.store.save(store_key(made), self._change(session, changes, creates=True))
        origin.session_id = made
        session.settle()
        self._send(session, made, reply)
        return True

    async def _rotate(self, session: Session, known: str, changes: Changes, reply: _Reply) -> bool:
        made = make_id(known)
        change = self._change(session, changes, sends=True)
        if not await self.store.rotate(store_key(known), store_key(made), change, self._grace):
            return False
        session.origin.session_id = made
        session.is_rotated = False
        session.settle()
        self._send(session, made, reply)
        return True

    def _change(
        self, session: Session, changes: Changes, *, creates: bool = False, sends: bool = False
    ) -> Change:
        origin: StoreOrigin = session.origin
        written = dict(changes.written)
        if sends:
            written[_SENT] = b"%d" % origin.age
        if creates:
            # Nothing is there that could be added to.
            written.update({key: b"%r" % delta for key, delta in changes.deltas.items()})
        return Change(
            lasts=self._lifetime.stored(session.own_expiry, origin.age),
            written=written,
            removed=changes.removed,
            deltas={} if creates else dict(changes.deltas),
            principal=session.principal,
            creates=creates,
            is_late=origin.is_late,
        )

    def _send(self, session: Session, session_id: str, reply: _Reply) -> None:
        lasts = self._lifetime.cookie_age(session.own_expiry, session.origin.age)
        reply.cookie.write(reply.headers, session_id.encode("ascii"), lasts)


class _Reply(NamedTuple):
    """Where a client is told of its cookie."""

    headers: ResponseHeaders
    cookie: SessionCookie


def _shown_ids(scope: Scope, cookie: SessionCookie) -> list[str]:
    """What a request shows that could be the id of a session."""
    shown = (value.decode("latin-1") for value in cookie.find(scope["headers"]))
    return [text for text in shown if is_id(text)]


def _has_new_expiry(changes: Changes) -> bool:
    return EXPIRY in changes.written or EXPIRY in changes.removed


def _erase_ended(session: Session, reply: _Reply | None) -> bool:
    """Let the client forget a session that was ended; whether it is told so."""
    if reply is None or not session.has_ended or not session.origin.was_sent:
        return False
    reply.cookie.erase(reply.headers)
    return True
