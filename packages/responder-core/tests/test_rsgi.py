"""The RSGI door: one suite over both doors of granian, and what is RSGI's alone."""

import asyncio
import gc
import re
import socket
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

import pytest

from responder_core import API, Depends, Router

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


@api.get("/waits")
async def waits(req, resp):
    @resp.stream
    async def pieces():
        try:
            yield b"a"
            await asyncio.sleep(60)
        finally:
            print("closed", flush=True)


@api.get("/ticks")
async def ticks(req, resp):
    async def work():
        print("worked", flush=True)

    resp.background(work)


api.mount("/below", below)
api.run(server="granian", address={address!r}, port={port}, interface={interface!r})
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
        with suppress(ConnectionResetError):
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
        text = PROGRAM.format(
            settings=request.param,
            port=ports[interface],
            interface=interface,
            address="127.0.0.1",
        )
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


@pytest.fixture
def serve_rsgi(start, tmp_path, free_port):
    """Start the program on granian, over RSGI; the program and its port."""
    pytest.importorskip("granian", reason="needs the extra granian")

    def run(settings="", interface="rsgi", address="127.0.0.1"):
        text = PROGRAM.format(
            settings=settings, port=free_port, interface=interface, address=address
        )
        (tmp_path / "program.py").write_text(text)
        program = start("program.py")
        wait_for_port(free_port)
        return program, free_port

    return run


@pytest.fixture(params=["asgi", "rsgi"])
def serve(request, serve_rsgi):
    """As ``serve_rsgi()``, over either door."""

    def run(settings="", address="127.0.0.1"):
        return serve_rsgi(settings, request.param, address)

    return run


@pytest.mark.parametrize("case", CASES)
def test_both_doors_answer_alike(doors, case):
    by_asgi, by_rsgi = (open_answer(receive(port, CASES[case])) for port in doors.values())

    assert by_rsgi == by_asgi


@pytest.mark.parametrize(
    ("path", "said"), [("/waits", "closed"), ("/ticks", "worked")], ids=["closed", "background"]
)
def test_what_follows_an_answer_is_alike(serve, path, said):
    program, port = serve()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(request("GET", path))
        assert client.recv(12) == b"HTTP/1.1 200"

    program.wait_for(said)


def test_a_client_that_is_gone_is_logged_as_that(serve):
    program, port = serve("enable_logging=True")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(request("POST", "/echo", "Content-Length: 10", body=b"tea"))

    program.wait_for("POST /echo → 499")


def test_a_chunked_body_that_broke_off_is_no_whole_one(serve):
    program, port = serve("enable_logging=True")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(request("POST", "/echo", "Transfer-Encoding: chunked") + b"3\r\ntea\r\n")

    program.wait_for("POST /echo → 499")


