"""Many requests of one client at once, in any order: no key is lost (a state machine)."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from responder_core.http.headers import ResponseHeaders
from responder_sessions.cookie import SessionCookie
from responder_sessions.ids import store_key
from responder_sessions.lifetime import Lifetime
from responder_sessions.stored_sessions import StoredSessions
from responder_sessions.stores.guarded import GuardedStore

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
        self.forget()

    def forget(self):
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

    def __init__(self, stored, runner):
        super().__init__()
        self.stored = stored
        self.runner = runner
        self.session_id = None
        self.model = None
        self.generation = 0

    def load(self):
        """The session as a request of the client gets it."""
        fields = []
        if self.session_id is not None:
            fields = [(b"cookie", f"session={self.session_id}".encode())]
        scope = {"headers": fields}
        if self.stored.loads_ahead:
            self.runner(self.stored.load(scope, COOKIE))
        return self.stored.open(scope, COOKIE)

    @rule(target=requests)
    def arrive(self):
        return Request(self.load(), self.generation if self.session_id else None)

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
        kept = self.stored.commit(request.session, headers, COOKIE)
        if not isinstance(kept, bool):
            self.runner(kept)
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

    @rule(request=requests)
    def save(self, request):
        if request.generation is None:
            return  # Only an answer begins a session.
        self.runner(request.session.save())
        if request.generation == self.generation:
            self.apply(request)
            request.forget()

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
        if self.session_id is not None:
            assert dict(self.load()) == self.model


def test_no_key_is_lost_whatever_comes_between(harness):
    async def scenario(store):
        stored = StoredSessions(
            GuardedStore(store, timeout=30),
            Lifetime(1000, None, sliding=True),
            grace=1000,
            is_strict=True,
        )
        loop = asyncio.get_running_loop()
        is_quick = getattr(store, "never_waits", False)

        def run(coroutine):
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

        await asyncio.to_thread(
            run_state_machine_as_test,
            lambda: Sessions(stored, run),
            settings=settings(
                max_examples=100 if is_quick else 60, stateful_step_count=40, deadline=None
            ),
        )

    harness.run(scenario)
