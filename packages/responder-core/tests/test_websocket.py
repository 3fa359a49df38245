"""WebSockets: routes, parameters, and how sockets end."""

from __future__ import annotations

import logging

import pytest
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketDisconnect

from responder_core import API, Problem, WebSocket

CONNECT = {"type": "websocket.connect"}
CLOSED = {"type": "websocket.close", "code": 1000, "reason": ""}


@pytest.fixture
def ws_scope():
    """Make the scope of a WebSocket as a server would."""

    def make(path="/", **changes):
        return {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"example.org")],
            "client": ("192.0.2.1", 40000),
            "server": ("192.0.2.2", 80),
            "subprotocols": [],
            **changes,
        }

    return make


def echo_app():
    """An app whose socket says back what it hears."""
    api = API()

    @api.websocket_route("/echo")
    async def echo(ws):
        await ws.accept()
        while True:
            await ws.send_text(await ws.receive_text())

    return api


def broken_app():
    """An app with a socket whose convertor fails."""

    class Broken:
        regex = "[a-z]+"

        def convert(self, value):
            return {}[value]

        def to_string(self, value):
            return value

    api = API()
    api.add_convertor("broken", Broken())

    @api.websocket_route("/{x:broken}")
    async def view(ws): ...

    return api


class TestServing:
    def test_a_socket_talks_both_ways(self, client_factory):
        with client_factory(echo_app()).websocket_connect("/echo") as ws:
            ws.send_text("one")
            ws.send_text("two")

            assert [ws.receive_text(), ws.receive_text()] == ["one", "two"]

    def test_route_with_websocket_is_the_same(self, client_factory):
        api = API()

        @api.route("/greet", websocket=True, name="greeting")
        async def greet(ws):
            await ws.accept()
            await ws.send_json({"url": api.url_for("greeting")})

        with client_factory(api).websocket_connect("/greet") as ws:
            assert ws.receive_json() == {"url": "/greet"}

    @pytest.mark.parametrize("shape", ["named", "some", "all", "none"])
    def test_a_view_gets_the_parameters_that_it_names(self, client_factory, shape):
        api = API()

        async def named(ws, *, room, number):
            await answer(ws, {"room": room, "number": number})

        async def some(ws, number):
            await answer(ws, {"number": number})

        async def everything(ws, **params):
            await answer(ws, params)

        async def none(ws):
            await answer(ws, {})

        async def answer(ws, params):
            await ws.accept()
            await ws.send_json([params, ws.path_params])

        views = {"named": named, "some": some, "all": everything, "none": none}
        api.add_route("/{room}/{number:int}", views[shape], websocket=True)

        with client_factory(api).websocket_connect("/tea/7") as ws:
            params, path_params = ws.receive_json()

        full = {"room": "tea", "number": 7}
        assert path_params == full
        assert params == {"named": full, "all": full, "some": {"number": 7}, "none": {}}[shape]

    def test_a_callable_object_is_a_view(self, client_factory):
        class Chat:
            async def __call__(self, ws):
                await ws.accept()
                await ws.send_text("hello")

        api = API()
        api.add_route("/", Chat(), websocket=True)

        with client_factory(api).websocket_connect("/") as ws:
            assert ws.receive_text() == "hello"

    def test_a_socket_knows_app_and_route(self, client_factory):
        api = API()
        seen = []

        @api.websocket_route("/")
        async def view(ws):
            seen.extend([ws, ws.api, ws.route])
            await ws.close()

        with pytest.raises(WebSocketDisconnect):
            client_factory(api).websocket_connect("/").__enter__()

        assert isinstance(seen[0], WebSocket)
        assert seen[1:] == [api, api.routes[0]]

    def test_websocket_class_is_what_views_get(self, client_factory):
        class Named(WebSocket):
            async def send_name(self):
                await self.send_text(type(self).__name__)

        api = API(websocket_class=Named)

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await ws.send_name()

        with client_factory(api).websocket_connect("/") as ws:
            assert ws.receive_text() == "Named"

    @pytest.mark.parametrize(
        ("root_path", "path"),
        [("/app", "/app/chat"), ("/app", "/chat"), ("/app/", "/app/chat"), ("", "/chat")],
        ids=["in-the-path", "stripped-by-a-proxy", "with-a-slash", "none"],
    )
    def test_a_prefix_is_honoured(self, talk, ws_scope, root_path, path):
        api = API()

        @api.websocket_route("/chat")
        async def chat(ws):
            await ws.accept()
            await ws.send_text(api.url_for("chat"))
            await ws.close()

        sent = talk(api, ws_scope(path, root_path=root_path), CONNECT)

        assert sent[1]["text"] == f"{root_path.rstrip('/')}/chat"
        assert api.url_for("chat") == "/chat"

    def test_a_route_registered_late_is_served(self, client_factory):
        api = API()
        client = client_factory(api)
        client.get("/")

        @api.websocket_route("/late")
        async def late(ws):
            await ws.accept()
            await ws.send_text("served")

        with client.websocket_connect("/late") as ws:
            assert ws.receive_text() == "served"

    def test_http_and_websocket_may_share_a_path(self, client_factory):
        api = echo_app()
        api.add_route("/echo", lambda req, resp: "page")
        client = client_factory(api)

        assert client.get("/echo").text == "page"
        with client.websocket_connect("/echo") as ws:
            ws.send_text("socket")
            assert ws.receive_text() == "socket"

    def test_a_websocket_route_answers_no_http(self, client_factory):
        assert client_factory(echo_app()).get("/echo").status_code == 404


