"""Start: how long an application with many routes takes to answer, and what they take of memory.

``python scale_start.py NAME ROUTES`` is one fresh interpreter: it imports, builds, starts and
asks for the last route, and prints its memory in bytes.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from report import Figure, Figures

ROUTES = (1, 10, 100, 1_000, 10_000)
MODULES = {"responder": "apps.scale", "starlette": "apps.scale_starlette"}
TIMEOUT = 120.0


def run_child(name: str, count: int) -> None:
    """What the child does: see the module."""
    from harness import ask, http_scope, started

    app = import_module(MODULES[name]).build_routes("typed", count)
    with started(app) as inside:
        answer = inside(lambda: ask(app, http_scope("GET", f"/typed{count - 1}/7")))
    if answer.status != 200:
        raise RuntimeError(f"{name} with {count} routes answers {answer.status}.")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None, status
    print(int(found[1]) * 1024)


def start(name: str, count: int) -> tuple[float, float]:
    """CPU milliseconds of an interpreter from its start to its end, and its megabytes before."""
    command = [sys.executable, __file__, name, str(count)]
    before = spent()
    child = subprocess.run(command, stdout=subprocess.PIPE, timeout=TIMEOUT, check=True)
    return (spent() - before) * 1000, int(child.stdout) / 1_000_000


def spent() -> float:
    """The CPU seconds of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(*, quick: bool) -> dict[str, Figures]:
    """Time and memory by the number of routes, in turns."""
    times: dict[str, dict[str, list[float]]] = {}
    sizes: dict[str, dict[str, list[float]]] = {}
    for turn in range(2 if quick else 6):
        for count in ROUTES:
            for name in MODULES:
                taken, held = start(name, count)
                if turn:  # The first compiles modules.
                    times.setdefault(name, {}).setdefault(str(count), []).append(taken)
                    sizes.setdefault(name, {}).setdefault(str(count), []).append(held)
    return {
        title: {
            name: {place: Figure.of(each) for place, each in by.items()}
            for name, by in found.items()
        }
        for title, found in (("CPU ms to start by routes", times), ("MB by routes", sizes))
    }


if __name__ == "__main__":
    run_child(sys.argv[1], int(sys.argv[2]))
