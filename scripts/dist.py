"""Builds what is published of packages, and checks it: ``python scripts/dist.py FOLDER [NAME...]``.

Wheel and source distribution are built twice from the commit that is checked out, in two folders,
with hatchling as uv.lock has it, at the time of the commit (SOURCE_DATE_EPOCH), and must be the
same bytes. Then `check-wheel-contents` and `twine check` look at them.

A name may be the tag of a release, ``responder-core-v1.2.0``; without names it is all packages.
Beside each lies ``PACKAGE-VERSION.cdx.json``, its bill of materials: what uv.lock has of what it
needs, and what its pages load (CycloneDX).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from members import ROOT, Member, read_members

UV = os.environ.get("UV", "uv")  # `uv run` says where it is.


class FaultError(Exception):
    """Raised when what was built should not be published; says why."""


def main(folder: Path, names: list[str]) -> int:
    """Build and check; gives 1 when something is wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        chosen = choose(names)
        with tempfile.TemporaryDirectory() as place:
            first = build(Path(place) / "first", chosen)
            second = build(Path(place) / "second", chosen)
            compare(first, second)
            files = [Path(shutil.copy(file, folder)) for file in sorted(first.iterdir())]
        check_contents(files, chosen)
        for member in chosen:
            write_bill(member, folder)
    except (FaultError, subprocess.CalledProcessError) as error:
        print(f"dist.py: {error}")
        return 1
    for file in files:
        print(f"   {hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}")
    return 0


def choose(names: list[str]) -> list[Member]:
    """The packages of names or tags; all without any.

    Raises:
        FaultError: there is no such package, or the tag is not of its version.
    """
    members = read_members()
    chosen = [] if names else list(members.values())
    for given in names:
        name, is_tag, version = given.partition("-v")
        member = members.get(name)
        if member is None:
            msg = f"there is no package {name!r}; there are {', '.join(members)}"
            raise FaultError(msg)
        if is_tag and version != str(member.version):
            msg = f"the tag {given} is not of {name} {member.version}, which pyproject.toml has"
            raise FaultError(msg)
        chosen.append(member)
    return chosen


def build(folder: Path, members: list[Member]) -> Path:
    """Build packages from the commit, in a folder of their own; gives that of what was built."""
    sources, built, pins = folder / "sources", folder / "built", folder / "pins.txt"
    with tarfile.open(fileobj=io.BytesIO(run("git", "archive", "HEAD"))) as archive:
        archive.extractall(sources, filter="data")
    exported = ("export", "--quiet", "--frozen", "--only-group", "release", "--no-emit-workspace")
    pins.write_bytes(run(UV, *exported))
    epoch = run("git", "log", "-1", "--format=%ct").decode("ascii").strip()
    for member in members:
        command = [
            *(UV, "build", "--quiet", "--package", member.name, "--out-dir", str(built)),
            *("--no-create-gitignore", "--build-constraints", str(pins), "--require-hashes"),
        ]
        environment = os.environ | {"SOURCE_DATE_EPOCH": epoch}
        subprocess.run(command, cwd=sources, env=environment, check=True)
    return built


def compare(first: Path, second: Path) -> None:
    """Refuse two builds that are not the same bytes.

    Raises:
        FaultError: they are not; names the files, and what differs in a wheel.
    """
    names = [{file.name for file in folder.iterdir()} for folder in (first, second)]
    differing = sorted(
        (names[0] ^ names[1])
        | {
            name
            for name in names[0] & names[1]
            if (first / name).read_bytes() != (second / name).read_bytes()
        }
    )
    if differing:
        msg = f"two builds of one commit differ: {', '.join(differing)}"
        raise FaultError(msg)


def check_contents(files: list[Path], members: list[Member]) -> None:
    """Let the checkers of PyPA's and others look at what was built.

    Raises:
        FaultError: a package lacks the files of its pages.
        CalledProcessError: a checker found something, which it has told.
    """
    wheels = [file for file in files if file.suffix == ".whl"]
    program = [sys.executable, "-m"]
    # W002, files that are the same: what comes from npm has its licence beside it, each its own.
    contents = [*program, "check_wheel_contents", "--ignore", "W002", *map(str, wheels)]
    subprocess.run(contents, check=True)
    subprocess.run([*program, "twine", "check", "--strict", *map(str, files)], check=True)
    for member in members:
        (wheel,) = [file for file in wheels if file.name.startswith(f"{member.package}-")]
        check_pages(member, wheel)


def check_pages(member: Member, wheel: Path) -> None:
    """Refuse a wheel without files that its pages load: a build goes on where npm is missing.

    Raises:
        FaultError: one is missing.
    """
    pins = member.folder / "src" / member.package / "packages.json"
    if not pins.is_file():
        return
    held = zipfile.ZipFile(wheel).namelist()
    for name, pin in json.loads(pins.read_text(encoding="utf-8")).items():
        folder = f"{member.package}/assets/{name}-{pin['version']}/"
        if pin.get("from") != "cdn" and not any(each.startswith(folder) for each in held):
            msg = f"{wheel.name} lacks {folder}; install npm, and build again"
            raise FaultError(msg)


def write_bill(member: Member, folder: Path) -> None:
    """Write the bill of materials of a package: its extras too, and what its pages load."""
    file = folder / f"{member.package}-{member.version}.cdx.json"
    command = [
        *(UV, "export", "--quiet", "--frozen", "--package", member.name, "--all-extras"),
        *("--no-dev", "--format", "cyclonedx1.5", "--preview-features", "sbom-export"),
    ]
    bill = json.loads(run(*command))
    pins = member.folder / "src" / member.package / "packages.json"
    if pins.is_file():
        for name, pin in json.loads(pins.read_text(encoding="utf-8")).items():
            version = pin["version"]
            # A package URL has @scope as %40scope.
            url = f"pkg:npm/{name.replace('@', '%40')}@{version}"
            bill["components"].append(
                {"type": "library", "name": name, "version": version, "purl": url}
            )
    file.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")


def run(*command: str) -> bytes:
    """Run a program in the workspace; gives what it prints."""
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
