"""Refresh: the script that gets into pages, and the stream that it listens to."""

import re

import anyio
import pytest

from responder_core import API
from responder_core.drain import Drain
from responder_core.serving.refresh import EVENTS_PATH, SCRIPT_PATH, Refresh

TAG = f'<script src="{SCRIPT_PATH}" data-process="first"></script>'


@pytest.fixture
def api():
    api = API()

    @api.route("/page")
    async def page(req, resp):
        resp.html = "<html><body><p>tea</p></body></html>"

    @api.get("/fragment")
    async def fragment(req, resp):
        resp.html = "<p>tea</p>" * 100

    @api.get("/text")
    async def text(req, resp):
        resp.text = "<body></body>"

    @api.get("/chunks")
    async def chunks(req, resp):
        resp.headers["Content-Type"] = "text/html"

        @resp.stream
        async def body():
            yield b"<html><body>one"
            yield b" two</body></html>"

    @api.get("/none")
    async def none(req, resp):
        resp.no_content()

    @api.get("/policy")
    async def policy(req, resp):
        resp.headers["Content-Security-Policy"] = req.params["policy"]
        resp.html = "<body></body>"

    @api.websocket_route("/ws")
    async def socket(ws):
        await ws.accept()
        await ws.send_text("hello")

    return api


@pytest.fixture
def client(api, client_factory):
    from starlette.testclient import TestClient

    with TestClient(Refresh(api, api.drain, "first"), "http://localhost") as client:
        yield client


class TestPages:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            pytest.param("/page", f"<p>tea</p>{TAG}</body></html>", id="before-the-end"),
            pytest.param("/fragment", f"<p>tea</p>{TAG}", id="at-the-end"),
            pytest.param("/chunks", f"one two{TAG}</body></html>", id="streamed"),
        ],
    )
    def test_the_script_is_in_the_page(self, client, path, expected):
        answer = client.get(path)

        assert answer.text.endswith(expected)
        length = answer.headers.get("content-length")
        assert length is None or int(length) == len(answer.content)
        assert answer.text.count(SCRIPT_PATH) == 1

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/text", 200), ("GET", "/none", 204), ("HEAD", "/page", 200)],
    )
    def test_what_is_no_page_is_left_alone(self, api, client, client_factory, method, path, status):
        answer, plain = client.request(method, path), client_factory(api).request(method, path)

        assert answer.status_code == status
        assert answer.content == plain.content
        assert SCRIPT_PATH not in answer.text

    @pytest.mark.parametrize(
        ("field", "value", "has_script"),
        [
            ("Sec-Fetch-Dest", "document", True),
            ("Sec-Fetch-Dest", "iframe", True),
            ("Sec-Fetch-Dest", "empty", False),
            ("HX-Request", "true", False),
        ],
    )
    def test_what_a_page_fetches_is_no_page(self, client, field, value, has_script):
        answer = client.get("/page", headers={field: value})

        assert (SCRIPT_PATH in answer.text) is has_script

    def test_the_name_of_the_process_is_text(self, api):
        from starlette.testclient import TestClient

        client = TestClient(Refresh(api, api.drain, '"><b'), "http://localhost")

        assert 'data-process="&quot;&gt;&lt;b">' in client.get("/page").text

    def test_pages_are_not_compressed(self, client):
        assert "content-encoding" not in client.get("/fragment").headers

    def test_error_pages_have_it_too(self, client):
        answer = client.get("/nothing", headers={"Accept": "text/html"})

        assert answer.status_code == 404
        assert TAG in answer.text
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "connect-src 'self'" in policy

    def test_head_has_no_length_that_get_has_not(self, client):
        assert "content-length" not in client.head("/page").headers

    def test_sockets_pass(self, client):
        with client.websocket_connect("/ws") as socket:
            assert socket.receive_text() == "hello"


