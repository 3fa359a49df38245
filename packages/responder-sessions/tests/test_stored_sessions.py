"""Sessions in a store, through an app and its clients."""

from __future__ import annotations

import asyncio

import pytest

from responder_core import Depends, Router
from responder_sessions import Change, MemoryStore, SessionError, Sessions, SQLiteStore
from responder_sessions.ids import store_key
from responder_sessions.stores.threaded import ThreadedStore, adapt


class CountingStore:
    """A store with async that counts what is asked of it, as one over a network would be."""

    def __init__(self, clock):
        self.inner = adapt(MemoryStore(clock=clock))
        self.calls = []

    async def load(self, key):
        self.calls.append("load")
        return await self.inner.load(key)

    async def save(self, key, change):
        self.calls.append("save")
        return await self.inner.save(key, change)

    async def rotate(self, key, new_key, change, grace):
        self.calls.append("rotate")
        return await self.inner.rotate(key, new_key, change, grace)

    async def delete(self, key):
        self.calls.append("delete")
        await self.inner.delete(key)

    async def find(self, principal=None):
        return await self.inner.find(principal)

    async def clear(self, *, expired=False):
        return await self.inner.clear(expired=expired)

    async def close(self):
        self.calls.append("close")

    def take_calls(self):
        calls, self.calls = self.calls, []
        return calls


@pytest.fixture
def store(clock):
    return CountingStore(clock)


@pytest.fixture(params=["quick", "remote"])
def any_store(request, clock):
    """One that is asked in place, and one that is waited for."""
    return MemoryStore(clock=clock) if request.param == "quick" else CountingStore(clock)


@pytest.fixture
def api(api_factory, store):
    return add_views(api_factory(store=store, grace=10))


def add_views(api):
    @api.route("/set/{key}/{value}")
    async def write(req, resp, *, key, value):
        req.session[key] = value

    @api.route("/save/{key}/{value}")
    async def write_ahead(req, resp, *, key, value):
        req.session[key] = value
        await req.session.save()

    @api.route("/get/{key}")
    async def read(req, resp, *, key):
        resp.media = {"value": req.session.get(key), "user": req.session.principal}

    @api.route("/sync/{key}")
    def read_sync(req, resp, *, key):
        resp.media = {"value": req.session.get(key)}

    @api.route("/plain")
    async def plain(req, resp):
        resp.text = "plain"

    @api.route("/off", session=False)
    async def off(req, resp):
        resp.text = "off"

    @api.route("/off/touched", session=False)
    async def touched(req, resp):
        req.session.get("a")

    @api.route("/login/{user}")
    async def login(req, resp, *, user):
        req.session.login(user)

    @api.route("/rotate")
    async def rotate(req, resp):
        req.session.rotate()

    @api.route("/logout")
    async def logout(req, resp):
        req.session.destroy()

    return api


@pytest.fixture
def client(api, client_factory):
    return client_factory(api)


def id_of(answer):
    return answer.headers["set-cookie"].partition("=")[2].partition(";")[0]


def as_cookie(session_id):
    return {"cookie": f"session={session_id}"}


def test_what_was_written_is_there_next_time(client):
    client.get("/set/user/ada")

    assert client.get("/get/user").json()["value"] == "ada"
    assert client.get("/sync/user").json()["value"] == "ada"


def test_the_client_has_an_id_and_the_store_its_hash(client, store):
    session_id = id_of(client.get("/set/user/ada"))

    keys = [record.key for record in store.inner.inner.find()]

    assert keys == [store_key(session_id)]
    assert session_id not in str(keys)


