"""Workers: real processes that share a port, and what becomes of them."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from responder_core import API
from responder_core.serving.target import InvalidTargetError
from responder_core.serving.workers import outlived_sigterm, shared_metrics
from responder_core.tally import SHARED_DIRECTORY

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
    resp.text = str(os.getpid())


@api.get("/die")
async def die(req, resp):
    os._exit(9)


@api.get("/fails")
async def fails(req, resp):
    raise LookupError("no tea")


@api.get("/events")
async def events(req, resp):
    @resp.sse
    async def once():
        yield "first"
        await anyio.sleep_forever()


{run}
"""


@pytest.fixture
def launch(start, tmp_path):
    """Start PROGRAM with something at its end, and wait until so many workers serve."""

    def run(end, *, settings="", ready=2):
        (tmp_path / "program.py").write_text(PROGRAM.format(run=end, settings=settings))
        program = start("program.py")
        if ready:
            program.wait_for("Application startup complete", times=ready)
        return program

    return run


@pytest.fixture
def serve(launch):
    """Serve PROGRAM by two workers."""
    return lambda options="", settings="": launch(
        f"api.run(port=0, workers=2, {options})", settings=settings
    )


def pids(program, word="entered"):
    return {int(number) for number in re.findall(rf"{word} (\d+)", program.output)}


def test_several_processes_serve_one_port_and_all_stop(serve):
    program = serve()

    status, text = program.get("/")
    assert (status, int(text) in pids(program)) == (200, True)
    assert program.stop() == 0
    assert pids(program, "left") == pids(program)
    assert len(pids(program)) == 2


def test_a_file_needs_no_main_guard(serve):
    """Each worker imports it, and its ``api.run()`` starts nothing there."""
    assert serve().output.count("running on") == 1


def test_what_only_several_cause_is_said_once(serve, in_memory):
    program = serve(settings=in_memory)
    program.process.send_signal(signal.SIGHUP)
    program.wait_for("Application startup complete", times=4)
    program.stop()

    lines = [line for line in program.lines if "memory" in line]
    assert lines == ["2 workers have each their own memory. Share one. [memory]\n"]
    assert "always so" not in program.output


def test_the_command_says_it_too(start, tmp_path, in_memory):
    (tmp_path / "program.py").write_text(PROGRAM.format(run="", settings=in_memory))
    said = {}
    for workers in ("1", "3"):
        program = start(
            *("-m", "responder_core", "run", "program.py", "--port", "0"),
            WEB_CONCURRENCY=workers,
        )
        program.wait_for("Application startup complete", times=int(workers))
        program.stop()
        said[workers] = [line for line in program.lines if "memory" in line]

    line = "3 workers have each their own memory. Share one. [memory]\n"
    assert said == {"1": [], "3": [line]}


def test_it_is_written_as_the_log_is_configured(serve, in_memory):
    log = {
        "version": 1,
        "formatters": {"short": {"format": "%(levelname)s of %(name)s: %(message)s"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "short"}},
        "root": {"handlers": ["out"], "level": "INFO"},
        "disable_existing_loggers": False,
    }
    program = serve(f"log_config={log!r}", settings=in_memory)
    program.stop()

    assert program.output.count("ERROR of responder: 2 workers have each") == 1


