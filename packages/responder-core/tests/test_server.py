"""Serving: what uvicorn is told, and one real process over real HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, contextmanager

import pytest

from responder_core import API
from responder_core.serving.listeners import listen_address
from responder_core.serving.shutdown import set_debug
from responder_core.serving.uvicorn_server import settings_of

PROGRAM = """\
from contextlib import asynccontextmanager

import anyio

import responder_core


@asynccontextmanager
async def lifespan(app):
    print("entered", flush=True)
    yield {"greeting": "hello"}
    print("left", flush=True)


api = responder_core.API(lifespan=lifespan)


@api.route("/greet/{name}")
async def greet(req, resp, *, name):
    resp.text = f"{req.state.greeting}, {name}"


@api.post("/things")
def make(req, resp):
    return {"client": req.client.host}, 201, {"X-Made": "yes"}


@api.route("/events")
async def events(req, resp):
    @resp.sse
    async def once():
        yield "first"
        await anyio.sleep_forever()


@api.websocket_route("/talk")
async def talk(ws):
    await ws.accept()
    await ws.send_text("first")
    await ws.receive_text()


@api.route("/fail")
def fail(req, resp):
    raise LookupError("hunter2")


@api.after_request
def sign(req, resp):
    resp.headers["X-Signed"] = "yes"


api.run(port=0)
"""


class TestAddress:
    @pytest.fixture(autouse=True)
    def no_port(self, monkeypatch):
        monkeypatch.delenv("PORT", raising=False)

    @pytest.mark.parametrize(
        ("env", "address", "port", "expected"),
        [
            pytest.param(None, None, None, ("127.0.0.1", 5042), id="default"),
            pytest.param(None, "::1", None, ("::1", 5042), id="address"),
            pytest.param(None, None, 80, ("127.0.0.1", 80), id="port"),
            pytest.param(None, None, 0, ("127.0.0.1", 0), id="any-port"),
            pytest.param("", None, None, ("127.0.0.1", 5042), id="empty-env"),
            pytest.param("8080", None, None, ("0.0.0.0", 8080), id="env"),
            pytest.param("8080", "127.0.0.1", None, ("127.0.0.1", 8080), id="env-and-address"),
            pytest.param("8080", None, 80, ("0.0.0.0", 80), id="env-and-port"),
            pytest.param("8080", None, 0, ("0.0.0.0", 0), id="env-and-any-port"),
            pytest.param("0", None, None, ("0.0.0.0", 0), id="env-any-port"),
            pytest.param("65535", None, None, ("0.0.0.0", 65535), id="env-highest"),
        ],
    )
    def test_what_was_given_then_the_environment_then_the_default(
        self, monkeypatch, env, address, port, expected
    ):
        if env is not None:
            monkeypatch.setenv("PORT", env)

        assert listen_address(address, port) == expected

    @pytest.mark.parametrize("env", ["http", "80a", "-1", "65536", "8 0", "٨٠", " 80", "1.5"])
    def test_a_port_in_the_environment_that_is_none_is_refused(self, monkeypatch, env):
        monkeypatch.setenv("PORT", env)

        with pytest.raises(ValueError, match=f"PORT is {env!r}; it must be a number up to 65535"):
            listen_address(None, None)


class TestSettings:
    @pytest.fixture
    def told(self, monkeypatch):
        """The configurations that uvicorn served with."""
        monkeypatch.delenv("PORT", raising=False)
        configs = []

        def run(server, listeners):
            configs.append(server.config)
            server.started = True

        monkeypatch.setattr("uvicorn.Server.run", run)
        return configs

    def test_the_defaults_trust_no_proxy_and_tell_no_software(self, told):
        api = API()

        api.run(port=0)

        (config,) = told
        assert config.app is api
        assert (config.lifespan, config.log_level) == ("on", "info")
        assert (config.proxy_headers, config.server_header) == (False, False)
        assert config.timeout_graceful_shutdown == 30

    def test_what_is_given_wins(self, told):
        API().run(address="localhost", port=0, proxy_headers=True, log_level="error", backlog=7)

        (config,) = told
        assert config.backlog == 7
        assert (config.proxy_headers, config.log_level) == (True, "error")

    def test_debug_logs_more(self, told):
        API().run(port=0, debug=True)
        API(debug=True).run(port=0)

        assert [config.log_level for config in told] == ["debug", "debug"]

    def test_a_server_that_did_not_start_ends_the_program(self, monkeypatch):
        monkeypatch.setattr("uvicorn.Server.run", lambda server, listeners: None)

        with pytest.raises(SystemExit) as exit_:
            API().run(port=0)

        assert exit_.value.code == 3

    def test_ctrl_c_is_no_error_and_the_socket_file_goes(self, told, monkeypatch, tmp_path):
        socket_file = tmp_path / "socket"

        def run(server, listeners):
            assert socket_file.is_socket()
            server.started = True
            raise KeyboardInterrupt

        monkeypatch.setattr("uvicorn.Server.run", run)

        API().run(uds=str(socket_file))

        assert not socket_file.exists()

    @pytest.mark.parametrize("name", ["ssl_certfile", "ssl_keyfile", "ssl_ca_certs"])
    def test_a_file_that_is_not_there_is_named(self, told, name):
        with pytest.raises(FileNotFoundError, match=f"{name}= names 'nowhere.pem'"):
            API().run(port=0, **{name: "nowhere.pem"})
        assert told == []

    def test_a_key_needs_a_certificate(self, told, tmp_path):
        key = tmp_path / "key.pem"
        key.touch()
        with pytest.raises(ValueError, match="needs ssl_certfile="):
            API().run(port=0, ssl_keyfile=str(key))


@contextmanager
def start_server(folder, options=""):
    """A process that serves PROGRAM, and is gone afterwards."""
    program = folder / "program.py"
    program.write_text(PROGRAM.replace("port=0", f"port=0{options}"))
    environment = {key: value for key, value in os.environ.items() if key != "PORT"}
    with subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        # A process that hangs ends here, and the reading of what it says with it.
        deadline = threading.Timer(60, process.kill)
        deadline.start()
        try:
            yield Server(process)
        finally:
            process.kill()
            deadline.cancel()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One process for all tests that only ask."""
    with start_server(tmp_path_factory.mktemp("server")) as running:
        yield running