class TestPolicy:
    @pytest.mark.parametrize(
        ("policy", "expected"),
        [
            ("default-src 'none'", "default-src 'none'; script-src 'self'; connect-src 'self'"),
            ("default-src 'self'", "default-src 'self'; script-src 'self'; connect-src 'self'"),
            ("script-src https://cdn.example", "script-src https://cdn.example 'self'"),
            ("img-src 'self'", "img-src 'self'"),
            ("img-src 'self';; ", "img-src 'self'"),
            ("script-src-elem 'none'", "script-src-elem 'self'"),
            (
                "img-src *, default-src 'none'",
                "img-src *, default-src 'none'; script-src 'self'; connect-src 'self'",
            ),
            (
                "default-src *; script-src 'none'",
                "default-src *; script-src 'self'; connect-src * 'self'",
            ),
        ],
    )
    def test_it_lets_the_script_in(self, client, policy, expected):
        answer = client.get("/policy", params={"policy": policy})

        assert answer.headers["content-security-policy"] == expected

    def test_a_nonce_is_used(self, client):
        answer = client.get("/policy", params={"policy": "script-src 'nonce-abc' 'strict-dynamic'"})

        assert TAG.replace("></", ' nonce="abc"></') in answer.text

    def test_with_security_headers(self, client_factory):
        from starlette.testclient import TestClient

        api = API(security_headers=True)
        api.add_route("/", lambda req, resp: setattr(resp, "html", "<body></body>"))
        answer = TestClient(Refresh(api, api.drain), "http://localhost").get("/")

        nonce = re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])[1]
        assert f'nonce="{nonce}"' in answer.text


class TestHosts:
    @pytest.mark.parametrize(
        ("host", "status"),
        [
            ("localhost:5042", 200),
            ("shop.localhost", 200),
            ("127.0.0.1:5042", 200),
            ("192.168.1.7", 200),
            ("[::1]:5042", 200),
            ("shop.example", 200),
            ("evil.example", 400),
            ("127.0.0.1.evil.example", 400),
        ],
    )
    def test_it_is_for_this_machine_and_the_names_of_the_app(self, api, host, status):
        from starlette.testclient import TestClient

        client = TestClient(Refresh(api, api.drain, hosts=["shop.example"]))

        assert client.get("/text", headers={"Host": host}).status_code == status


class TestScript:
    def test_it_is_served(self, client):
        answer = client.get(SCRIPT_PATH)

        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert f'new EventSource("{EVENTS_PATH}")' in answer.text

    def test_it_names_the_process_so_that_no_change_passes_before_the_stream(self, client):
        assert 'let seen = "first";' in client.get(SCRIPT_PATH).text

    def test_a_page_of_one_process_names_that_beside_the_script_of_another(self, api, client):
        from starlette.testclient import TestClient

        other = TestClient(Refresh(api, api.drain, "second"), "http://localhost")
        script = other.get(SCRIPT_PATH).text

        assert 'data-process="first"' in client.get("/page").text
        assert 'let seen = "second";' in script
        assert "document.currentScript?.dataset.process" in script


class TestEvents:
    def test_the_stream_names_the_process_and_ends_with_the_drain(self, run):
        sent = []
        drain = Drain()
        app = Refresh(API(), drain, "first")

        async def main():
            async def receive():
                await anyio.sleep_forever()

            async def send(message):
                sent.append(message)
                if message.get("body"):
                    drain.start()

            await app({"type": "http", "path": EVENTS_PATH, "headers": []}, receive, send)

        run(main)

        assert sent[0]["headers"][0] == (b"content-type", b"text/event-stream")
        assert [each["body"] for each in sent[1:]] == [b"retry: 100\ndata: first\n\n", b""]

    def test_it_says_now_and_then_that_it_is_there(self, run, monkeypatch):
        monkeypatch.setattr("responder_core.serving.refresh._HEARTBEAT", 0)
        sent = []
        drain = Drain()

        async def main():
            async def send(message):
                sent.append(message.get("body"))
                if len(sent) == 4:
                    drain.start()

            scope = {"type": "http", "path": EVENTS_PATH, "headers": []}
            await Refresh(API(), drain)(scope, anyio.sleep_forever, send)

        run(main)

        assert sent[2:4] == [b":\n\n"] * 2

    def test_it_ends_when_the_page_is_left(self, run):
        sent = []

        async def main():
            messages = iter(["http.request", "http.disconnect"])

            async def receive():
                return {"type": next(messages)}

            async def send(message):
                sent.append(message)

            await Refresh(API(), Drain())(
                {"type": "http", "path": EVENTS_PATH, "headers": []}, receive, send
            )

        run(main)
        assert sent[0]["status"] == 200

    def test_each_process_has_a_name_of_its_own(self):
        one, other = Refresh(API(), Drain()), Refresh(API(), Drain())

        assert one._name != other._name
