"""Timing: what an app in debug tells of a request in Server-Timing."""

import re

import pytest

from responder_core import API, Depends, Query


def read(answer):
    """The parts of a Server-Timing, in milliseconds."""
    found = re.findall(r"([a-z]+);dur=([0-9.]+)", answer.headers.get("server-timing", ""))
    return {name: float(value) for name, value in found}


@pytest.fixture
def api():
    api = API(debug=True)

    @api.get("/plain")
    async def plain(req, resp):
        resp.text = "plain"

    @api.get("/whole/{id:int}", before=lambda req, resp: None)
    async def whole(req, resp, *, id, page: int = Query(1), user=Depends(lambda: "ada")):
        resp.media = {"user": user}

    @api.get("/threaded")
    def threaded(req, resp, *, user=Depends(lambda: "ada")):
        resp.text = user

    @api.get("/slow", request_timeout=30)
    async def slow(req, resp):
        resp.text = "slow"

    @api.get("/fails")
    async def fails(req, resp):
        raise KeyError

    @api.get("/stream")
    async def stream(req, resp):
        @resp.stream
        async def body():
            yield b"one"

    return api


@pytest.fixture
def client(api, client_factory):
    return client_factory(api)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/plain", ["match", "view", "render", "total"]),
        ("/whole/3", ["match", "hooks", "dependencies", "view", "render", "total"]),
        ("/threaded", ["match", "dependencies", "view", "render", "total"]),
        ("/slow", ["match", "view", "render", "total"]),
        ("/fails", ["match", "view", "render", "total"]),
        ("/stream", ["match", "view", "render", "total"]),
        ("/nothing", ["total"]),
    ],
)
def test_each_part_that_happened_is_told(client, path, parts):
    found = read(client.get(path))

    assert [*found] == parts
    # Each is rounded to a microsecond.
    assert sum(found.values()) - found["total"] <= found["total"] + 0.01


def test_what_waits_counts_where_it_waits(api, client, run):
    import anyio

    @api.get("/waits")
    async def waits(req, resp):
        await anyio.sleep(0.02)

    found = read(client.get("/waits"))
    assert found["view"] >= 20
    assert found["total"] >= found["view"]


def test_what_is_no_request_is_not_measured(api, client_factory):
    seen = []

    @api.websocket_route("/talk")
    async def talk(ws):
        seen.append("responder.timing" in ws.scope)
        await ws.accept()

    with client_factory(api) as client, client.websocket_connect("/talk"):
        pass
    assert seen == [False]


def test_others_are_told_nothing(api, client):
    api.debug = False

    assert "server-timing" not in client.get("/plain").headers
