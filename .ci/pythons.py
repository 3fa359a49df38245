"""Runs the whole suite on every CPython from 3.10 to 3.14 here: ``python .ci/pythons.py FOLDER``.

It looks at what PATH has, at pyenv's versions and at what uv lists, takes the newest of each
minor version, and says which it found. Each has an environment of its own, in FOLDER, and runs the
suite in parts, one more at once than there are processors, as tests wait for servers; what a part
prints comes when it has ended. The tests of some markers do not depend on the Python, and the
README's test command has run them; it has run all of them on the Python that this runs on, which
is left out. What is of all packages, examples and documentation, runs on the oldest and on the
newest.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WANTED = [(3, minor) for minor in range(10, 15)]
UV = os.environ.get("UV", "uv")  # `uv run` says where it is.
# The Python that the README's test command has made its environment of, and run the suite on.
OWN = tuple(sys.version_info[:3])
# The markers of tests that do not depend on the Python.
ELSEWHERE = ("browser", "contract", "linters", "npm", "postgres", "redis", "typing", "wheels")
ONCE = " and ".join(f"not {marker}" for marker in ELSEWHERE)

# What a candidate is asked: is it CPython with a GIL, as released, and which?
QUESTION = (
    "import sys, sysconfig, json; print(json.dumps(sys.version_info[:3]) if "
    "sys.implementation.name == 'cpython' and sys.version_info[3] == 'final' and "
    "not sysconfig.get_config_var('Py_GIL_DISABLED') else 'null')"
)
# Asked of the environment of each. The suite runs over the steps in C where they can be compiled;
# .ci/wheels.py has those in Python.
SPEEDUPS = (
    "from responder_core import speedups; print('   with' if speedups.is_built else '   without', "
    "'speedups')"
)
# The parts of the suite, those that take longest first.
CORE = Path("packages/responder-core/tests")
ROOT = Path(__file__).parents[1]
FOLDERS = [folder.relative_to(ROOT) for folder in sorted(ROOT.glob("packages/*/tests"))]
OF_ALL = "what is of all packages"
PARTS = {
    "the core": [CORE],
    OF_ALL: [Path("tests")],
    "the other packages": [folder for folder in FOLDERS if folder != CORE],
}


def main(folder: Path) -> int:
    """Find the Pythons, run the suite on each; gives 1 when one fails."""
    found = find_pythons()
    for minor in WANTED:
        version, path = found.get(minor, (None, None))
        place = f"{dotted(version)} at {path}" if version else "not on this machine"
        print(f"   CPython {dotted(minor)}: {place}{', run before' * (version == OWN)}")
    others = [each for each in found.values() if each[0] != OWN]
    for version, path in others:
        prepare(version, path, folder)
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        runs = {
            f"{dotted(version)}, {part}": pool.submit(passes, version, path, folder, part)
            for part in PARTS
            for version, path in others
            if part != OF_ALL or version[:2] in (min(found), max(found))
        }
    failed = [name for name, run in runs.items() if not run.result()]
    if failed:
        print("failed:", "; ".join(failed))
    return 1 if failed or not found else 0


def environment_of(version: tuple[int, ...], folder: Path) -> dict[str, str]:
    """The variables of a program that runs in the environment of one Python."""
    variables = os.environ | {"UV_PROJECT_ENVIRONMENT": str(folder / dotted(version))}
    variables.pop("VIRTUAL_ENV", None)
    return variables


def prepare(version: tuple[int, ...], path: str, folder: Path) -> None:
    """Make the environment of one Python; one after the other, as they build the same packages."""
    command = [
        *(UV, "sync", "--quiet", "--python", path, "--all-packages"),
        *("--no-default-groups", "--group", "test"),
        # Compiled for this Python: what uv keeps of a checkout is for all of them.
        *("--reinstall-package", "responder-core"),
    ]
    subprocess.run(command, env=environment_of(version, folder), check=True)
    print(f"   CPython {dotted(version)}", flush=True)
    python = folder / dotted(version) / "bin" / "python"
    subprocess.run([python, "-c", SPEEDUPS], cwd=folder, check=True)


def passes(version: tuple[int, ...], path: str, folder: Path, part: str) -> bool:
    """Whether a part of the suite passes on one Python."""
    began = time.monotonic()
    command = [
        *(UV, "run", "--quiet", "--no-sync", "--python", path),
        *("pytest", "-q", "-p", "no:cacheprovider", "-m", ONCE, *map(str, PARTS[part])),
    ]
    suite = subprocess.run(
        command,
        env=environment_of(version, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    name = f"CPython {dotted(version)}, {part}"
    took = f"   {name}: {time.monotonic() - began:.0f} s"
    print(f"\n   {name}\n{suite.stdout}{took}", flush=True)
    return suite.returncode == 0


def find_pythons() -> dict[tuple[int, ...], tuple[tuple[int, ...], str]]:
    """For each minor version that is wanted and here: the newest, and where it lies."""
    found: dict[tuple[int, ...], tuple[tuple[int, ...], str]] = {}
    for path in candidates():
        version = version_of(path)
        minor = version[:2]
        if minor in WANTED and version > found.get(minor, ((), ""))[0]:
            found[minor] = (version, path)
    return dict(sorted(found.items()))


def candidates() -> list[str]:
    """Where a Python may lie."""
    names = ["python3", *(f"python{dotted(minor)}" for minor in WANTED)]
    paths = [path for name in names if (path := shutil.which(name, path=outside_venv()))]
    paths += map(str, sorted(Path.home().glob(".pyenv/versions/*/bin/python")))
    listed = subprocess.run(
        [UV, "python", "list", "--only-installed", "--output-format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # It tells of what it found that does not run.
        check=False,
    )
    if listed.returncode == 0:
        paths += [item["path"] for item in json.loads(listed.stdout)]
    return list(dict.fromkeys(paths))


def outside_venv() -> str:
    """PATH without the environment that this runs in."""
    own = str(Path(sys.prefix))
    parts = os.environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join(part for part in parts if not part.startswith(own))


def version_of(path: str) -> tuple[int, ...]:
    """The version of a Python; empty for what does not run, and for what is no plain CPython."""
    try:
        asked = subprocess.run(
            [path, "-I", "-c", QUESTION],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        return tuple(json.loads(asked.stdout) or ()) if asked.returncode == 0 else ()
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ()


def dotted(version: tuple[int, ...]) -> str:
    """(3, 13, 0) → 3.13.0."""
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
