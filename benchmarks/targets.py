"""The targets: what our figures must reach, as ratios in one run or as exact counts."""

from __future__ import annotations

from dataclasses import dataclass

from catalogue import OURS
from report import Figures, markdown_table


@dataclass(frozen=True, slots=True)
class Target:
    """Our figure for a workload must be at most *limit* times that of *peer*."""

    workload: str
    peer: str
    limit: float


IN_PROCESS = (
    Target("text", "blacksheep", 1.0),
    Target("text", "falcon", 1.0),
    Target("text", "starlette", 0.5),
    Target("json", "blacksheep", 0.5),
    Target("path", "blacksheep", 0.5),
)
MANY_ROUTES = 1.10
INSTRUCTIONS = {"text": 36_000, "json": 40_000, "path": 46_000}


def row(claim: str, figure: float, limit: float, form: str = ".2f") -> list[str]:
    """One line of a table of targets."""
    met = "yes" if figure <= limit else "**no**"
    return [claim, format(figure, form), f"≤ {limit:{form}}", met]


def table(rows: list[list[str]]) -> str:
    """The table of targets; nothing when there are none."""
    return markdown_table(["target", "measured", "limit", "met"], rows) if rows else ""


def ratio_rows(figures: Figures, targets: tuple[Target, ...]) -> list[list[str]]:
    """The targets whose peer was measured too, by the minima."""
    rows: list[list[str]] = []
    for target in targets:
        ours = figures.get(OURS, {}).get(target.workload)
        theirs = figures.get(target.peer, {}).get(target.workload)
        if ours and theirs:
            claim = f"{target.workload}, ours / {target.peer}"
            rows.append(row(claim, ours.minimum / theirs.minimum, target.limit))
    return rows
