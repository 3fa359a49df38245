"""``session`` of requests, responses and sockets; and what is said where there is none."""

from __future__ import annotations

import pytest
from starlette.websockets import WebSocketDisconnect

import responder_core
from responder_sessions import (
    MemoryStore,
    SessionClosedError,
    SessionMixin,
    SessionResponseMixin,
    Sessions,
    SessionsOffError,
    SessionWebSocketMixin,
)


class Request(SessionMixin, responder_core.Request):
    __slots__ = ()


class Response(SessionResponseMixin, responder_core.Response):
    __slots__ = ()


class WebSocket(SessionWebSocketMixin, responder_core.WebSocket):
    pass


CLASSES = {
    "request_class": Request,
    "response_class": Response,
    "websocket_class": WebSocket,
}


@pytest.mark.parametrize("kind", [Request, Response])
def test_a_request_with_it_is_as_small_as_one_without(kind):
    assert kind.__dictoffset__ == 0
    assert kind.__basicsize__ == kind.__mro__[2].__basicsize__


@pytest.mark.parametrize("name", ["session", "csrf_token", "csrf_input"])
def test_without_sessions_touching_it_says_how_to_have_them(name):
    api = responder_core.API(**CLASSES)

    @api.route("/")
    async def view(req, resp):
        getattr(req, name)

    with pytest.raises(SessionsOffError, match=r"pass secret_key= to API\(\)"):
        api.test_client().get("/")


def test_without_sessions_a_socket_says_so_too():
    api = responder_core.API(**CLASSES)

    @api.websocket_route("/ws")
    async def view(ws):
        await ws.accept()
        assert ws.session

    with pytest.raises(SessionsOffError), api.test_client().websocket_connect("/ws"):
        pass


class Remote(MemoryStore):
    """A store that has to be asked ahead."""

    is_quick = False


@pytest.fixture(params=["memory", "remote"])
def api(request, api_factory, clock):
    kind = MemoryStore if request.param == "memory" else Remote
    api = api_factory(store=kind(clock=clock))

    @api.route("/set/{value}")
    async def write(req, resp, *, value):
        req.session["a"] = value

    @api.route("/get")
    async def read(req, resp):
        resp.media = dict(req.session)

    @api.websocket_route("/read")
    async def read_socket(ws):
        await ws.accept()
        await ws.send_json([dict(ws.session), ws.session is ws.session])

    @api.websocket_route("/write")
    async def write_socket(ws):
        await ws.accept()
        async for text in ws:
            ws.session["b"] = text
            if text == "now":
                await ws.session.save()
                await ws.send_text("saved")

    @api.websocket_route("/bad")
    async def bad_socket(ws):
        await ws.accept()
        ws.session["list"] = []
        ws.session["list"].append(object())
        await ws.close()

    return api


@pytest.fixture
def client(api, client_factory):
    return client_factory(api)


def open_socket(client, path):
    return client.websocket_connect(path.replace("/", "wss://testserver/", 1))


class TestSocket:
    def test_it_has_the_session_of_the_client(self, client):
        client.get("/set/tea")

        with open_socket(client, "/read") as ws:
            assert ws.receive_json() == [{"a": "tea"}, True]

    def test_without_one_it_is_empty(self, client):
        with open_socket(client, "/read") as ws:
            assert ws.receive_json() == [{}, True]

    def test_what_it_writes_is_kept_when_it_ends(self, client):
        client.get("/set/tea")
        with open_socket(client, "/write") as ws:
            ws.send_text("milk")

        assert client.get("/get").json() == {"a": "tea", "b": "milk"}

    def test_it_can_be_kept_at_once(self, client):
        client.get("/set/tea")
        with open_socket(client, "/write") as ws:
            ws.send_text("now")
            assert ws.receive_text() == "saved"

            assert client.get("/get").json() == {"a": "tea", "b": "now"}

    def test_one_that_begins_there_is_not_kept_and_that_is_said(self, client, caplog):
        with open_socket(client, "/write") as ws:
            ws.send_text("milk")

        assert "begins with an HTTP answer" in caplog.text

    def test_what_cannot_be_kept_is_logged(self, client, caplog):
        client.get("/set/tea")
        with open_socket(client, "/bad") as ws, pytest.raises(WebSocketDisconnect):
            ws.receive_text()

        assert "the session of a WebSocket was not kept" in caplog.text


def test_a_cookie_is_only_read_by_a_socket(api_factory, client_factory):
    api = api_factory()

    @api.route("/set")
    async def write(req, resp):
        req.session["a"] = "tea"

    @api.websocket_route("/read")
    async def read(ws):
        await ws.accept()
        with pytest.raises(SessionClosedError, match="a socket sends no cookies"):
            ws.session["a"] = "milk"
        await ws.send_json(dict(ws.session))

    client = client_factory(api)
    client.get("/set")

    with open_socket(client, "/read") as ws:
        assert ws.receive_json() == {"a": "tea"}


class Untouched(Remote):
    """A store that is asked for nothing."""

    def load(self, key):
        raise AssertionError(key)


@pytest.mark.parametrize("kind", [MemoryStore, Untouched])
@pytest.mark.parametrize("where", ["route", "router"])
def test_a_socket_without_sessions_has_none_and_nothing_is_loaded(
    api_factory, client_factory, clock, kind, where
):
    async def view(ws):
        await ws.accept()
        with pytest.raises(SessionsOffError, match="sessions are off"):
            ws.session.get("a")
        await ws.send_text("off")

    api = api_factory(store=kind(clock=clock))
    if where == "route":
        api.websocket_route("/off/ws", session=False)(view)
    else:
        api.group("/off", session=False).websocket_route("/ws")(view)

    @api.route("/set")
    async def write(req, resp):
        req.session["a"] = "tea"

    client = client_factory(api)
    client.get("/set")

    with open_socket(client, "/off/ws") as ws:
        assert ws.receive_text() == "off"


def test_a_cookie_of_a_debugged_app_needs_no_https():
    api = responder_core.API(
        debug=True, extensions=[Sessions(secret_key="a key that signs well 0123")], **CLASSES
    )

    @api.route("/")
    async def view(req, resp):
        req.session.increment("n")
        resp.media = req.session["n"]

    client = api.test_client("http://localhost")
    assert "Secure" not in client.get("/").headers["set-cookie"]
    assert client.get("/").json() == 2

    api.debug = False
    assert "Secure" in client.get("/").headers["set-cookie"]
