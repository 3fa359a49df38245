"""Messages: what large answers, files, long streams and compression cost.

``python benchmarks/messages.py`` prints figures, ratios and targets of one run, those of one
kind alone with ``large-json``, ``file``, ``memory`` or ``compression`` behind it.
It starts and stops its own servers.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import exchanges
import latency
import memory
import targets
from load import generator
from report import surroundings, surroundings_line
from samples import sample_directory

Measure = Callable[..., tuple[list[list[str]], dict[str, Any]]]

COMMANDS: dict[str, tuple[Measure, str]] = {
    "large-json": (exchanges.measure_large_json, "90 kB of JSON, in process and on uvicorn"),
    "file": (exchanges.measure_file, "a file of 1 MiB on uvicorn: CPU time, first byte"),
    "memory": (memory.measure_memory, "resident memory while 1 GB is streamed down or up"),
    "compression": (latency.measure_compression, "p99 of small requests beside 10 MB with gzip"),
}


def as_data(figures: Any) -> Any:
    """Figures as JSON has them."""
    if isinstance(figures, dict):
        return {name: as_data(value) for name, value in figures.items()}
    return asdict(figures)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    listed = "; ".join(f"{name}: {text}" for name, (_, text) in COMMANDS.items())
    parser = argparse.ArgumentParser(description="What messages cost.", epilog=listed)
    parser.add_argument("command", nargs="?", default="all", choices=[*COMMANDS, "all"])
    parser.add_argument("--quick", action="store_true", help="less of it, more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments()
    names = list(COMMANDS) if arguments.command == "all" else [arguments.command]
    if not shutil.which("wrk") and {"large-json", "file"}.intersection(names):
        hint = "the slower client of load.py sends the load (Debian: apt install wrk)"
        print(f"wrk is not installed: {hint}.", file=sys.stderr)
    results: dict[str, Any] = {}
    goals: list[list[str]] = []
    with sample_directory():
        for name in names:
            lines, figures = COMMANDS[name][0](quick=arguments.quick)
            goals += lines
            results[name] = as_data(figures)
    print(targets.table(goals))
    print(f"Load: {generator()}. {surroundings_line()}")
    if arguments.json:
        document = {**surroundings(), "results": results}
        text = json.dumps(document, indent=2, ensure_ascii=False)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
