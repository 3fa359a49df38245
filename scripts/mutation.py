"""Changes code, and sees whether a test notices: ``python scripts/mutation.py FOLDER [NAME...]``.

A name, as in ``FOLDER table``, is one of `TARGETS`; without one it is all. Each change is made in a
copy of the commit, by cosmic-ray, and the tests beside the module run. What no test notices is
printed, and the exit code is 1: a test is missing, or the code does nothing. Some changes cannot be
noticed, as they mean the same.

``--sample 50`` makes so many of the changes, the same ones each time.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from members import ROOT

# The modules whose mistakes are the hardest to see, with their tests.
TARGETS = {
    "algorithms": (
        "responder-ratelimit",
        "algorithms",
        ["test_algorithms", "test_memory", "test_limiter"],
    ),
    "conditional": ("responder-core", "http/conditional", ["test_conditional"]),
    "table": ("responder-core", "table", ["test_table"]),
}
# What people get wrong. cosmic-ray has more, as `|` for `+`, which any test notices.
OPERATORS = re.compile(
    r"core/(AddNot|NumberReplacer|Replace(And|Or|True|False|Break|Continue)With\w+"
    r"|ReplaceComparisonOperator_\w+|ReplaceUnaryOperator_\w+|ZeroIterationForLoop"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_FloorDiv|FloorDiv_Mul|Mod_FloorDiv))"
)
CONFIG = """\
[cosmic-ray]
module-path = "{module}"
timeout = 120.0
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:cacheprovider -p anyio {tests}"
[cosmic-ray.distributor]
name = "local"
"""


def main(arguments: list[str]) -> int:
    """Change and test; gives 1 when a change went unnoticed."""
    parser = argparse.ArgumentParser(
        prog="mutation.py", description="Change code, and see whether tests notice."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", nargs="*", choices=list(TARGETS))
    parser.add_argument("--sample", type=int, help="how many changes of a module to make")
    options = parser.parse_args(arguments)
    unnoticed = [
        change
        for name in options.name or TARGETS
        for change in mutate(name, options.folder.resolve() / name, options.sample)
    ]
    return 1 if unnoticed else 0


def mutate(name: str, folder: Path, sample: int | None) -> list[str]:
    """The changes of a module that no test noticed."""
    package, module, tests = TARGETS[name]
    command = ["git", "archive", "HEAD"]
    commit = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(commit)) as archive:
        archive.extractall(folder, filter="data")
    sources = f"packages/{package}/src"
    config = CONFIG.format(
        module=f"{sources}/{package.replace('-', '_')}/{module}.py",
        python=sys.executable,
        tests=" ".join(f"packages/{package}/tests/{test}.py" for test in tests),
    )
    (folder / "mutation.toml").write_text(config, encoding="utf-8")
    cosmic_ray(folder, "init", "mutation.toml", "mutation.sqlite")
    chosen = choose(folder / "mutation.sqlite", sample)
    print(f"\n== {name}: {chosen} changes", flush=True)
    cosmic_ray(folder, "exec", "mutation.toml", "mutation.sqlite", sources=folder / sources)
    lines = cosmic_ray(folder, "dump", "mutation.sqlite").splitlines()
    results = [json.loads(line)[1] for line in lines]
    unnoticed = [str(each["diff"]) for each in results if each["test_outcome"] == "survived"]
    print(*unnoticed, sep="\n\n")
    print(f"   {name}: {len(results) - len(unnoticed)} of {len(results)} were noticed")
    return unnoticed


def choose(session: Path, sample: int | None) -> int:
    """Keep those changes that are worth making, and of these a sample; gives how many."""
    with sqlite3.connect(session) as database:
        rows: list[tuple[Any, ...]] = database.execute(
            "SELECT job_id, operator_name, definition_name FROM mutation_specs "
            "ORDER BY start_pos_row, start_pos_col, operator_name, occurrence"
        ).fetchall()
        # Outside of functions, conditions are those of type checkers.
        wanted = [job for job, operator, place in rows if OPERATORS.fullmatch(operator) and place]
        if sample is not None and sample < len(wanted):
            wanted = random.Random(0).sample(wanted, sample)  # noqa: S311 - no secret
        others = [(job,) for job, *_ in rows if job not in set(wanted)]
        database.executemany("DELETE FROM mutation_specs WHERE job_id = ?", others)
        database.executemany("DELETE FROM work_items WHERE job_id = ?", others)
    return len(wanted)


def cosmic_ray(folder: Path, *arguments: str, sources: Path | None = None) -> str:
    """Run cosmic-ray in the copy, with its sources before those that are installed."""
    variables = {"PYTHONPATH": str(sources or ""), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    program = Path(sys.executable).parent / "cosmic-ray"
    result = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env=os.environ | variables,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return result.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
