"""Many requests of one client at once, in any order: no key is lost (a state machine)."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from responder_core.http.headers import ResponseHeaders
from responder_sessions import MemoryStore, SQLiteStore
from responder_sessions.cookie import SessionCookie
from responder_sessions.ids import store_key
from responder_sessions.lifetime import Lifetime
from responder_sessions.stored_sessions import StoredSessions
from responder_sessions.stores.guarded import GuardedStore
from responder_sessions.stores.threaded import ThreadedStore

COOKIE = SessionCookie(
    "session", path="/", domain=None, secure=True, same_site="lax", partitioned=False
)
KEYS = st.sampled_from(["a", "b", "c", "d"])
NUMBERS = st.integers(-5, 5)


class Request:
    """A request under way, and what it will have changed once it is kept."""

    def __init__(self, session, generation):
        self.session = session
        self.generation = generation
        self.writes = {}
        self.adds = {}

    def set(self, key, value):
        self.session[key] = value
        self.writes[key] = value
        self.adds.pop(key, None)

    def delete(self, key):
        if key in self.session:
            del self.session[key]
            self.writes[key] = None
            self.adds.pop(key, None)

    def add(self, key, number):
        self.session.increment(key, number)
        if key in self.writes:
            self.writes[key] = (self.writes[key] or 0) + number
        else:
            self.adds[key] = self.adds.get(key, 0) + number


class Sessions(RuleBasedStateMachine):
    """One client whose requests overlap; the model is what each that was kept has changed."""

    requests = Bundle("requests")

    def make_store(self):
        return MemoryStore()

    @initialize()
    def begin(self):
        inner = ThreadedStore(self.make_store())
        inner.never_waits = True
        self.stored = StoredSessions(
            GuardedStore(inner, timeout=30),
            Lifetime(1000, None, sliding=True),
            grace=1000,
            is_strict=True,
        )
        self.session_id = None
        self.model = None
        self.generation = 0

    @rule(target=requests)
    def arrive(self):
        fields = []
        if self.session_id is not None:
            fields = [(b"cookie", f"session={self.session_id}".encode())]
        session = self.stored.open({"headers": fields}, COOKIE)
        return Request(session, self.generation if self.session_id else None)

    @rule(request=requests, key=KEYS, number=NUMBERS)
    def write(self, request, key, number):
        request.set(key, number)

    @rule(request=requests, key=KEYS)
    def delete(self, request, key):
        request.delete(key)

    @rule(request=requests, key=KEYS, number=NUMBERS)
    def increment(self, request, key, number):
        request.add(key, number)

    def keep(self, request):
        headers = ResponseHeaders()
        asyncio.run(self.stored.commit(request.session, headers, COOKIE))
        field = headers.get("set-cookie")
        return None if field is None else field.partition("=")[2].partition(";")[0]

    def apply(self, request):
        for key, value in request.writes.items():
            if value is None:
                self.model.pop(key, None)
            else:
                self.model[key] = value
        for key, number in request.adds.items():
            self.model[key] = self.model.get(key, 0) + number

    @rule(request=consumes(requests))
    def answer(self, request):
        found = self.keep(request)
        if found is not None and request.generation is None:
            # It began a session of its own, which the client has from now on.
            self.session_id, self.model = found, {}
            self.generation += 1
            self.apply(request)
        elif request.generation == self.generation and self.model is not None:
            self.apply(request)

    @rule(request=consumes(requests))
    def answer_and_rotate(self, request):
        if request.session.origin.is_late or request.generation != self.generation:
            return
        if request.session.key != store_key(self.session_id):
            return  # It was rotated by another meanwhile; the client has that one's id.
        request.session.rotate()
        self.session_id = self.keep(request)
        self.apply(request)

    @rule(request=consumes(requests))
    def log_out(self, request):
        request.session.destroy()
        self.keep(request)
        if request.generation == self.generation and self.session_id is not None:
            self.session_id = self.model = None
            self.generation += 1

    @invariant()
    def nothing_is_lost(self):
        if getattr(self, "session_id", None) is None:
            return
        session = self.stored.open(
            {"headers": [(b"cookie", f"session={self.session_id}".encode())]}, COOKIE
        )
        assert dict(session) == self.model

    def teardown(self):
        if hasattr(self, "stored"):
            asyncio.run(self.stored.store.close())


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


class SessionsInAFile(Sessions):
    """The same, in SQLite."""

    def make_store(self):
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        return SQLiteStore(f"{self.folder.name}/sessions.sqlite3")

    def teardown(self):
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestSessionsInAFile = SessionsInAFile.TestCase
TestSessionsInAFile.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
