"""Sockets: what an echo over WebSockets costs."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import serve
from calls import Results, installed, print_figures
from catalogue import OURS, SOCKETS
from load import Load
from report import Figure, markdown_table
from server import serving
from socket_client import TIMEOUT
from streams import read_line

if TYPE_CHECKING:
    from processes import Host
    from server import Server

PATH = "/echo"
CONNECTIONS = 50
CLIENT = Path(__file__).parent / "socket_client.py"


@contextmanager
def opened(port: int, seconds: float) -> Generator[subprocess.Popen[str]]:
    """The child, with its connections open."""
    arguments = [str(port), PATH, str(CONNECTIONS), str(seconds)]
    command = [sys.executable, str(CLIENT), *arguments]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if read_line(child, TIMEOUT) != "ready\n":
            raise RuntimeError("The client of WebSockets does not start.")
        yield child
        child.communicate(timeout=TIMEOUT)
    finally:
        child.kill()
        child.wait()


def send(server: Server | Host, seconds: float) -> tuple[float, Load]:
    """One load: CPU microseconds per message, and what it did.

    Opening and closing the connections is no part of it.

    Raises:
        RuntimeError: not every message came back.
    """
    with opened(server.port, seconds) as child:
        assert child.stdin is not None
        before = server.cpu_seconds()
        child.stdin.write("go\n")
        child.stdin.flush()
        line = read_line(child, seconds + TIMEOUT)
        spent = server.cpu_seconds() - before
    load = Load(**json.loads(line or '{"requests": 0, "failures": 0, "seconds": 1}'))
    if load.failures or not load.requests:
        raise RuntimeError(f"{server.name}, WebSocket: {load}.")
    return spent / load.requests * 1_000_000, load


def measure_websocket(*, quick: bool) -> Results:
    """Measure an echo over fifty WebSockets on uvicorn, and print tables."""
    costs: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {}
    with serve.pinned() as (core, _), ExitStack() as stack:
        servers = [
            stack.enter_context(serving(each.name, core, group="websocket"))
            for each in installed(SOCKETS)
        ]
        for server in servers:
            send(server, 0.5)
        for _ in range(2 if quick else 8):
            for server in servers:
                cost, load = send(server, 1.0)
                costs.setdefault(server.name, []).append(cost)
                rates.setdefault(server.name, []).append(load.rate)
    figures = {name: {"message": Figure.of(each)} for name, each in costs.items()}
    results = {f"{CONNECTIONS} connections": figures}
    print_figures(results, ["message"])
    rows = [
        [
            f"**{name}**" if name == OURS else name,
            f"{max(each):,.0f} ({statistics.median(each):,.0f})",
        ]
        for name, each in rates.items()
    ]
    print(markdown_table(["messages per second", "best (median)"], rows))
    return results
