"""Cold: a request of 500 routes, in process, when the caches of the processor hold little of it.

``python benchmarks/cold.py`` asks for one route again and again, and for all of them in no order,
each with and without a look at a megabyte between two requests, which is about what a server does
to the caches.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import ExitStack

from apps import bare_peers, responder
from command import parse_arguments, write_results
from harness import App, ask, discard, drive, http_scope, started
from report import Figure, Figures, markdown_table, surroundings_line
from samples import ROUTES

BYTES = 1_000_000
REQUESTS = 4_000
STATES = {"warm": False, "cold": True}


def take(app: App, paths: list[str], memory: bytearray, *, cold: bool) -> float:
    """Microseconds of a request, the median of these."""
    spent: list[int] = []
    for path in paths:
        scope = http_scope("GET", path)
        if cold:
            memory.count(b"\1")
        begin = time.perf_counter_ns()
        drive(app, scope, 1, discard)
        spent.append(time.perf_counter_ns() - begin)
    spent.sort()
    return spent[len(spent) // 2] / 1000


def main() -> int:
    """Measure and print."""
    arguments = parse_arguments("What a request costs where the caches are cold.", {})
    chosen = random.Random(1).choices(range(ROUTES), k=REQUESTS // (4 if arguments.quick else 1))
    paths = {
        "one route": [f"/typed{ROUTES - 1}/{number}" for number in chosen],
        "all in turn": [f"/typed{number}/{number}" for number in chosen],
    }
    apps = {"bare, msgspec": bare_peers.build_routes(), "responder": responder.build_routes()}
    memory = bytearray(BYTES)
    taken: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        for app in apps.values():
            stack.enter_context(started(app))
            for number in range(ROUTES):
                if ask(app, http_scope("GET", f"/typed{number}/1")).status != 200:
                    raise RuntimeError(f"{app!r} does not answer /typed{number}/1.")
        for _ in range(2 if arguments.quick else 5):
            for name, app in apps.items():
                for which, asked in paths.items():
                    for state, cold in STATES.items():
                        took = take(app, asked, memory, cold=cold)
                        taken.setdefault((name, f"{which}, {state}"), []).append(took)
    columns = [f"{which}, {state}" for which in paths for state in STATES]
    figures: Figures = {
        name: {column: Figure.of(taken[name, column]) for column in columns} for name in apps
    }
    rows = [
        [name, *(f"{each.minimum:.2f} ({each.median:.2f})" for each in found.values())]
        for name, found in figures.items()
    ]
    print(markdown_table([f"µs per request, {ROUTES} routes", *columns], rows))
    print(f"Medians of {len(chosen)} requests: minimum (median) of the runs. {surroundings_line()}")
    write_results(arguments.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
