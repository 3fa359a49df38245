"""Tests each package as its users get it: ``python .ci/wheels.py FOLDER``.

Every package is built. Then each one's tests, from its source distribution, run in an empty
environment that holds its wheel, what the wheel declares, its extra ``test`` if it has one, and
the dependency group ``wheel-test`` of the root pyproject.toml; nothing else. So an import that
is not declared fails here. Wheels of siblings are the ones just built, third-party packages the
ones of uv.lock.

A package with further extras is tested twice: without them, and with all of them. One more runs at
once than there are processors, as tests wait for servers; those that take longest come first, and
what the tests print comes when they have ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import tomli

ROOT = Path(__file__).parents[1]
UV = os.environ.get("UV", "uv")  # `uv run` says where it is.
# The package whose tests take longest.
LONGEST = "responder-core"


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
    found = sorted(cases(), key=lambda case: case.name != LONGEST)
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        runs = [
            pool.submit(passes, case, folder / str(number), dist, constraints)
            for number, case in enumerate(found)
        ]
    failed = [str(case) for case, run in zip(found, runs, strict=True) if not run.result()]
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
    began = time.monotonic()
    told, good = "", False
    try:
        python = install(case, folder, dist, constraints)
        check_origin(case, python, folder)
        told, good = test(python, unpack(case, folder, dist))
    except (subprocess.CalledProcessError, ImportError) as error:
        told = f"   {error}\n"
    took = f"   {case}: {time.monotonic() - began:.0f} s"
    print(f"\n   {case}\n{told}{took}", flush=True)
    return good


def install(case: Case, folder: Path, dist: Path, constraints: Path) -> Path:
    """Make the environment of a package, with its wheel; gives its Python."""
    python = folder / "venv" / "bin" / "python"
    (wheel,) = dist.glob(f"{case.package}-*.whl")
    wanted = f"{case.name}[{','.join(case.extras)}] @ {wheel.as_uri()}"
    group = f"{ROOT / 'pyproject.toml'}:wheel-test"
    uv("venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
    to = ("pip", "install", "--quiet", "--python", str(python))
    uv(*to, "--group", group, "--constraint", str(constraints), wanted)
    return python


def test(python: Path, tests: Path) -> tuple[str, bool]:
    """What the tests in a folder print, and whether they pass.

    They have no way to the sources of the workspace.
    """
    command = [
        *(str(python), "-I", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tests.parent), str(tests)),
    ]
    done = subprocess.run(
        command,
        cwd=tests.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    # Exit code 5, no test found, is a failure as well: every package has tests.
    return done.stdout, done.returncode == 0


def check_origin(case: Case, python: Path, folder: Path) -> None:
    """Check that the package that is imported is the installed one.

    Raises:
        ImportError: it is another.
    """
    program = f"import {case.package}; print({case.package}.__file__)"
    command = [str(python), "-I", "-c", program]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    found = done.stdout.strip()
    if not Path(found).is_relative_to(folder):
        msg = f"{case.package} is imported from {found}, which is not its wheel"
        raise ImportError(msg)


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