def test_open_streams_are_told_when_it_stops(serve):
    program = serve()
    port = int(program.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        assert program.stop() == 0
        received = b""
        while data := client.recv(65536):
            received += data

    assert received.endswith(b"0\r\n\r\n")  # It is whole.
    assert "timeout graceful shutdown exceeded" not in program.output


def test_one_that_dies_is_replaced(serve):
    program = serve()
    first = pids(program)
    with pytest.raises(ConnectionError):
        program.get("/die")
    program.wait_for(r"ended with 9, and is replaced")
    program.wait_for(r"entered \d+", times=3)

    assert program.get("/")[0] == 200
    assert len(pids(program) - first) == 1
    assert program.stop() == 0


def test_sighup_replaces_all_and_refuses_nobody(serve):
    program = serve()
    first = pids(program)
    program.process.send_signal(signal.SIGHUP)
    program.wait_for(r"left \d+", times=2)
    answers = [program.get("/") for _ in range(10)]

    assert {status for status, _ in answers} == {200}
    assert not {int(text) for _, text in answers} & first
    assert program.stop() == 0


def test_they_end_when_the_first_process_is_killed(serve):
    program = serve()
    program.process.kill()
    # The pipe is closed once the last of them is gone.
    program.join()

    assert pids(program, "left") == pids(program)


def test_metrics_add_up(serve):
    pytest.importorskip("prometheus_client", reason="needs the extra metrics")
    program = serve(settings='metrics_route="/metrics"')
    served = {program.get("/")[1] for _ in range(40)}

    _, text = program.get("/metrics")
    assert 'responder_requests_total{method="GET",path="/",status="200"} 40.0' in text
    assert len(served) == 2
    for _ in range(2):
        dead = len(re.findall("is replaced", program.output))
        with pytest.raises(ConnectionError):
            program.get("/die")
        program.wait_for("is replaced", times=dead + 1)
    program.wait_for("Application startup complete", times=4)

    # What the dead had open counts no more.
    assert "responder_requests_in_flight 1.0" in program.get("/metrics")[1]
    program.stop()


def test_one_that_cannot_be_replaced_is_tried_again_and_the_others_go_on(launch, tmp_path):
    run = (
        "import pathlib\n"
        "@api.on_event('startup')\n"
        "async def connect():\n"
        "    if pathlib.Path('down').exists(): raise LookupError('no database')\n"
        "api.run(port=0, workers=2)"
    )
    program = launch(run)
    (tmp_path / "down").touch()
    with pytest.raises(ConnectionError):
        program.get("/die")
    program.wait_for(r"ended with 3, and is replaced in 1\.0 s")
    assert program.get("/")[0] == 200

    (tmp_path / "down").unlink()
    program.wait_for("Application startup complete", times=3)
    assert program.stop() == 0


@pytest.mark.parametrize("place", ["import", "lifespan"])
def test_a_new_program_that_does_not_start_leaves_the_old_one_serving(launch, tmp_path, place):
    line = "if pathlib.Path('down').exists(): raise LookupError('no database')\n"
    if place == "lifespan":
        line = f"@api.on_event('startup')\nasync def connect():\n    {line}"
    program = launch(f"import pathlib\n{line}api.run(port=0, workers=2)")
    first = pids(program)
    (tmp_path / "down").touch()
    program.process.send_signal(signal.SIGHUP)
    program.wait_for(r"The new worker \d+ does not serve; the old ones go on")
    answers = [program.get("/") for _ in range(10)]

    assert {status for status, _ in answers} == {200}
    assert {int(text) for _, text in answers} <= first
    assert program.stop() == 0
    assert pids(program, "left") >= first


def test_sigterm_is_heard_while_they_are_replaced(launch, tmp_path):
    run = (
        "import pathlib, time\n"
        "if __name__ == '__mp_main__' and pathlib.Path('slow').exists():\n"
        "    say('slow')\n"
        "    time.sleep(600)\n"
        "api.run(port=0, workers=2)"
    )
    program = launch(run)
    (tmp_path / "slow").touch()
    program.process.send_signal(signal.SIGHUP)
    program.wait_for("slow")

    assert program.stop() == 0
    assert pids(program, "left") == pids(program)


def test_debug_of_the_server_tells_clients_no_more(serve):
    """As in one process: it is for the log alone."""
    program = serve("debug=True")

    assert "no tea" not in program.get("/fails")[1]
    program.stop()


def test_debug_of_the_app_is_for_all_of_them(start, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM.format(run="", settings=""))
    command = ("-m", "responder_core", "run", "program.py", "--port", "0", "--debug")
    for workers in ("1", "2"):
        program = start(*command, "--workers", workers)
        program.wait_for("Application startup complete", times=int(workers))

        assert "LookupError: no tea" in program.get("/fails")[1]
        assert program.stop() == 0


def test_they_end_as_slowly_as_one_process_does(launch):
    run = (
        "@api.on_event('shutdown')\n"
        "async def close():\n"
        "    await anyio.sleep(7)\n"
        "    say('closed')\n"
        "api.run(port=0, workers=2, timeout_graceful_shutdown=1)"
    )
    program = launch(run)

    assert program.stop() == 0
    assert program.output.count("closed") == 2


def test_told_twice_they_are_killed(launch):
    run = (
        "@api.on_event('shutdown')\n"
        "async def close():\n"
        "    say('closing')\n"
        "    await anyio.sleep(600)\n"
        "api.run(port=0, workers=2)"
    )
    program = launch(run)
    program.process.send_signal(signal.SIGTERM)
    program.wait_for("closing", times=2)

    assert program.stop() == 0
    assert "the workers are killed" in program.output


def test_a_second_sighup_renews_those_that_the_first_had_begun(launch, tmp_path):
    run = (
        "import pathlib, time\n"
        "say('version', pathlib.Path('version').read_text())\n"
        "if __name__ == '__mp_main__' and pathlib.Path('slow').exists():\n"
        "    time.sleep(600)\n"
        "@api.get('/version')\n"
        "async def version(req, resp, *, text=pathlib.Path('version').read_text()):\n"
        "    resp.text = text\n"
        "api.run(port=0, workers=2)"
    )
    (tmp_path / "version").write_text("1")
    program = launch(run)
    (tmp_path / "version").write_text("2")
    (tmp_path / "slow").touch()
    program.process.send_signal(signal.SIGHUP)
    program.wait_for("version 2")
    (tmp_path / "version").write_text("3")
    (tmp_path / "slow").unlink()
    program.process.send_signal(signal.SIGHUP)
    program.wait_for(r"left \d+", times=2)

    assert {program.get("/version")[1] for _ in range(20)} == {"3"}
    assert program.stop() == 0


def test_a_new_one_goes_where_the_old_one_was_replaced_already(launch, tmp_path):
    run = (
        "import pathlib, time\n"
        "if __name__ == '__mp_main__' and pathlib.Path('slow').exists():\n"
        "    say('slow')\n"
        "    while pathlib.Path('slow').exists():\n"
        "        time.sleep(0.01)\n"
        "api.run(port=0, workers=2)"
    )
    program = launch(run)
    first = pids(program)
    (tmp_path / "slow").touch()
    program.process.send_signal(signal.SIGHUP)
    program.wait_for("slow")
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    program.wait_for("is replaced in", times=2)
    program.wait_for("slow", times=3)
    (tmp_path / "slow").unlink()
    program.wait_for("Application startup complete", times=5)
    program.wait_for(r"left \d+")

    assert program.get("/")[0] == 200
    assert program.stop() == 0
    assert pids(program, "left") == pids(program) - first


def test_an_app_that_fails_in_them_alone_ends_all(start, tmp_path):
    only_there = (
        "import multiprocessing\nif multiprocessing.parent_process(): raise LookupError('no tea')\n"
    )
    (tmp_path / "program.py").write_text(only_there + PROGRAM.format(run="", settings=""))
    command = ("-m", "responder_core", "run", "program.py", "--port", "0", "--workers", "2")
    program = start(*command)

    assert program.join() == 3
    assert "LookupError: no tea" in program.output
    assert "could not start" in program.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("raise LookupError('no tea')", "LookupError: no tea", id="import"),
        pytest.param(
            "@api.on_event('startup')\nasync def fail(): raise LookupError('no tea')",
            "LookupError: no tea",
            id="lifespan",
        ),
    ],
)
def test_an_app_that_does_not_start_ends_all(launch, start, text, said):
    run = (
        "if __name__ == '__mp_main__':\n"
        + "".join(f"    {line}\n" for line in text.splitlines())
        + "api.run(port=0, workers=2)"
    )
    program = launch(run, ready=0)

    assert program.join() == 3
    assert said in program.output
    assert "could not start" in program.output


