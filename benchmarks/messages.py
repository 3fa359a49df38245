"""Messages: what large answers, files, long streams and compression cost.

``python benchmarks/messages.py`` prints figures, ratios and targets of one run, those of one
kind alone with ``large-json``, ``file``, ``memory`` or ``compression`` behind it.
It starts and stops its own servers.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import Any

import exchanges
import latency
import memory
import targets
from command import parse_arguments, write_results
from load import generator
from report import surroundings_line
from samples import sample_directory

Measure = Callable[..., tuple[list[list[str]], dict[str, Any]]]

COMMANDS: dict[str, tuple[Measure, str]] = {
    "large-json": (exchanges.measure_large_json, "90 kB of JSON, in process and on uvicorn"),
    "file": (exchanges.measure_file, "a file of 1 MiB on uvicorn: CPU time, first byte"),
    "memory": (memory.measure_memory, "resident memory while 1 GB is streamed down or up"),
    "compression": (latency.measure_compression, "p99 of small requests beside 10 MB with gzip"),
}


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments("What messages cost.", COMMANDS)
    names: list[str] = arguments.names
    if not shutil.which("wrk") and {"large-json", "file"}.intersection(names):
        hint = "the slower client of load.py sends the load (Debian: apt install wrk)"
        print(f"wrk is not installed: {hint}.", file=sys.stderr)
    results: dict[str, Any] = {}
    goals: list[list[str]] = []
    with sample_directory():
        for name in names:
            lines, figures = COMMANDS[name][0](quick=arguments.quick)
            goals += lines
            results[name] = figures
    print(targets.table(goals))
    print(f"Load: {generator()}. {surroundings_line()}")
    write_results(arguments.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
