"""Observing: what ids, logs and metrics cost, and what stopping and reloading take.

``python benchmarks/observing.py`` prints figures of one run, those of one kind alone with
``cost``, ``metrics``, ``stop``, ``streams`` or ``reload`` behind it.
It starts and stops its own servers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import observed
import reloading
import stopping
import targets
from command import parse_arguments, write_results
from report import surroundings_line

Measure = Callable[..., tuple[Any, list[list[str]]]]

COMMANDS: dict[str, tuple[Measure, str]] = {
    "cost": (observed.measure_cost, "ids, the access log and metrics, in process"),
    "metrics": (observed.measure_metrics, "the metrics of 500 routes, written once"),
    "stop": (stopping.measure_stop, "SIGTERM while 32 clients send"),
    "streams": (stopping.measure_streams, "SIGTERM while 100 event streams are open"),
    "reload": (reloading.measure_reload, "responder dev, from a saved file to its answer"),
}


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments("What observing and stopping cost.", COMMANDS)
    names: list[str] = arguments.names
    results: dict[str, Any] = {}
    goals: list[list[str]] = []
    for name in names:
        measure, text = COMMANDS[name]
        print(f"{name.capitalize()}: {text}.\n")
        figures, lines = measure(quick=arguments.quick)
        results[name] = figures
        goals += lines
    print(targets.table(goals))
    print(f"CPU time: minimum (median). {surroundings_line()}")
    write_results(arguments.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
