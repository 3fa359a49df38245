"""Mounts: other ASGI apps, each below a prefix of the path."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from responder_core import API, RouteConflictError


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
        ("/shop", "tell", TypeError, "takes an ASGI app, not 'tell'"),
    ],
    ids=["prefix", "app"],
)
def test_what_cannot_be_mounted_is_refused(prefix, app, error, message):
    with pytest.raises(error, match=message):
        API().mount(prefix, app)


def test_a_prefix_has_one_app():
    api = API()
    api.mount("/a", tell)

    with pytest.raises(RouteConflictError, match="'/a' is mounted twice"):
        api.mount("/a/", tell)
