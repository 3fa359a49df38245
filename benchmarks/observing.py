"""Observing: what ids, logs and metrics cost, and what stopping and reloading take.

``python benchmarks/observing.py`` prints figures of one run, those of one kind alone with
``cost``, ``metrics``, ``stop``, ``streams`` or ``reload`` behind it.
It starts and stops its own servers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import observed
import stopping
import targets
from report import Figure, surroundings, surroundings_line

Measure = Callable[..., tuple[Any, list[list[str]]]]

COMMANDS: dict[str, tuple[Measure, str]] = {
    "cost": (observed.measure_cost, "ids, the access log and metrics, in process"),
    "metrics": (observed.measure_metrics, "the metrics of 500 routes, written once"),
    "stop": (stopping.measure_stop, "SIGTERM while 32 clients send"),
    "streams": (stopping.measure_streams, "SIGTERM while 100 event streams are open"),
    "reload": (stopping.measure_reload, "responder dev, from a saved file to its answer"),
}


def as_data(figures: Any) -> Any:
    """Figures as JSON has them."""
    if isinstance(figures, dict):
        return {name: as_data(value) for name, value in figures.items()}
    if isinstance(figures, Figure):
        return {"minimum": figures.minimum, "median": figures.median}
    return figures


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    listed = "; ".join(f"{name}: {text}" for name, (_, text) in COMMANDS.items())
    parser = argparse.ArgumentParser(description="What observing and stopping cost.", epilog=listed)
    parser.add_argument("command", nargs="?", default="all", choices=[*COMMANDS, "all"])
    parser.add_argument("--quick", action="store_true", help="less of it, more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments()
    names = list(COMMANDS) if arguments.command == "all" else [arguments.command]
    results: dict[str, Any] = {}
    goals: list[list[str]] = []
    for name in names:
        measure, text = COMMANDS[name]
        print(f"{name.capitalize()}: {text}.\n")
        figures, lines = measure(quick=arguments.quick)
        results[name] = as_data(figures)
        goals += lines
    print(targets.table(goals))
    print(f"CPU time: minimum (median). {surroundings_line()}")
    if arguments.json:
        document = {**surroundings(), "results": results}
        text = json.dumps(document, indent=2, ensure_ascii=False)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