class TestLazy:
    def test_without_a_cookie_nothing_is_asked_of_the_store(self, client, store):
        client.get("/plain")
        client.get("/get/a")

        assert store.take_calls() == []

    def test_a_view_that_reads_asks_once_and_saves_nothing(self, client, store):
        client.get("/set/a/b")
        store.take_calls()

        answer = client.get("/get/a")

        assert store.take_calls() == ["load"]
        assert "set-cookie" not in answer.headers

    def test_a_view_that_writes_asks_once_and_saves_once(self, client, store):
        client.get("/set/a/b")
        store.take_calls()

        answer = client.get("/set/c/d")

        assert store.take_calls() == ["load", "save"]
        assert "set-cookie" not in answer.headers

    def test_a_cookie_that_is_no_id_is_not_looked_up(self, client, store):
        client.get("/get/a", headers=as_cookie("null"))
        client.get("/get/a", headers={"cookie": "other=1"})

        assert store.take_calls() == []

    def test_what_only_the_core_answers_is_not_loaded_for(self, api_factory, client_factory, store):
        api = add_views(api_factory(store=store, api={"health_route": "/readyz"}))
        client = client_factory(api)
        client.get("/set/a/b")
        store.take_calls()

        assert client.get("/readyz").status_code == 200
        assert store.take_calls() == []

    def test_what_the_core_answers_behind_a_guard_is_loaded_for(
        self, api_factory, client_factory, store
    ):
        async def guard(req):
            assert req.session["a"] == "b"

        options = {"health_route": "/readyz", "dependencies": [Depends(guard)], "public": ["/set"]}
        api = api_factory(store=store, api=options)

        @api.route("/set", name="set")
        async def write(req, resp):
            req.session["a"] = "b"

        client = client_factory(api)
        client.get("/set")

        assert client.get("/readyz").status_code == 200

    def test_a_store_that_is_quick_is_asked_when_the_view_asks(
        self, api_factory, client_factory, clock
    ):
        inner = MemoryStore(clock=clock)
        loads = []
        load = inner.load
        inner.load = lambda key: loads.append(key) or load(key)
        client = client_factory(add_views(api_factory(store=inner)))
        client.get("/set/a/b")

        client.get("/plain")
        assert loads == []
        client.get("/get/a")
        assert len(loads) == 1

    def test_reading_keeps_it_alive_at_most_once_a_minute(self, client, store, clock):
        client.get("/set/a/b")
        store.take_calls()

        for seconds, calls in ((30, ["load"]), (31, ["load", "save"]), (30, ["load"])):
            clock.advance(seconds)
            answer = client.get("/get/a")
            assert store.take_calls() == calls
            assert ("set-cookie" in answer.headers) == ("save" in calls)

    def test_without_sliding_it_ends_in_time(self, api_factory, client_factory, store, clock):
        client = client_factory(add_views(api_factory(store=store, sliding=False, max_age=100)))
        session_id = id_of(client.get("/set/a/b"))
        for _ in range(2):
            clock.advance(61)
            answer = client.get("/get/a", headers=as_cookie(session_id))

        assert answer.json()["value"] is None

    @pytest.mark.parametrize("sliding", [True, False])
    @pytest.mark.parametrize("path", ["/set/a", "/save/a"])
    def test_the_cookie_lasts_as_long_as_a_session_that_is_written_all_the_time(
        self, api_factory, client_factory, any_store, clock, sliding, path
    ):
        options = {"store": any_store, "sliding": sliding, "max_age": 600}
        client = client_factory(add_views(api_factory(**options)))
        client.get("/set/a/0")
        sent, ends = clock.now, clock.now + 600
        for turn in range(30):
            clock.advance(30)
            answer = client.get(f"{path}/{turn}")
            if "set-cookie" in answer.headers:
                assert "Max-Age=600" in answer.headers["set-cookie"]
                # At most once a minute.
                assert clock.now - sent >= 60
                sent, ends = clock.now, clock.now + 600
            assert ends - clock.now >= 600 - 60

    @pytest.mark.parametrize("path", ["/get/a", "/set/a/c"])
    def test_who_got_a_new_id_meanwhile_is_not_told_the_old_one(
        self, api_factory, client_factory, store, clock, path
    ):
        async def save_late(key, change):
            await store.inner.rotate(key, f"{key[:3]}{'f' * 64}", Change(100), 10)
            return await store.inner.save(key, change)

        client = client_factory(add_views(api_factory(store=store)))
        client.get("/set/a/b")
        clock.advance(61)
        store.save = save_late

        assert "set-cookie" not in client.get(path).headers

    @pytest.mark.parametrize("path", ["/get/a", "/set/a/c"])
    def test_nor_where_the_store_is_asked_in_place(self, api_factory, client_factory, clock, path):
        class Late(MemoryStore):
            is_late = False

            def save(self, key, change):
                if self.is_late:
                    self.rotate(key, f"{key[:3]}{'f' * 64}", Change(100), 10)
                return super().save(key, change)

        store = Late(clock=clock)
        client = client_factory(add_views(api_factory(store=store)))
        client.get("/set/a/b")
        clock.advance(61)
        store.is_late = True

        assert "set-cookie" not in client.get(path).headers

    def test_a_cookie_that_lasts_with_the_browser_is_sent_once(
        self, api_factory, client_factory, any_store, clock
    ):
        client = client_factory(add_views(api_factory(store=any_store, max_age=None)))
        client.get("/set/a/b")
        clock.advance(61)

        assert "set-cookie" not in client.get("/set/a/c").headers

    def test_what_ends_soon_is_kept_alive_by_reading_too(
        self, api_factory, client_factory, any_store, clock
    ):
        client = client_factory(add_views(api_factory(store=any_store, max_age=50)))
        session_id = id_of(client.get("/set/a/b"))
        for _ in range(4):
            clock.advance(30)
            answer = client.get("/get/a", headers=as_cookie(session_id))
            assert answer.json()["value"] == "b"
            assert "Max-Age=50" in answer.headers["set-cookie"]