class Server:
    """A process that serves, once it has said on which port."""

    def __init__(self, process):
        self.process = process
        self.log = []
        for line in process.stderr:
            self.log.append(line)
            found = re.search(r"running on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return
        pytest.fail(f"the server did not start: {''.join(self.log)}")

    def request(self, method, path, **headers):
        """The status, header fields and body of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def send(self, data):
        """The first line of the answer to raw bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(data)
            with connection.makefile("rb") as answer:
                return answer.readline()

    def stop(self):
        """End the process by SIGTERM; what it printed."""
        self.process.send_signal(signal.SIGTERM)
        output, log = self.process.communicate(timeout=60)
        return output, "".join(self.log) + log


class TestOverHTTP:
    def test_a_view_answers(self, server):
        status, headers, body = server.request("GET", "/greet/ada")

        assert (status, body) == (200, b"hello, ada")
        assert headers["Content-Length"] == "10"
        assert headers["X-Signed"] == "yes"
        assert "Server" not in headers

    def test_a_sync_view_answers(self, server):
        status, headers, body = server.request("POST", "/things")

        assert (status, headers["X-Made"]) == (201, "yes")
        assert json.loads(body) == {"client": "127.0.0.1"}

    def test_a_forwarded_address_is_not_believed(self, server):
        headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}

        _, _, body = server.request("POST", "/things", **headers)

        assert json.loads(body) == {"client": "127.0.0.1"}

    def test_head_has_the_length_and_no_body(self, server):
        status, headers, body = server.request("HEAD", "/greet/ada")

        assert (status, headers["Content-Length"], body) == (200, "10", b"")

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/nowhere", 404), ("DELETE", "/things", 405), ("GET", "/fail", 500)],
        ids=["404", "405", "500"],
    )
    def test_errors_are_problems(self, server, method, path, status):
        found, headers, body = server.request(method, path)

        assert (found, json.loads(body)["status"]) == (status, status)
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["X-Signed"] == "yes"
        assert b"hunter2" not in body

    @pytest.mark.parametrize(
        "request_",
        [
            b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
        ],
        ids=["path", "userinfo", "two", "none"],
    )
    def test_a_bad_host_is_a_400(self, server, request_):
        assert server.send(request_).startswith(b"HTTP/1.1 400 ")


