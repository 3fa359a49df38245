"""Tests each package as its users get it: ``python .ci/wheels.py FOLDER``.

Every package is built. Then each one's tests, from its source distribution, run in an empty
environment that holds its wheel, what the wheel declares, its extra ``test`` if it has one, and
the dependency group ``wheel-test`` of the root pyproject.toml; nothing else. So an import that
is not declared fails here. Wheels of siblings are the ones just built, third-party packages the
ones of uv.lock.

A package with further extras is tested twice: without them, and with all of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import tomli

ROOT = Path(__file__).parents[1]
UV = os.environ.get("UV", "uv")  # `uv run` says where it is.


@dataclass(frozen=True)
class Case:
    """One package in one environment."""

    name: str
    extras: tuple[str, ...]

    @property
    def package(self) -> str:
        """The name it is imported by."""
        return self.name.replace("-", "_")

    def __str__(self) -> str:
        return f"{self.name}[{','.join(self.extras)}]" if self.extras else self.name


def main(folder: Path) -> int:
    """Build and test; gives 1 when a package fails."""
    dist = folder / "dist"
    uv("build", "--quiet", "--all-packages", "--out-dir", str(dist))
    constraints = write_constraints(folder, dist)
    failed: list[str] = []
    for number, case in enumerate(cases()):
        began = time.monotonic()
        if not passes(case, folder / str(number), dist, constraints):
            failed.append(str(case))
        print(f"   {case}: {time.monotonic() - began:.0f} s", flush=True)
    if failed:
        print("failed:", *failed)
    return 1 if failed else 0


def cases() -> list[Case]:
    """Every package, and again with all its extras where it has more than ``test``."""
    found: list[Case] = []
    for file in sorted(ROOT.glob("packages/*/pyproject.toml")):
        project = tomli.loads(file.read_text(encoding="utf-8"))["project"]
        extras = sorted(project.get("optional-dependencies", {}))
        bare = tuple(extra for extra in extras if extra == "test")
        found.append(Case(project["name"], bare))
        if len(extras) > len(bare):
            found.append(Case(project["name"], tuple(extras)))
    return found


def passes(case: Case, folder: Path, dist: Path, constraints: Path) -> bool:
    """Whether a package's tests pass in an environment of their own."""
    print(f"\n   {case}", flush=True)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = dist.glob(f"{case.package}-*.whl")
    wanted = f"{case.name}[{','.join(case.extras)}] @ {wheel.as_uri()}"
    group = f"{ROOT / 'pyproject.toml'}:wheel-test"
    install = ("pip", "install", "--quiet", "--python", str(python))
    try:
        uv("venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
        uv(*install, "--group", group, "--constraint", str(constraints), wanted)
    except subprocess.CalledProcessError as error:
        print(f"   {error}")
        return False
    tests = unpack(case, folder, dist)
    return comes_from(case, python, folder) and test(python, tests)


def test(python: Path, tests: Path) -> bool:
    """Whether the tests in a folder pass, with no way to the sources of the workspace."""
    command = [
        *(str(python), "-I", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tests.parent), str(tests)),
    ]
    # Exit code 5, no test found, is a failure as well: every package has tests.
    return subprocess.run(command, cwd=tests.parent, check=False).returncode == 0


def comes_from(case: Case, python: Path, folder: Path) -> bool:
    """Whether the package that is imported is the installed one."""
    program = f"import {case.package}; print({case.package}.__file__)"
    result = subprocess.run(
        [python, "-I", "-c", program], cwd=folder, stdout=subprocess.PIPE, text=True, check=False
    )
    found = result.stdout.strip()
    if result.returncode == 0 and not Path(found).is_relative_to(folder):
        print(f"   {case.package} is imported from {found}, which is not its wheel")
        return False
    return result.returncode == 0


def unpack(case: Case, folder: Path, dist: Path) -> Path:
    """Unpack a source distribution but its sources; gives the folder of its tests."""
    (archive,) = dist.glob(f"{case.package}-*.tar.gz")
    with tarfile.open(archive) as sdist:
        for member in sdist:
            content = sdist.extractfile(member) if "/src/" not in member.name else None
            if content is not None:
                file = folder / member.name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.read())
    return folder / archive.name.removesuffix(".tar.gz") / "tests"


def write_constraints(folder: Path, dist: Path) -> Path:
    """The versions of uv.lock, and for our own packages the wheels just built."""
    exported = uv(
        "export",
        "--quiet",
        "--all-packages",
        "--all-groups",
        "--all-extras",
        "--no-group",
        "peers",
        "--no-emit-workspace",
        "--no-hashes",
        "--no-header",
        "--no-annotate",
    )
    wheels = [
        f"{wheel.name.split('-')[0].replace('_', '-')} @ {wheel.as_uri()}"
        for wheel in sorted(dist.glob("*.whl"))
    ]
    file = folder / "constraints.txt"
    file.write_text("\n".join([exported, *wheels, ""]), encoding="utf-8")
    return file


def uv(*arguments: str) -> str:
    """Run uv; gives what it prints."""
    return subprocess.run(
        [UV, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