def test_a_number_of_a_library_is_counted_as_a_plain_one(api_factory, client_factory, store):
    class Number(float):
        """As numpy has it: a sum is one of these, too."""

        def __radd__(self, other):
            return Number(float(self) + other)

        def __repr__(self):
            return f"Number({float(self)!r})"

    api = add_views(api_factory(store=store))

    @api.route("/count")
    async def count(req, resp):
        req.session.increment("n", Number(1.5))

    client = client_factory(api)
    client.get("/count")
    client.get("/count")

    assert client.get("/get/n").json()["value"] == 3


class TestOff:
    def test_a_route_without_sessions_loads_none(self, client, store):
        client.get("/set/a/b")
        store.take_calls()

        answer = client.get("/off")

        assert store.take_calls() == []
        assert "vary" not in answer.headers

    def test_touching_it_there_says_why_it_cannot_be(self, client, caplog):
        assert client.get("/off/touched").status_code == 500
        assert "leave session=False out" in caplog.text

    def test_a_router_without_sessions_loads_none_for_its_routes(self, api, client, store, caplog):
        router = Router("/api", session=False)

        @router.get("/plain")
        async def plain(req, resp):
            resp.text = "plain"

        @router.get("/touched")
        async def touched(req, resp):
            req.session.get("a")

        @router.get("/own", session=True)
        async def own(req, resp):
            resp.text = req.session["a"]

        api.include_router(router)
        client.get("/set/a/b")
        store.take_calls()

        assert client.get("/api/plain").status_code == 200
        assert store.take_calls() == []
        assert client.get("/api/touched").status_code == 500
        assert "leave session=False out" in caplog.text
        assert client.get("/api/own").text == "b"


class TestIds:
    def test_an_id_that_a_client_chose_is_never_taken(self, client):
        chosen = "a" * 45

        answer = client.get("/set/a/b", headers=as_cookie(chosen))

        assert id_of(answer) != chosen
        assert client.get("/get/a", headers=as_cookie(chosen)).json()["value"] is None

    def test_ten_thousand_random_ids_find_nothing(self, clock):
        from responder_sessions.ids import make_id

        store = MemoryStore(clock=clock)
        store.save(store_key(make_id()), Change(100, creates=True))

        assert not any(store.load(store_key(make_id())) for _ in range(10_000))

    def test_an_id_planted_in_front_of_ours_does_not_hide_it_from_a_quick_store(
        self, api_factory, client_factory
    ):
        client = client_factory(add_views(api_factory(store="memory")))
        session_id = id_of(client.get("/set/a/b"))
        client.cookies.clear()
        header = {"cookie": f"session=x; session={'x' * 45}; session={session_id}"}

        assert client.get("/get/a", headers=header).json()["value"] == "b"

    def test_an_id_planted_in_front_of_ours_does_not_hide_it(self, client):
        session_id = id_of(client.get("/set/a/b"))
        client.cookies.clear()
        header = {"cookie": f"session={'x' * 45}; session={session_id}"}

        assert client.get("/get/a", headers=header).json()["value"] == "b"


