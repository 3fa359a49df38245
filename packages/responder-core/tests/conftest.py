"""Factories that the tests share: clients, raw ASGI calls, on asyncio and on trio, processes."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

from responder_core import API, Request

Message = MutableMapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What an app sent over ASGI for one HTTP request."""

    status: int
    fields: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode("latin-1") for name, value in self.fields}


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """The event loop that the app runs on."""
    return request.param


@pytest.fixture
def client_factory(backend: str) -> Callable[..., TestClient]:
    """Make a client that sees what a user sees: a failure is a 500, a redirect is not followed."""

    def make(api: API, **options: Any) -> TestClient:
        settings = {"raise_server_exceptions": False, "follow_redirects": False, **options}
        return api.test_client(backend=backend, **settings)

    return make


@pytest.fixture
def run(backend: str) -> Callable[..., Any]:
    """Run a coroutine function on the event loop, within a minute."""

    def run_within(main: Callable[[], Awaitable[Any]]) -> Any:
        async def limited() -> Any:
            with anyio.fail_after(60):
                return await main()

        return anyio.run(limited, backend=backend)

    return run_within


@pytest.fixture
def http_scope() -> Callable[..., dict[str, Any]]:
    """Make the scope of an HTTP request as a server would."""

    def make(method: str = "GET", path: str = "/", **changes: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"example.org")],
            "client": ("192.0.2.1", 40000),
            "server": ("192.0.2.2", 80),
            **changes,
        }

    return make


@pytest.fixture
def watched() -> Iterator[tuple[type[Request], list[weakref.ref[Request]]]]:
    """A class of requests, and a reference to each that is made; the collector frees none.

    A thread would hold one, too, until it has gone to sleep: leave threads out.
    """
    seen: list[weakref.ref[Request]] = []

    class Watched(Request):
        __slots__ = ("__weakref__",)

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            seen.append(weakref.ref(self))

    gc.collect()
    gc.disable()
    yield Watched, seen
    gc.enable()


@pytest.fixture
def slowly_made() -> tuple[API, list[object]]:
    """An API whose middleware takes its time to be made, and what was made of it."""
    made: list[object] = []

    class Slow:
        def __init__(self, app: Any) -> None:
            made.append(self)
            time.sleep(0.1)
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    api = API()
    api.add_middleware(Slow)
    return api, made


@pytest.fixture
def talk(backend: str) -> Callable[..., list[Message]]:
    """Call an ASGI app with a scope and the messages of a client; give what it sent."""

    def run(app: Any, scope: dict[str, Any], *messages: Message) -> list[Message]:
        waiting = list(messages)
        sent: list[Message] = []

        async def receive() -> Message:
            if not waiting:
                assert scope["type"] == "http", "the app asked for more messages than there are"
                # What streams listens meanwhile, to a client that says no more.
                await anyio.sleep_forever()
            return waiting.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        async def main() -> None:
            await app(scope, receive, send)

        anyio.run(main, backend=backend)
        return sent

    return run


@pytest.fixture
def ask(talk: Callable[..., list[Message]]) -> Callable[..., Answer]:
    """Call an ASGI app with the scope of an HTTP request; give the answer it sent."""

    def run(app: Any, scope: dict[str, Any]) -> Answer:
        start, body = talk(app, scope, {"type": "http.request", "body": b"", "more_body": False})
        assert start["type"] == "http.response.start"
        assert body["type"] == "http.response.body"
        return Answer(start["status"], start["headers"], body["body"])

    return run


class Program:
    """A process that a test has started, and what it says."""

    def __init__(self, command: list[str], folder: Path, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, pattern: str, times: int = 1) -> re.Match[str]:
        """Wait until it says something so many times; the last time."""

        def find() -> list[re.Match[str]]:
            return [*re.finditer(pattern, self.output)]

        with self._news:
            self._news.wait_for(lambda: len(find()) >= times or not self._reader.is_alive(), 60)
            found = find()
        assert len(found) >= times, f"it never said {pattern!r}: {self.output}"
        return found[-1]

    @property
    def url(self) -> str:
        """Where it serves, once it says so."""
        return self.wait_for(r"(?:running on|Serving|Listening at:) (http://[^ ,\s]+)")[1]

    def get(self, path: str = "/", **headers: str) -> tuple[int, str]:
        """The status and text of an answer."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal, and wait for its end; its exit code."""
        self.process.send_signal(number)
        return self.join()

    def join(self) -> int:
        """Wait for its end; its exit code."""
        code = self.process.wait(60)
        self._reader.join(60)
        return code

    def kill(self) -> None:
        """End it and its children, whatever they do."""
        # Workers of granian are in groups of their own, and look for their parent now and then.
        workers = children_of(self.process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        self.process.wait(60)
        assert self.process.stdout is not None
        self._reader.join(60)
        self.process.stdout.close()


def children_of(pid: int) -> list[int]:
    """The processes that a running one has begun; none where the system does not list them."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in listed.split()]


@contextlib.contextmanager
def starting(usual: Path | None = None) -> Iterator[Callable[..., Program]]:
    """What starts a Python with arguments in a folder; its processes are gone in the end."""
    programs: list[Program] = []

    def run(*arguments: str, folder: Path | None = usual, **env: str) -> Program:
        assert folder is not None
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {"PORT", "WEB_CONCURRENCY", "PROMETHEUS_MULTIPROC_DIR"}
            and not name.startswith("RESPONDER_")
        }
        command = [sys.executable, *arguments]
        program = Program(command, folder, {**kept, "PYTHONUNBUFFERED": "1", **env})
        programs.append(program)
        return program

    try:
        yield run
    finally:
        for program in programs:
            program.kill()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Start a Python with arguments in a folder, whose processes are gone after the test."""
    with starting(tmp_path) as run:
        yield run


@pytest.fixture(scope="module")
def start_shared() -> Iterator[Callable[..., Program]]:
    """As ``start()``, in a folder that is named, for all tests of a module."""
    with starting() as run:
        yield run


@pytest.fixture
def in_memory(tmp_path: Path) -> str:
    """The settings of a program beside which an extension does without other processes."""
    (tmp_path / "memory.py").write_text("""\
from responder_core import Extension
from responder_core.deployment import Finding


class Memory(Extension):
    def check(self, api, deployment):
        yield Finding("warning", "debug-here", "always so", "Never mind.")
        if deployment.workers > 1:
            message = f"{deployment.workers} workers have each their own memory"
            yield Finding("error", "memory", message, "Share one.")
""")
    return "extensions=[__import__('memory').Memory()]"


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
