"""Stored sessions: a client has an id, and a store has the rest."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from responder_sessions.errors import SessionError, StoreUnavailableError
from responder_sessions.ids import is_id, make_id, store_key
from responder_sessions.session import Session
from responder_sessions.stores.store import Change

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from responder_core.http.headers import ResponseHeaders
    from responder_core.types import Scope
    from responder_sessions.cookie import SessionCookie
    from responder_sessions.lifetime import Lifetime
    from responder_sessions.stores.guarded import GuardedStore
    from responder_sessions.stores.store import Record, Saved

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


class StoreOrigin(msgspec.Struct):
    """What is known of where a session came from.

    Attributes:
        session_id: the id that the client sent and the store knows, or None.
        was_sent: whether the client sent a cookie of the name.
        idle: how many seconds ago the session was last saved.
        age: how many seconds ago it was made.
        is_late: whether it had another id already when it was loaded.
        is_lost: whether the store did not answer, and the session is empty instead.
        is_saved: whether it was saved before the answer, which the client was not told of.
    """

    session_id: str | None = None
    was_sent: bool = False
    idle: float = 0
    age: float = 0
    is_late: bool = False
    is_lost: bool = False
    is_saved: bool = False


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
        self._save_now = store.save_now
        # Bound once, as each session has it.
        self._saver = self._save

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
        for session_id in _find_ids(cookie.find(scope["headers"])):
            record = await self.store.load(store_key(session_id))
            if record is not None:
                return session_id, record
        return None

    def open(self, scope: Scope, cookie: SessionCookie) -> Session:
        """The session of a request; an empty one where it brings the id of none.

        Raises:
            SessionError: it had to be loaded, and is not.
            StoreUnavailableError: the store does not answer.
        """
        load_now = self._load_now
        if load_now is None:
            return self._open_loaded(scope, cookie)
        shown = cookie.find(scope["headers"])
        for session_id in _find_ids(shown):
            try:
                record = load_now(store_key(session_id))
            except StoreUnavailableError as error:
                return self._do_without(error)
            if record is not None:
                return self._revive(session_id, record)
        return self._begin(StoreOrigin(was_sent=bool(shown)))

    def _open_loaded(self, scope: Scope, cookie: SessionCookie) -> Session:
        if not cookie.is_in(scope["headers"]):
            return self._begin(StoreOrigin())
        if not self._has_loaded(scope):
            # An empty one in its place would end that of the client.
            raise SessionError(_EARLY)
        found: tuple[str, Record] | StoreUnavailableError | None = scope[LOADED][1]
        if isinstance(found, StoreUnavailableError):
            return self._do_without(found)
        if found is None:
            return self._begin(StoreOrigin(was_sent=bool(cookie.find(scope["headers"]))))
        return self._revive(*found)

    def _do_without(self, error: StoreUnavailableError) -> Session:
        """An empty session in place of one that could not be loaded."""
        if self._is_strict:
            raise error
        return self._begin(StoreOrigin(was_sent=True, is_lost=True))

    def _begin(self, origin: StoreOrigin) -> Session:
        session = Session({}, None, self._lifetime.lasts(None, 0), origin)
        session.saver = self._saver
        return session

    def _revive(self, session_id: str, record: Record) -> Session:
        """The session of a record; an empty one where its time is over."""
        origin = StoreOrigin(session_id, True, record.idle, record.age, record.is_rotated)
        session = Session(record.values, time.time() - record.age, record.lasts, origin)
        if not self._lifetime.is_idle_alone:
            lasts = self._lifetime.lasts(session.own_expiry, record.age)
            if lasts is not None and lasts <= 0:
                # The lifetime was made shorter since.
                return self._begin(StoreOrigin(session_id, was_sent=True))
        session.key = record.key
        session.saver = self._saver
        return session

    def commit(
        self, session: Session, headers: ResponseHeaders, cookie: SessionCookie
    ) -> bool | Awaitable[bool]:
        """Keep what was changed, and tell the client of a new id; whether a cookie is sent.

        Where the store never waits, most of them need no coroutine.

        Raises:
            StoreUnavailableError: the store does not answer.
            TypeError: a value was changed to what JSON cannot hold.
        """
        changed = session.find_changes()
        key, save_now = session.key, self._save_now
        reply = headers, cookie
        if key is None and not changed and session.origin.session_id is None:
            return _erase_ended(session, reply)
        if key is None or save_now is None or session.has_ended or session.is_rotated:
            return self._commit(session, reply, changed=changed)
        change = self._update(session, changed=changed, replies=True)
        if change is None:
            return False
        try:
            saved = save_now(key, change)
        except StoreUnavailableError:
            if self._is_strict:
                raise
            return False
        return self._settle(session, change, saved, reply)

    async def _save(self, session: Session) -> None:
        """Keep what was changed where nothing can be told: before the answer, or in a socket."""
        await self._commit(session, None, changed=session.find_changes())

    async def _commit(self, session: Session, reply: _Reply | None, *, changed: bool) -> bool:
        if not session.origin.is_lost:
            try:
                return await self._keep(session, reply, changed=changed)
            except StoreUnavailableError:
                if self._is_strict:
                    raise
        return _erase_ended(session, reply)

    async def _keep(self, session: Session, reply: _Reply | None, *, changed: bool) -> bool:
        origin: StoreOrigin = session.origin
        key = session.key
        if key is None or session.has_ended:
            if origin.session_id is not None:
                await self.store.delete(store_key(origin.session_id))
                origin.session_id = session.key = None
            return await self._create(session, reply)
        if session.is_rotated and reply is not None:
            return await self._rotate(session, key, reply)
        change = self._update(session, changed=changed, replies=reply is not None)
        if change is None:
            return False
        saved = await self.store.save(key, change)
        return self._settle(session, change, saved, reply)

    def _update(self, session: Session, *, changed: bool, replies: bool) -> Change | None:
        """What is to become of a session that is there; None where nothing is."""
        origin: StoreOrigin = session.origin
        own = session.own_expiry
        must_save = changed or self._lifetime.is_due(origin.idle, own)
        was_used = must_save or origin.is_saved
        renews = replies and was_used and self._renews(session, own)
        if not must_save and not renews:
            return None
        return self._change(session, own, sends=renews)

    def _settle(self, session: Session, change: Change, saved: Saved, reply: _Reply | None) -> bool:
        """Note that a change was made; whether the client is told its id again."""
        if not saved:
            # It was ended meanwhile, and stays so.
            return False
        if reply is None:
            session.settle()
            origin: StoreOrigin = session.origin
            origin.idle, origin.is_saved = 0, True
            return False
        # With its answer a session is sealed, and not kept again.
        if _SENT not in change.written or saved == "moved":
            # Who got a new id meanwhile is not told the old one again.
            return False
        self._send(session, reply)
        return True

    def _renews(self, session: Session, own: float | None) -> bool:
        """Whether the cookie is sent again, as the client would forget it before the server does.

        Not by when the session was saved, which one in use may be all the time.
        """
        origin: StoreOrigin = session.origin
        if origin.is_late:
            return False
        if session.has_new_expiry:
            return True
        age, rest = origin.age, self._lifetime.rest(own)
        if age < rest or self._lifetime.cookie_age(own, age) is None:
            return False
        try:
            sent: float = session.peek(_SENT)
        except KeyError:
            sent = 0
        return age - sent >= rest

    async def _create(self, session: Session, reply: _Reply | None) -> bool:
        written, _, deltas = session.collect()
        if not written and not deltas:
            return _erase_ended(session, reply)
        if reply is None:
            # Nothing here could tell the client of a new id.
            logger.warning("a session begins with an HTTP answer; this one is not kept before")
            return False
        origin: StoreOrigin = session.origin
        origin.age = origin.idle = 0
        made = make_id()
        key = store_key(made)
        await self.store.save(key, self._change(session, session.own_expiry, creates=True))
        return self._replace(session, made, key, reply)

    async def _rotate(self, session: Session, key: str, reply: _Reply) -> bool:
        made = make_id(session.origin.session_id)
        new_key = store_key(made)
        change = self._change(session, session.own_expiry, sends=True)
        if not await self.store.rotate(key, new_key, change, self._grace):
            return False
        return self._replace(session, made, new_key, reply)

    def _replace(self, session: Session, session_id: str, key: str, reply: _Reply) -> bool:
        """Note a new id, and tell the client of it."""
        session.origin.session_id, session.key = session_id, key
        session.is_rotated = session.has_ended = False
        self._send(session, reply)
        return True

    def _change(
        self, session: Session, own: float | None, *, creates: bool = False, sends: bool = False
    ) -> Change:
        origin: StoreOrigin = session.origin
        written, removed, deltas = session.collect()
        if sends:
            written[_SENT] = b"%d" % origin.age
        if creates and deltas:
            # Nothing is there that could be added to.
            written.update({key: b"%r" % delta for key, delta in deltas.items()})
            deltas = {}
        lasts = self._lifetime.stored(own, origin.age)
        return Change(lasts, written, removed, deltas, session.principal, creates, origin.is_late)

    def _send(self, session: Session, reply: _Reply) -> None:
        origin: StoreOrigin = session.origin
        headers, cookie = reply
        lasts = self._lifetime.cookie_age(session.own_expiry, origin.age)
        cookie.write(headers, str(origin.session_id).encode("ascii"), lasts)


# Where a client is told of its cookie.
_Reply: TypeAlias = "tuple[ResponseHeaders, SessionCookie]"


def _find_ids(shown: list[bytes]) -> list[str]:
    """What of that which a request shows could be the id of a session."""
    return [text for value in shown if is_id(text := value.decode("latin-1"))]


def _erase_ended(session: Session, reply: _Reply | None) -> bool:
    """Let the client forget a session that was ended; whether it is told so."""
    if reply is None or not session.has_ended or not session.origin.was_sent:
        return False
    headers, cookie = reply
    cookie.erase(headers)
    return True