class TestLogin:
    def test_it_gets_a_new_id_and_the_values_stay(self, client):
        before = id_of(client.get("/set/cart/tea"))
        after = id_of(client.get("/login/ada"))

        assert before != after
        assert client.get("/get/cart").json() == {"value": "tea", "user": "ada"}

    def test_who_knows_the_old_id_is_not_logged_in(self, client, clock):
        before = id_of(client.get("/set/cart/tea"))
        client.get("/login/ada")
        client.cookies.clear()

        within = client.get("/get/cart", headers=as_cookie(before)).json()
        client.get("/set/cart/poison", headers=as_cookie(before))
        clock.advance(11)
        after = client.get("/get/cart", headers=as_cookie(before)).json()

        assert within == {"value": "tea", "user": None}
        assert after == {"value": None, "user": None}

    def test_who_knows_the_old_id_cannot_write_into_the_new_session(self, client):
        before = id_of(client.get("/set/cart/tea"))
        after = id_of(client.get("/login/ada"))
        client.cookies.clear()

        client.get("/set/cart/poison", headers=as_cookie(before))

        assert client.get("/get/cart", headers=as_cookie(after)).json()["value"] == "tea"

    def test_a_session_that_begins_with_it_has_one_id(self, client, store):
        client.get("/login/ada")

        assert store.take_calls() == ["save"]
        assert client.get("/get/a").json()["user"] == "ada"

    def test_rotating_keeps_who_is_logged_in(self, client):
        client.get("/login/ada")
        client.get("/rotate")

        assert client.get("/get/a").json()["user"] == "ada"


class TestLogout:
    def test_the_id_is_good_for_nothing_afterwards(self, client):
        client.get("/set/a/b")
        session_id = id_of(client.get("/login/ada"))
        answer = client.get("/logout")

        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert client.get("/get/a", headers=as_cookie(session_id)).json() == {
            "value": None,
            "user": None,
        }

    def test_the_id_before_the_login_dies_with_it(self, client):
        before = id_of(client.get("/set/a/b"))
        client.get("/login/ada")
        client.get("/logout")

        answer = client.get("/get/a", headers=as_cookie(before))

        assert answer.json()["value"] is None

    def test_without_a_cookie_there_is_nothing_to_end(self, client, store):
        answer = client.get("/logout")

        assert "set-cookie" not in answer.headers
        assert store.take_calls() == []

    def test_a_cookie_that_only_ends_as_ours_is_left_alone(
        self, api_factory, client_factory, any_store
    ):
        client = client_factory(add_views(api_factory(store=any_store)))

        theirs = client.get("/logout", headers={"cookie": "other-session=1"})
        ours = client.get("/logout", headers={"cookie": "session=1"})

        assert "set-cookie" not in theirs.headers
        assert "Max-Age=0" in ours.headers["set-cookie"]

    def test_it_beats_who_writes_at_the_same_time(self, api_factory, client_factory, any_store):
        api = add_views(api_factory(store=any_store))

        @api.route("/slow")
        async def slow(req, resp):
            req.session["a"] = "c"
            await Sessions.of(api).revoke(req.session.key)

        client = client_factory(api)
        client.get("/set/a/b")

        assert "set-cookie" not in client.get("/slow").headers
        assert client.get("/get/a").json()["value"] is None