def test_a_port_that_is_in_use_is_named(launch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for workers in (1, 2):
            run = f"api.run(port={port}, workers={workers})"
            program = launch(run, ready=0)

            assert program.join() == 1
            assert f"port {port} of 127.0.0.1 is in use" in program.output


def test_a_unix_socket_goes_with_them(serve, tmp_path):
    program = serve('uds="socket"')
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(tmp_path / "socket"))
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"

    assert program.stop() == 0
    assert not (tmp_path / "socket").exists()


def test_an_app_that_they_cannot_import_is_refused():
    def make():
        API().run(port=0, workers=2)

    with pytest.raises(InvalidTargetError, match="it must be a variable of a module"):
        make()


@pytest.mark.parametrize("workers", [0, -1, True])
def test_a_number_that_is_none_is_refused(workers):
    with pytest.raises(ValueError, match=f"workers= is 1 or more, not {workers!r}"):
        API().run(workers=workers)


def test_a_server_that_is_none_is_refused():
    with pytest.raises(ValueError, match="server= is 'uvicorn' or 'granian', not 'gunicorn'"):
        API().run(server="gunicorn")


def test_what_is_typed_at_a_prompt_has_no_workers():
    program = "import responder_core as r; api = r.API(); api.run(port=0, workers=2)"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )

    assert result.returncode == 1
    assert "a variable of a module in a file" in result.stderr


