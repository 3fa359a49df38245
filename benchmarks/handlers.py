"""Handlers: what validated bodies, hooks, dependencies, sync views and WebSockets cost.

``python benchmarks/handlers.py`` prints figures and ratios of one run, those of one kind alone
with ``body``, ``hooks``, ``dependencies``, ``sync`` or ``websocket`` behind it.
It starts and stops its own servers.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import Any

import calls
import sockets
from command import parse_arguments, write_results
from load import generator
from report import surroundings_line

Measure = Callable[..., calls.Results]

COMMANDS: dict[str, tuple[Measure, str]] = {
    "body": (calls.measure_body, "a model that is posted and answered, in process and on uvicorn"),
    "hooks": (calls.measure_hooks, "five hooks beside none, in process"),
    "dependencies": (calls.measure_dependencies, "a chain of three, in process"),
    "sync": (calls.measure_sync, "sync views in threads and in place, beside async ones"),
    "websocket": (sockets.measure_websocket, "an echo over fifty connections on uvicorn"),
}


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments("What handlers cost.", COMMANDS)
    names: list[str] = arguments.names
    if not shutil.which("wrk") and {"body", "sync"}.intersection(names):
        hint = "the slower client of load.py sends the load (Debian: apt install wrk)"
        print(f"wrk is not installed: {hint}.", file=sys.stderr)
    results: dict[str, Any] = {}
    for name in names:
        print(f"{name.capitalize()}: {COMMANDS[name][1]}.\n")
        results[name] = COMMANDS[name][0](quick=arguments.quick)
    print(f"CPU time: minimum (median). Load: {generator()}. {surroundings_line()}")
    write_results(arguments.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
