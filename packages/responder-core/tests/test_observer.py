"""The observer: ids of requests and sockets, from whom they are taken, and who is told."""

import re

import anyio
import anyio.lowlevel
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient, WebSocketDenialResponse

from responder_core import API, Problem
from responder_core.observation import Observation
from responder_core.observer import Observer

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.fixture
def api():
    """An app that answers in every way there is."""
    api = API(request_id=True, allowed_hosts=["example.org"], cors=True)

    @api.get("/")
    async def view(req, resp):
        resp.text = req.id

    @api.get("/fails")
    async def fails(req, resp):
        raise KeyError

    @api.get("/says-another")
    async def says_another(req, resp):
        resp.headers["X-Request-ID"] = "another"

    @api.websocket_route("/ws")
    async def socket(ws):
        await ws.accept()
        await ws.send_text(ws.id)

    @api.websocket_route("/denied")
    async def denied(ws):
        raise Problem(401)

    inner = Starlette(routes=[Route("/", lambda request: PlainTextResponse("in"))])
    api.mount("/in", inner)
    return api


@pytest.fixture
def client(api, client_factory):
    return client_factory(api, base_url="http://example.org")


class TestEveryAnswer:
    @pytest.mark.parametrize(
        ("method", "path", "options", "status"),
        [
            ("GET", "/", {}, 200),
            ("GET", "/says-another", {}, 200),
            ("GET", "/nowhere", {}, 404),
            ("POST", "/", {}, 405),
            ("GET", "/fails", {}, 500),
            ("GET", "/in/", {}, 200),
            ("GET", "/in/nowhere", {}, 404),
            ("GET", "/", {"headers": {"host": "evil.example"}}, 400),
        ],
    )
    def test_says_an_id_once(self, client, method, path, options, status):
        answer = client.request(method, path, **options)

        assert answer.status_code == status
        assert UUID.fullmatch(answer.headers["x-request-id"])

    def test_says_that_of_its_problem(self, client):
        answer = client.get("/nowhere")

        assert answer.json()["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"

    def test_says_what_the_view_knows(self, client):
        answers = [client.get("/") for _ in range(2)]

        assert all(answer.text == answer.headers["x-request-id"] for answer in answers)
        assert answers[0].text != answers[1].text

    def test_of_a_socket_says_it_too(self, client):
        with client.websocket_connect("ws://example.org/ws") as ws:
            assert [(b"x-request-id", ws.receive_text().encode())] == ws.extra_headers

        with (
            pytest.raises(WebSocketDenialResponse) as caught,
            client.websocket_connect("ws://example.org/denied"),
        ):
            raise AssertionError
        assert UUID.fullmatch(caught.value.headers["x-request-id"])

    def test_of_an_app_that_asks_for_none_says_none(self, client_factory):
        assert "x-request-id" not in client_factory(API()).get("/").headers


class TestIdsOfOthers:
    @pytest.mark.parametrize("name", ["7", "a-b_c.d", "{x}", "x" * 128])
    def test_a_good_one_is_taken(self, client, name):
        assert client.get("/", headers={"x-request-id": name}).text == name

    @pytest.mark.parametrize(
        "name", ["", "a b", "x" * 129, "\x7f", "a\tb", "é".encode(), "ids\u2028".encode()]
    )
    def test_any_other_is_not(self, client, name):
        sent = name if isinstance(name, bytes) else name.encode()
        answer = client.get("/", headers=[(b"x-request-id", sent)])

        assert UUID.fullmatch(answer.text)

    def test_two_are_none(self, client):
        answer = client.get("/", headers=[("x-request-id", "a"), ("x-request-id", "b")])

        assert UUID.fullmatch(answer.text)

    @pytest.mark.parametrize(("peer", "taken"), [("10.0.0.1", True), ("192.0.2.7", False)])
    def test_where_proxies_are_trusted_only_theirs_are_taken(self, client_factory, peer, taken):
        api = API(request_id=True, trusted_proxies=["10.0.0.0/8"])

        @api.get("/")
        async def view(req, resp):
            resp.text = req.id

        client = client_factory(api, client=(peer, 1234))
        answer = client.get("/", headers={"x-request-id": "mine"})

        assert (answer.text == "mine") is taken

    def test_a_mounted_app_of_ours_has_the_one_of_the_outer(self, client_factory):
        inner, outer = API(request_id=True), API(request_id=True)
        outer.mount("/in", inner)

        @inner.get("/")
        async def view(req, resp):
            resp.text = req.id

        answer = client_factory(outer).get("/in/")

        assert answer.text == answer.headers["x-request-id"]
        assert "," not in answer.text


class TestWhatIsNoted:
    @pytest.fixture
    def observe(self, backend):
        """The observations of what an app is asked."""

        def ask(api, *requests):
            found = []
            client = TestClient(
                Observer(api, [found.append]), backend=backend, raise_server_exceptions=False
            )
            for method, path, options in requests:
                client.request(method, path, **options)
            return found

        return ask

    @pytest.mark.parametrize(
        ("method", "path", "route", "status", "size"),
        [
            ("GET", "/items/7", "/items/{id:int}", 200, 4),
            ("HEAD", "/items/7", "/items/{id:int}", 200, 0),
            ("GET", "/items/x", "unmatched", 404, None),
            ("POST", "/items/7", "unmatched", 405, None),
            ("GET", "/fails", "/fails", 500, None),
            ("GET", "/shop/in/x", "/shop/in/{name}", 200, 1),
            ("GET", "/other/x/y", "/other", 404, 9),
            ("GET", "/streams", "/streams", 200, 3000),
        ],
    )
    def test_the_route_the_status_and_the_bytes(self, observe, method, path, route, status, size):
        api, shop = API(), API()
        api.mount("/shop", shop)
        api.mount("/other", Starlette())

        @api.get("/items/{id:int}")
        async def item(req, resp, *, id):
            resp.text = "item"

        @api.get("/fails")
        async def fails(req, resp):
            raise KeyError

        @api.get("/streams")
        async def streams(req, resp):
            @resp.stream
            async def pieces():
                for _ in range(3):
                    yield bytes(1000)

        inner = API()
        shop.mount("/in", inner)

        @inner.get("/{name}")
        async def below(req, resp, *, name):
            resp.text = name

        (noted,) = observe(api, (method, path, {}))

        assert (noted.method, noted.path) == (method, path)
        assert (noted.route, noted.status) == (route, status)
        assert size is None or noted.size == size
        assert 0 < noted.first_byte <= noted.duration

    def test_it_is_over_before_background_functions_are(self, observe):
        log = []
        api = API()

        @api.get("/")
        async def view(req, resp):
            @resp.background
            async def later():
                log.append("background")

        found = observe(api, ("GET", "/", {}))

        assert log == ["background"]
        assert len(found) == 1

    @pytest.mark.parametrize(
        ("field", "trace"),
        [
            (f"00-{TRACE}-{SPAN}-01", (TRACE, SPAN)),
            (f"01-{TRACE}-{SPAN}-01-more", (TRACE, SPAN)),
            (f"00-{TRACE}-{SPAN}-01-more", None),
            (f"ff-{TRACE}-{SPAN}-01", None),
            (f"00-{'0' * 32}-{SPAN}-01", None),
            (f"00-{TRACE}-{'0' * 16}-01", None),
            (f"00-{TRACE.upper()}-{SPAN}-01", None),
            (f"00-{TRACE}-{SPAN}", None),
            ("", None),
        ],
    )
    def test_the_trace(self, observe, field, trace):
        (noted,) = observe(API(), ("GET", "/", {"headers": {"traceparent": field}}))

        assert noted.trace == trace

    @pytest.mark.parametrize(
        ("failure", "gone", "status"),
        [(KeyError, False, 500), (None, False, 500), (None, True, 499), (KeyError, True, 499)],
    )
    def test_what_is_not_answered(self, backend, http_scope, failure, gone, status):
        found: list[Observation] = []

        async def app(scope, receive, send):
            await anyio.lowlevel.checkpoint()
            if gone:
                await receive()
            if failure is not None:
                raise failure

        async def leave():
            return {"type": "http.disconnect"}

        async def main():
            try:
                await Observer(app, [found.append])(http_scope(), leave, None)
            except KeyError:
                assert failure is KeyError

        anyio.run(main, backend=backend)

        assert [noted.status for noted in found] == [status]

    def test_what_is_said_to_a_client_that_left_was_no_answer(self, backend, http_scope):
        found: list[Observation] = []
        api = API()

        @api.post("/", cancel_on_disconnect=True)
        async def view(req, resp):
            await anyio.sleep_forever()

        async def leave():
            return {"type": "http.disconnect"}

        async def send(message): ...

        anyio.run(Observer(api, [found.append]), http_scope("POST"), leave, send, backend=backend)

        assert [noted.status for noted in found] == [499]

    def test_a_file_that_the_server_sends_counts_as_long_as_it_is(
        self, backend, http_scope, tmp_path
    ):
        found: list[Observation] = []
        (tmp_path / "file.bin").write_bytes(bytes(5000))
        api = API()
        api.add_route("/", lambda req, resp: resp.file(tmp_path / "file.bin"))
        scope = http_scope(extensions={"http.response.pathsend": {}})

        async def send(message): ...

        anyio.run(Observer(api, [found.append]), scope, None, send, backend=backend)

        assert [noted.size for noted in found] == [5000]
