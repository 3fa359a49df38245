"""Instructions: exact machine instructions per request, counted by valgrind's callgrind.

Two child processes run the same application with few and with many requests;
the difference of their totals, divided by the difference of the requests, is
what one request takes. Start-up and warm-up fall out. The count hardly varies
from run to run, so it can guard against a slow-down where a time cannot.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import targets
from catalogue import BY_NAME, HOOKED, OURS, Contender
from harness import drive, started
from report import interpreter, markdown_table, surroundings, surroundings_line
from workloads import ERRORS, MAIN

from responder_core import speedups

if TYPE_CHECKING:
    import argparse

FEW, MANY = 200, 1200
"""Requests of the two runs; the first ones of both specialize the interpreter's code."""
TOLERANCE = 1.05
"""How much dearer a request may be than the committed count."""
UNABLE = 3
"""The exit status when nothing could be compared."""

Counts = dict[str, dict[str, int]]
"""Instructions per request, by application and workload."""


def run_requests(name: str, workload_name: str, count: int) -> None:
    """What a child does: start the application, check one answer, send *count* requests."""
    contender = BY_NAME[name]
    workload = next(each for each in contender.workloads if each.name == workload_name)
    app = contender.build()
    with started(app):
        contender.check(app, workload)
        scope = workload.scope
        # When the collector runs depends on all that went before, so it would blur the count.
        gc.collect()
        gc.disable()
        drive(app, scope, count)


def total_instructions(name: str, workload: str, count: int) -> int:
    """All instructions of a child with *count* requests."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        run_child([*valgrind, *child_command(name, workload, count)])
        for line in out.read_text(encoding="utf-8").splitlines():
            if line.startswith("totals:"):
                return int(line.split()[1])
    raise RuntimeError("callgrind wrote no totals.")


def child_command(name: str, workload: str, count: int) -> list[str]:
    """The command of a child."""
    return [sys.executable, __file__, name, workload, str(count)]


def run_child(command: list[str], **variables: str) -> None:
    """Run a child whose dictionaries have the same order each time.

    Raises:
        RuntimeError: it failed; its last words are in the message.
    """
    environment = {**os.environ, "PYTHONHASHSEED": "0", **variables}
    child = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command[-3:])} failed:\n{child.stderr[-2000:]}")


def count_instructions(pairs: list[tuple[str, str]]) -> Counts:
    """Instructions per request of each application and workload, on all cores at once."""
    if not pairs:
        return {}
    for name, workload in pairs:
        # A first run compiles the modules, so that the counted ones need not; and a wrong
        # answer ends all before the slow part.
        run_child(child_command(name, workload, 1))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        names, workloads = zip(*pairs, strict=True)
        few = pool.map(total_instructions, names, workloads, repeat(FEW))
        many = pool.map(total_instructions, names, workloads, repeat(MANY))
        counts: Counts = {}
        for (name, workload), less, more in zip(pairs, few, many, strict=True):
            counts.setdefault(name, {})[workload] = round((more - less) / (MANY - FEW))
    return counts


def build() -> str:
    """What is counted apart: the interpreter in a few words, and whether speedups are built."""
    return f"{interpreter()}{', with speedups' if speedups.is_built else ''}"


def print_counts(counts: Counts) -> None:
    """Print the counts, and ours beside their budgets."""
    names = [workload.name for workload in MAIN + ERRORS]
    rows = [
        [f"**{name}**" if name == OURS else name]
        + [f"{by_workload[each]:,}" if each in by_workload else "–" for each in names]
        for name, by_workload in counts.items()
    ]
    print(markdown_table(["instructions per request", *names], rows))
    ours = counts.get(OURS, {})
    budgets = [(name, limit) for name, limit in targets.INSTRUCTIONS.items() if name in ours]
    print(targets.table([targets.row(name, ours[name], limit, ",d") for name, limit in budgets]))
    print(f"Exact counts of callgrind. {surroundings_line()}")


def read_counts(file: Path) -> Counts | None:
    """The committed counts of this build; a line that says so when there are none."""
    document = json.loads(file.read_text(encoding="utf-8"))
    committed = document.get(build())
    if committed is None:
        known = "; ".join(document) or "none"
        print(f"No counts of {build()} to compare with; {file.name} holds: {known}.")
        return None
    counts: Counts = committed["counts"]
    return counts


def compare(counts: Counts, file: Path) -> int:
    """Print how our counts stand to the committed ones; the exit status."""
    committed = read_counts(file)
    if committed is None:
        return UNABLE
    dearer = 0
    for name, by_workload in committed.items():
        for workload, before in by_workload.items():
            now = counts.get(name, {}).get(workload)
            if now is None:
                print(f"{name}, {workload}: {before:,} before, not counted now.")
                dearer += 1
                continue
            verdict = "too dear" if now > before * TOLERANCE else "fine"
            dearer += verdict != "fine"
            change = f"{now / before - 1:+.1%}"
            print(f"{name}, {workload}: {before:,} before, {now:,} now, {change}: {verdict}.")
    return 1 if dearer else 0


def write(counts: Counts, file: Path) -> None:
    """Put our counts into *file*, beside those of other builds."""
    document: dict[str, object] = {}
    if file.exists():
        document = json.loads(file.read_text(encoding="utf-8"))
    entry = {**surroundings(), "counts": counts}
    document[build()] = entry
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def run(contenders: list[Contender], arguments: argparse.Namespace) -> int:
    """Count, print, write and compare as the command line asks; the exit status."""
    if shutil.which("valgrind") is None:
        print("Instruction counts need valgrind: apt install valgrind (or your system's way).")
        return UNABLE
    # Before the slow part, unless that makes them.
    if arguments.guard and not arguments.write and read_counts(arguments.guard) is None:
        return UNABLE
    names = {workload.name for workload in MAIN + ERRORS}
    chosen = [each for each in contenders if names & {work.name for work in each.workloads}]
    if arguments.guard or arguments.write:
        chosen = [contender for contender in chosen if contender.name in (OURS, HOOKED.name)]
    counts = count_instructions(
        [(each.name, workload.name) for each in chosen for workload in each.workloads]
    )
    print_counts(counts)
    if arguments.write:
        write(counts, arguments.write)
    if arguments.json:
        document = {**surroundings(), "counts": counts}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return compare(counts, arguments.guard) if arguments.guard else 0


if __name__ == "__main__":
    run_requests(sys.argv[1], sys.argv[2], int(sys.argv[3]))
