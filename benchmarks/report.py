"""The report: figures as Markdown tables and as JSON, with what they were measured on."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalogue import OURS, installed_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PACKAGES = (
    "responder-core",
    "msgspec",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "falcon",
    "blacksheep",
    "fastapi",
    "pydantic",
    "anyio",
    "websockets",
    "watchfiles",
    "prometheus-client",
    "granian",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """What repetitions of one measurement gave, in microseconds per request."""

    minimum: float
    median: float

    @classmethod
    def of(cls, repetitions: Sequence[float]) -> Figure:
        """The figure of a few repetitions."""
        return cls(min(repetitions), statistics.median(repetitions))


Figures = dict[str, dict[str, Figure]]
"""Figures by application and workload."""


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows)) + "\n"


def figures_table(figures: Figures, workloads: Sequence[str]) -> str:
    """Each application's minimum, with the median in brackets."""
    rows: list[list[str]] = []
    for name, by_workload in figures.items():
        cells = [by_workload.get(workload) for workload in workloads]
        if any(cells):
            texts = [f"{cell.minimum:.2f} ({cell.median:.2f})" if cell else "–" for cell in cells]
            rows.append([f"**{name}**" if name == OURS else name, *texts])
    return markdown_table(["µs per request", *workloads], rows)


def ratio_table(figures: Figures, workloads: Sequence[str]) -> str:
    """Our minimum divided by that of each other application: below 1, ours costs less."""
    if OURS not in figures:
        return f"No ratios: {OURS} was not measured.\n"
    wanted = set(workloads)
    others = [
        name
        for name, by_workload in figures.items()
        if name not in (OURS, "noop") and wanted <= by_workload.keys()
    ]
    rows: list[list[str]] = []
    for workload in workloads:
        ours = figures[OURS][workload]
        rows.append(
            [
                workload,
                *[f"{ours.minimum / figures[name][workload].minimum:.2f}" for name in others],
            ]
        )
    return markdown_table([f"{OURS} divided by", *others], rows)


def is_optimized() -> bool:
    """Whether this interpreter was built with profile-guided optimization."""
    if "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS")):
        return True
    # Debian's packages call for the profile in their own way, and leave this flag empty.
    return sysconfig.get_config_var("PGO_PROF_USE_FLAG") == ""


def interpreter() -> str:
    """The interpreter in a few words: ``CPython 3.13, x86_64, not optimized``."""
    name = f"{platform.python_implementation()} {'.'.join(platform.python_version_tuple()[:2])}"
    return f"{name}, {platform.machine()}, {'' if is_optimized() else 'not '}optimized"


def processor() -> str:
    """The model of the processor, as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"


def surroundings() -> dict[str, str]:
    """The machine, the interpreter and the versions, without any name of a host."""
    versions = [(package, installed_version(package)) for package in PACKAGES]
    build = "" if is_optimized() else " (built without --enable-optimizations)"
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "python": f"{platform.python_implementation()} {platform.python_version()}{build}",
        "packages": ", ".join(f"{package} {number}" for package, number in versions if number),
    }


def surroundings_line() -> str:
    """The surroundings as one line under a table."""
    return "; ".join(surroundings().values()) + "."


def write_figures(path: Path, figures: Figures, **more: Mapping[str, object] | str) -> None:
    """Write figures and surroundings to a JSON file."""
    results = {
        name: {workload: asdict(figure) for workload, figure in by_workload.items()}
        for name, by_workload in figures.items()
    }
    document = {**surroundings(), **more, "results": results}
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
