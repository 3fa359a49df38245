"""Memory: how much a server grows while a gigabyte goes through it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalogue import OURS
from client import BrokenAnswerError, Connection, connected
from report import markdown_table
from samples import sample_path
from server import Server, serving
from targets import row

GIGABYTE = 1_000_000_000
MEGABYTES = 1_000_000
SMALL = 64 * 1024
"""Bytes of what is sent before, so that every module is there and every buffer was needed."""
PIECE = bytes(1024 * 1024)
PAUSE = 0.5
"""Seconds for which a client reads nothing of what it asked for."""
BOUNDARY = "a-boundary-that-no-content-has"
FORM = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="upload"; filename="big.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
CLOSING = f"\r\n--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True, slots=True)
class Resident:
    """The resident memory of a process, in bytes: when it idled, and the most of it."""

    idle: int
    peak: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """One kind of transfer: its name, and the most that the server may grow, in megabytes."""

    name: str
    kind: str
    limit: float


TRANSFERS = (
    Transfer("down, resp.stream()", "stream", 5),
    Transfer("down, resp.file()", "file", 5),
    Transfer("up, req.stream()", "/stream", 5),
    Transfer("up, req.multipart()", "/parts", 5),
    Transfer('up, req.media("files") and save()', "/save", 20),
)


def resident(server: Server, name: str = "VmRSS") -> int:
    """The resident memory of a server, in bytes; ``VmHWM`` is the most since it was reset."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None, status
    return int(found[1]) * 1024


def reset_peak(server: Server) -> None:
    """Begin anew with the most that a server had (proc(5), clear_refs)."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5", encoding="ascii")


def pieces(size: int) -> Iterator[bytes]:
    """So many bytes, piece by piece."""
    for position in range(0, size, len(PIECE)):
        yield PIECE[: size - position]


def form(size: int) -> Iterator[bytes]:
    """A form with one file of so many bytes."""
    yield FORM
    yield from pieces(size)
    yield CLOSING


def transfer(client: Connection, kind: str, size: int, pause: float) -> None:
    """Send or fetch so many bytes.

    Raises:
        BrokenAnswerError: not all of them arrived.
    """
    if kind == "stream":
        arrived = client.get(f"/stream/{size}", pause=pause).size
    elif kind == "file":
        path = Path(sample_path(f"{size}.bin"))
        with path.open("wb") as file:
            file.truncate(size)
        arrived = client.get(f"/files/{path.name}", pause=pause).size
    else:
        if kind == "/stream":
            reply = client.post(kind, pieces(size), size)
        else:
            length = len(FORM) + size + len(CLOSING)
            field = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
            reply = client.post(kind, form(size), length, field)
        arrived = json.loads(reply.body)
        Path(sample_path("saved.bin")).unlink(missing_ok=True)
    if arrived < size or (kind != "stream" and arrived > size):
        raise BrokenAnswerError(f"{kind}: {arrived} bytes arrive of {size}.")


def measure_one(kind: str, size: int) -> Resident:
    """The memory of a fresh server during one transfer."""
    with serving(OURS, -1, group="messages") as server, connected(server.port) as client:
        transfer(client, kind, SMALL, 0.0)
        idle = resident(server)
        reset_peak(server)
        transfer(client, kind, size, PAUSE)
        return Resident(idle, resident(server, "VmHWM"))


def measure_memory(*, quick: bool) -> tuple[list[list[str]], dict[str, dict[str, Resident]]]:
    """Measure and print; the lines of the targets, and the figures in bytes."""
    size = GIGABYTE // 10 if quick else GIGABYTE
    rows: list[list[str]] = []
    goals: list[list[str]] = []
    figures: dict[str, Resident] = {}
    for each in TRANSFERS:
        repetitions = [measure_one(each.kind, size) for _ in range(1 if quick else 3)]
        grown = sorted((found.peak - found.idle) / MEGABYTES for found in repetitions)
        worst = max(repetitions, key=lambda found: found.peak - found.idle)
        figures[each.name] = worst
        numbers = [worst.idle / MEGABYTES, worst.peak / MEGABYTES, grown[0], grown[len(grown) // 2]]
        rows.append([each.name, *[f"{number:.1f}" for number in [*numbers, grown[-1]]]])
        goals.append(row(f"{each.name}, most, MB", grown[-1], each.limit, ".1f"))
    header = ["MB resident", "idle", "peak", "grown, least", "median", "most"]
    print(markdown_table([f"{size / MEGABYTES:,.0f} {header[0]}", *header[1:]], rows))
    return goals, {OURS: figures}
