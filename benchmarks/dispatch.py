"""Dispatch: what a request costs in process, without a server.

``python benchmarks/dispatch.py`` prints CPU microseconds per request of every
application that is installed, in one interleaved run. With ``--instructions``
it counts machine instructions instead, which are exact and serve as a guard.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import instructions
import targets
from catalogue import BY_NAME, HOOKED, OURS, Contender, split_installed
from harness import drive, started
from report import (
    Figure,
    Figures,
    figures_table,
    markdown_table,
    ratio_table,
    surroundings_line,
    write_figures,
)
from workloads import ERRORS, MAIN

if TYPE_CHECKING:
    from harness import App, Inside
    from workloads import Workload

WARM_UP = 300
"""Requests before the measurement, so that the interpreter has specialized its code."""


@dataclass(slots=True)
class Cell:
    """One application under one workload: a cell of the table."""

    contender: Contender
    workload: Workload
    app: App
    inside: Inside
    count: int = 1
    """Requests in one slice."""
    repetitions: list[float] = field(default_factory=list[float])

    def slice(self) -> float:
        """Run one slice; CPU microseconds per request."""
        return self.inside(self.time)

    def time(self) -> float:
        """As ``slice()``, while the event loop of the application runs."""
        scope, receive = self.workload.scope, self.workload.receive
        begin = time.process_time_ns()
        drive(self.app, scope, self.count, receive=receive)
        return (time.process_time_ns() - begin) / 1000 / self.count

    def prepare(self, microseconds: float) -> None:
        """Check the answer, warm up, and choose how many requests make a slice."""
        self.inside(lambda: self.contender.check(self.app, self.workload))
        self.count = WARM_UP
        self.slice()
        self.count = max(5, round(microseconds / self.slice()))


def measure(contenders: list[Contender], rounds: int, microseconds: float) -> Figures:
    """CPU time per request of every contender, in turns of one short slice each."""
    with ExitStack() as stack:
        cells: list[Cell] = []
        for contender in contenders:
            app = contender.build()
            inside = stack.enter_context(started(app))
            cells += [Cell(contender, workload, app, inside) for workload in contender.workloads]
        for cell in cells:
            cell.prepare(microseconds)
        # The collector stays on for all, but does not walk what the imports left behind.
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            for cell in cells:
                cell.repetitions.append(cell.slice())
    figures: Figures = {}
    for cell in cells:
        by_workload = figures.setdefault(cell.contender.name, {})
        by_workload[cell.workload.name] = Figure.of(cell.repetitions)
    return figures


def scaling_rows(figures: Figures) -> list[tuple[str, Figure, Figure]]:
    """Our own figures with little and with much: what, the one, the other."""
    rows: list[tuple[str, Figure, Figure]] = []
    if HOOKED.name in figures and OURS in figures:
        rows.append(("text, five hooks", figures[OURS]["text"], figures[HOOKED.name]["text"]))
    for kind in ("static", "typed"):
        one, many = figures.get(f"{kind} routes: 1", {}), figures.get(f"{kind} routes: 500", {})
        both = [name for name in one if name in many]
        rows += [(f"500 routes, {name}", one[name], many[name]) for name in both]
    return rows


def print_report(figures: Figures) -> None:
    """Print the tables of one run."""
    workloads = [workload.name for workload in MAIN + ERRORS]
    print(figures_table(figures, workloads))
    print(ratio_table(figures, workloads))
    scaling = scaling_rows(figures)
    texts = [
        [what, f"{one.minimum:.2f}", f"{many.minimum:.2f}", f"{many.minimum / one.minimum:.2f}"]
        for what, one, many in scaling
    ]
    if texts:
        print(markdown_table([f"{OURS}, µs per request", "without", "with", "ratio"], texts))
    goals = targets.ratio_rows(figures, targets.IN_PROCESS)
    goals += [
        targets.row(what, many.minimum / one.minimum, targets.MANY_ROUTES)
        for what, one, many in scaling
        if what.startswith("500 routes")
    ]
    print(targets.table(goals))
    print(f"CPU time per request: minimum (median). {surroundings_line()}")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="What a request costs in process.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument(
        "--only", nargs="+", choices=BY_NAME, metavar="APP", help="these applications only"
    )
    parser.add_argument("--instructions", action="store_true", help="count instructions instead")
    parser.add_argument(
        "--guard", type=Path, metavar="FILE", help="with --instructions: compare ours with FILE"
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="with --instructions: write ours to FILE"
    )
    arguments = parser.parse_args()
    if (arguments.guard or arguments.write) and not arguments.instructions:
        parser.error("--guard and --write need --instructions.")
    return arguments


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments()
    wanted = arguments.only or list(BY_NAME)
    contenders, missing = split_installed([BY_NAME[name] for name in wanted])
    for name in dict.fromkeys(contender.distribution for contender in missing):
        print(f"{name} is not installed, so it is skipped.", file=sys.stderr)
    if arguments.instructions:
        return instructions.run(contenders, arguments)
    rounds, microseconds = (15, 2000.0) if arguments.quick else (100, 4000.0)
    figures = measure(contenders, rounds, microseconds)
    print_report(figures)
    if arguments.json:
        write_figures(arguments.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
