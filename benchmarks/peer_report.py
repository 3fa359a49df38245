"""The report of ``peers.py``: what its document of figures says, as a page of Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import truediv
from statistics import median
from typing import Any

import targets
from peer_catalogue import (
    ALIKE,
    ALIKE_RSGI,
    BARE,
    BARE_RSGI,
    BY_NAME,
    OURS,
    OURS_RSGI,
)
from peer_workloads import GROUPS, TASKS
from report import markdown_table

Document = dict[str, Any]
"""What ``peers.json`` holds."""

FLOORS = (BARE, ALIKE, BARE_RSGI, ALIKE_RSGI)
FRAMEWORKS = tuple(name for name in BY_NAME if name not in {*FLOORS, OURS, OURS_RSGI})
ON_UVICORN = tuple(name for name in FRAMEWORKS if BY_NAME[name].host == "uvicorn")
# The others have their routers written in Rust.
ROUTED_IN_PYTHON = tuple(name for name in FRAMEWORKS if name not in {"robyn", "emmett"})


@dataclass(frozen=True, slots=True)
class Goal:
    """What our figures of some workloads must reach, beside those of others."""

    tasks: tuple[str, ...]
    limit: float = 1.0
    against: tuple[str, ...] = (BARE,)
    """Ours is compared with the cheapest of these that was measured."""
    what: str = ""
    """What these are, when they are several."""
    ours: str = OURS


PLAIN = ("text", "json", "path", "query")
BODIES = ("body", "struct")
ROUTES = ("routes-hit", "routes-all", "routes-404", "routes-405")
GOALS = (
    Goal((*PLAIN, *BODIES, *ROUTES, "hooks"), 1.10),
    Goal(("limit", "graphql"), 1.15),
    Goal((*PLAIN, *BODIES, *ROUTES), 1.10, (ALIKE,)),
    Goal(("limit",), 1.15, (ALIKE,)),
    Goal(("session",), 1.80),
    Goal(("file",), 1.60),
    Goal(("session",), 0.60, ("starlette",)),
    Goal(("sync",), 0.75, ("starlette",)),
    Goal(PLAIN, 1.0, ON_UVICORN, "frameworks on uvicorn"),
    Goal(ROUTES, 1.0, ROUTED_IN_PYTHON, "all that route in Python"),
    Goal((*BODIES, "hooks", "session", "limit", "file"), 1.0, FRAMEWORKS, "all"),
    Goal(("sync",), 1.0, FRAMEWORKS, "all that use a thread"),
    Goal(("graphql",), 1.0, FRAMEWORKS, "all on graphql-core"),
    Goal(
        (*BODIES, "hooks", "session", "limit", "file", "sync", "graphql"),
        1.0,
        FRAMEWORKS,
        "all",
        OURS_RSGI,
    ),
    Goal(("text", "json"), 1.15, (BARE_RSGI,), ours=OURS_RSGI),
    Goal(("text", "json"), 1.15, (ALIKE_RSGI,), ours=OURS_RSGI),
    Goal(
        ("text", "json"),
        1.0,
        ("emmett", "robyn", *ON_UVICORN),
        "Emmett, Robyn and all on uvicorn",
        OURS_RSGI,
    ),
)


# A workload and a peer, for those that a goal compares with one other: these have further turns.
COMPARED = frozenset(
    (task, name)
    for goal in GOALS
    if len(goal.against) == 1
    for task in goal.tasks
    for name in (goal.ours, *goal.against)
)


def cost(document: Document, task: str, peer: str) -> float | None:
    """The least CPU time of a peer, in microseconds; None when it was not measured, or erred."""
    figure = document["results"].get(task, {}).get(peer)
    return None if figure is None or figure["errors"] else figure["cpu_us"]["minimum"]


def turns_of(document: Document, task: str, *peers: str) -> list[list[float]]:
    """What each of some peers took in each turn, with the further ones if all have them."""
    costs = [document["results"][task][name]["cpu_us"] for name in peers]
    both = all(each["further"] for each in costs)
    return [each["turns"] + each["further"] if both else each["turns"] for each in costs]


def goal_rows(document: Document) -> list[list[str]]:
    """The lines of the table of targets, for what was measured."""
    rows: list[list[str]] = []
    for goal in GOALS:
        for task in goal.tasks:
            ours = cost(document, task, goal.ours)
            costs = {name: cost(document, task, name) for name in goal.against}
            theirs = {name: each for name, each in costs.items() if each}
            if ours is None or not theirs:
                continue
            cheapest = min(theirs, key=lambda name: theirs[name])
            whom = f"the cheapest of {goal.what} ({cheapest})" if goal.what else cheapest
            own, other = turns_of(document, task, goal.ours, cheapest)
            claim, *rest = targets.row(
                f"{task}, {goal.ours} / {whom}", min(own) / min(other), goal.limit
            )
            # A machine that slows down leaves the ratios of its turns alone.
            turns = median(map(truediv, own, other))
            rows.append([claim, f"{turns:.2f}", *rest])
    return rows


def cost_text(figure: dict[str, Any]) -> str:
    """The least CPU time, then the middle one; with a mark when there were errors."""
    text = f"{figure['cpu_us']['minimum']:.2f} ({figure['cpu_us']['median']:.2f})"
    return f"{text} †" if figure["errors"] else text


def rate_text(figure: dict[str, Any]) -> str:
    """The best rate, then the middle one."""
    return f"{figure['per_second']['maximum']:,.0f} ({figure['per_second']['median']:,.0f})"


def ratio_text(document: Document, task: str, peer: str) -> str:
    """The CPU time of a peer, as a multiple of the bare application of the same server."""
    bare = BARE_RSGI if BY_NAME[peer].host == BY_NAME[BARE_RSGI].host else BARE
    own, floor = cost(document, task, peer), cost(document, task, bare)
    return f"{own / floor:.2f}" if own and floor else "–"


def table(
    document: Document,
    head: str,
    tasks: Sequence[str],
    show: Callable[[str, str], str],
) -> str:
    """A line for each peer that was measured, a column for each workload."""
    results = document["results"]
    rows = [
        [
            f"**{name}**" if name in {OURS, OURS_RSGI} else name,
            peer.host,
            *(show(task, name) if name in results[task] else "–" for task in tasks),
        ]
        for name, peer in BY_NAME.items()
        if any(name in results[task] for task in tasks)
    ]
    return markdown_table([head, "on", *tasks], rows)


def group_parts(document: Document, title: str, tasks: Sequence[str]) -> list[str]:
    """The heading and the tables of a group."""
    results = document["results"]
    lines = [f"- `{task}`: {TASKS[task].title}." for task in tasks]

    def show_cost(task: str, peer: str) -> str:
        return cost_text(results[task][peer])

    def show_rate(task: str, peer: str) -> str:
        return rate_text(results[task][peer])

    def show_ratio(task: str, peer: str) -> str:
        return ratio_text(document, task, peer)

    parts = [
        f"## {title}\n",
        "\n".join(lines) + "\n",
        table(document, "µs of CPU", tasks, show_cost),
    ]
    if any(BARE in results[task] for task in tasks):
        parts.append(table(document, "times the bare one", tasks, show_ratio))
    parts.append(table(document, "per second", tasks, show_rate))
    return parts


_ORIGIN = """\
Written by `benchmarks/peers.py` from `peers.json`; the README of benchmarks/ says how it measures.
"""
_LEGEND = """\
CPU time is that of the server with all its workers, in microseconds for each request: the least of
{repetitions} repetitions, then the middle one. Rates are the best, then the middle one. The bare
application is the one on granian for what runs there by RSGI, and the one on uvicorn for others;
it gives the least that is right, and the one with the same answer sends what Responder sends, field
by field.
– is not measured: the peer has no feature for it, or the last list says why.
Load: {load}, {seconds:g} s each.
"""


_RATIOS = """\
Ratios of CPU time: the middle one of those of each turn, and that of the least figures, by which a
target is met. What is compared with one other alone has {further} turns more, of half the length.
"""


def markdown(document: Document) -> str:
    """The page."""
    versions = ", ".join(f"{name} {number}" for name, number in document["versions"].items())
    parts = [
        "# Peers\n",
        _ORIGIN,
        _LEGEND.format(**document),
        f"{document['processor']}; {document['python']}; {versions}.\n",
    ]
    if rows := goal_rows(document):
        parts += ["## Targets\n", _RATIOS.format(**document)]
        parts.append(markdown_table(["target", "turns", "least", "limit", "met"], rows))
    for group in GROUPS:
        if tasks := [task.name for task in group.tasks if task.name in document["results"]]:
            parts += group_parts(document, group.title, tasks)
    figures = [each for by in document["results"].values() for each in by.values()]
    if any(figure["errors"] for figure in figures):
        parts.append("† Some answers were errors; `peers.json` counts them.\n")
    if document["skipped"]:
        parts.append("## Skipped\n")
        lines = [
            f"- {each['peer']}, {each['what']}: {each['reason']}" for each in document["skipped"]
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)
