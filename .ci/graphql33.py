"""Tests responder-graphql with graphql-core 3.3: ``python .ci/graphql33.py FOLDER``.

uv.lock has graphql-core 3.2, which graphene needs and ariadne takes; strawberry needs 3.3. So an
environment of its own gets these two, in the versions below, and for the rest those of uv.lock.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = os.environ.get("UV", "uv")  # `uv run` says where it is.

# On Python 3.10 there is an older strawberry, which takes the same graphql-core.
WANTED = ("graphql-core==3.3.2", "strawberry-graphql>=0.300")
# What uv.lock has of these is for the other version.
_OTHER = ("ariadne", "graphene", "graphql-core", "graphql-relay", "python-dateutil", "uv")


def main(folder: Path) -> int:
    """Make the environment, and run the tests; gives their exit code."""
    python = folder / "venv" / "bin" / "python"
    constraints = folder / "constraints.txt"
    exported = uv(
        *("export", "--quiet", "--all-packages", "--all-groups", "--all-extras"),
        *("--no-group", "peers", "--no-emit-workspace", "--no-hashes", "--no-header"),
        "--no-annotate",
    )
    lines = [line for line in exported.splitlines() if not line.startswith(_OTHER)]
    uv("venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
    constraints.write_text("\n".join([*lines, ""]), encoding="utf-8")
    install = ("pip", "install", "--quiet", "--python", str(python))
    packages = [f"-e{ROOT / 'packages' / name}" for name in ("responder-core", "responder-graphql")]
    group = f"{ROOT / 'pyproject.toml'}:wheel-test"
    test = "responder-core[test]"
    uv(*install, "--group", group, "--constraint", str(constraints), *packages, test, *WANTED)
    tests = ROOT / "packages" / "responder-graphql" / "tests"
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not browser"]
    return subprocess.run([*command, str(tests)], cwd=ROOT, check=False).returncode


def uv(*arguments: str) -> str:
    """Run uv; gives what it prints."""
    return subprocess.run(
        [UV, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
