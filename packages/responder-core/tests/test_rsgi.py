"""The RSGI door: one suite over both doors of granian, and what is RSGI's alone."""

import asyncio
import re
import socket
import threading
from contextlib import asynccontextmanager

import pytest

from responder_core import API, Problem

PROGRAM = """\
import asyncio
import logging
from contextlib import asynccontextmanager

import responder_core
from responder_core import Problem


@asynccontextmanager
async def lifespan(app):
    yield {{"tea": "green"}}


api = responder_core.API(lifespan=lifespan, max_request_size=100_000, {settings})


@api.get("/text")
async def text(req, resp):
    resp.text = "tea"


@api.get("/json")
async def json(req, resp):
    resp.media = {{"tea": "grün", "q": req.params.get("q")}}


@api.get("/users/{{id:int}}")
async def user(req, resp, *, id):
    resp.media = {{"id": id}}


@api.get("/sync")
def sync(req, resp):
    resp.text = "thread"


@api.get("/fields")
async def fields(req, resp):
    resp.headers["X-Tea"] = "green"
    resp.headers.append("Link", "</a>")
    resp.headers.append("Link", "</b>")
    resp.cookies["a"] = "1"
    resp.cookies["b"] = "2"
    resp.status_code = 201
    resp.text = req.headers.get("x-tea", "none") + "|" + "|".join(req.headers.get_list("x-two"))


@api.get("/connection")
async def connection(req, resp):
    resp.media = [req.method, req.url.path, req.client.host, str(req.is_secure), req.full_url]


@api.get("/long")
async def long(req, resp):
    resp.text = "tea " * 1000


@api.get("/large")
async def large(req, resp):
    resp.content = b"tea!" * 700_000


@api.get("/tagged")
async def tagged(req, resp):
    resp.headers["ETag"] = '"1"'
    resp.text = "tagged tea"


@api.get("/file")
async def file(req, resp):
    resp.file("tea.txt")


@api.get("/big")
async def big(req, resp):
    resp.file("tea.bin")


@api.get("/fails")
async def fails(req, resp):
    raise RuntimeError("broken")


@api.get("/problem")
async def problem(req, resp):
    raise Problem(409, "There is no tea.")


@api.exception_handler(ZeroDivisionError)
async def divided(req, resp, exc):
    resp.status_code = 418
    resp.text = "divided"


@api.get("/divides")
async def divides(req, resp):
    1 / 0


@api.get("/slow", request_timeout=0.2)
async def slow(req, resp):
    await asyncio.sleep(60)


@api.get("/state")
async def state(req, resp):
    resp.text = req.state.tea


@api.get("/stream")
async def stream(req, resp):
    @resp.stream
    async def pieces():
        yield b"a" * 10
        await asyncio.sleep(0)
        yield b"b" * 10


@api.get("/events")
async def events(req, resp):
    @resp.sse
    async def once():
        yield "first"
        yield "second"


@api.get("/breaks")
async def breaks(req, resp):
    @resp.stream
    async def pieces():
        yield b"a" * 10
        raise RuntimeError("broken stream")


@api.get("/empty")
async def empty(req, resp):
    resp.status_code = 204


@api.post("/echo")
async def echo(req, resp):
    resp.content = await req.content


@api.post("/media")
async def media(req, resp):
    resp.media = await req.media()


@api.post("/pieces")
async def pieces(req, resp):
    size = 0
    async for piece in req.stream():
        size += len(piece)
    resp.text = str(size)


@api.post("/unread")
async def unread(req, resp):
    resp.text = "unread"


@api.after_request()
def after(req, resp):
    resp.headers["X-After"] = "1"


below = responder_core.API()


@below.get("/tea")
async def inner(req, resp):
    resp.media = [req.url.path, below.url_for("inner")]


api.mount("/below", below)
api.run(server="granian", port={port}, interface={interface!r})
"""

DRESSED = (
    "request_id=True, enable_logging=True, security_headers=True, cors=True, "
    "cors_params={'allow_origins': ['*']}, trusted_proxies=['127.0.0.1']"
)


def request(method, path, *fields, body=b"", version="1.1", host="Host: example.org"):
    lines = [f"{method} {path} HTTP/{version}", *([host] if host else []), "Connection: close"]
    return "\r\n".join([*lines, *fields, "", ""]).encode() + body


def sized(path, body, *fields):
    return request("POST", path, f"Content-Length: {len(body)}", *fields, body=body)


def chunked(path, *chunks):
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))
    return request("POST", path, "Transfer-Encoding: chunked", body=body)


FORM = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\ntea\r\n--x--\r\n"

