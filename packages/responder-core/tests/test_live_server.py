"""The live server: an app on a real socket, started and stopped as in production."""

import httpx2
import pytest

from responder_core import API
from responder_core.live_server import LiveServer


def test_it_serves_within_the_lifespan():
    log = []
    api = API()
    api.on_event("startup")(lambda: log.append("up"))
    api.on_event("shutdown")(lambda: log.append("down"))
    api.add_route("/", lambda req, resp: req.url.netloc)

    with LiveServer(api) as server:
        answer = httpx2.get(server.url)
        assert log == ["up"]

    assert answer.text == f"127.0.0.1:{server.port}"
    assert log == ["up", "down"]


def test_open_streams_end_when_it_stops():
    api = API()

    @api.get("/")
    async def view(req, resp):
        @resp.sse
        async def endless():
            yield "first"
            await api.drain.wait()

    with LiveServer(api) as server, httpx2.stream("GET", server.url) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "data: first"
        server.stop()
        assert list(lines) == [""]


def test_an_app_that_fails_to_start_is_told():
    api = API()
    api.on_event("startup")(lambda: 1 / 0)

    with pytest.raises(RuntimeError, match="the app did not start"), LiveServer(api):
        raise AssertionError


def test_an_app_is_served_again_as_before():
    api = API(health_route="/readyz")

    @api.get("/events")
    async def events(req, resp):
        @resp.sse
        async def two():
            yield "one"
            yield "two"

    told = []
    for _ in range(2):
        with LiveServer(api) as server, httpx2.Client() as client:
            told.append(
                (client.get(server.url + "/events").text, client.get(server.url + "/readyz").text)
            )

    assert told == [("data: one\n\ndata: two\n\n", '{"status":"ok"}')] * 2


def test_an_app_that_does_not_stop_in_time_is_told(monkeypatch):
    server = LiveServer(API())

    with server:
        monkeypatch.setattr("responder_core.live_server.START_TIME", 0)
        with pytest.raises(RuntimeError, match="the app did not stop within 0 s"):
            server.stop()
        monkeypatch.undo()
