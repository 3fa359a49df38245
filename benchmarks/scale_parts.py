"""Parts: what each step of a request costs by itself, in exact machine instructions.

``python benchmarks/scale_parts.py`` takes each part some hundred times in a child under valgrind's
callgrind; what an empty step costs is taken off. ``--time`` takes CPU time instead, without it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from command import as_data
from parts import PARTS
from report import markdown_table, surroundings, surroundings_line
from steps import run

WARM_UP = 200
COUNTED = 500
"""Calls of a part that are counted."""
MARK = "getppid"
"""A function of the C library that nothing else here calls."""
REPEATED = 20_000
"""Calls of a part that are timed."""


def run_child(names: list[str]) -> None:
    """What the child does: make each part, and take it between two marks."""
    for name in names:
        step = PARTS[name][0]()
        run(step, WARM_UP)
        gc.collect()
        # When the collector runs depends on all that went before.
        gc.disable()
        os.getppid()
        run(step, COUNTED)
        os.getppid()
        gc.enable()


def count_parts(names: list[str]) -> dict[str, float]:
    """Instructions of each part.

    Raises:
        RuntimeError: the child failed; its last words are in the message.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        # At each mark callgrind writes what it has counted, to a file of its own, and begins anew.
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        command += [f"--dump-before={MARK}", sys.executable, __file__, "--child", *names]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        child = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        if child.returncode:
            raise RuntimeError(child.stderr[-2000:])
        files = [out.with_name(f"{out.name}.{2 * number + 2}") for number in range(len(names))]
        texts = [file.read_text(encoding="utf-8") for file in files]
    found = [re.search(r"^totals: (\d+)", text, re.MULTILINE) for text in texts]
    return {name: int(each[1]) / COUNTED for name, each in zip(names, found, strict=True) if each}


def time_parts(names: list[str]) -> dict[str, float]:
    """CPU nanoseconds of each part, the least of nine turns."""
    steps = {name: PARTS[name][0]() for name in names}
    gc.freeze()
    least: dict[str, float] = {}
    for _ in range(9):
        for name, step in steps.items():
            begin = time.process_time_ns()
            run(step, REPEATED)
            spent = (time.process_time_ns() - begin) / REPEATED
            least[name] = min(least.get(name, spent), spent)
    return least


def main() -> int:
    """Measure, print, and give the exit status."""
    parser = argparse.ArgumentParser(description="What the steps of a request cost.")
    parser.add_argument("--time", action="store_true", help="CPU time instead of instructions")
    parser.add_argument("--only", metavar="TEXT", default="", help="parts whose names have it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    if not arguments.time and shutil.which("valgrind") is None:
        print("Instruction counts need valgrind; --time takes CPU time.")
        return 2
    names = [name for name in PARTS if arguments.only in name or PARTS[name][1] is None]
    found: dict[str, Any] = (time_parts if arguments.time else count_parts)(names)
    parts = {
        name: found[name] - found[empty]
        for name, (_, empty) in PARTS.items()
        if empty and name in found
    }
    unit = "ns" if arguments.time else "instructions"
    rows = [[name, f"{number:,.0f}"] for name, number in parts.items()]
    print(markdown_table(["part", unit], rows))
    print(surroundings_line())
    if arguments.json:
        document = {**surroundings(), "results": as_data({unit: parts})}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        run_child(sys.argv[2:])
    else:
        sys.exit(main())