class TestTogether:
    """Requests at once lose nothing of each other."""

    @pytest.fixture
    def gated(self, api_factory, store):
        """An app whose view /slow waits between loading and writing."""
        api = add_views(api_factory(store=store))
        api.state.gate = None

        @api.route("/slow/{key}")
        async def slow(req, resp, *, key):
            session = req.session
            session.get("a")
            api.state.waiting += 1
            await api.state.gate.wait()
            session[key] = "kept"
            session.increment("n")

        return api

    def drive(self, api, session_id, count, between):
        async def main():
            api.state.gate = asyncio.Event()
            api.state.waiting = 0
            async with api.async_client("https://testserver") as client:
                head = as_cookie(session_id)
                tasks = [
                    asyncio.ensure_future(client.get(f"/slow/key{n}", headers=head))
                    for n in range(count)
                ]
                while api.state.waiting < count:  # noqa: ASYNC110 - each counts by itself
                    await asyncio.sleep(0)
                result = await between(client, head)
                client.cookies.clear()
                api.state.gate.set()
                await asyncio.gather(*tasks)
                return result

        return asyncio.run(main())

    def values(self, store, session_id):
        record = asyncio.run(store.load(store_key(session_id)))
        return None if record is None else record.values

    def test_fifty_that_write_fifty_keys_leave_fifty(self, gated, store, client_factory):
        session_id = id_of(client_factory(gated).get("/set/a/b"))

        async def nothing(client, head):
            pass

        self.drive(gated, session_id, 50, nothing)

        values = self.values(store, session_id)
        assert {f"key{n}" for n in range(50)} <= values.keys()
        assert values["n"] == b"50"

    def test_what_is_under_way_at_a_rotation_is_kept(self, gated, store, client_factory):
        session_id = id_of(client_factory(gated).get("/set/a/b"))

        async def rotate(client, head):
            return id_of(await client.get("/login/ada", headers=head))

        after = self.drive(gated, session_id, 5, rotate)

        assert {f"key{n}" for n in range(5)} <= self.values(store, after).keys()

    def test_a_logout_beats_what_is_under_way(self, gated, store, client_factory):
        session_id = id_of(client_factory(gated).get("/set/a/b"))

        async def logout(client, head):
            await client.get("/logout", headers=head)

        self.drive(gated, session_id, 5, logout)

        assert self.values(store, session_id) is None
        assert len(store.inner.inner) == 0

    def test_a_logout_beats_a_rotation_under_way(self, api_factory, store, client_factory):
        api = add_views(api_factory(store=store))

        @api.route("/slow")
        async def slow(req, resp):
            req.session.rotate()
            await store.delete(store_key(req.cookies["session"]))

        client = client_factory(api)
        client.get("/set/a/b")

        answer = client.get("/slow")

        assert "set-cookie" not in answer.headers
        assert len(store.inner.inner) == 0


class TestLifetime:
    def test_it_ends_at_all_events(self, api_factory, client_factory, store, clock):
        client = client_factory(add_views(api_factory(store=store, max_age=100, lifetime=150)))
        session_id = id_of(client.get("/set/a/b"))
        head = as_cookie(session_id)
        for _ in range(2):
            clock.advance(70)
            assert client.get("/get/a", headers=head).json()["value"] == "b"
        clock.advance(11)

        assert client.get("/get/a", headers=head).json()["value"] is None

    def test_one_that_was_made_shorter_holds_for_those_before(
        self, api_factory, client_factory, store, clock
    ):
        before = client_factory(add_views(api_factory(store=store)))
        session_id = id_of(before.get("/set/a/b"))
        clock.advance(200)
        client = client_factory(add_views(api_factory(store=store, lifetime=100)))

        assert client.get("/get/a", headers=as_cookie(session_id)).json()["value"] is None
        client.get("/set/a/c", headers=as_cookie(session_id))
        assert len(store.inner.inner) == 1

    def test_without_a_max_age_the_cookie_has_none(self, api_factory, client_factory, store):
        client = client_factory(add_views(api_factory(store=store, max_age=None)))

        assert "Max-Age" not in client.get("/set/a/b").headers["set-cookie"]
        assert client.get("/get/a").json()["value"] == "b"


def test_a_session_can_be_saved_ahead(api, client, store):
    @api.route("/ahead")
    async def ahead(req, resp):
        req.session["a"] = 1
        await req.session.save()
        saved = await store.load(store_key(req.cookies["session"]))
        resp.media = sorted(saved.values)

    client.get("/set/b/c")
    store.take_calls()

    assert client.get("/ahead").json() == ["a", "b"]
    assert store.take_calls() == ["load", "save", "load"]


