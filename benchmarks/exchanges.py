"""Exchanges: what a large JSON list and a file cost, against others."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import dispatch
import serve
from catalogue import BARE_MSGSPEC, LARGE_LIST, MESSAGES, OURS, split_installed
from client import connected
from report import Figure, Figures, figures_table, markdown_table, ratio_table
from samples import FILE_SIZE
from server import serving
from targets import Target, ratio_rows, row
from workloads import Workload

if TYPE_CHECKING:
    from catalogue import Contender
    from server import Server

FILE = Workload("file", "/file", content_type="application/octet-stream")
WITH_FILE = (BARE_MSGSPEC, OURS, "starlette")
LIST_TARGETS = tuple(
    Target("list", peer, limit)
    for peer, limit in ((BARE_MSGSPEC, 1.1), ("blacksheep", 1.0), ("falcon", 1.0))
)
LIST_TARGETS += (Target("list", "starlette", 1.0),)
FILE_TARGETS = (Target("file", "starlette", 0.5),)
FIRST_BYTE = 2.0
"""How much longer than a bare application, which has the bytes, ours may take to begin."""
REST = 0.002
"""Seconds between two requests that are timed."""

Times = dict[str, list[float]]
"""By application, one for each repetition."""


def installed() -> list[Contender]:
    """The applications that can be measured here; a line for each other one."""
    contenders, missing = split_installed(list(MESSAGES))
    for contender in missing:
        print(f"{contender.distribution} is not installed, so it is skipped.", file=sys.stderr)
    return contenders


def served_costs(
    pairs: list[tuple[Server, Workload]], rounds: int, seconds: float = 1.0
) -> Figures:
    """CPU microseconds of the server process per request, in turns of one load each."""
    costs: dict[str, Times] = {}
    for server, workload in pairs:
        serve.check(server, workload)
        serve.send(server, workload, 1.0)
    for _ in range(rounds):
        for server, workload in pairs:
            cost, _ = serve.repeat(server, workload, seconds)
            costs.setdefault(server.name, {}).setdefault(workload.name, []).append(cost)
    return {
        name: {workload: Figure.of(each) for workload, each in by.items()}
        for name, by in costs.items()
    }


def paired_ratios(figures: Figures, name: str) -> str:
    """Ours divided by each other one: of the minima, and of the medians."""
    rows: list[list[str]] = []
    ours = figures[OURS][name]
    for other, by_workload in figures.items():
        if other != OURS:
            theirs = by_workload[name]
            minimum, median = ours.minimum / theirs.minimum, ours.median / theirs.median
            rows.append([other, f"{minimum:.2f}", f"{median:.2f}"])
    return markdown_table([f"{name}: {OURS} divided by", "minimum", "median"], rows)


def first_bytes(servers: list[Server], count: int) -> tuple[Figures, Figures]:
    """Microseconds until the first byte and the last one of the file, in turns of one request."""
    firsts: Times = {}
    lasts: Times = {}
    with ExitStack() as stack:
        clients = [(each.name, stack.enter_context(connected(each.port))) for each in servers]
        for _, client in clients:
            client.get(FILE.path)
        for _ in range(count):
            for name, client in clients:
                # On the core that they share, each server has ended its work when the next begins.
                time.sleep(REST)
                reply = client.get(FILE.path)
                assert reply.size == FILE_SIZE, (name, reply)
                firsts.setdefault(name, []).append(reply.first * 1e6)
                lasts.setdefault(name, []).append(reply.last * 1e6)
    return (
        {name: {"first byte": Figure.of(each)} for name, each in firsts.items()},
        {name: {"last byte": Figure.of(each)} for name, each in lasts.items()},
    )


def measure_large_json(*, quick: bool) -> tuple[list[list[str]], dict[str, Figures]]:
    """Measure the list and print tables; the lines of the targets, and the figures."""
    contenders = installed()
    rounds, microseconds = (10, 10_000.0) if quick else (60, 20_000.0)
    inside = dispatch.measure(contenders, rounds, microseconds)
    with serve.pinned() as (core, pinning), ExitStack() as stack:
        servers = [
            stack.enter_context(serving(each.name, core, group="messages")) for each in contenders
        ]
        pairs = [(server, LARGE_LIST[0]) for server in servers]
        outside = served_costs(pairs, 1 if quick else 8)
    goals: list[list[str]] = []
    for where, figures in (("in process", inside), ("on uvicorn", outside)):
        renamed = {name: {where: by["list"]} for name, by in figures.items()}
        print(figures_table(renamed, [where]))
        print(paired_ratios(renamed, where))
        for line in ratio_rows(figures, LIST_TARGETS):
            goals.append([f"{line[0]}, {where}", *line[1:]])
    print(f"CPU time per request: minimum (median). {pinning.capitalize()}.\n")
    return goals, {"in process": inside, "on uvicorn": outside}


def measure_file(*, quick: bool) -> tuple[list[list[str]], dict[str, Figures]]:
    """As ``measure_large_json()``, for the file."""
    contenders = [each for each in installed() if each.name in WITH_FILE]
    with serve.pinned() as (core, pinning), ExitStack() as stack:
        servers = [
            stack.enter_context(serving(each.name, core, group="messages")) for each in contenders
        ]
        costs = served_costs([(server, FILE) for server in servers], 2 if quick else 8)
        firsts, lasts = first_bytes(servers, 50 if quick else 1000)
    figures: Figures = {
        name: {"CPU": costs[name]["file"], **firsts[name], **lasts[name]} for name in costs
    }
    print(figures_table(figures, ["CPU", "first byte", "last byte"]))
    print(ratio_table(figures, ["CPU", "first byte", "last byte"]))
    print(paired_ratios(figures, "CPU"))
    goals = ratio_rows(costs, FILE_TARGETS)
    ours, bare = firsts[OURS]["first byte"], firsts[BARE_MSGSPEC]["first byte"]
    goals.append(
        row("file, first byte, ours / bare, best", ours.minimum / bare.minimum, FIRST_BYTE)
    )
    goals.append(
        row("file, first byte, ours / bare, median", ours.median / bare.median, FIRST_BYTE)
    )
    print(f"Minimum (median). {pinning.capitalize()}; times of one request at a time.\n")
    return goals, {"file": figures}
