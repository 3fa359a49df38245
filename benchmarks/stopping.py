"""Stopping: what SIGTERM loses, and how long streams hold it up."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from processes import free_port
from report import markdown_table
from targets import row

CLIENTS = 32
TOTAL = 10_000
"""Requests that are sent in all before a figure is told."""
PAUSE = 0.002
"""Seconds between an answer and the next request, at most: without, a connection never idles."""
STREAMS = 100
GRACEFUL_TIMEOUT = 30.0
"""The server's own ``timeout_graceful_shutdown=``, in seconds."""
PATIENCE = 60.0
"""Seconds that anything may take that should take less."""
REST = 0.01
"""Seconds between two looks for a change."""
GREETING = b"Hello, world!"
HERE = Path(__file__).parent

Stops = dict[str, dict[str, float]]
Goals = list[list[str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to serve: its name, by how many workers, and by which server."""

    name: str
    workers: int
    server: str = "uvicorn"
    is_ours: bool = True
    """Whether ``api.run()`` serves, and not the server's own command."""

    def command(self, port: int) -> list[str]:
        """What serves the service on a port."""
        if self.is_ours:
            arguments = [str(port), str(self.workers), self.server]
            return [sys.executable, str(HERE / "service.py"), *arguments]
        options = ["--port", str(port), "--log-level", "warning", "--no-access-log"]
        return [sys.executable, "-m", self.server, "service:api", *options]

    @property
    def installed(self) -> bool:
        """Whether the server is there."""
        return find_spec(self.server) is not None


ALONE = Kind("uvicorn's own command", 1, is_ours=False)
KINDS = (
    Kind("api.run()", 1),
    Kind("api.run(workers=2)", 2),
    Kind('api.run(server="granian")', 1, "granian"),
    Kind('api.run(server="granian", workers=2)', 2, "granian"),
)


def installed() -> list[Kind]:
    """The ways that are possible here; a line for each other one."""
    for kind in KINDS:
        if not kind.installed:
            print(f"{kind.name} is left out: {kind.server} is not installed.", file=sys.stderr)
    return [kind for kind in KINDS if kind.installed]


class BrokenServerError(Exception):
    """Raised when a server does not start, does not stop, or answers wrongly."""


@contextmanager
def running(
    command: list[str], directory: Path, *, quiet: bool = False
) -> Generator[subprocess.Popen[bytes]]:
    """A process, and those that it starts, for a block."""
    process = subprocess.Popen(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if quiet else None,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACEFUL_TIMEOUT)
        # Whatever of them is still there.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


def fetch(port: int, path: str) -> bytes:
    """The body of the answer to one GET over a connection of its own; b"" without one."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(request(port, path, "Connection: close\r\n"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return answer.partition(b"\r\n\r\n")[2]
    return b""


def request(port: int, path: str, fields: str = "") -> bytes:
    """A GET."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{fields}\r\n".encode()


def wait_for(port: int, path: str, body: bytes, process: subprocess.Popen[bytes]) -> None:
    """Ask until the answer is what it should be.

    Raises:
        BrokenServerError: it never is.
    """
    end = time.monotonic() + PATIENCE
    answer = b""
    while time.monotonic() < end and process.poll() is None:
        answer = fetch(port, path)
        if answer == body:
            return
        time.sleep(REST)
    raise BrokenServerError(f"GET {path} is answered with {answer[:200]!r}, not {body!r}.")


@contextmanager
def serving(kind: Kind) -> Generator[tuple[subprocess.Popen[bytes], int]]:
    """The service, which answers, and its port, for a block."""
    port = free_port()
    with running(kind.command(port), HERE) as process:
        wait_for(port, "/text", GREETING, process)
        yield process, port


async def ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process, once it has one.

    Raises:
        BrokenServerError: it does not stop.
    """
    end = time.monotonic() + PATIENCE
    while process.poll() is None:
        if time.monotonic() > end:
            raise BrokenServerError("The server does not stop.")
        await asyncio.sleep(0.002)
    return process.returncode


@dataclass(slots=True)
class Tally:
    """What the clients of one load did."""

    stop_after: int
    """Answers after which the server is told to stop."""
    process: subprocess.Popen[bytes]
    sent: int = 0
    answered: int = 0
    after: int = 0
    """Of those that were sent, the ones after the signal."""
    told: float = 0.0
    """When the signal was sent."""

    def count(self) -> None:
        """Count an answer; SIGTERM comes amid them."""
        self.answered += 1
        if self.answered >= self.stop_after and not self.told:
            self.told = time.monotonic()
            self.process.terminate()


class Client:
    """One connection, kept alive: it sends, waits for the whole answer, and sends the next."""

    def __init__(self, port: int, tally: Tally) -> None:
        self.request = request(port, "/text")
        self.port = port
        self.tally = tally

    async def run(self) -> None:
        """Send until the server ends the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        tally = self.tally
        try:
            # What is not sent over a connection that has ended is no request.
            while not reader.at_eof():
                tally.sent += 1
                tally.after += tally.told > 0
                writer.write(self.request)
                if not await self.read(reader):
                    return
                await asyncio.sleep(random.random() * PAUSE)
        finally:
            writer.close()

    async def read(self, reader: asyncio.StreamReader) -> bool:
        """Read an answer; whether there may be another.

        Raises:
            BrokenServerError: it is a wrong one.
        """
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
        except (asyncio.IncompleteReadError, OSError):
            return False  # Lost: it was sent, and there is no answer.
        if not head.startswith(b"HTTP/1.1 200 ") or body != GREETING:
            raise BrokenServerError(f"The server answers {head!r} {body!r}.")
        self.tally.count()
        return re.search(rb"(?i)\r\nconnection: *close", head) is None


async def load_until_stopped(kind: Kind, stop_after: int) -> tuple[Tally, float, int]:
    """Send requests to a new server that is told to stop after some; seconds, and exit code.

    Raises:
        BrokenServerError: it ended all connections before.
    """
    with serving(kind) as (process, port):
        tally = Tally(stop_after, process)
        clients = [Client(port, tally).run() for _ in range(CLIENTS)]
        await asyncio.wait_for(asyncio.gather(*clients), PATIENCE)
        if not tally.told:
            raise BrokenServerError(f"{kind.name} ends its connections by itself.")
        code = await ended(process)
        return tally, time.monotonic() - tally.told, code


def stop_under_load(kind: Kind) -> dict[str, float]:
    """Send so many requests in all, to servers each of which is told to stop amid them."""
    found = {"stops": 0.0, "sent": 0.0, "answered": 0.0, "after": 0.0, "seconds": 0.0}
    codes: set[int] = set()
    while found["sent"] < TOTAL:
        stop_after = min(TOTAL // 2, max(TOTAL // 20, TOTAL - int(found["sent"])))
        tally, seconds, code = asyncio.run(load_until_stopped(kind, stop_after))
        found["stops"] += 1
        found["sent"] += tally.sent
        found["answered"] += tally.answered
        found["after"] += tally.after
        found["seconds"] = max(found["seconds"], seconds)
        codes.add(code)
    # Any that is no success or signal would be told.
    found["code"] = max(codes)
    return found


def measure_stop(*, quick: bool) -> tuple[Stops, Goals]:
    """Count what SIGTERM under load loses, and print a table."""
    results: Stops = {}
    for kind in (ALONE, *installed()):
        rounds = [stop_under_load(kind) for _ in range(1 if quick else 3)]
        results[kind.name] = {
            name: sum(each[name] for each in rounds) for name in ("stops", "sent", "answered")
        }
        results[kind.name] |= {
            "after": sum(each["after"] for each in rounds),
            "lost": sum(each["sent"] - each["answered"] for each in rounds),
            "seconds": max(each["seconds"] for each in rounds),
            "code": max(each["code"] for each in rounds),
        }
    names = ("stops", "sent", "after", "answered", "lost")
    rows = [
        [
            name,
            *(f"{each[column]:,.0f}" for column in names),
            f"{each['seconds']:.2f}",
            f"{each['code']:.0f}",
        ]
        for name, each in results.items()
    ]
    header = ["SIGTERM under load", "stops", "sent", "of these after it", "answered", "lost"]
    print(markdown_table([*header, "seconds, at most", "exit code"], rows))
    goals = [
        row(f"requests lost, {name}", each["lost"], 0, ".0f")
        for name, each in results.items()
        if name != ALONE.name
    ]
    return results, goals


async def read_stream(port: int, path: str, begun: asyncio.Event) -> bool:
    """Read a stream until it ends; whether it ended as it should, not by a broken connection.

    Raises:
        BrokenServerError: it is none.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request(port, path))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 ") or b"text/event-stream" not in head:
            raise BrokenServerError(f"The server answers {head!r}.")
        await reader.readuntil(b"data: 0\n\n")
        begun.set()
        rest = b""
        with suppress(OSError):
            while piece := await reader.read(65536):
                rest = (rest + piece)[-5:]
                if rest == b"0\r\n\r\n":
                    return True
        return False
    finally:
        writer.close()


async def stop_streams(kind: Kind) -> dict[str, float]:
    """Open streams, tell the server to stop, and wait until it has."""
    with serving(kind) as (process, port):
        begun = [asyncio.Event() for _ in range(STREAMS)]
        paths = ("/ticks", "/silence")
        streams = [
            asyncio.create_task(read_stream(port, paths[number % 2], event))
            for number, event in enumerate(begun)
        ]
        opened = asyncio.gather(*(event.wait() for event in begun))
        await asyncio.wait_for(opened, PATIENCE)
        await asyncio.sleep(0.5)
        open_before = sum(not stream.done() for stream in streams)
        begin = time.monotonic()
        process.terminate()
        code = await ended(process)
        seconds = time.monotonic() - begin
        whole = sum(await asyncio.wait_for(asyncio.gather(*streams), PATIENCE))
    return {"open": open_before, "whole": whole, "seconds": seconds, "code": code}


def measure_streams(*, quick: bool) -> tuple[Stops, Goals]:
    """Measure how long endless streams hold up SIGTERM, and print a table."""
    results: Stops = {}
    for kind in installed():
        rounds = [asyncio.run(stop_streams(kind)) for _ in range(1 if quick else 3)]
        results[kind.name] = max(rounds, key=lambda each: each["seconds"])
        results[kind.name]["whole"] = min(each["whole"] for each in rounds)
    rows = [
        [
            name,
            f"{each['open']:.0f}",
            f"{each['whole']:.0f}",
            f"{each['seconds']:.2f}",
            f"{each['code']:.0f}",
        ]
        for name, each in results.items()
    ]
    header = ["SIGTERM with endless streams", "open", "ended whole", "seconds, at most"]
    print(markdown_table([*header, "exit code"], rows))
    goals = [
        row(f"seconds to end {STREAMS} streams, {name}", each["seconds"], GRACEFUL_TIMEOUT)
        for name, each in results.items()
    ]
    return results, goals
