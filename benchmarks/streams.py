"""Streams: what server-sent events to many clients cost, with the client that counts them.

``python streams.py PORT CLIENTS`` opens the streams and prints a line; at each line of its input,
a number of seconds, it has events published for so long, and prints what arrived. It ends with its
input.
"""

from __future__ import annotations

import asyncio
import json
import select
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import uvloop
from load import Load
from samples import EVENT

if TYPE_CHECKING:
    from processes import Host

CLIENTS = 1000
TIMEOUT = 30.0
"""Seconds that the client may take to open its streams, and longer than it was asked to."""

Child = subprocess.Popen[str]


class Listener(asyncio.Protocol):
    """One client: it counts the events that come."""

    def __init__(self, port: int, arrived: asyncio.Queue[bool]) -> None:
        self.request = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self.arrived = arrived
        self.expected = b"hello"
        self.tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the events."""
        # That of uvloop is no subclass of this.
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Tell of each event, also of one whose bytes come in two parts."""
        data = self.tail + data
        for _ in range(data.count(self.expected)):
            self.arrived.put_nowait(True)
        self.tail = data[1 - len(self.expected) :]
        if self.expected in data:
            self.expected, self.tail = EVENT.encode(), b""

    def connection_lost(self, exc: Exception | None) -> None:
        """A stream that ends has failed."""
        self.arrived.put_nowait(False)


async def publish(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Have one event published."""
    head = f"POST /publish HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\r\n"
    writer.write(head.encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not answer.startswith(b"http/1.1 20"):
        raise RuntimeError(answer.decode())
    await reader.readexactly(int(answer.partition(b"content-length: ")[2].split(b"\r")[0]))


async def run_clients(port: int, clients: int) -> None:
    """What the child does: see the module."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bool] = asyncio.Queue()

    async def arrive() -> int:
        """Wait for an event of each; how many streams have ended instead."""
        return sum([not await arrived.get() for _ in range(clients)])

    for _ in range(clients):
        await loop.create_connection(lambda: Listener(port, arrived), "127.0.0.1", port)
    if await asyncio.wait_for(arrive(), TIMEOUT):
        raise RuntimeError("Streams ended.")
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        # Those that are kept alive are closed between two loads.
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        begin = time.monotonic()
        events = failures = 0
        while time.monotonic() < begin + float(line) and not failures:
            await publish(port, reader, writer)
            failures += await asyncio.wait_for(arrive(), TIMEOUT)
            events += clients
        writer.close()
        load = Load(events, failures, time.monotonic() - begin)
        print(json.dumps(asdict(load)), flush=True)


def read_line(child: Child, seconds: float) -> str:
    """A line of the child, or nothing when it takes too long or has ended."""
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], seconds)
    return child.stdout.readline() if ready else ""


@contextmanager
def listening(port: int, clients: int = CLIENTS) -> Generator[Child]:
    """The child, with its streams open, around a block.

    Raises:
        RuntimeError: it cannot open them.
    """
    command = [sys.executable, __file__, str(port), str(clients)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        if read_line(child, TIMEOUT + 5) != "ready\n":
            raise RuntimeError(f"not all of {clients} streams open")
        yield child
    finally:
        child.kill()
        child.communicate()


def send(server: Host, child: Child, seconds: float) -> tuple[float, Load]:
    """One load: CPU microseconds per event that arrived, and what it did.

    Raises:
        RuntimeError: an event did not arrive.
    """
    assert child.stdin is not None
    before = server.cpu_seconds()
    child.stdin.write(f"{seconds}\n")
    child.stdin.flush()
    line = read_line(child, seconds + TIMEOUT + 5)
    spent = server.cpu_seconds() - before
    load = Load(**json.loads(line or '{"requests": 0, "failures": 0, "seconds": 1}'))
    if load.failures or not load.requests:
        raise RuntimeError(f"{server.name}, events: {load}.")
    return spent / load.requests * 1_000_000, load


if __name__ == "__main__":
    uvloop.run(run_clients(int(sys.argv[1]), int(sys.argv[2])))
