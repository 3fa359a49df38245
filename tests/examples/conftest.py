"""Examples as their readers start them: a process of their own, spoken to over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import responder_ratelimit
import responder_sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

# Seconds, and generous: they only end a run in which something hangs.
_DEADLINE = 60


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters."""
        return self.headers.get_content_type()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Service:
    """A running example."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(self, method: str, path: str, media: Any = None, /, **headers: str) -> Answer:
        """Send the path as it stands, dots and all; ``user_agent=`` is ``User-Agent``.

        What is given as media is sent as JSON.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_DEADLINE)
        try:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            body = None
            if media is not None:
                fields["Content-Type"] = "application/json"
                body = json.dumps(media)
            connection.request(method, path, body=body, headers=fields)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def exchange(self, data: bytes) -> bytes:
        """Every byte that comes back for these, until the service closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=_DEADLINE) as connection:
            connection.sendall(data)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        return received


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _DEADLINE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=_DEADLINE).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the example does not listen:\n{log.read_text()}")
            time.sleep(0.02)
        else:
            return


def _stop(process: subprocess.Popen[bytes], log: Path) -> None:
    """End a service as a service manager does, and insist that it goes."""
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(timeout=_DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        pytest.fail(f"the example goes on after SIGTERM:\n{log.read_text()}")
    # uvicorn closes in order, and then lets the signal have its way.
    assert code in (0, -signal.SIGTERM), log.read_text()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores of this process may take their time, as a loaded machine does."""
    for extension in (responder_ratelimit.RateLimiter, responder_sessions.Sessions):
        defaults = vars(extension)["__init__"].__kwdefaults__
        monkeypatch.setitem(defaults, "store_timeout", 60)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository, from where the examples are started."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def start(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., AbstractContextManager[Service]]:
    """Start an example: ``with start("examples/hello.py") as service: …``.

    Keywords are environment variables. It listens where ``PORT`` says, and is stopped at the
    end by SIGTERM.
    """

    @contextmanager
    def start(*arguments: str, **environment: str) -> Iterator[Service]:
        port = _free_port()
        log = tmp_path_factory.mktemp("example") / "log.txt"
        variables = {**os.environ, "PORT": str(port), **environment}
        command = [sys.executable, *(part.format(port=port) for part in arguments)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=root, env=variables, stdout=output, stderr=output
            )
        try:
            _wait_until_it_listens(process, port, log)
            yield Service(port)
            assert process.poll() is None, log.read_text()
        finally:
            _stop(process, log)

    return start