class TestRefusing:
    @pytest.mark.parametrize("path", ["/nowhere", "/echo/", "/page"])
    def test_a_path_without_a_socket_is_closed_before_it_opens(self, talk, ws_scope, path):
        """A server answers such a close with 403."""
        api = echo_app()
        api.add_route("/page", lambda req, resp: "page")

        assert talk(api, ws_scope(path), CONNECT) == [CLOSED]

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param([], id="missing"),
            pytest.param([(b"host", b"a.org"), (b"host", b"b.org")], id="two"),
            pytest.param([(b"host", b"a b")], id="malformed"),
        ],
    )
    def test_a_bad_host_is_closed_before_it_opens(self, talk, ws_scope, headers):
        assert talk(echo_app(), ws_scope("/echo", headers=headers), CONNECT) == [CLOSED]

    def test_a_view_may_refuse(self, client_factory):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.close(4001)

        with pytest.raises(WebSocketDisconnect) as caught:
            client_factory(api).websocket_connect("/").__enter__()

        assert caught.value.code == 4001


class TestEnding:
    def test_a_client_that_leaves_is_no_error(self, talk, ws_scope, caplog):
        caplog.set_level(logging.DEBUG, "responder")

        sent = talk(
            echo_app(),
            ws_scope("/echo"),
            CONNECT,
            {"type": "websocket.receive", "text": "hello"},
            {"type": "websocket.disconnect", "code": 1001},
        )

        assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
        assert caplog.records == []

    def test_a_client_that_leaves_while_the_view_talks_is_no_error(self, talk, ws_scope, caplog):
        caplog.set_level(logging.DEBUG, "responder")
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await ws.send_text("to nobody")

        async def gone(scope, receive, send):
            async def refuse(message):
                if message["type"] != "websocket.accept":
                    raise OSError("the client is gone")

            await api(scope, receive, refuse)

        talk(gone, ws_scope(), CONNECT)

        assert caplog.records == []

    def test_a_problem_closes_with_1008_and_is_not_logged(self, talk, ws_scope, caplog):
        api = API()

        @api.websocket_route("/chat")
        async def view(ws):
            await ws.accept()
            raise Problem(400, "inside")

        sent = talk(api, ws_scope("/chat"), CONNECT)

        assert sent[-1] == {"type": "websocket.close", "code": 1008, "reason": ""}
        assert caplog.records == []

    def test_a_failing_view_closes_with_1011_and_is_logged_once(self, talk, ws_scope, caplog):
        api = API()
        exc = LookupError("inside")

        @api.websocket_route("/chat")
        async def view(ws):
            await ws.accept()
            raise exc

        sent = talk(api, ws_scope("/chat"), CONNECT)

        assert sent[-1] == {"type": "websocket.close", "code": 1011, "reason": ""}
        (record,) = caplog.records
        assert (record.name, record.levelno) == ("responder", logging.ERROR)
        assert record.exc_info[1] is exc
        assert "'/chat'" in record.getMessage()

    def test_a_view_that_fails_before_it_accepts_refuses_the_socket(self, talk, ws_scope, caplog):
        """Without a word, a client would wait for the server to give up."""
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            raise LookupError("inside")

        sent = talk(api, ws_scope(), CONNECT)

        assert [message["type"] for message in sent] in (
            ["websocket.close"],
            ["websocket.http.response.start", "websocket.http.response.body"],
        )
        assert len(caplog.records) == 1

    def test_a_view_that_fails_after_it_closed_is_only_logged(self, talk, ws_scope, caplog):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await ws.close(4000)
            raise LookupError("inside")

        sent = talk(api, ws_scope(), CONNECT)

        assert [message.get("code") for message in sent] == [None, 4000]
        assert len(caplog.records) == 1

    def test_a_view_that_fails_after_the_client_left_is_logged(self, talk, ws_scope, caplog):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await ws.receive()
            raise LookupError("inside")

        talk(api, ws_scope(), CONNECT, {"type": "websocket.disconnect", "code": 1001})

        assert [str(record.exc_info[1]) for record in caplog.records] == ["inside"]

    def test_a_failing_view_is_logged_when_the_client_is_gone_too(self, talk, ws_scope, caplog):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            raise LookupError("inside")

        async def gone(scope, receive, send):
            async def refuse(message):
                if message["type"] != "websocket.accept":
                    raise OSError("the client is gone")

            await api(scope, receive, refuse)

        talk(gone, ws_scope(), CONNECT)

        assert [str(record.exc_info[1]) for record in caplog.records] == ["inside"]

    def test_the_test_client_raises_a_failing_view_unless_told_otherwise(self, caplog):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            raise LookupError("seen in the test")

        with (
            pytest.raises(LookupError, match="seen in the test"),
            api.requests.websocket_connect("/") as ws,
        ):
            ws.receive_text()

        assert caplog.records == []

    def test_a_convertor_that_fails_refuses_the_socket_and_is_logged(self, talk, ws_scope, caplog):
        sent = talk(broken_app(), ws_scope("/abc"), CONNECT)

        assert [message["type"] for message in sent] == ["websocket.close"]
        assert len(caplog.records) == 1

    def test_the_test_client_raises_what_a_convertor_fails_with(self, caplog):
        with pytest.raises(KeyError, match="abc"), broken_app().requests.websocket_connect("/abc"):
            raise AssertionError

        assert caplog.records == []

    def test_a_view_that_has_read_the_handshake_can_still_refuse(self, talk, ws_scope):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.receive()
            raise Problem(401, "Who are you?")

        scope = ws_scope(extensions={"websocket.http.response": {}})
        start, body = talk(api, scope, CONNECT)

        assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
        assert b"Who are you?" in body["body"]

    def test_what_is_no_refusal_closes_with_1008(self, talk, ws_scope):
        """A status below 400 would tell the client that all is well."""
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            raise HTTPException(204)

        scope = ws_scope(extensions={"websocket.http.response": {}})

        assert talk(api, scope, CONNECT) == [{**CLOSED, "code": 1008}]


class TestRegistration:
    def test_two_sockets_on_one_path_are_refused(self):
        api = echo_app()

        async def other(ws): ...

        with pytest.raises(ValueError, match=r"'/echo'.* and now by .*other'"):
            api.add_route("/echo", other, websocket=True)

    @pytest.mark.parametrize(
        "options",
        [
            {"methods": ["GET"]},
            {"after": lambda req, resp: None},
            {"sync_to_thread": False},
        ],
        ids=["methods", "after", "sync_to_thread"],
    )
    def test_options_that_a_socket_has_no_use_for_are_refused(self, options):
        async def view(ws): ...

        with pytest.raises(TypeError, match=r"a WebSocket route takes .*name"):
            API().websocket_route("/", **options)(view)

    def test_websocket_false_is_an_ordinary_route(self, client_factory):
        api = API()
        api.add_route("/", lambda req, resp: "page", websocket=False)

        assert client_factory(api).get("/").text == "page"
