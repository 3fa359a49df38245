"""Connections: what many cost a uvicorn worker, busy and idle; with the client that opens them.

``python scale_connections.py PORT CONNECTIONS SECONDS`` opens the connections, asks once over
each, and prints a line; at a line of its input it asks over all of them for so long, and prints
how many requests were answered. It ends with its input.
``python scale_connections.py NAME CORE`` is a worker: it prints its port.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from urllib.request import urlopen

import uvloop
from harness import App
from report import Figure, Figures
from server import Server, running
from uvicorn import Config
from uvicorn import Server as Uvicorn

BUSY = (1, 10, 100, 1_000, 10_000)
IDLE = (0, 1_000, 2_000, 5_000, 10_000)
APPS = ("bare", "responder", "starlette")
PATH = "/text"
AT_ONCE = 200
"""Connections that are opened at once; a server lets only so many wait."""
SPARE = 100
"""Open files of a process beside its connections."""
TIMEOUT = 60.0
KEPT_ALIVE = 600
"""Seconds for which a worker keeps a connection without a request: longer than any of these."""
MEGABYTE = 1_000_000


class Client(asyncio.Protocol):
    """One connection that asks the same again, once the answer is there."""

    deadline = 0.0

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.length: int | None = None
        self.head = b""
        self.missing = 0
        self.requests = 0
        self.broken = False
        self.answered = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask once, to know how long an answer is."""
        # That of uvloop is no subclass of this.
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.request)

    def start(self, deadline: float) -> None:
        """Ask until then."""
        self.deadline, self.requests = deadline, 0
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Ask again when an answer is complete."""
        if self.length is None:
            self.head += data
            head, blank, body = self.head.partition(b"\r\n\r\n")
            if not blank:
                return
            told = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if told is None or not head.startswith(b"HTTP/1.1 200 "):
                self.transport.close()
                return
            self.length = len(head) + 4 + int(told[1])
            self.missing = self.length - len(body) - len(head) - 4
        else:
            self.missing -= len(data)
        if self.missing:
            return
        self.missing = self.length
        self.requests += 1
        if time.monotonic() < self.deadline:
            self.transport.write(self.request)
        else:
            self.answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that closes a connection has failed."""
        self.broken = True
        if not self.answered.done():
            self.answered.set_result(None)


async def run_clients(port: int, count: int, seconds: float) -> None:
    """What the child does: see the module."""
    loop = asyncio.get_running_loop()
    request = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    clients: list[Client] = []
    while len(clients) < count:
        more = min(AT_ONCE, count - len(clients))
        opening = [
            loop.create_connection(lambda: Client(request), "127.0.0.1", port) for _ in range(more)
        ]
        opened = [client for _, client in await asyncio.gather(*opening)]
        await asyncio.wait_for(asyncio.gather(*(each.answered for each in opened)), TIMEOUT)
        clients += opened
    print("ready", flush=True)
    if await loop.run_in_executor(None, sys.stdin.readline):
        deadline = time.monotonic() + seconds
        for client in clients:
            client.start(deadline)
        waiting = asyncio.gather(*(client.answered for client in clients))
        await asyncio.wait_for(waiting, seconds + TIMEOUT)
        answered = sum(client.requests for client in clients)
        print(0 if any(client.broken for client in clients) else answered, flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


def serve(app: App, core: int) -> None:
    """Serve an application until the process is told to end, and print the port."""
    if core >= 0:
        os.sched_setaffinity(0, {core})
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    options: dict[str, Any] = {"access_log": False, "log_level": "warning"}
    options["timeout_keep_alive"] = KEPT_ALIVE
    Uvicorn(Config(app, loop="uvloop", http="httptools", **options)).run([listener])


@contextmanager
def served(name: str, core: int) -> Generator[Server]:
    """Run a worker around a block, which has answered once."""
    with running(name, [sys.executable, __file__, name, str(core)]) as server:
        urlopen(f"http://127.0.0.1:{server.port}{PATH}", timeout=TIMEOUT).close()
        yield server


@contextmanager
def opened(port: int, count: int, seconds: float = 0.0) -> Generator[subprocess.Popen[str]]:
    """The child, with its connections open."""
    command = [sys.executable, __file__, str(port), str(count), str(seconds)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        if child.stdout.readline() != "ready\n":
            raise RuntimeError(f"{count} connections cannot be opened.")
        yield child
        child.communicate(timeout=TIMEOUT)
    finally:
        child.kill()
        child.wait()


def spend(server: Server, count: int, seconds: float) -> float:
    """CPU microseconds of a server per request, over so many connections that are open.

    Raises:
        RuntimeError: a connection broke.
    """
    with opened(server.port, count, seconds) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        before = server.cpu_seconds()
        child.stdin.write("go\n")
        child.stdin.flush()
        answered = int(child.stdout.readline() or 0)
        spent = server.cpu_seconds() - before
    if not answered:
        raise RuntimeError(f"{server.name}: of {count} connections some broke.")
    return spent / answered * 1_000_000


def proportional(server: Server) -> float:
    """The memory of a process in megabytes: its own, and its share of what is shared (PSS)."""
    text = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)
    assert found is not None, text
    return int(found[1]) * 1024 / MEGABYTE


def held(name: str, core: int, count: int) -> float:
    """Megabytes of a fresh worker with so many idle connections."""
    with served(name, core) as server:
        with opened(server.port, 100):
            pass
        if not count:
            return proportional(server)
        with opened(server.port, count):
            return proportional(server)


def allow_files() -> int:
    """As many open files as this process may have; how many connections that lets it have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        most = 2 * BUSY[-1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most - SPARE


@contextmanager
def pinned() -> Generator[int]:
    """Leave one core to the servers, during a block; which one, or -1."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        yield -1
        return
    os.sched_setaffinity(0, {cores[-1]})
    try:
        yield cores[0]
    finally:
        os.sched_setaffinity(0, cores)


def measure(*, quick: bool) -> dict[str, Figures]:
    """CPU time per request over busy connections, and memory with idle ones."""
    most = allow_files()
    if most < BUSY[-1]:
        print(f"Only {most} connections can be opened: raise the limit of open files.\n")
    busy: dict[str, dict[str, list[float]]] = {}
    idle: Figures = {}
    with pinned() as core:
        with ExitStack() as stack:
            servers = [stack.enter_context(served(name, core)) for name in APPS]
            for server in servers:
                spend(server, 10, 0.3)
            for _ in range(1 if quick else 3):
                for count in [count for count in BUSY if count <= most]:
                    for server in servers:
                        cost = spend(server, count, 0.5 if quick else 1.2)
                        busy.setdefault(server.name, {}).setdefault(str(count), []).append(cost)
        for name in APPS:
            places = [count for count in IDLE if count <= most]
            found = {str(count): held(name, core, count) for count in places}
            idle[name] = {place: Figure(value, value) for place, value in found.items()}
    costs = {
        name: {place: Figure.of(each) for place, each in by.items()} for name, by in busy.items()
    }
    return {"µs by busy connections": costs, "MB by idle connections": idle}


if __name__ == "__main__":
    allow_files()
    if sys.argv[1] in APPS:
        serve(import_module(f"apps.{sys.argv[1]}").build(), int(sys.argv[2]))
    else:
        uvloop.run(run_clients(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