def test_sigterm_ends_the_server_through_its_lifespan(tmp_path):
    with start_server(tmp_path) as server:
        server.request("GET", "/fail")
        output, log = server.stop()

    assert [line for line in output.splitlines() if "HTTP" not in line] == ["entered", "left"]
    assert log.count("LookupError: hunter2") == 1
    assert server.process.returncode in (0, -signal.SIGTERM)


def test_sigterm_ends_open_event_streams_first(tmp_path):
    """Else they would keep the server for the whole graceful timeout."""
    with start_server(tmp_path) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        first = answer.readline()
        server.process.send_signal(signal.SIGTERM)
        rest = answer.read()  # It is whole, or this would raise.
        connection.close()
        output, log = server.stop()

    assert (first, rest) == (b"data: first\n", b"\n")
    assert "left" in output
    assert "timeout graceful shutdown exceeded" not in log


def test_sigterm_ends_open_sockets(tmp_path):
    client = pytest.importorskip("websockets.sync.client", reason="needs websockets")
    from websockets.exceptions import ConnectionClosed

    with start_server(tmp_path) as server:
        with client.connect(f"ws://127.0.0.1:{server.port}/talk") as talk:
            assert talk.recv(timeout=30) == "first"
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as caught:
                talk.recv(timeout=30)
        output, _ = server.stop()

    assert caught.value.rcvd.code == 1001  # Going away.
    assert "left" in output


class Load:
    """Clients that keep their connections alive, and send one request after the other."""

    def __init__(self, server, signal_after):
        self.server = server
        self.signal_after = signal_after
        self.answered = self.lost = self.closed = 0

    async def run(self, clients):
        """Send until the server takes no more connections."""
        await asyncio.gather(*(self.send() for _ in range(clients)))

    async def send(self):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
            except OSError:
                return
            try:
                while await self.ask(reader, writer):
                    pass
            finally:
                writer.close()

    async def ask(self, reader, writer):
        """Send one request; whether the connection stays open."""
        try:
            writer.write(b"GET /greet/tea HTTP/1.1\r\nHost: a\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len("hello, tea"))
        except (OSError, asyncio.IncompleteReadError):
            self.lost += 1
            return False
        self.answered += 1
        if self.answered == self.signal_after:
            self.server.process.send_signal(signal.SIGTERM)
        self.closed += b"connection: close" in head.lower()
        return b"connection: close" not in head.lower()


def test_sigterm_loses_no_request_of_busy_clients(tmp_path):
    # Nobody reads what it prints meanwhile.
    with start_server(tmp_path, ", access_log=False") as server:
        load = Load(server, signal_after=1000)
        asyncio.run(load.run(clients=32))
        output, _ = server.stop()

    assert (load.lost, load.closed) == (0, 32)
    assert load.answered > 1000
    assert "left" in output


def test_a_connection_that_is_idle_holds_sigterm_for_a_moment_only(tmp_path):
    with start_server(tmp_path) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", "/greet/tea")
        answer = connection.getresponse()
        answer.read()
        output, log = server.stop()
        connection.close()

    assert answer.getheader("Connection") is None
    assert "left" in output
    assert "timeout graceful shutdown exceeded" not in log


def test_the_drain_starts_before_the_lifespan_ends(monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    seen = []

    @asynccontextmanager
    async def lifespan(app):
        seen.append(api.drain.is_set())
        yield
        seen.append(api.drain.is_set())

    async def stop_at_once(server):
        pass

    monkeypatch.setattr("uvicorn.Server.main_loop", stop_at_once)
    api = API(lifespan=lifespan)

    api.run(port=0)

    assert seen == [False, True]


def test_host_is_called_address_here():
    with pytest.raises(TypeError, match=r"write address='0\.0\.0\.0', not host="):
        API().run(host="0.0.0.0")


def test_debug_passes_over_what_knows_none_of_it():
    """An app of another kind, and one that stands around itself."""

    class Around:
        @property
        def app(self):
            return self

    for app in (object(), Around()):
        set_debug(app)

        assert not hasattr(app, "debug")


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (object(), {}),
        (API(max_message_size=None), {}),
        (API(max_message_size=7, enable_logging=True), {"ws_max_size": 7, "access_log": False}),
    ],
    ids=["other", "any-size", "ours"],
)
def test_uvicorn_is_told_what_the_app_says(app, expected):
    told = settings_of(app, {"backlog": 3})

    assert told["backlog"] == 3
    assert {name: told[name] for name in ("ws_max_size", "access_log") if name in told} == expected
