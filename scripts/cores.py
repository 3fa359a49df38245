"""Tests packages with another core: ``python scripts/cores.py oldest FOLDER [NAME...]``.

``oldest`` is the oldest core that a package's bounds allow, of those that have a tag; it finds a
bound that promises too much. ``newest`` is the core of this workspace, as its next release will
be; it finds what a core changes under packages. Each package runs its tests from its own wheel, in
an empty environment, as .ci/wheels.py has it. Without names it is all but the core.
``--list`` in place of the folder only tells which core it would be.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from members import ROOT, Member, read_members
from packaging.specifiers import SpecifierSet
from packaging.version import Version

sys.path.append(str(ROOT / ".ci"))
import wheels

if TYPE_CHECKING:
    from collections.abc import Mapping

UV = os.environ.get("UV", "uv")  # `uv run` says where it is.
CORE = "responder-core"


def main(which: str, folder: str, names: list[str]) -> int:
    """Choose, build and test; gives 1 when a package fails."""
    members = read_members()
    released = released_cores()
    chosen = {
        name: choose(which, members[name], members, released)
        for name in names or members
        if name != CORE
    }
    if folder == "--list":
        for name, version in chosen.items():
            print(describe(name, version))
        return 0
    built = Path(folder) / "dist"
    wheels.uv("build", "--quiet", "--all-packages", "--out-dir", str(built))
    failed = [
        case
        for name, version in chosen.items()
        for case in test(name, version, built, Path(folder) / name)
    ]
    if failed:
        print("failed:", *failed)
    return 1 if failed else 0


def test(name: str, version: Version | None, built: Path, folder: Path) -> list[str]:
    """Run the tests of a package with a core; gives the cases that failed."""
    print(f"\n== {describe(name, version)}", flush=True)
    dist = with_core(version, built, folder) if version else built
    folder.mkdir(exist_ok=True)
    constraints = wheels.write_constraints(folder, dist)
    cases = [case for case in wheels.cases() if case.name == name]
    return [
        str(case)
        for number, case in enumerate(cases)
        if not wheels.passes(case, folder / str(number), dist, constraints)
    ]


def describe(name: str, version: Version | None) -> str:
    """``responder-openapi with responder-core 1.0.0``."""
    core = f"{CORE} {version}" if version else f"the {CORE} of this workspace"
    return f"{name} with {core}"


def choose(
    which: str, member: Member, members: Mapping[str, Member], released: list[Version]
) -> Version | None:
    """The released core to test a package with; None for that of this workspace."""
    bound = bound_on_core(member, members)
    fitting = sorted(version for version in released if version in bound)
    return fitting[0] if which == "oldest" and fitting else None


def bound_on_core(member: Member, members: Mapping[str, Member]) -> SpecifierSet:
    """What a package, and those of ours that it needs, ask of the core together."""
    bound = SpecifierSet()
    for item in member.requirements:
        if item.name == CORE:
            bound &= item.specifier
        elif item.name in members and item.name != member.name:
            bound &= bound_on_core(members[item.name], members)
    return bound


def released_cores() -> list[Version]:
    """The versions of the core that have a tag."""
    tags = run("git", "tag", "--list", f"{CORE}-v*").decode("ascii").split()
    return [Version(tag.removeprefix(f"{CORE}-v")) for tag in tags]


def with_core(version: Version, built: Path, folder: Path) -> Path:
    """A folder with what was built, but the core of a tag; gives it."""
    sources, dist = folder / "sources", folder / "dist"
    with tarfile.open(fileobj=io.BytesIO(run("git", "archive", f"{CORE}-v{version}"))) as archive:
        archive.extractall(sources, filter="data")
    shutil.copytree(built, dist, ignore=shutil.ignore_patterns("responder_core-*"))
    command = [UV, "build", "--quiet", "--package", CORE, "--out-dir", str(dist)]
    subprocess.run(command, cwd=sources, check=True)
    return dist


def run(*command: str) -> bytes:
    """Run a program in the workspace; gives what it prints."""
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
