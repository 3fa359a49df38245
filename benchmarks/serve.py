"""Serve: what a request costs over uvicorn, as CPU time of the server process.

``python benchmarks/serve.py`` starts one uvicorn worker per application, pins
the servers to one core and the load to another, and takes turns of short loads.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import targets
from catalogue import CONTENDERS, split_installed
from harness import Answer
from load import CONNECTIONS, Load, generator, send_load
from report import (
    Figure,
    Figures,
    figures_table,
    markdown_table,
    ratio_table,
    surroundings_line,
    write_figures,
)
from server import Server, serving
from workloads import MAIN, Workload, WrongAnswerError

if TYPE_CHECKING:
    from catalogue import Contender

Rates = dict[str, dict[str, list[float]]]
"""Requests per second, by application and workload, one per repetition."""


def pin() -> tuple[int, str]:
    """Take one core for the load; the core of the servers, and a sentence about it."""
    if not hasattr(os, "sched_setaffinity"):
        return -1, "nothing is pinned, because this system cannot"
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        return cores[0], "servers and load share the only core"
    os.sched_setaffinity(0, {cores[-1]})
    return cores[0], "servers on one core, load on another"


@contextmanager
def pinned() -> Generator[tuple[int, str]]:
    """As ``pin()``, during a block."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
    try:
        yield pin()
    finally:
        if cores:
            os.sched_setaffinity(0, cores)


def check(server: Server, workload: Workload) -> None:
    """Ask the server once, and compare.

    Raises:
        WrongAnswerError: the answer differs.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    sent = workload.sent or None
    connection.request(workload.method, workload.path, sent, workload.fields)
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    answer = Answer(response.status, headers, response.read())
    connection.close()
    if difference := workload.difference(answer, workload.status):
        raise WrongAnswerError(f"{server.name} on uvicorn, {workload.path}: {difference}.")


def send(server: Server, workload: Workload, seconds: float) -> Load:
    """Send the request of a workload for a time."""
    return send_load(
        server.port,
        workload.path,
        seconds,
        method=workload.method,
        fields=workload.fields,
        body=workload.sent.decode(),
    )


def repeat(server: Server, workload: Workload, seconds: float) -> tuple[float, float]:
    """One load: CPU microseconds per request, and requests per second.

    Raises:
        RuntimeError: not every request was answered well.
    """
    before = server.cpu_seconds()
    load = send(server, workload, seconds)
    spent = server.cpu_seconds() - before
    if load.failures or not load.requests:
        raise RuntimeError(f"{server.name}, {workload.name}: {load}.")
    return spent / load.requests * 1_000_000, load.rate


def measure(contenders: list[Contender], core: int, rounds: int) -> tuple[Figures, Rates]:
    """CPU time per request and rate of every contender, in turns of one load each."""
    costs: dict[tuple[str, str], list[float]] = {}
    rates: Rates = {}
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(each.name, core)) for each in contenders]
        cells = [(server, workload) for server in servers for workload in MAIN]
        for server, workload in cells:
            check(server, workload)
            send(server, workload, 1.0)
        for number in range(rounds):
            for server, workload in cells:
                cost, rate = repeat(server, workload, 1.0)
                costs.setdefault((server.name, workload.name), []).append(cost)
                rates.setdefault(server.name, {}).setdefault(workload.name, []).append(rate)
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
    figures: Figures = {}
    for (name, workload_name), repetitions in costs.items():
        figures.setdefault(name, {})[workload_name] = Figure.of(repetitions)
    return figures, rates


def rates_table(rates: Rates) -> str:
    """The best rate of each application, with the median in brackets."""
    rows = [
        [name, *[f"{max(each):,.0f} ({statistics.median(each):,.0f})" for each in by.values()]]
        for name, by in rates.items()
    ]
    return markdown_table(["requests per second", *[workload.name for workload in MAIN]], rows)


def main() -> int:
    """Measure, print, and give the exit status."""
    parser = argparse.ArgumentParser(description="What a request costs over uvicorn.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    served = [contender for contender in CONTENDERS if contender.name != "noop"]
    contenders, missing = split_installed(served)
    for contender in missing:
        print(f"{contender.distribution} is not installed, so it is skipped.", file=sys.stderr)
    core, pinning = pin()
    figures, rates = measure(contenders, core, 3 if arguments.quick else 12)
    workloads = [workload.name for workload in MAIN]
    print(figures_table(figures, workloads))
    print(ratio_table(figures, workloads))
    print(rates_table(rates))
    print(targets.table(targets.ratio_rows(figures, targets.SERVED)))
    load = f"{generator()} over {CONNECTIONS} connections; {pinning}"
    print(f"CPU time of the server process per request: minimum (median). Load: {load}.")
    print(surroundings_line())
    if arguments.json:
        write_figures(arguments.json, figures, load=load, requests_per_second=rates)
    return 0


if __name__ == "__main__":
    sys.exit(main())
