"""Messages: what large answers, files, streams and uploads cost over uvicorn.

``python benchmarks/messages.py`` measures, in turns, what a 90 kB list and a 1 MiB file cost
the server, how much memory a gibibyte takes on its way up and down, and what a compressed 10 MiB
answer does to those who ask for a small one.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import sys
import time
from contextlib import ExitStack
from functools import partial
from multiprocessing import Process
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import targets
from apps.messages import GIB, MIB
from catalogue import MESSAGES, split_installed
from load import generator, send_load
from report import markdown_table, surroundings_line
from serve import pin
from server import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LARGE_JSON, FILE_COST, FIRST_BYTE = 1.1, 0.5, 2.0
MEMORY, MEMORY_OF_UPLOADS = 5.0, 20.0
"""MiB of resident memory above idle."""

SMALL_ANSWERS = 1.5
"""How much longer the slowest hundredth may take while others get compressed answers; noise of
two cores is below that."""

BOUNDARY = b"xxxxxxxxxxxxxxxx"


def cost(server: Server, path: str, seconds: float) -> float:
    """CPU microseconds of the server for one request.

    Raises:
        RuntimeError: not every request was answered well.
    """
    before = server.cpu_seconds()
    load = send_load(server.port, path, seconds)
    if load.failures or not load.requests:
        raise RuntimeError(f"{server.name}, {path}: {load}.")
    return (server.cpu_seconds() - before) / load.requests * 1_000_000


def first_byte(server: Server, path: str) -> float:
    """Microseconds from a request to the first byte of its answer, on a connection that waits."""
    request = f"GET {path} HTTP/1.1\r\nHost: a.org\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        time.sleep(0.002)
        begin = time.perf_counter()
        connection.sendall(request)
        connection.recv(1)
        spent = time.perf_counter() - begin
        while connection.recv(MIB):
            pass
    return spent * 1_000_000


def in_turns(
    servers: Iterable[Server], measure: Callable[[Server], float], rounds: int
) -> dict[str, list[float]]:
    """What each server gave, one measurement of each in turn."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for server in servers:
            found.setdefault(server.name.removeprefix("messages: "), []).append(measure(server))
    return found


def table_of(title: str, found: dict[str, list[float]]) -> str:
    """Minimum and median of each application, and the ratio of ours to it."""
    ours = found["responder"]
    rows = [
        [
            name,
            f"{min(values):,.0f} ({median(values):,.0f})",
            f"{min(ours) / min(values):.2f} ({median(ours) / median(values):.2f})",
        ]
        for name, values in found.items()
    ]
    return markdown_table([title, "µs", "ours / this"], rows)


def measure_costs(rounds: int) -> list[list[str]]:
    """Print what the list and the file cost; the rows of the targets."""
    core, _ = pin()
    contenders, missing = split_installed(list(MESSAGES.values()))
    for contender in missing:
        print(f"{contender.distribution} is not installed, so it is skipped.", file=sys.stderr)
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(each.name, core)) for each in contenders]
        for server in servers:
            cost(server, "/list", 1.0)
        lists = in_turns(servers, lambda server: cost(server, "/list", 1.0), rounds)
        path = f"/file/{MIB}"
        sending = [each for each in servers if each.name.endswith(("responder", "bare", "lette"))]
        files = in_turns(sending, lambda server: cost(server, path, 1.0), rounds)
        firsts = in_turns(sending, lambda server: first_byte(server, path), 60 * rounds)
    print(table_of("90 kB of JSON, CPU per request", lists))
    print(table_of("1 MiB of a file, CPU per request", files))
    print(table_of("1 MiB of a file, time to the first byte", firsts))
    fastest = min(min(each) for name, each in lists.items() if name not in {"responder", "bare"})
    ours = min(lists["responder"])
    return [
        targets.row("90 kB of JSON, ours / bare", ours / min(lists["bare"]), LARGE_JSON),
        targets.row("90 kB of JSON, ours / fastest peer", ours / fastest, 1.0),
        targets.row(
            "1 MiB file, ours / starlette", min(files["responder"]) / min(files["starlette"]), 0.5
        ),
        targets.row(
            "1 MiB file, first byte, ours / bare (medians)",
            median(firsts["responder"]) / median(firsts["bare"]),
            FIRST_BYTE,
        ),
    ]


def resident(server: Server, name: str = "VmRSS") -> float:
    """The resident memory of a server, in MiB; ``VmHWM`` is the most since it was reset."""
    text = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(text.partition(f"{name}:")[2].split()[0]) / 1024


