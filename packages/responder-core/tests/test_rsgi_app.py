"""The app as granian's workers have it over RSGI: what changes once it drains."""

import asyncio
import os
import signal
from types import SimpleNamespace

import pytest

from responder_core import API
from responder_core.serving.rsgi_app import RSGIApp

CLOSE = ("connection", "close")


class Protocol:
    """A request of granian's in two pieces, which keeps what it is answered with."""

    def __init__(self):
        self.pieces = iter([b"green ", b"tea"])
        self.sent = []

    async def __call__(self):
        return b"".join(self.pieces)

    def __aiter__(self):
        return self

    async def __anext__(self):
        for piece in self.pieces:
            return piece
        raise StopAsyncIteration

    async def client_disconnect(self):
        self.sent.append("left")

    def response_bytes(self, status, headers, body):
        self.sent.append((status, headers, body))

    def response_file(self, status, headers, file):
        self.sent.append((status, headers, file))

    def response_file_range(self, status, headers, file, start, end):
        self.sent.append((status, headers, (file, start, end)))

    def response_stream(self, status, headers):
        self.sent.append((status, headers, "stream"))
        return self

    async def send_bytes(self, data):
        self.sent.append(data)


def raw(path, method="GET", version="1.1", **fields):
    """A request as granian describes it."""
    named = [("host", "example.org"), *((name.replace("_", "-"), fields[name]) for name in fields)]
    headers = SimpleNamespace(
        items=lambda: named,
        keys=lambda: [name for name, _ in named],
        get_all=lambda key: [value for name, value in named if name == key],
    )
    return SimpleNamespace(
        proto="http",
        http_version=version,
        method=method,
        scheme="http",
        path=path,
        query_string="",
        client="127.0.0.1:51234",
        server="127.0.0.1:80",
        authority="example.org",
        headers=headers,
    )


@pytest.fixture
def api(tmp_path):
    file = tmp_path / "tea.bin"
    file.write_bytes(b"tea!" * 500_000)
    api = API(max_request_size=None)

    @api.get("/text")
    async def text(req, resp):
        resp.text = "tea"

    @api.get("/file")
    async def send_file(req, resp):
        resp.file(file)

    @api.get("/stream")
    async def stream(req, resp):
        @resp.stream
        async def pieces():
            yield b"tea"

    @api.post("/echo")
    async def echo(req, resp):
        resp.content = await req.content

    @api.post("/gone", cancel_on_disconnect=True)
    async def gone(req, resp):
        await asyncio.get_running_loop().create_future()

    return api


@pytest.fixture
def call(api):
    """Have the app serve a request while it drains, or does not."""

    def ask(request, *, drains=True):
        if drains:
            api.drain.start()
        protocol = Protocol()
        asyncio.run(RSGIApp(api).__rsgi__(request, protocol))
        return protocol.sent

    return ask


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        pytest.param(raw("/text"), b"tea", id="whole"),
        pytest.param(raw("/file"), "tea.bin", id="file"),
        pytest.param(raw("/file", range="bytes=8-1500000"), ("tea.bin", 8, 1_500_001), id="range"),
        pytest.param(raw("/stream"), "stream", id="stream"),
        pytest.param(raw("/echo", "POST", content_length="9"), b"green tea", id="body"),
        pytest.param(
            raw("/echo", "POST", transfer_encoding="chunked"), b"green tea", id="chunked body"
        ),
    ],
)
def test_every_answer_ends_its_connection(call, request_, body):
    (_, headers, sent), *_ = call(request_)

    if isinstance(sent, tuple):
        sent = (sent[0].rpartition("/")[2], *sent[1:])
    elif isinstance(sent, str):
        sent = sent.rpartition("/")[2]
    assert (headers[-1], sent) == (CLOSE, body)


def test_a_client_that_leaves_is_seen(call):
    assert call(raw("/gone", "POST", content_length="9"))[0] == "left"


@pytest.mark.parametrize(
    ("version", "drains"), [("1.1", False), ("2", True)], ids=["serving", "HTTP/2"]
)
def test_others_are_kept(call, version, drains):
    """Those of HTTP/2 are ended by a frame of its own (RFC 9113 §8.2.2)."""
    ((_, headers, _),) = call(raw("/text", version=version), drains=drains)

    assert CLOSE not in headers


def test_it_stops_once_all_that_runs_has_ended(api):
    log = []
    done = asyncio.Event()

    @api.get("/slow")
    async def slow(req, resp):
        log.append("began")
        await done.wait()
        for _ in range(100):
            await asyncio.sleep(0)
        log.append("ended")

    app = RSGIApp(api)
    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(app.__rsgi__(raw("/slow"), Protocol())) for _ in range(2)]
    while len(log) < 2:
        loop.run_until_complete(asyncio.sleep(0))
    loop.call_soon(done.set)
    app.__rsgi_del__(loop)

    assert log == ["began"] * 2 + ["ended"] * 2
    assert all(task.done() for task in tasks)
    loop.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no such signals")
@pytest.mark.parametrize("library", ["asyncio", "uvloop"])
def test_a_signal_to_stop_is_taken_from_granian(api, library):
    """Which stops at once, and gets another one when the app has drained."""
    loop = pytest.importorskip(library).new_event_loop()
    heard, known = [], signal.getsignal(signal.SIGTERM)
    app = RSGIApp(api)

    async def stop():
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(api.drain.wait(), 30)

    try:
        loop.add_signal_handler(signal.SIGTERM, heard.append, "granian")
        loop.add_signal_handler(signal.SIGINT, heard.append, "granian")
        app.__rsgi_init__(loop)
        loop.run_until_complete(stop())
        app.__rsgi_del__(loop)
    finally:
        loop.close()
        signal.signal(signal.SIGTERM, known)

    assert heard == []
