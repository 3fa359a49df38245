"""Handlers: what validated bodies, hooks, dependencies, sync views and WebSockets cost.

``python benchmarks/handlers.py`` prints figures and ratios of one run, those of one kind alone
with ``body``, ``hooks``, ``dependencies``, ``sync`` or ``websocket`` behind it.
It starts and stops its own servers.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import calls
import sockets
from load import generator
from messages import as_data
from report import surroundings, surroundings_line

Measure = Callable[..., calls.Results]

COMMANDS: dict[str, tuple[Measure, str]] = {
    "body": (calls.measure_body, "a model that is posted and answered, in process and on uvicorn"),
    "hooks": (calls.measure_hooks, "five hooks beside none, in process"),
    "dependencies": (calls.measure_dependencies, "a chain of three, in process"),
    "sync": (calls.measure_sync, "sync views in threads and in place, beside async ones"),
    "websocket": (sockets.measure_websocket, "an echo over fifty connections on uvicorn"),
}


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    listed = "; ".join(f"{name}: {text}" for name, (_, text) in COMMANDS.items())
    parser = argparse.ArgumentParser(description="What handlers cost.", epilog=listed)
    parser.add_argument("command", nargs="?", default="all", choices=[*COMMANDS, "all"])
    parser.add_argument("--quick", action="store_true", help="less of it, more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments()
    names = list(COMMANDS) if arguments.command == "all" else [arguments.command]
    if not shutil.which("wrk") and {"body", "sync"}.intersection(names):
        hint = "the slower client of load.py sends the load (Debian: apt install wrk)"
        print(f"wrk is not installed: {hint}.", file=sys.stderr)
    results: dict[str, Any] = {}
    for name in names:
        print(f"{name.capitalize()}: {COMMANDS[name][1]}.\n")
        results[name] = as_data(COMMANDS[name][0](quick=arguments.quick))
    print(f"CPU time: minimum (median). Load: {generator()}. {surroundings_line()}")
    if arguments.json:
        document = {**surroundings(), "results": results}
        text = json.dumps(document, indent=2, ensure_ascii=False)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
