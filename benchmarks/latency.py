"""Latency: what small requests feel of a large response that another client fetches."""

from __future__ import annotations

import gc
import math
import statistics
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from catalogue import OURS
from client import Connection, connected, fetching
from report import Figure, Figures, figures_table, markdown_table
from server import serving
from targets import row

if TYPE_CHECKING:
    from server import Server

EVERY = 0.002
"""Seconds between two small requests."""
SETTLE = 0.2
"""Seconds after which a phase is measured, when the large responses are under way."""
PHASES = {"alone": None, "beside 10 MB": "identity", "beside 10 MB, gzip": "gzip"}
LIMIT = 1.5
"""How much longer than beside the same response without compression; less is noise."""


def percentile(times: list[float], part: float) -> float:
    """The least of *times* that so large a part of them does not exceed."""
    return sorted(times)[math.ceil(len(times) * part) - 1]


def sample(client: Connection, seconds: float) -> list[float]:
    """Microseconds of each small request; one that could not be sent in time has waited."""
    times: list[float] = []
    begin = time.perf_counter()
    for number in range(round(seconds / EVERY)):
        due = begin + number * EVERY
        now = time.perf_counter()
        if now < due:
            time.sleep(due - now)
            due = time.perf_counter()
        client.get("/text")
        times.append((time.perf_counter() - due) * 1e6)
    return times


def run_phase(
    server: Server, client: Connection, coding: str | None, seconds: float
) -> list[float]:
    """The times of one phase; *coding* is that of the large responses, None for none."""
    large = fetching(server.port, "/long", coding) if coding else nullcontext([1])
    with large as counts:
        time.sleep(SETTLE)
        times = sample(client, seconds)
    if not counts[0]:
        raise RuntimeError(f"No large response in {coding} came to its end.")
    return times


def measure_compression(*, quick: bool) -> tuple[list[list[str]], dict[str, Figures]]:
    """Measure and print; the lines of the targets, and the figures."""
    rounds, seconds = (2, 1.5) if quick else (8, 3.0)
    tails: dict[str, list[float]] = {phase: [] for phase in PHASES}
    middles: dict[str, list[float]] = {phase: [] for phase in PHASES}
    gc.freeze()
    with serving(OURS, -1, group="messages") as server, connected(server.port) as client:
        client.get("/long")
        sample(client, 0.5)
        for _ in range(rounds):
            for phase, coding in PHASES.items():
                times = run_phase(server, client, coding, seconds)
                tails[phase].append(percentile(times, 0.99))
                middles[phase].append(statistics.median(times))
    figures: Figures = {
        phase: {"p99": Figure.of(tails[phase]), "p50": Figure.of(middles[phase])}
        for phase in PHASES
    }
    print(figures_table(figures, ["p50", "p99"]))
    alone, plain, packed = PHASES
    rows: list[list[str]] = []
    for over, under in ((plain, alone), (packed, alone), (packed, plain)):
        a, b = figures[over]["p99"], figures[under]["p99"]
        ratios = [f"{a.minimum / b.minimum:.2f}", f"{a.median / b.median:.2f}"]
        rows.append([f"{over} / {under}", *ratios])
    print(markdown_table(["p99", "of the minima", "of the medians"], rows))
    print(
        f"Minimum (median) of {rounds} rounds of {seconds} s, {round(seconds / EVERY)} requests.\n"
    )
    gzip, identity = figures[packed]["p99"], figures[plain]["p99"]
    return [
        row("p99 beside 10 MB, gzip / not, best", gzip.minimum / identity.minimum, LIMIT),
        row("p99 beside 10 MB, gzip / not, median", gzip.median / identity.median, LIMIT),
    ], {"latency": figures}
