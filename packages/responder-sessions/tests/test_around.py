"""What stands around exchanges: what became of a session when its answer is on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from responder_core import Depends, Router
from responder_core.errors import Problem
from responder_sessions import CSRF, MemoryStore, SessionClosedError, SessionError, Sessions


class Remote(MemoryStore):
    """A store that has to be asked ahead."""

    is_quick = False


@pytest.fixture(params=["cookie", "memory", "remote"])
def options(request, clock):
    if request.param == "cookie":
        return {}
    return {"store": (MemoryStore if request.param == "memory" else Remote)(clock=clock)}


@pytest.fixture
def api(api_factory, options):
    api = api_factory(CSRF(), **options)

    @api.route("/set/{value}")
    async def write(req, resp, *, value):
        req.session["tea"] = value

    @api.route("/get")
    async def read(req, resp):
        resp.media = dict(req.session)

    return api


@pytest.fixture
def client(api, client_factory):
    return client_factory(api)


class TestTooLate:
    """What streams and background functions write is kept by nobody, so they only read."""

    def test_a_stream_reads_and_its_answer_is_private_in_case_it_does(self, api, client):
        @api.route("/stream")
        async def stream(req, resp):
            @resp.stream
            async def body():
                yield req.session["tea"]
                with pytest.raises(SessionClosedError, match="kept already"):
                    req.session["tea"] = "black"

        client.get("/set/green")

        answer = client.get("/stream")

        assert answer.text == "green"
        assert answer.headers["vary"] == "Cookie"
        assert answer.headers["cache-control"] == "private"
        assert client.get("/get").json() == {"tea": "green"}

    def test_so_does_a_view_that_is_a_stream_of_events(self, api, client):
        @api.sse("/events")
        async def events(req, resp) -> AsyncIterator[str]:
            yield req.session["tea"]

        client.get("/set/green")

        answer = client.get("/events")

        assert "data: green" in answer.text
        assert answer.headers["vary"] == "Cookie"
        assert answer.headers["cache-control"] == "private, no-cache"

    def test_one_of_a_route_without_sessions_is_not(self, api, client):
        @api.route("/stream", session=False)
        async def stream(req, resp):
            @resp.stream
            async def body():
                yield "tea"

        assert "cache-control" not in client.get("/stream").headers

    def test_a_stream_reads_what_the_view_has_used(self, api, client):
        @api.route("/stream")
        async def stream(req, resp):
            req.session["tea"] = "black"

            @resp.stream
            async def body():
                yield req.session["tea"]
                with pytest.raises(SessionClosedError, match="kept already"):
                    req.session["tea"] = "white"

        client.get("/set/green")

        answer = client.get("/stream")

        assert answer.text == "black"
        assert client.get("/get").json() == {"tea": "black"}

    def test_a_background_function_reads(self, api, client):
        seen = []

        @api.route("/later")
        async def view(req, resp):
            async def work():
                seen.append(req.session["tea"])
                with pytest.raises(SessionClosedError):
                    req.session["tea"] = "black"
                seen.append("end")

            resp.background(work)

        client.get("/set/green")

        assert "vary" not in client.get("/later").headers
        assert seen == ["green", "end"]


@pytest.mark.parametrize("whose", ["req", "resp"])
def test_its_values_can_be_replaced_as_a_whole(api, client, whose):
    @api.route("/replace")
    async def replace(req, resp):
        req.session.login("ada")
        req.session["gone"] = 1
        values = {"tea": "black", "cups": [1]}
        if whose == "req":
            req.session = values
            req.session = req.session  # Itself is nothing new.
        else:
            resp.session = values
        resp.text = str(req.session.principal)

    client.get("/set/green")

    assert client.get("/replace").text == "ada"
    assert client.get("/get").json() == {"tea": "black", "cups": [1]}


def test_values_that_cannot_all_be_kept_replace_none(api, client):
    @api.route("/replace")
    async def replace(req, resp):
        req.session = {"cups": 1, "bad": object()}

    client.get("/set/green")

    assert client.get("/replace").status_code == 500
    assert client.get("/get").json() == {"tea": "green"}


class TestFailures:
    """A failure is answered within the session, which the answer may use."""

    def test_an_error_page_uses_the_session_of_a_request_that_was_refused(self, api, client):
        @api.exception_handler(403)
        async def refuse(req, resp, exc):
            req.session.flash("Try again.")
            resp.text, resp.status_code = req.csrf_token, 403

        api.add_route("/form", lambda req, resp: None, methods=["POST"])

        answer = client.post("/form", headers={"X-CSRF-Token": "forged"})

        assert answer.status_code == 403
        assert answer.headers["vary"] == "Cookie"
        assert client.post("/form", headers={"X-CSRF-Token": answer.text}).status_code == 200

    def test_so_does_that_of_a_router(self, api, client):
        router = Router("/forms")

        @router.exception_handler(403)
        async def refuse(req, resp, exc):
            req.session["refused"] = True
            resp.text, resp.status_code = "a page", 403

        router.add_route("/one", lambda req, resp: None, methods=["POST"])
        api.include_router(router)

        assert client.post("/forms/one").text == "a page"
        assert client.get("/get").json() == {"refused": True}

    def test_what_was_written_before_is_kept(self, api, client):
        @api.route("/fail")
        async def fail(req, resp):
            req.session["tea"] = "green"
            raise Problem(409, "no")

        answer = client.get("/fail")

        assert answer.status_code == 409
        assert "Cookie" in answer.headers["vary"]
        assert answer.headers["cache-control"] == "private"
        assert client.get("/get").json() == {"tea": "green"}

    def test_one_of_keeping_it_is_private_too(self, api, client):
        @api.exception_handler(TypeError)
        async def tell(req, resp, exc):
            with pytest.raises(SessionClosedError):
                req.session["tea"] = "black"
            resp.text, resp.status_code = f"{exc} for {req.session['tea']}", 500

        @api.route("/bad")
        async def bad(req, resp):
            req.session["list"] = []
            req.session["list"].append(object())

        client.get("/set/green")

        answer = client.get("/bad")

        assert answer.status_code == 500
        assert "session['list'] cannot be kept" in answer.text
        assert answer.text.endswith("for green")
        assert answer.headers["vary"] == "Cookie"
        assert answer.headers["cache-control"] == "private"


class TestMounts:
    """An app in another one has sessions of its own."""

    def test_what_a_guard_outside_uses_is_not_the_session_inside(
        self, api, api_factory, client_factory
    ):
        async def guard(req):
            req.session.get("outside")

        outer = api_factory(
            secret_key="another key 0123456789", api={"dependencies": [Depends(guard)]}
        )
        outer.mount("/inner", api)
        client = client_factory(outer)

        client.get("/inner/set/green")

        assert client.get("/inner/get").json() == {"tea": "green"}

    @pytest.mark.parametrize("kind", [None, MemoryStore, Remote])
    def test_a_guard_outside_reads_what_it_loads_and_cannot_write(
        self, api_factory, client_factory, clock, kind
    ):
        """Nothing would keep it: the answer is that of the app inside."""
        seen = []

        async def guard(req):
            session = await Sessions.of(req.api).load(req)
            seen.append(session.get("tea"))
            if req.route is None:
                with pytest.raises(SessionClosedError, match="a guard of a mount only reads"):
                    req.session["tea"] = "black"

        where = {} if kind is None else {"store": kind(clock=clock)}
        outer = api_factory(api={"dependencies": [Depends(guard)]}, **where)
        inner = api_factory(cookie="inner", **where)

        @outer.route("/set")
        async def write(req, resp):
            req.session["tea"] = "green"

        @inner.route("/get")
        async def read(req, resp):
            resp.media = dict(req.session)

        outer.mount("/inner", inner)
        client = client_factory(outer)

        client.get("/set")

        assert client.get("/inner/get").json() == {}
        assert client.get("/inner/none").status_code == 404
        assert seen == [None, "green", "green"]

    def test_what_nothing_answers_can_be_written(self, api, client):
        @api.exception_handler(404)
        async def tell(req, resp, exc):
            req.session.flash("There is no such page.")
            resp.media, resp.status_code = req.session.flashes(), 404

        client.get("/set/green")

        assert client.get("/nowhere").json() == ["There is no such page."]


def test_what_is_loaded_for_a_rate_limit_is_not_loaded_again(api_factory, client_factory, clock):
    store = Remote(clock=clock)
    loads = []
    load = store.load
    store.load = lambda key: loads.append(key) or load(key)

    def limit(route, exchange):
        async def limited(req, resp):
            resp.headers["x-user"] = str((await Sessions.of(req.api).load(req)).get("user"))
            await exchange(req, resp)

        return limited

    api = api_factory(store=store)
    api.around("limit", limit)

    @api.route("/count")
    async def count(req, resp):
        req.session.increment("user")

    client = client_factory(api)

    assert [client.get("/count").headers["x-user"] for _ in range(3)] == ["None", "1", "2"]
    assert len(loads) == 2


def test_what_is_not_loaded_yet_is_not_taken_for_empty(api_factory, client_factory, clock, caplog):
    """Else the view would begin a new session, and the client lose the one it has."""

    def limit(route, exchange):
        async def limited(req, resp):
            req.session.get("user")
            await exchange(req, resp)

        return limited if route is not None and route.path == "/limited" else exchange

    api = api_factory(store=Remote(clock=clock))
    api.around("limit", limit)

    @api.route("/set")
    async def write(req, resp):
        req.session["user"] = 1

    @api.route("/limited")
    async def limited(req, resp):
        resp.media = req.session.get("user")

    client = client_factory(api)
    assert client.get("/limited").status_code == 200
    client.get("/set")

    assert client.get("/limited").status_code == 500
    assert "not for rate limits and mounts" in caplog.text
    assert SessionError.__name__ in caplog.text
