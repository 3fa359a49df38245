"""Serving by granian: as by uvicorn, with its own processes."""

import inspect
import os
import re
import signal
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


def say(*words):
    # In one piece: what several processes print may mix.
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())


@asynccontextmanager
async def lifespan(app):
    say("entered", os.getpid())
    yield
    say("left", os.getpid())


api = responder_core.API(lifespan=lifespan, {settings})


@api.get("/")
async def home(req, resp):
    resp.text = "tea"


@api.get("/slow")
async def slow(req, resp):
    say("asked")
    await anyio.sleep(0.5)
    resp.text = "slow tea"


@api.get("/draining")
async def draining(req, resp):
    resp.text = str(api.drain.is_set())


@api.get("/background")
async def background(req, resp):
    async def work():
        await anyio.sleep(2)
        say("worked")

    resp.background(work)


@api.get("/fails")
async def fails(req, resp):
    raise LookupError("no tea")


@api.get("/child")
def child(req, resp):
    import subprocess

    with subprocess.Popen(["sleep", "600"]) as started:
        started.terminate()
        resp.text = str(started.wait(30))


@api.get("/events")
async def events(req, resp):
    @resp.sse
    async def once():
        yield "first"
        await anyio.sleep_forever()


api.run(server="granian", port={port}, interface={interface!r}, {options})
"""


@pytest.fixture(params=["asgi", "rsgi"])
def serve(request, start, tmp_path, free_port):
    pytest.importorskip("granian", reason="needs the extra granian")

    def run(options="", settings="", *, workers=1):
        text = PROGRAM.format(
            options=options, settings=settings, port=free_port, interface=request.param
        )
        (tmp_path / "program.py").write_text(text)
        program = start("program.py")
        program.wait_for(r"Started worker-\d+", times=workers)
        wait_for_port(free_port)
        return program

    return run


def wait_for_port(port):
    """Until somebody listens there: granian says that it has started before it does."""

    def listens():
        with socket.socket() as client:
            client.settimeout(10)
            return client.connect_ex(("127.0.0.1", port)) == 0

    wait_for(listens)


def wait_for(listens):
    for _ in range(3000):
        if listens():
            return
        threading.Event().wait(0.01)
    pytest.fail("nobody listens")


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
    program.wait_for("entered", times=2)  # One that still starts ends at once.

    assert program.get("/") == (200, "tea")
    assert program.stop() == 0
    assert program.output.count("left") == 2


def test_what_only_several_cause_is_said_once(serve, in_memory):
    program = serve("workers=2", in_memory, workers=2)
    program.stop()

    lines = [line for line in program.lines if "memory" in line]
    assert lines == ["2 workers have each their own memory. Share one. [memory]\n"]


def test_one_process_says_nothing_of_several(serve, in_memory):
    program = serve(settings=in_memory)
    program.stop()

    assert "memory" not in program.output


def test_a_request_that_was_taken_is_answered(serve):
    program = serve()
    with connect(program) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        program.wait_for("asked")
        assert program.stop() == 0
        answer = read_all(client)

    assert answer.endswith(b"slow tea")


def test_what_runs_after_an_answer_is_waited_for(serve):
    program = serve()
    program.get("/")
    assert program.get("/background")[0] == 200

    assert program.stop() == 0
    assert re.findall("worked|left", program.output) == ["worked", "left"]


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


def test_it_drains_before_it_stops(serve):
    """Who reads its state sees it in time, as a load balancer does."""
    program = serve()
    with connect(program) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(65536).endswith(b"tea")
        program.process.terminate()
        answer = b""
        while not answer.endswith(b"True"):
            client.sendall(b"GET /draining HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = client.recv(65536)
            assert answer, program.output

    assert program.join() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_of_its_processes_loses_no_request_that_was_taken(serve, number):
    """Service managers send SIGTERM to each; Ctrl+C sends SIGINT to the group."""
    program = serve("workers=2", workers=2)
    with connect(program) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        program.wait_for("asked")
        if number is signal.SIGTERM:
            for pid in re.findall(r"entered (\d+)", program.output):
                os.kill(int(pid), number)
        os.killpg(program.process.pid, number)
        assert program.join() == 0, program.output
        assert read_all(client).endswith(b"slow tea")
    assert "Unexpected exit" not in program.output


def test_one_that_dies_is_replaced(serve):
    program = serve("workers=2", workers=2)
    (pid, *_) = re.findall(r"entered (\d+)", program.wait_for(r"entered \d+", times=2).string)
    os.kill(int(pid), signal.SIGKILL)
    program.wait_for(r"entered \d+", times=3)

    assert program.stop() == 0


def test_they_end_when_the_first_process_is_killed(serve):
    program = serve()
    program.process.kill()
    # The pipe is closed once the last of them is gone.
    program.join()

    assert "left" in program.output


def test_what_a_program_starts_can_be_told_to_stop(serve):
    """What is kept from granian is not kept from others."""
    program = serve()

    assert program.get("/child") == (200, "-15")
    program.stop()


def test_its_access_log_is_ours(serve):
    program = serve(settings="enable_logging=True")
    program.get("/")

    assert program.stop() == 0
    assert program.output.count("GET / → 200") == 1


def test_it_serves_a_unix_socket(start, tmp_path, free_port):
    pytest.importorskip("granian", reason="needs the extra granian")
    text = PROGRAM.format(options="uds='socket'", settings="", port=free_port, interface="rsgi")
    (tmp_path / "program.py").write_text(text)
    program = start("program.py")
    program.wait_for(r"Started worker-\d+")

    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        wait_for(lambda: client.connect_ex(str(tmp_path / "socket")) == 0)
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert read_all(client).endswith(b"tea")
    assert program.stop() == 0


def test_debug_of_the_app_is_for_its_workers(start, tmp_path, free_port):
    pytest.importorskip("granian", reason="needs the extra granian")
    text = PROGRAM.format(options="", settings="", port=free_port, interface="auto")
    (tmp_path / "program.py").write_text(text)
    command = ("-m", "responder_core", "run", "program.py", "--server", "granian", "--debug")
    program = start(*command, "--port", str(free_port))
    program.wait_for(r"Started worker-\d+")
    wait_for_port(free_port)

    assert "LookupError: no tea" in program.get("/fails")[1]
    assert program.stop() == 0


def test_what_its_command_offers_it_understands(tmp_path):
    pytest.importorskip("granian", reason="needs the extra granian")
    from granian.server import Server

    from responder_core.commands.run import _list_options
    from responder_core.serving.granian_server import _translate

    config = tmp_path / "log.json"
    config.write_text("{}")
    values = {each.name: 1 for each in _list_options("granian")}
    paths = {"pid_file", "ssl_ca", "ssl_certificate", "ssl_keyfile"}
    values |= {name: str(config) for name in paths}
    translated = _translate({**values, "log_config": str(config)})

    assert translated.keys() <= inspect.signature(Server).parameters.keys()
    assert translated["log_dictconfig"] == {}
    assert translated["http1_settings"].max_buffer_size == 1


@pytest.mark.parametrize("option", ["fd", "reload"])
def test_what_it_has_not_is_refused(option):
    pytest.importorskip("granian", reason="needs the extra granian")

    with pytest.raises(TypeError, match=f"granian takes no {option}="):
        api.run(server="granian", port=0, **{option: 3})


def test_several_workers_without_a_gil_are_refused(monkeypatch):
    """They would be threads that share one app, and its lifespan."""
    pytest.importorskip("granian", reason="needs the extra granian")
    monkeypatch.setattr("sysconfig.get_config_var", {"Py_GIL_DISABLED": 1}.get)

    with pytest.raises(ValueError, match="write workers=1, or serve by uvicorn"):
        api.run(server="granian", port=0, workers=2)


def test_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "granian.constants", None)

    with pytest.raises(ModuleNotFoundError, match=r"'responder-core\[granian\]'"):
        api.run(server="granian", port=0)


api = API()
