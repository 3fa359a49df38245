"""Imports: how long ``import responder_core`` takes, and what ``import responder`` leaves out.

``python benchmarks/imports.py`` starts a child process for each import, in turns,
and compares with the parts of Starlette that a small service imports.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import targets
from report import Figure, markdown_table, surroundings, surroundings_line

OURS = "responder_core"
STARLETTE = "starlette.applications, starlette.routing, starlette.requests, starlette.responses"
LIMIT = 1.3
UNWANTED = ("graphene", "graphql", "pydantic", "redis", "yaml", "jinja2")
"""What a program that only says ``import responder`` must not pay for."""
PROBE = """
import sys, time
before = len(sys.modules)
begin, begin_cpu = time.perf_counter(), time.process_time()
import {modules}
spent, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
print(spent * 1000, cpu * 1000, len(sys.modules) - before)
"""


def run(code: str) -> str:
    """What a fresh interpreter prints for *code*.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, "-c", code]
    child = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if child.returncode:
        raise RuntimeError(child.stderr[-2000:])
    return child.stdout


def probe(modules: str) -> tuple[float, float, int]:
    """Milliseconds of wall time and of CPU time of one import, and how many modules it loads."""
    wall, cpu, count = run(PROBE.format(modules=modules)).split()
    return float(wall), float(cpu), int(count)


def unwanted_imports(module: str) -> list[str]:
    """Which unwanted packages *module* imports."""
    code = f"import sys, {module}; print(*[name for name in {UNWANTED!r} if name in sys.modules])"
    return run(code).split()


def main() -> int:
    """Measure, print, and give the exit status: 1 when something unwanted is imported."""
    parser = argparse.ArgumentParser(description="How long imports take.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    imports = (OURS, STARLETTE)
    for modules in imports:
        probe(modules)  # This one may compile the modules.
    probes: dict[str, list[tuple[float, float, int]]] = {modules: [] for modules in imports}
    for _ in range(20 if arguments.quick else 60):
        for modules in imports:
            probes[modules].append(probe(modules))
    wall = {modules: Figure.of([each[0] for each in runs]) for modules, runs in probes.items()}
    cpu = {modules: Figure.of([each[1] for each in runs]) for modules, runs in probes.items()}
    rows = [
        [f"`import {modules}`"]
        + [f"{each.minimum:.1f} ({each.median:.1f})" for each in (wall[modules], cpu[modules])]
        + [str(probes[modules][0][2])]
        for modules in imports
    ]
    print(markdown_table(["in a fresh interpreter", "ms", "CPU ms", "modules"], rows))
    best = wall[OURS].minimum / wall[STARLETTE].minimum
    median = wall[OURS].median / wall[STARLETTE].median
    goals = [
        targets.row("ours / Starlette, best", best, LIMIT),
        targets.row("ours / Starlette, median", median, LIMIT),
    ]
    print(targets.table(goals))
    unwanted = unwanted_imports("responder")
    found = ", ".join(unwanted) if unwanted else f"none of {', '.join(UNWANTED)}"
    print(f"`import responder` imports {found}.")
    print(f"Minimum (median) of {len(probes[OURS])} interleaved runs. {surroundings_line()}")
    if arguments.json:
        results = {"best_ratio": best, "median_ratio": median, "unwanted": unwanted}
        document = json.dumps({**surroundings(), **results}, indent=2)
        arguments.json.write_text(document + "\n", encoding="utf-8")
    return 1 if unwanted else 0


if __name__ == "__main__":
    sys.exit(main())