CASES = {
    "text": request("GET", "/text"),
    "text, HEAD": request("HEAD", "/text"),
    "HTTP 1.0": request("GET", "/text", version="1.0"),
    "json": request("GET", "/json?q=a%20b"),
    "json, Accept": request("GET", "/json", "Accept: application/json;q=0.5, text/plain"),
    "json, HEAD": request("HEAD", "/json"),
    "path": request("GET", "/users/42"),
    "path, no number": request("GET", "/users/tea"),
    "path, not UTF-8": request("GET", "/users/%ff"),
    "path with a slash": request("GET", "/users%2f42"),
    "absolute target": request("GET", "http://other.org/text"),
    "sync": request("GET", "/sync"),
    "fields": request("GET", "/fields", "X-Tea: black", "X-Two: 1", "X-Two: 2"),
    "connection": request("GET", "/connection"),
    "not found": request("GET", "/none"),
    "not allowed": request("DELETE", "/text"),
    "options": request("OPTIONS", "/text"),
    "options of all": request("OPTIONS", "*"),
    "slash": request("GET", "/text/?q=1"),
    "two hosts": request("GET", "/text", "Host: b.org"),
    "bad host": request("GET", "/text", host="Host: a@b/c"),
    "long": request("GET", "/long"),
    "long, gzip": request("GET", "/long", "Accept-Encoding: gzip"),
    "large": request("GET", "/large"),
    "tagged": request("GET", "/tagged"),
    "unchanged": request("GET", "/tagged", 'If-None-Match: "1"'),
    "changed": request("GET", "/tagged", 'If-Match: "2"'),
    "file": request("GET", "/file"),
    "file, HEAD": request("HEAD", "/file"),
    "big file": request("GET", "/big"),
    "big file, HEAD": request("HEAD", "/big"),
    "range": request("GET", "/file", "Range: bytes=2-5"),
    "range of a big file": request("GET", "/big", "Range: bytes=1000-200000"),
    "ranges": request("GET", "/file", "Range: bytes=0-1,4-5"),
    "range outside": request("GET", "/file", "Range: bytes=1000-"),
    "fails": request("GET", "/fails"),
    "problem": request("GET", "/problem"),
    "handled": request("GET", "/divides"),
    "too late": request("GET", "/slow"),
    "state": request("GET", "/state"),
    "stream": request("GET", "/stream"),
    "stream that breaks": request("GET", "/breaks"),
    "stream, HEAD": request("HEAD", "/stream"),
    "events": request("GET", "/events"),
    "empty": request("GET", "/empty"),
    "body": sized("/echo", b"tea"),
    "body, empty": sized("/echo", b""),
    "body, none": request("POST", "/echo"),
    "body, chunked": chunked("/echo", b"te", b"a"),
    "body, pieces": chunked("/pieces", b"a" * 10_000, b"b" * 10_000),
    "body, too large": sized("/echo", b"a" * 100_001),
    "body, too large in chunks": chunked("/echo", b"a" * 60_000, b"a" * 60_000),
    "body, unread": sized("/unread", b"tea"),
    "body, coded": sized("/echo", b"tea", "Content-Encoding: gzip"),
    "json body": sized("/media", b'{"a": 1}', "Content-Type: application/json"),
    "broken json": sized("/media", b'{"a"', "Content-Type: application/json"),
    "form": sized("/media", b"a=1&b=2", "Content-Type: application/x-www-form-urlencoded"),
    "multipart": sized("/media", FORM, "Content-Type: multipart/form-data; boundary=x"),
    "mount": request("GET", "/below/tea"),
    "mount, missing": request("GET", "/below/none"),
    "origin": request("GET", "/text", "Origin: https://example.org"),
    "proxy": request(
        "GET", "/connection", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https"
    ),
    "id": request("GET", "/text", "X-Request-ID: tea-1"),
}

# What no two answers have in common.
_PASSING = re.compile(
    rb"(?i)\r\n(date|x-request-id): [^\r]*|urn:uuid:[0-9a-f-]+|nonce-[^']+|[0-9a-f]{24}"
)


def receive(port, data):
    """What the server at a port says to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(data)
        received = b""
        while piece := client.recv(65536):
            received += piece
    return received


def open_answer(received):
    """The status line, the header fields and the body; fields in an order of their own."""
    head, _, body = _PASSING.sub(b"", received).partition(b"\r\n\r\n")
    status, *fields = head.split(b"\r\n")
    names = sorted(
        field.partition(b":")[0].lower() + b":" + field.partition(b":")[2] for field in fields
    )
    return status, names, body


@pytest.fixture(scope="module", params=["", DRESSED], ids=["plain", "dressed"])
def doors(request, tmp_path_factory, start_shared):
    """The ports of one program over ASGI and over RSGI."""
    pytest.importorskip("granian", reason="needs the extra granian")
    ports = {}
    folder = tmp_path_factory.mktemp("doors")
    (folder / "tea.txt").write_text("0123456789" * 10)
    (folder / "tea.bin").write_bytes(bytes(range(256)) * 1000)
    for interface in ("asgi", "rsgi"):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports[interface] = free.getsockname()[1]
        text = PROGRAM.format(settings=request.param, port=ports[interface], interface=interface)
        (folder / f"{interface}_program.py").write_text(text)
        program = start_shared(f"{interface}_program.py", folder=folder)
        program.wait_for(rf"granian speaks {interface.upper()} here")
        wait_for_port(ports[interface])
    return ports


def wait_for_port(port):
    for _ in range(3000):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.01)
    pytest.fail(f"nobody listens on port {port}")


@pytest.mark.parametrize("case", CASES)
def test_both_doors_answer_alike(doors, case):
    by_asgi, by_rsgi = (open_answer(receive(port, CASES[case])) for port in doors.values())

    assert by_rsgi == by_asgi
