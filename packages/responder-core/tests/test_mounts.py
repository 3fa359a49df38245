"""Mounts: other ASGI apps, each below a prefix of the path."""

from __future__ import annotations

import contextlib
import json
import sys

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.websockets import WebSocketDisconnect

from responder_core import API, Depends, Problem, RouteConflictError


async def tell(scope, receive, send):
    """An app that tells what it was asked."""
    body = json.dumps({key: scope[key] for key in ("path", "root_path")}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def named(name):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": name.encode()})

    return app


async def read_all(scope, receive, send):
    """An app that reads the whole body and tells its length."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message["body"])
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/shop", 200),
        ("/shop/", 200),
        ("/shop/tea", 200),
        ("/shopping", 404),
        ("/", 404),
        ("/sho", 404),
    ],
)
def test_a_prefix_ends_where_a_segment_ends(client_factory, path, status):
    api = API()
    api.mount("/shop", tell)

    assert client_factory(api).get(path).status_code == status


def test_the_app_is_told_its_prefix(client_factory):
    api = API()
    api.mount("/shop/", tell)

    answer = client_factory(api).get("/shop/tea")

    assert answer.json() == {"path": "/shop/tea", "root_path": "/shop"}


def test_prefixes_add_up(client_factory):
    inner, middle, outer = API(), API(), API()
    inner.mount("/c", tell)
    middle.mount("/b", inner)
    outer.mount("/a", middle)

    answer = client_factory(outer).get("/a/b/c/d")

    assert answer.json() == {"path": "/a/b/c/d", "root_path": "/a/b/c"}


def test_another_api_routes_below_its_prefix(client_factory):
    inner, outer = API(), API()

    @inner.route("/tea/{name}")
    def tea(req, resp, *, name):
        resp.text = inner.url_for("tea", name=name)

    outer.mount("/shop", inner)

    assert client_factory(outer).get("/shop/tea/green").text == "/shop/tea/green"


def test_a_starlette_app_routes_below_its_prefix(client_factory):
    async def tea(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.url.path)

    api = API()
    api.mount("/shop", Starlette(routes=[Route("/tea", tea)]))

    assert client_factory(api).get("/shop/tea").text == "/shop/tea"


def test_the_longest_prefix_wins(client_factory):
    api = API()
    api.mount("", named("root"))
    api.mount("/a", named("a"))
    api.mount("/a/b", named("a/b"))
    client = client_factory(api)

    assert [client.get(path).text for path in ("/a/b/c", "/a/c", "/c")] == ["a/b", "a", "root"]


def test_routes_come_before_mounts(client_factory):
    api = API()
    api.mount("/a", named("mount"))

    @api.get("/a/b")
    def view(req, resp):
        resp.text = "route"

    client = client_factory(api)

    assert client.get("/a/b").text == "route"
    assert client.post("/a/b").status_code == 405
    assert client.get("/a/c").text == "mount"


def test_a_mount_comes_before_the_other_slash(client_factory):
    api = API()
    api.add_route("/a", lambda req, resp: None)
    api.mount("/a", named("mount"))

    assert client_factory(api).get("/a/").text == "mount"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        pytest.param("/shop/tea", "/shop/tea/", id="inside-its-prefix"),
        pytest.param("/shop//evil.example/x", None, id="no-other-host"),
        pytest.param("//evil.example/tea", None, id="no-other-host-above"),
    ],
)
def test_the_redirect_to_the_other_slash_stays_below_the_prefix(client_factory, path, location):
    inner, outer = API(), API()
    inner.add_route("/tea/", lambda req, resp: None)
    inner.add_route("/{rest:path}/x/", lambda req, resp, *, rest: None)
    outer.mount("/shop", inner)

    answer = client_factory(outer).get(f"http://;{path}")

    sent = answer.headers.get("location")
    if location is not None:
        assert sent == location
    assert sent is None or sent.startswith("/shop/")


def test_a_bad_host_is_refused_before_the_mount(ask, http_scope):
    api = API()
    api.mount("/", named("mount"))

    assert ask(api, http_scope(headers=[(b"host", b"a b")])).status == 400


@pytest.mark.parametrize(
    ("length", "status"),
    [
        pytest.param(b"10", 200, id="at-the-limit"),
        pytest.param(b"11", 413, id="rfc9110-15.5.14"),
        pytest.param(b"9" * 6000, 413, id="6000-digits"),
        pytest.param(b"-1", 400, id="rfc9110-8.6-negative"),
        pytest.param(b"ten", 400, id="rfc9110-8.6-no-number"),
        pytest.param(b"5, 6", 400, id="rfc9110-8.6-two-of-them"),
    ],
)
def test_a_length_that_is_too_long_is_refused_at_once(ask, http_scope, length, status):
    api = API(max_request_size=10)
    api.mount("/", named("mount"))
    fields = [(b"host", b"a.org"), (b"content-length", length)]

    assert ask(api, http_scope("POST", headers=fields)).status == status


def test_a_body_that_grows_too_long_is_refused_while_it_comes(talk, http_scope):
    api = API(max_request_size=10)
    api.mount("/", read_all)
    pieces = [{"type": "http.request", "body": b"12345", "more_body": True}] * 3

    start, _ = talk(api, http_scope("POST"), *pieces)

    assert start["status"] == 413


def test_an_app_that_answers_before_it_reads_keeps_its_answer(talk, http_scope):
    async def eager(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await read_all(scope, receive, send)

    api = API(max_request_size=10)
    api.mount("/", eager)
    scope = http_scope("POST")
    piece = {"type": "http.request", "body": b"x" * 11, "more_body": False}
    sent = []

    async def collect(app_scope, receive, send):
        async def note(message):
            sent.append(message)

        await api(app_scope, receive, note)

    with pytest.raises(Exception, match="larger than 10 bytes"):
        talk(collect, scope, piece)

    assert [message["status"] for message in sent] == [200]


def test_without_a_limit_any_body_is_passed_on(client_factory):
    api = API(max_request_size=None)
    api.mount("/", read_all)

    assert client_factory(api).post("/", content=b"x" * 100_000).text == "100000"


def test_a_mounted_starlette_app_answers_413_itself(talk, http_scope):
    async def view(request: Request) -> JSONResponse:
        return JSONResponse(len(await request.body()))

    api = API(max_request_size=10)
    api.mount("/", Starlette(routes=[Route("/", view, methods=["POST"])]))
    pieces = [{"type": "http.request", "body": b"12345", "more_body": True}] * 3

    start, *_ = talk(api, http_scope("POST"), *pieces)

    assert start["status"] == 413


def test_sockets_reach_the_mounted_app(client_factory):
    inner, outer = API(), API()

    @inner.websocket_route("/echo")
    async def echo(ws):
        await ws.accept()
        await ws.send_text(await ws.receive_text())
        await ws.close()

    outer.mount("/chat", inner)

    with client_factory(outer).websocket_connect("/chat/echo") as ws:
        ws.send_text("tea")
        assert ws.receive_text() == "tea"


@pytest.mark.parametrize(
    ("prefix", "app", "error", "message"),
    [
        ("shop", tell, ValueError, "begins with a slash: '/shop', not 'shop'"),
        ("/shop", "tell", TypeError, "takes an ASGI or WSGI app, not 'tell'"),
    ],
    ids=["prefix", "app"],
)
def test_what_cannot_be_mounted_is_refused(prefix, app, error, message):
    with pytest.raises(error, match=message):
        API().mount(prefix, app)


def test_a_mount_shows_what_is_below_which_prefix():
    api = API()
    api.mount("/shop", tell)

    assert repr(api.mounts[0]).startswith("<Mount '/shop' <function tell")


def test_a_prefix_has_one_app():
    api = API()
    api.mount("/a", tell)

    with pytest.raises(RouteConflictError, match="'/a' is mounted twice"):
        api.mount("/a/", tell)


def wsgi_app(environ, start_response):
    """A WSGI app that tells what it was asked."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    told = {key: str(value) for key, value in environ.items() if key.isupper()}
    told["body"] = str(len(environ["wsgi.input"].read()))
    yield json.dumps(told).encode()


class TestWsgi:
    """Apps of WSGI run on asyncio alone, as what bridges them does."""

    @pytest.fixture
    def client(self):
        pytest.importorskip("a2wsgi", reason="a2wsgi is not installed")

        def make(api):
            return api.test_client(raise_server_exceptions=False, follow_redirects=False)

        return make

    def test_an_app_gets_its_prefix_and_the_rest_of_the_path(self, client):
        api = API()
        api.mount("/shop", wsgi_app)

        told = client(api).post("/shop/tea/é?q=1", content=b"abc").json()

        assert told["SCRIPT_NAME"] == "/shop"
        assert told["PATH_INFO"].encode("latin-1").decode() == "/tea/é"
        assert (told["QUERY_STRING"], told["body"]) == ("q=1", "3")

    def test_a_name_with_underscores_passes_for_no_other(self, client):
        api = API()
        api.mount("/shop", wsgi_app)

        told = (
            client(api).get("/shop", headers={"X_Forwarded_For": "evil", "X-Real": "fine"}).json()
        )

        assert "HTTP_X_FORWARDED_FOR" not in told
        assert told["HTTP_X_REAL"] == "fine"

    def test_a_query_of_any_bytes_is_answered(self, talk, http_scope, backend):
        pytest.importorskip("a2wsgi", reason="a2wsgi is not installed")
        if backend == "trio":
            pytest.skip("what bridges WSGI runs on asyncio")
        api = API()
        api.mount("/shop", wsgi_app)

        scope = http_scope(path="/shop", query_string=b"q=\xff\xe9")
        sent = talk(api, scope, {"type": "http.request", "body": b""})

        assert sent[0]["status"] == 200

    def test_flask(self, client):
        flask = pytest.importorskip("flask", reason="Flask is not installed")
        app = flask.Flask("shop")

        @app.post("/<name>")
        def view(name):
            return {
                "name": name,
                "form": flask.request.form["a"],
                "url": flask.url_for("view", name="x"),
            }

        api = API()
        api.mount("/shop", app)

        answer = client(api).post("/shop/tea", data={"a": "b"})

        assert answer.json() == {"name": "tea", "form": "b", "url": "/shop/x"}

    def test_django(self, client):
        pytest.importorskip("django", reason="Django is not installed")
        from django.conf import settings

        if not settings.configured:
            settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x" * 50)
        from django.core.handlers.wsgi import WSGIHandler
        from django.http import JsonResponse
        from django.urls import path

        def view(request, name):
            return JsonResponse({"name": name, "path": request.path})

        global urlpatterns  # noqa: PLW0603 - where Django looks for them
        urlpatterns = [path("<name>/", view)]
        import django

        django.setup()
        api = API()
        api.mount("/shop", WSGIHandler())

        assert client(api).get("/shop/tea/").json() == {"name": "tea", "path": "/shop/tea/"}

    def test_the_size_limit_holds(self, client):
        api = API(max_request_size=3)
        api.mount("/shop", wsgi_app)

        assert client(api).post("/shop", content=b"abcd").status_code == 413

    def test_a_failure_is_a_500_and_logged(self, client, caplog):
        def failing(environ, start_response):
            raise KeyError("inside")

        api = API()
        api.mount("/shop", failing)

        answer = client(api).get("/shop")

        assert answer.status_code == 500
        assert "inside" not in answer.text
        assert isinstance(caplog.records[0].exc_info[1], KeyError)

    @pytest.mark.parametrize("kind", [True, False, None])
    def test_the_kind_is_told_or_seen(self, client, kind):
        class Either:
            def __call__(self, *args):
                if len(args) == 2:
                    return wsgi_app(*args)
                return tell(*args)

        api = API()
        if kind is None:
            # Whatever can be called with three arguments is ASGI.
            api.mount("/x", Either())
        else:
            api.mount("/x", Either(), wsgi=kind)

        told = client(api).get("/x/y").json()

        assert ("SCRIPT_NAME" in told) is (kind is True)

    def test_it_has_no_sockets(self, client):
        api = API()
        api.mount("/w", wsgi_app)

        with pytest.raises(WebSocketDisconnect), client(api).websocket_connect("/w/ws"):
            raise AssertionError

    def test_it_needs_a_library(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "a2wsgi", None)

        with pytest.raises(ModuleNotFoundError, match=r"pip install 'responder-core\[wsgi\]'"):
            API().mount("/w", lambda environ, start_response: [], wsgi=True)

    def test_a_kind_that_cannot_be_seen_is_refused(self):
        with pytest.raises(TypeError, match="say wsgi=True or wsgi=False"):
            API().mount("/x", lambda: None)


class TestFailures:
    def test_an_app_that_fails_before_it_answers_is_a_500(self, client_factory, caplog):
        async def failing(scope, receive, send):
            raise KeyError("inside")

        api = API()
        api.mount("/x", failing)

        assert client_factory(api).get("/x").status_code == 500
        assert isinstance(caplog.records[0].exc_info[1], KeyError)


class TestLifespan:
    def test_an_app_that_is_mounted_twice_starts_once(self, client_factory):
        log = []

        @contextlib.asynccontextmanager
        async def lifespan(app):
            log.append("up")
            yield {"db": "inner"}
            log.append("down")

        async def show(request):
            return JSONResponse(request.state.db)

        app = Starlette(routes=[Route("/", show)], lifespan=lifespan)
        api = API()
        api.mount("/a", app)
        api.mount("/b", app)

        for _ in range(2):
            with client_factory(api) as client:
                assert [client.get(path).json() for path in ("/a/", "/b/")] == ["inner"] * 2

        assert log == ["up", "down"] * 2

    def test_an_app_that_does_not_stop_is_given_up(self, client_factory):
        cancelled = []

        async def app(scope, receive, send):
            await receive()
            await send({"type": "lifespan.startup.complete"})
            try:
                await anyio.sleep_forever()
            finally:
                cancelled.append(True)

        api = API(background_timeout=0.01)
        api.mount("/in", app)

        with (
            pytest.raises(RuntimeError, match=r"'/in' failed to stop: it went on for 0.01 s"),
            client_factory(api),
        ):
            pass

        assert cancelled

    def test_that_of_a_mounted_app_runs_within_ours(self, client_factory):
        log = []

        @contextlib.asynccontextmanager
        async def inner(app):
            log.append("inner up")
            yield {"db": "inner"}
            log.append("inner down")

        @contextlib.asynccontextmanager
        async def outer(app):
            log.append("outer up")
            yield {"pool": "outer"}
            log.append("outer down")

        async def show(request):
            return JSONResponse({"db": request.state.db, "pool": request.state.pool})

        api = API(lifespan=outer)
        api.on_event("startup")(lambda: log.append("handler"))
        api.mount("/in", Starlette(routes=[Route("/", show)], lifespan=inner))

        with client_factory(api) as client:
            assert client.get("/in/").json() == {"db": "inner", "pool": "outer"}

        assert log == ["outer up", "inner up", "handler", "inner down", "outer down"]

    @pytest.mark.parametrize("moment", ["start", "stop"])
    def test_its_failure_is_ours(self, client_factory, moment):
        @contextlib.asynccontextmanager
        async def lifespan(app):
            if moment == "start":
                raise KeyError("inside")
            yield
            raise KeyError("inside")

        api = API()
        api.mount("/in", Starlette(lifespan=lifespan))

        message = rf"the app mounted at '/in' failed to {moment}: (?s:.*)inside"
        with pytest.raises(RuntimeError, match=message), client_factory(api):
            pass

    @pytest.mark.parametrize("how", ["raises", "returns", "assert"])
    def test_an_app_that_knows_none_is_left_alone(self, client_factory, how):
        async def app(scope, receive, send):
            if scope["type"] != "http":
                if how == "raises":
                    raise ValueError("only http")
                assert how != "assert"
                return
            await tell(scope, receive, send)

        api = API()
        api.mount("/in", app)

        with client_factory(api) as client:
            assert client.get("/in/x").json()["root_path"] == "/in"

    def test_a_failure_of_our_own_is_raised_as_it_is(self, client_factory):
        api = API()
        api.mount("/in", Starlette())

        @api.on_event("startup")
        def fail():
            raise KeyError("ours")

        with pytest.raises(KeyError, match="ours"), client_factory(api):
            pass

    def test_several_are_started_in_order_and_stopped_in_reverse(self, client_factory):
        log = []

        def make(name):
            @contextlib.asynccontextmanager
            async def lifespan(app):
                log.append(f"{name} up")
                yield
                log.append(f"{name} down")

            return Starlette(lifespan=lifespan)

        api = API()
        api.mount("/a", make("a"))
        api.mount("/b", make("b"))

        with client_factory(api):
            pass

        assert log == ["a up", "b up", "b down", "a down"]


class TestAround:
    def test_what_stands_around_sees_every_mount_and_may_refuse(self, client_factory):
        api = API()
        seen = []

        async def below(scope, receive, send):
            seen.append("app")
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"below"})

        def wrap_as(name):
            def wrap(mount, serve):
                async def around(scope, receive, send, **more):
                    seen.append((name, mount.prefix))
                    if scope["path"].endswith("no"):
                        problem = Problem(429, "Enough.", headers={"X-Who": name})
                        await more["refuse"](scope, receive, send, problem)
                    else:
                        await serve(scope, receive, send, **more)

                return around

            return wrap

        api.mount("/a", below)
        api.around_mounts(wrap_as("outer"))
        api.around_mounts(wrap_as("inner"))
        client = client_factory(api)

        assert client.get("/a/yes").text == "below"
        assert seen == [("outer", "/a"), ("inner", "/a"), "app"]
        refused = client.get("/a/no")
        assert (refused.status_code, refused.headers["x-who"]) == (429, "outer")
        assert refused.json()["detail"] == "Enough."

    def test_guards_stand_within(self, client_factory):
        seen = []
        api = API(dependencies=[Depends(lambda: seen.append("guard"))])

        async def below(scope, receive, send):
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        def wrap(mount, serve):
            async def around(*args, **more):
                seen.append("around")
                await serve(*args, **more)

            return around

        api.mount("/a", below)
        api.around_mounts(wrap)

        assert client_factory(api).get("/a").status_code == 204
        assert seen == ["around", "guard"]

    def test_what_is_no_function_is_refused(self):
        with pytest.raises(TypeError, match=r"a wrapper is a function of \(mount, serve\), not 7"):
            API().around_mounts(7)