def test_a_directory_of_metrics_that_the_program_has_is_kept(monkeypatch):
    monkeypatch.setenv(SHARED_DIRECTORY, "/its/own")

    with shared_metrics():
        assert os.environ[SHARED_DIRECTORY] == "/its/own"
    assert os.environ[SHARED_DIRECTORY] == "/its/own"


def test_there_is_none_without_the_library(monkeypatch):
    monkeypatch.delenv(SHARED_DIRECTORY, raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    with shared_metrics():
        assert SHARED_DIRECTORY not in os.environ


class TestDirectoriesOfMetrics:
    @pytest.fixture
    def enter(self, monkeypatch, tmp_path):
        pytest.importorskip("prometheus_client", reason="needs the extra metrics")
        pytest.importorskip("fcntl", reason="only POSIX tells whose owner is gone")
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.delenv(SHARED_DIRECTORY, raising=False)

        def enter(stack):
            os.environ.pop(SHARED_DIRECTORY, None)  # Not put back, as the patch would.
            stack.enter_context(shared_metrics())
            return Path(os.environ[SHARED_DIRECTORY])

        return enter

    @staticmethod
    def make_old(directory):
        os.utime(directory, (0, 0))

    def test_they_end_with_who_made_them(self, enter, tmp_path):
        with ExitStack() as stack:
            assert enter(stack).parent == tmp_path
        assert [*tmp_path.iterdir()] == []

    def test_one_whose_server_was_killed_is_taken_away_by_the_next(self, enter, tmp_path):
        left = tmp_path / "responder-metrics-left"
        left.mkdir()
        (left / "counter_7.db").touch()
        self.make_old(left)

        with ExitStack() as stack:
            enter(stack)
            assert not left.exists()

    def test_one_of_a_living_server_is_kept(self, enter):
        with ExitStack() as stack:
            first = enter(stack)
            self.make_old(first)
            with ExitStack() as inner:
                assert enter(inner) != first
            assert first.exists()
            os.environ[SHARED_DIRECTORY] = str(first)

    def test_what_is_new_or_no_directory_is_kept(self, enter, tmp_path):
        new, file, link = (tmp_path / f"responder-metrics-{name}" for name in "nfl")
        elsewhere = tmp_path / "elsewhere"
        new.mkdir()
        elsewhere.mkdir()
        file.touch()
        link.symlink_to(elsewhere)
        self.make_old(file)
        self.make_old(elsewhere)

        with ExitStack() as stack:
            enter(stack)
        assert {*tmp_path.iterdir()} == {new, file, link, elsewhere}


def test_a_server_in_a_thread_leaves_the_signals_alone():
    """Python lets only the main thread say what becomes of them."""
    before, seen = signal.getsignal(signal.SIGTERM), []

    def serve():
        with outlived_sigterm(lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join(30)

    assert seen == [before]
