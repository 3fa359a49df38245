"""Doors: what a request costs on granian by RSGI and by ASGI, as CPU time of its worker.

``python benchmarks/doors.py`` starts one worker for each way, pins the workers to one core and
the load to another, and takes turns of short loads. ``--uvicorn`` measures the frameworks that
are installed on uvicorn beside them.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import serve
from apps.granian import KINDS
from catalogue import CONTENDERS, split_installed
from exchanges import served_costs
from report import figures_table, markdown_table, surroundings_line, write_figures
from server import START_TIMEOUT, Server, serving
from stopping import free_port
from targets import row, table
from workloads import MAIN

if TYPE_CHECKING:
    from report import Figures

LIMIT = 1.15
"""What our RSGI may cost of a bare function on the same door."""


@dataclass(frozen=True, slots=True)
class Granian(Server):
    """A worker of granian, whose process is not the one that was started."""

    worker: int = 0

    def cpu_seconds(self) -> float:
        """The CPU time of all threads of the worker so far, as that of a server."""
        return time.clock_gettime((~self.worker << 3) | 2)


@contextmanager
def granian(kind: str, core: int) -> Generator[Server]:
    """A worker of granian around a block.

    Raises:
        RuntimeError: it does not listen in time.
    """
    port = free_port()
    command = [sys.executable, "-m", "apps.granian", kind, str(core), str(port)]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline().strip()
        if not line.isdigit():
            raise RuntimeError(f"The worker of {kind!r} does not start.")
        wait_for(port)
        yield Granian(kind, process, port, int(line))
    finally:
        process.terminate()
        try:
            process.wait(START_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def wait_for(port: int) -> None:
    """Wait until somebody listens on a port.

    Raises:
        RuntimeError: nobody does in time.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), START_TIMEOUT):
            return
        time.sleep(0.01)
    raise RuntimeError("A worker of granian does not listen.")


def measure(kinds: tuple[str, ...], rounds: int, *, uvicorn: bool) -> Figures:
    """CPU microseconds per request of each way, in turns of one load each."""
    with serve.pinned() as (core, _), ExitStack() as stack:
        servers = [stack.enter_context(granian(kind, core)) for kind in kinds]
        if uvicorn:
            contenders, _ = split_installed(CONTENDERS)
            servers += [stack.enter_context(serving(each.name, core)) for each in contenders]
        pairs = [(server, workload) for server in servers for workload in MAIN]
        return served_costs(pairs, rounds)


def ratio_rows(figures: Figures) -> list[list[str]]:
    """Ours divided by the bare function on the same door: of the minima, and of the medians."""
    rows: list[list[str]] = []
    for door in ("RSGI", "ASGI"):
        ours, bare = figures.get(f"responder-core, {door}"), figures.get(f"bare {door}")
        if ours is None or bare is None:
            continue
        for name, figure in ours.items():
            floor = bare[name]
            minimum, median = figure.minimum / floor.minimum, figure.median / floor.median
            rows.append([f"{name}, by {door}", f"{minimum:.2f}", f"{median:.2f}"])
    return rows


def goals(figures: Figures) -> list[list[str]]:
    """What RSGI is to reach, by the minima as other targets."""
    ours, bare = figures.get("responder-core, RSGI"), figures.get("bare RSGI")
    if ours is None or bare is None:
        return []
    return [
        row(f"{name}, ours / bare RSGI", ours[name].minimum / bare[name].minimum, LIMIT)
        for name in ("text", "json")
    ]


def main() -> int:
    """Measure, print, and give the exit status."""
    parser = argparse.ArgumentParser(description="What a request costs on granian.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, more noise")
    parser.add_argument("--uvicorn", action="store_true", help="beside frameworks on uvicorn")
    parser.add_argument("--only", nargs="+", choices=KINDS, help="these ways only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    kinds = tuple(arguments.only or KINDS)
    figures = measure(kinds, 3 if arguments.quick else 15, uvicorn=arguments.uvicorn)
    workloads = [workload.name for workload in MAIN]
    print(figures_table(figures, workloads))
    ratios = ratio_rows(figures)
    print(markdown_table(["ours / bare", "minimum", "median"], ratios))
    print(table(goals(figures)))
    print(f"CPU time of the worker per request: minimum (median). {surroundings_line()}")
    if arguments.json:
        write_figures(arguments.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