def test_trailers_are_refused_as_what_broke_off_looks_the_same(serve_rsgi):
    program, port = serve_rsgi("enable_logging=True")
    data = request("POST", "/echo", "Transfer-Encoding: chunked", "Trailer: X-Tea")
    answer = receive(port, data + b"3\r\ntea\r\n0\r\nX-Tea: 1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(data + b"3\r\ntea\r\n")
    program.wait_for("POST /echo → 499")


@pytest.mark.parametrize("settings", ["", DRESSED], ids=["plain", "dressed"])
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_stream_that_breaks_is_no_whole_one(serve, settings, address):
    program, port = serve(settings, address)
    answer = receive(port, request("GET", "/breaks"))

    program.wait_for("RuntimeError: broken stream")
    assert answer.lower().endswith(b"\r\na\r\naaaaaaaaaa\r\n")


def test_a_condition_that_is_not_ascii_is_not_passed_over(serve):
    _, port = serve()
    data = request("GET", "/tagged", "If-Match: X")

    assert receive(port, data.replace(b"X", b"\xff")).startswith(b"HTTP/1.1 412 ")


def test_a_large_file_is_sent_by_granian(serve_rsgi, tmp_path):
    """Nothing of it is queued, so several ranges and codings are passed over."""
    _, port = serve_rsgi()
    (tmp_path / "tea.txt").write_bytes(b"a cup of tea!!!\n" * 300_000)

    fields = {
        "Range: bytes=1-3,5-6": (b"HTTP/1.1 200 OK", 4_800_000),
        "Range: bytes=16-4799999": (b"HTTP/1.1 206 Partial Content", 4_799_984),
        "Accept-Encoding: gzip": (b"HTTP/1.1 200 OK", 4_800_000),
    }
    for field, (status, size) in fields.items():
        found, names, body = open_answer(receive(port, request("GET", "/file", field)))
        assert (found, len(body)) == (status, size)
        assert b"content-length:%d" % size in [name.replace(b" ", b"") for name in names]
        assert not any(name.startswith(b"content-encoding") for name in names)


@pytest.mark.parametrize("wanted", ["auto", "rsgi"])
def test_the_log_says_what_is_spoken(serve_rsgi, wanted):
    program, _ = serve_rsgi(interface=wanted)

    program.wait_for("granian speaks RSGI here: ")


def test_a_start_that_fails_ends_the_worker(start, tmp_path, free_port):
    pytest.importorskip("granian", reason="needs the extra granian")
    (tmp_path / "program.py").write_text(
        f"""\
import responder_core

api = responder_core.API()


@api.on_event("startup")
async def fail():
    raise RuntimeError("no tea")


api.run(server="granian", port={free_port}, interface="rsgi")
"""
    )
    program = start("program.py")

    assert program.join() == 1
    assert "The start-up failed" in program.output
    assert "no tea" in program.output


SOCKETS = """\
import responder_core

api = responder_core.API()


@api.websocket_route("/echo")
async def echo(ws):
    await ws.accept()
    async for message in ws:
        if message == "bye":
            return
        await ws.send_text(message)


@api.websocket_route("/bytes")
async def pieces(ws):
    await ws.accept()
    await ws.send_bytes(await ws.receive_bytes())


@api.websocket_route("/refused")
async def refused(ws):
    await ws.close()


api.run(server="granian", port={port}, interface="rsgi")
"""


def test_sockets_are_served_where_rsgi_is_asked_for(start, tmp_path, free_port):
    pytest.importorskip("granian", reason="needs the extra granian")
    client = pytest.importorskip("websockets.sync.client", reason="needs websockets")
    from websockets.exceptions import ConnectionClosed, InvalidStatus

    (tmp_path / "program.py").write_text(SOCKETS.format(port=free_port))
    start("program.py")
    wait_for_port(free_port)
    url = f"ws://127.0.0.1:{free_port}"

    with client.connect(f"{url}/echo") as talk:
        talk.send("tea")
        assert talk.recv(timeout=30) == "tea"
        talk.send("bye")
        with pytest.raises(ConnectionClosed):
            talk.recv(timeout=30)
    with client.connect(f"{url}/bytes") as talk:
        talk.send(b"tea")
        assert talk.recv(timeout=30) == b"tea"
    with pytest.raises(InvalidStatus, match="403"), client.connect(f"{url}/refused"):
        pass
    with pytest.raises(InvalidStatus, match="403"), client.connect(f"{url}/none"):
        pass


class Fields:
    """Header fields as granian gives them."""

    def __init__(self, *fields):
        self.fields = [("host", "example.org"), *fields]

    def items(self):
        return self.fields

    def keys(self):
        return [name for name, _ in self.fields]

    def get_all(self, key):
        return [value for name, value in self.fields if name == key]


class Raw:
    """A request as granian describes it."""

    proto = "http"
    http_version = "1.1"
    method = "GET"
    scheme = "http"
    query_string = ""
    client = "127.0.0.1:51234"
    server = "127.0.0.1:80"
    authority = None

    def __init__(self, path, *fields, **changes):
        self.path = path
        self.headers = Fields(*fields)
        vars(self).update(changes)


class Protocol:
    """A request of granian's, which keeps what it is answered with."""

    def __init__(self, body=b""):
        self.body = body
        self.sent = []

    async def __call__(self):
        return self.body

    async def client_disconnect(self):
        await asyncio.get_running_loop().create_future()

    def response_bytes(self, status, headers, body):
        self.sent.append((status, dict(headers), body))


class Pieces(Protocol):
    """A request whose body comes piece by piece, and whose answer may go so, too."""

    def __init__(self, *pieces, is_gone=False):
        super().__init__()
        self.pieces = iter(pieces)
        self.is_gone = is_gone

    def __aiter__(self):
        return self

    async def __anext__(self):
        for piece in self.pieces:
            return piece
        raise StopAsyncIteration

    def response_stream(self, status, headers):
        self.sent.append((status, dict(headers), b""))
        return self

    async def send_bytes(self, data):
        if self.is_gone:
            raise RuntimeError("RSGIProtocolClosed")
        self.sent.append(data)


class Socket:
    """A socket of granian's: what its client says, and what is done with it."""

    def __init__(self, *received, is_gone=False):
        self.received = [Said(*each) for each in received]
        self.is_gone = is_gone
        self.log = []

    async def accept(self):
        self.log.append("accept")
        return self

    async def receive(self):
        if self.is_gone:
            raise RuntimeError("RSGIProtocolClosed")
        return self.received.pop(0)

    async def send_bytes(self, data):
        if self.is_gone:
            raise RuntimeError("RSGIProtocolClosed")
        self.log.append(data)

    send_str = send_bytes

    def close(self, status):
        self.log.append(("close", status))


class Said:
    """What came over a socket: nothing but its end, bytes, or text."""

    def __init__(self, kind, data=None):
        self.kind = ["end", "bytes", "text"].index(kind)
        self.data = data


def pass_on(app, raw, protocol):
    """Have an app of ASGI serve a connection over RSGI."""

    class Door(API):
        async def __call__(self, scope, receive, send):
            await app(scope, receive, send)

    asyncio.run(Door().__rsgi__(raw, protocol))


def call(api, *raws):
    """What an API answers to requests over RSGI, on one loop."""

    async def main():
        for raw in raws:
            protocol = Protocol()
            await api.__rsgi__(raw, protocol)
            yield_.extend(protocol.sent)

    yield_ = []
    asyncio.run(main())
    return yield_


def test_an_answer_is_one_call():
    api = API()

    @api.get("/tea")
    async def tea(req, resp):
        resp.text = "tea"

    text = {"content-type": "text/plain; charset=utf-8"}  # Granian adds the length.
    assert call(api, Raw("/tea"), Raw("/tea")) == [(200, text, b"tea")] * 2


def test_an_app_that_looks_at_every_scope_itself_is_asked():
    class Guarded(API):
        async def __call__(self, scope, receive, send):
            scope["path"] = "/tea"
            await super().__call__(scope, receive, send)

    api = Guarded()

    @api.get("/tea")
    async def tea(req, resp):
        resp.text = "tea"

    ((status, _, body),) = call(api, Raw("/secret"))
    assert (status, body) == (200, b"tea")


class Tagging:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def tag(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-tag", b"1"))
            await send(message)

        await self.app(scope, receive, tag)


def test_middleware_of_a_router_sees_what_is_answered():
    api, router = API(), Router()
    router.add_middleware(Tagging)

    @router.get("/tea")
    async def tea(req, resp):
        resp.text = "tea"

    api.include_router(router)

    ((status, headers, _),) = call(api, Raw("/tea"))
    assert (status, headers["x-tag"]) == (200, "1")


def test_a_route_that_is_registered_later_is_found():
    api = API()
    assert [status for status, _, _ in call(api, Raw("/tea"))] == [404]

    @api.get("/tea")
    async def tea(req, resp):
        resp.text = "tea"

    assert [status for status, _, _ in call(api, Raw("/tea"))] == [200]


def test_every_host_is_checked_where_names_are_given():
    api = API(allowed_hosts=["example.org"])

    @api.get("/tea")
    async def tea(req, resp):
        resp.text = "tea"

    good, bad = Raw("/tea"), Raw("/tea")
    bad.headers.fields[0] = ("host", "other.org")
    twice = Raw("/tea", ("host", "example.org"))

    answers = call(api, good, good, bad, twice, good)
    assert [status for status, _, _ in answers] == [200, 200, 400, 400, 200]


def test_several_accept_fields_are_one():
    api = API(strict_accept=True)

    @api.get("/tea")
    async def tea(req, resp):
        resp.media = {"tea": 1}

    accept = [("accept", "image/png"), ("accept", "application/json")]
    seen = Raw("/tea"), Raw("/tea", accept[0]), Raw("/tea", *accept)
    assert [status for status, _, _ in call(api, *seen)] == [200, 406, 200]


def test_what_changes_the_fields_of_a_request_counts():
    api = API(strict_accept=True)

    @api.get("/tea")
    async def tea(req, resp):
        req.scope["headers"] = [(b"accept", b"image/png")]
        resp.media = {"tea": 1}

    assert [status for status, _, _ in call(api, Raw("/tea"), Raw("/tea"))] == [406, 406]


def test_fields_beyond_ascii_are_sent_as_they_are_in_utf_8():
    api = API()

    @api.get("/tea")
    async def tea(req, resp):
        resp.headers["X-Tea"] = "grün"
        resp.headers["X-Cup"] = "茶"
        resp.text = "tea"

    [(_, fields, _)] = call(api, Raw("/tea"))
    assert (fields["x-tea"], fields["x-cup"]) == ("grün", "茶")


def test_a_convertor_that_fails_is_answered():
    class Broken:
        regex = "[a-z]+"

        def convert(self, value):
            raise RuntimeError("broken")

        def to_string(self, value):
            return value

    api = API()
    api.add_convertor("broken", Broken())

    @api.get("/{tea:broken}")
    async def view(req, resp, *, tea):
        resp.text = tea

    assert [status for status, _, _ in call(api, Raw("/a"), Raw("/a"))] == [500, 500]


def test_what_a_lifespan_keeps_is_in_every_request():
    @asynccontextmanager
    async def lifespan(app):
        seen.append("entered")
        yield {"tea": ["green"]}
        seen.append("left")

    seen = []
    api = API(lifespan=lifespan)

    @api.get("/tea")
    async def tea(req, resp):
        resp.text = req.state.tea[0]

    loop = asyncio.new_event_loop()
    protocol = Protocol()
    api.__rsgi_init__(loop)
    for _ in range(2):
        loop.run_until_complete(api.__rsgi__(Raw("/tea"), protocol))
    api.__rsgi_del__(loop)
    loop.close()

    assert [body for _, _, body in protocol.sent] == [b"green", b"green"]
    assert seen == ["entered", "left"]


def test_a_shutdown_that_fails_ends_the_worker_with_an_error(caplog):
    api = API()

    @api.on_event("shutdown")
    async def fail():
        raise RuntimeError("cold tea")

    loop = asyncio.new_event_loop()
    api.__rsgi_init__(loop)
    with pytest.raises(SystemExit):
        api.__rsgi_del__(loop)
    loop.close()

    assert "cold tea" in caplog.text


def test_an_app_that_never_started_has_nothing_to_stop():
    loop = asyncio.new_event_loop()
    API().__rsgi_del__(loop)
    loop.close()


def test_what_changes_problems_changes_them_here_too():
    api = API(problem_handler=lambda document: document.update(title="No tea"))

    @api.get("/tea")
    async def tea(req, resp):
        resp.problem(409)

    [(status, _, body)] = call(api, Raw("/tea"))
    assert (status, b'"title":"No tea"' in body) == (409, True)


def test_a_provider_sees_that_its_request_was_cancelled():
    log = []

    async def give():
        try:
            yield
        except BaseException as exc:
            log.append(type(exc))
            raise

    api = API()

    @api.get("/tea")
    async def tea(req, resp, *, it=Depends(give)):
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        call(api, Raw("/tea"))
    assert log == [asyncio.CancelledError]


def test_nothing_of_a_request_is_left_to_the_collector(watched):
    request_class, seen = watched
    api = API(request_class=request_class)

    async def give(req):
        return req

    @api.get("/tea")
    async def tea(req, resp, *, it=Depends(give)):
        resp.text = "tea"

    call(api, Raw("/tea"), Raw("/tea"))

    assert [each() for each in seen] == [None, None]


def test_what_is_not_found_passes_through_what_stands_around_the_app():
    api = API()
    api.add_middleware(Tagging)

    [(status, fields, _)] = call(api, Raw("/tea"))
    assert (status, fields["x-tag"]) == (404, "1")


def test_no_more_hosts_are_remembered_than_have_room():
    class Host(str):
        __slots__ = ("__weakref__",)

    api = API()
    first = Host("first.example.org")
    seen = weakref.ref(first)

    def ask(name):
        raw = Raw("/tea")
        raw.headers.fields = [("host", name)]
        return raw

    async def main(*names):
        for name in names:
            for _ in range(2):
                await api.__rsgi__(ask(name), Protocol())

    asyncio.run(main(first))
    del first
    gc.collect()
    assert seen() is not None
    asyncio.run(main(*(f"{number}.example.org" for number in range(2100))))
    gc.collect()
    assert seen() is None


def test_what_no_route_has_a_mount_may_have():
    async def mounted(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"mounted"})

    api = API()
    raws = [Raw("/below/tea")] * 2
    assert [status for status, _, _ in call(api, *raws)] == [404, 404]

    api.mount("/below", mounted)

    assert [body for _, _, body in call(api, *raws)] == [b"mounted"] * 2


class TestABody:
    def receive(self, protocol, *fields, times=1):
        """The messages that an app of ASGI receives of a request."""

        async def app(scope, receive, send):
            messages.extend([await receive() for _ in range(times)])

        messages = []
        pass_on(app, Raw("/tea", *fields, method="POST"), protocol)
        return messages

    def test_that_broke_off_is_the_end_each_time_it_is_asked_for(self):
        found = self.receive(Protocol(b"tea"), ("content-length", "10"), times=2)

        assert found == [{"type": "http.disconnect"}] * 2

    def test_whose_length_cannot_be_read_is_not_waited_for(self):
        [found] = self.receive(Protocol(b"tea"), ("content-length", "many"))

        assert found == {"type": "http.request", "body": b"", "more_body": False}

    @pytest.mark.parametrize(
        ("count", "end"), [(3, "http.request"), (2, "http.disconnect")], ids=["whole", "broken"]
    )
    def test_that_is_long_is_whole_once_all_of_it_came(self, count, end):
        pieces = [b"t" * 500_000] * count
        found = self.receive(Pieces(*pieces), ("content-length", "1500000"), times=count + 1)

        assert [each.get("body") for each in found[:-1]] == pieces
        assert found[-1]["type"] == end


START = {"type": "http.response.start", "status": 200, "headers": []}


class TestAnAnswer:
    def send(self, protocol, *messages, **changes):
        """Have an app of ASGI send messages in answer to a request."""

        async def app(scope, receive, send):
            for message in messages:
                await send(message)

        pass_on(app, Raw("/tea", **changes), protocol)

    def test_passes_over_what_rsgi_cannot_send(self):
        protocol = Protocol()
        trailers = {"type": "http.response.trailers", "headers": []}
        body = {"type": "http.response.body", "body": b"tea"}
        self.send(protocol, START, trailers, body)

        assert protocol.sent == [(200, {}, b"tea")]

    def test_has_one_body(self):
        body = {"type": "http.response.body", "body": b"tea"}

        with pytest.raises(RuntimeError, match="comes once"):
            self.send(Protocol(), START, body, body)

    def test_fails_as_asgi_has_it_where_its_client_left(self):
        piece = {"type": "http.response.body", "body": b"tea", "more_body": True}

        with pytest.raises(OSError, match="Closed"):
            self.send(Pieces(is_gone=True), START, piece)

    def test_to_a_client_without_an_address_is_left_as_it_is(self):
        """That of a Unix socket cannot be told from others, so nothing is cut."""
        protocol = Pieces()
        piece = {"type": "http.response.body", "body": b"tea", "more_body": True}
        self.send(protocol, START, piece, client="", server="/tmp/tea.sock")

        assert protocol.sent == [(200, {}, b""), b"tea"]

    def test_keeps_no_more_fields_than_have_room(self):
        class Value(bytes):
            """A value that can be seen to be kept, as bytes alone cannot."""

        class Leaf:
            pass

        value = Value(b"max-age=1")
        value.leaf = Leaf()
        seen = weakref.ref(value.leaf)

        def send(*values):
            fields = [(b"cache-control", each) for each in values]
            self.send(Protocol(), {**START, "headers": fields}, {"type": "http.response.body"})

        send(value)
        del value
        gc.collect()
        assert seen() is not None
        send(*(b"max-age=%d" % number for number in range(2, 5000)))
        gc.collect()
        assert seen() is None


class TestASocket:
    def serve(self, view, socket):
        api = API()
        api.websocket_route("/tea")(view)
        asyncio.run(api.__rsgi__(Raw("/tea", proto="ws"), socket))
        return socket.log

    def test_says_what_it_is_told(self):
        async def echo(ws):
            await ws.accept()
            await ws.send_text(await ws.receive_text())
            await ws.send_bytes(await ws.receive_bytes())

        log = self.serve(echo, Socket(("text", "tea"), ("bytes", b"cup")))
        assert log == ["accept", "tea", b"cup", ("close", None)]

    @pytest.mark.parametrize(
        "socket",
        [
            pytest.param(Socket(("end",)), id="closed"),
            pytest.param(Socket(is_gone=True), id="gone"),
        ],
    )
    def test_ends_with_its_client(self, socket):
        async def listen(ws):
            await ws.accept()
            said.extend([message async for message in ws])

        said = []
        assert self.serve(listen, socket) == ["accept", ("close", None)]
        assert said == []

    def talk(self, socket, *messages):
        """What an app of ASGI receives after it sent messages to a socket."""

        async def app(scope, receive, send):
            assert (await receive())["type"] == "websocket.connect"
            for message in messages:
                await send(message)
            found.append(await receive())

        found = []
        pass_on(app, Raw("/tea", proto="ws"), socket)
        return found

    def test_that_is_not_open_receives_nothing(self):
        gone = [{"type": "websocket.disconnect", "code": 1005}]
        accept, close = {"type": "websocket.accept"}, {"type": "websocket.close"}

        assert self.talk(Socket()) == gone
        assert self.talk(Socket(), accept, close) == gone

    def test_that_is_not_open_sends_nothing(self):
        with pytest.raises(OSError, match="not open"):
            self.talk(Socket(), {"type": "websocket.send", "text": "tea"})

    def test_fails_as_asgi_has_it_where_its_client_left(self):
        accept = {"type": "websocket.accept"}

        with pytest.raises(OSError, match="Closed"):
            self.talk(Socket(is_gone=True), accept, {"type": "websocket.send", "text": "tea"})

    def test_passes_over_what_rsgi_cannot_send(self):
        socket = Socket(("text", "tea"))
        start = {"type": "websocket.http.response.start", "status": 409, "headers": []}

        assert self.talk(socket, start, {"type": "websocket.accept"}) == [
            {"type": "websocket.receive", "text": "tea"}
        ]


def test_several_event_loops_have_one_app(slowly_made):
    """Who comes while another thread builds it waits for that."""
    api, made = slowly_made
    begin = threading.Barrier(2)

    def ask(_number):
        begin.wait(30)
        return call(api, Raw("/"))

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, range(2)))

    assert [sent[0][0] for sent in answers] == [404, 404]
    assert len(made) == 1