class TestAfterwards:
    """A stream begins when the session is kept already, and still has it."""

    @pytest.fixture
    def client(self, api_factory, client_factory, any_store):
        api = add_views(api_factory(store=any_store))

        @api.route("/stream/{path}")
        async def stream(req, resp, *, path):
            if path == "anew":
                req.session.clear()
            elif path == "login":
                req.session.login("ada")
            req.session["a"] = path

            async def pieces():
                await req.session.save()
                await Sessions.of(api).revoke_all("ada", keep=req.session)
                yield b"kept"

            resp.stream(pieces)

        return client_factory(api)

    @pytest.mark.parametrize("path", ["new", "anew", "login"])
    def test_to_save_it_once_more_ends_nothing(self, client, path):
        assert client.get(f"/stream/{path}").text == "kept"

        assert client.get("/get/a").json()["value"] == path

    @pytest.mark.parametrize("path", ["new", "anew", "login"])
    def test_nor_does_that_of_one_that_was_there_before(self, client, path):
        client.get("/set/b/c")
        assert client.get(f"/stream/{path}").text == "kept"

        assert client.get("/get/a").json()["value"] == path


@pytest.mark.parametrize("lasts", [60_000, None])
def test_the_client_is_told_of_an_expiry_that_was_saved_ahead(api, client, lasts):
    @api.route("/expiry")
    async def expiry(req, resp):
        req.session.set_expiry(lasts)
        await req.session.save()
        await req.session.save()

    whole = client.get("/set/a/b").headers["set-cookie"]

    answer = client.get("/expiry")

    expected = whole if lasts is None else f"Max-Age={lasts};"
    assert expected in answer.headers["set-cookie"]
    assert "set-cookie" not in client.get("/get/a").headers


def test_one_that_gets_a_new_id_is_not_saved_ahead_under_the_old_one(api, client, store):
    @api.route("/ahead")
    async def ahead(req, resp):
        req.session.login("ada")
        with pytest.raises(SessionError, match="gets a new id"):
            await req.session.save()

    session_id = id_of(client.get("/set/b/c"))
    assert client.get("/ahead").status_code == 200

    assert client.get("/get/b").json()["user"] == "ada"
    assert client.get("/get/b", headers=as_cookie(session_id)).json()["user"] is None


def test_the_store_is_closed_with_the_app(api, client_factory, store):
    with client_factory(api) as client:
        client.get("/set/a/b")

    assert "close" in store.take_calls()


def test_a_store_without_async_runs_in_threads(api_factory, client_factory, tmp_path, clock):
    class Slow(SQLiteStore):
        is_quick = False

    store = Slow(tmp_path / "sessions.sqlite3", clock=clock)
    client = client_factory(add_views(api_factory(store=store, store_timeout=30)))
    with client:
        client.get("/set/a/b")

        assert client.get("/get/a").json()["value"] == "b"


def test_a_restart_loses_nothing(api_factory, client_factory, tmp_path):
    url = f"sqlite:///{tmp_path}/deep/sessions.sqlite3"
    with client_factory(add_views(api_factory(store=url))) as client:
        session_id = id_of(client.get("/set/a/b"))
    with client_factory(add_views(api_factory(store=url))) as client:
        assert client.get("/get/a", headers=as_cookie(session_id)).json()["value"] == "b"


@pytest.mark.parametrize(
    ("missing", "told"),
    [(None, "has no load, save"), ("mixed", "some methods with async and some without")],
)
def test_what_is_no_store_is_refused(api_factory, clock, missing, told):
    candidate = object()
    if missing == "mixed":
        candidate = CountingStore(clock)
        candidate.load = lambda key: None

    with pytest.raises(TypeError, match=told):
        api_factory(store=candidate)


def test_a_store_with_async_is_taken_as_it_is(store):
    assert adapt(store) is store
    assert isinstance(adapt(MemoryStore()), ThreadedStore)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"on_error": "ignore"}, "on_error= is 'error' or 'anonymous', not 'ignore'"),
        ({"grace": -1}, "grace= takes seconds"),
        ({"store_timeout": 0}, "store_timeout= takes seconds above 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(api_factory, options, told):
    with pytest.raises(ValueError, match=told):
        api_factory(store="memory", **options)