def peak(server: Server, idle: float, work: Callable[[], None]) -> float:
    """MiB above idle that a server took at most while something was done."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5", encoding="ascii")
    work()
    return resident(server, "VmHWM") - idle


def receive(port: int, path: str, pause: float, size: int) -> None:
    """Download, after a pause in which nothing is taken.

    Raises:
        RuntimeError: less came than was asked for.
    """
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        time.sleep(pause)
        received = 0
        buffer = bytearray(MIB)
        while count := connection.recv_into(buffer):
            received += count
    if received < size:
        raise RuntimeError(f"{path} gave {received} bytes of {size}.")


def send(port: int, path: str, size: int) -> None:
    """Upload.

    Raises:
        RuntimeError: not everything arrived.
    """
    head, tail, kind = b"", b"", b"application/octet-stream"
    if path != "/stream":
        head = b"--%b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n" % BOUNDARY
        tail = b"\r\n--%b--\r\n" % BOUNDARY
        kind = b"multipart/form-data; boundary=" + BOUNDARY
    length = len(head) + size + len(tail)
    piece = b"\0" * MIB
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            b"POST %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %b\r\n"
            b"Content-Length: %d\r\n\r\n" % (path.encode(), kind, length)
        )
        connection.sendall(head)
        for _ in range(size // MIB):
            connection.sendall(piece)
        connection.sendall(tail)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    if not answer.endswith(str(size).encode()):
        raise RuntimeError(f"{path} answered {answer!r}.")


def measure_memory(size: int) -> list[list[str]]:
    """Print how much memory transfers take; the rows of the targets."""
    rows: list[list[str]] = []
    with serving("messages: responder", -1) as server:
        port = server.port
        latencies(port, 100)
        idle = resident(server)

        def row(claim: str, limit: float, work: Callable[[], None]) -> None:
            found = peak(server, idle, work)
            rows.append(targets.row(f"{claim}, MiB above idle", found, limit, ".1f"))

        for path in ("/stream", f"/file/{size}"):
            receive(port, path, 0, 0)
            wanted = GIB if path == "/stream" else size
            for pause in (0, 1):
                claim = f"down, {path}, pause of {pause:g} s"
                row(claim, MEMORY, partial(receive, port, path, pause, wanted))
        for path, limit in (
            ("/stream", MEMORY),
            ("/multipart", MEMORY),
            ("/upload", MEMORY_OF_UPLOADS),
        ):
            send(port, path, 4 * MIB)
            row(f"up, {path}", limit, partial(send, port, path, size))
    return rows


def latencies(port: int, count: int) -> list[float]:
    """Microseconds that small requests took, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found: list[float] = []
    for _ in range(count):
        begin = time.perf_counter()
        connection.request("GET", "/text")
        connection.getresponse().read()
        found.append((time.perf_counter() - begin) * 1_000_000)
        time.sleep(0.0005)
    connection.close()
    return found


def measure_compression(rounds: int) -> list[list[str]]:
    """Print what small requests take beside large answers; the rows of the targets."""
    found: dict[str, list[float]] = {}
    codings = {"nobody else": None, "plain answers": "identity", "gzip answers": "gzip"}
    with serving("messages: responder", -1) as server:
        latencies(server.port, 200)
        for _ in range(rounds):
            for name, coding in codings.items():
                # In a process of its own, so that it takes nothing from the one that measures.
                other = Process(target=fetch, args=(server.port, coding), daemon=True)
                other.start()
                time.sleep(0.3)
                times = sorted(latencies(server.port, 600))
                other.terminate()
                other.join()
                found.setdefault(name, []).append(times[len(times) * 99 // 100])
    rows = [[name, f"{min(each):,.0f} ({median(each):,.0f})"] for name, each in found.items()]
    print(markdown_table(["slowest hundredth of small answers beside", "µs"], rows))
    ratio = median(found["gzip answers"]) / median(found["plain answers"])
    return [targets.row("p99 beside gzip / beside plain 10 MiB answers", ratio, SMALL_ANSWERS)]


def fetch(port: int, coding: str | None) -> None:
    """Download the large answer again and again; nothing without a coding."""
    while coding is not None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/big", headers={"Accept-Encoding": coding})
        response = connection.getresponse()
        while response.read(MIB):
            pass
        connection.close()


def main() -> int:
    """Measure, print, and give the exit status."""
    parser = argparse.ArgumentParser(description="What large messages cost over uvicorn.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, more noise")
    parser.add_argument("--only", choices=["costs", "memory", "compression"])
    arguments = parser.parse_args()
    quick, only = arguments.quick, arguments.only
    rows: list[list[str]] = []
    if only in (None, "memory"):
        rows += measure_memory(GIB // 8 if quick else GIB)
    if only in (None, "compression"):
        rows += measure_compression(2 if quick else 10)
    if only in (None, "costs"):
        rows += measure_costs(2 if quick else 10)
    print(targets.table(rows))
    print(f"CPU time of the server: minimum (median). Load: {generator()}.")
    print(surroundings_line())
    os.sync()
    return 0


if __name__ == "__main__":
    sys.exit(main())
