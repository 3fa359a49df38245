"""Calls: what a validated body, hooks, dependencies and sync views cost, against others."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import dispatch
import serve
from catalogue import BODY, DEPENDENCIES, HOOKS, OURS, SYNC, VIEWS, split_installed
from exchanges import paired_ratios, served_costs
from report import Figure, Figures, figures_table, markdown_table
from server import serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalogue import Contender

Results = dict[str, Figures]
"""Figures by where they were measured."""

INSIDE, OUTSIDE = "in process", "on uvicorn"


def installed(contenders: Sequence[Contender]) -> list[Contender]:
    """The applications that can be measured here; a line for each other one."""
    there, missing = split_installed(list(contenders))
    for contender in missing:
        lacking = " and ".join(contender.lacking)
        print(f"{contender.name} is left out: {lacking} is not installed.", file=sys.stderr)
    return there


def measure_inside(contenders: list[Contender], *, quick: bool) -> Figures:
    """CPU microseconds per request in process."""
    rounds, microseconds = (15, 2000.0) if quick else (100, 4000.0)
    return dispatch.measure(contenders, rounds, microseconds)


def measure_outside(contenders: list[Contender], group: str, *, quick: bool) -> Figures:
    """CPU microseconds of a uvicorn worker per request."""
    with serve.pinned() as (core, _), ExitStack() as stack:
        servers = [
            stack.enter_context(serving(each.name, core, group=group)) for each in contenders
        ]
        pairs = [
            (server, workload)
            for server, contender in zip(servers, contenders, strict=True)
            for workload in contender.workloads
        ]
        return served_costs(pairs, 2 if quick else 8)


def print_figures(results: Results, workloads: Sequence[str]) -> None:
    """Print what each application costs for each workload, and our share of it."""
    for where, figures in results.items():
        measured = [each for each in workloads if any(each in by for by in figures.values())]
        print(f"{where.capitalize()}:\n")
        print(figures_table(figures, measured))
        for workload in measured:
            chosen = {name: by for name, by in figures.items() if workload in by}
            if OURS in chosen and len(chosen) > 1:
                print(paired_ratios(chosen, workload))


def print_additions(title: str, rows: Sequence[tuple[str, Figure, Figure]]) -> None:
    """Print what something adds: what it is, the figure without and the figure with it."""
    texts = [
        [
            what,
            f"{without.minimum:.2f}",
            f"{added.minimum:.2f}",
            f"{added.minimum - without.minimum:+.2f} ({added.median - without.median:+.2f})",
            f"{added.minimum / without.minimum:.2f}",
        ]
        for what, without, added in rows
    ]
    print(markdown_table([title, "without", "with", "more", "ratio"], texts))


def measure_body(*, quick: bool) -> Results:
    """Measure a POST that is validated and answered with the same model, and print tables."""
    contenders = installed(BODY)
    results = {
        INSIDE: measure_inside(contenders, quick=quick),
        OUTSIDE: measure_outside(contenders, "body", quick=quick),
    }
    print_figures(results, ["body"])
    return results


def measure_hooks(*, quick: bool) -> Results:
    """Measure five hooks beside none, and print a table."""
    figures = measure_inside(installed(HOOKS), quick=quick)
    none = figures[OURS]["text"]
    rows = [(name, none, by["text"]) for name, by in figures.items() if name != OURS]
    print_additions("µs per request, in process", rows)
    return {INSIDE: figures}


def measure_dependencies(*, quick: bool) -> Results:
    """Measure three dependencies in a chain, with and without a header field; print tables."""
    figures = measure_inside(installed(DEPENDENCIES), quick=quick)
    print_figures({INSIDE: figures}, ["none", "chain", "chain and header"])
    rows = [
        (f"{name}: {workload}", by["none"], by[workload])
        for workload in ("chain", "chain and header")
        for name, by in figures.items()
    ]
    print_additions("µs per request, in process", rows)
    return {INSIDE: figures}


def measure_sync(*, quick: bool) -> Results:
    """Measure sync views in threads and in place, beside async ones, and print tables."""
    contenders = installed(VIEWS)
    # What runs in a thread needs an event loop, so it is measured on a server alone.
    at_once = [
        replace(each, workloads=tuple(work for work in each.workloads if work != SYNC))
        for each in contenders
    ]
    results = {
        INSIDE: measure_inside(at_once, quick=quick),
        OUTSIDE: measure_outside(contenders, "sync", quick=quick),
    }
    print_figures(results, ["async", "inline", "def"])
    rows = [
        (f"{name}: {workload}, {where}", by["async"], by[workload])
        for where, figures in results.items()
        for name, by in figures.items()
        for workload in ("inline", "def")
        if workload in by
    ]
    print_additions("µs per request, beside an async view", rows)
    return results
