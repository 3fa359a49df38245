"""Serving by granian: as by uvicorn, with its own processes."""

import re
import socket
import sys
import threading

import pytest

from responder_core import API

PROGRAM = """\
import os
from contextlib import asynccontextmanager

import anyio

import responder_core


@asynccontextmanager
async def lifespan(app):
    print("entered", os.getpid(), flush=True)
    yield
    print("left", os.getpid(), flush=True)


api = responder_core.API(lifespan=lifespan, {settings})


@api.get("/")
async def home(req, resp):
    resp.text = "tea"


@api.get("/slow")
async def slow(req, resp):
    print("asked", flush=True)
    await anyio.sleep(0.5)
    resp.text = "slow tea"


@api.get("/events")
async def events(req, resp):
    @resp.sse
    async def once():
        yield "first"
        await anyio.sleep_forever()


api.run(server="granian", port={port}, {options})
"""


@pytest.fixture
def serve(start, tmp_path, free_port):
    pytest.importorskip("granian", reason="needs the extra granian")

    def run(options="", settings="", *, workers=1):
        text = PROGRAM.format(options=options, settings=settings, port=free_port)
        (tmp_path / "program.py").write_text(text)
        program = start("program.py")
        program.wait_for(r"Started worker-\d+", times=workers)
        wait_for_port(free_port)
        return program

    return run


def wait_for_port(port):
    """Until somebody listens there: granian says that it has started before it does."""
    for _ in range(3000):
        with socket.socket() as client:
            client.settimeout(10)
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.01)
    pytest.fail(f"nobody listens on port {port}")


def connect(program):
    port = int(program.url.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def read_all(client):
    received = b""
    while data := client.recv(65536):
        received += data
    return received


def test_it_serves_within_the_lifespan(serve):
    program = serve()

    assert program.get("/") == (200, "tea")
    assert program.stop() == 0
    assert re.findall("entered|left", program.output) == ["entered", "left"]


def test_several_processes(serve):
    program = serve("workers=2", workers=2)

    assert program.get("/") == (200, "tea")
    assert program.stop() == 0
    assert program.output.count("left") == 2


def test_a_request_that_was_taken_is_answered(serve):
    program = serve()
    with connect(program) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        program.wait_for("asked")
        assert program.stop() == 0
        answer = read_all(client)

    assert answer.endswith(b"slow tea")


def test_open_streams_are_told(serve):
    program = serve()
    with connect(program) as client:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        assert program.stop() == 0
        assert read_all(client).endswith(b"0\r\n\r\n")


def test_a_connection_that_is_kept_alive_is_told_with_its_next_answer(serve):
    program = serve()
    with connect(program) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(65536).endswith(b"tea")
        program.process.terminate()
        answer = b""
        while b"connection: close" not in answer.lower():
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = client.recv(65536)
            assert answer.endswith(b"tea")

    assert program.join() == 0


def test_its_access_log_is_ours(serve):
    program = serve(settings="enable_logging=True")
    program.get("/")

    assert program.stop() == 0
    assert program.output.count("GET / → 200") == 1


@pytest.mark.parametrize("option", ["fd", "reload"])
def test_what_it_has_not_is_refused(option):
    pytest.importorskip("granian", reason="needs the extra granian")

    with pytest.raises(TypeError, match=f"granian takes no {option}="):
        api.run(server="granian", port=0, **{option: 3})


def test_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "granian.constants", None)

    with pytest.raises(ModuleNotFoundError, match=r"'responder-core\[granian\]'"):
        api.run(server="granian", port=0)


api = API()
