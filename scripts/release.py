"""Releases one package: ``python scripts/release.py responder-core --bump minor``.

It gives the package its next version, turns ``[Unreleased]`` of its changelog into a section of
that version, locks, commits and tags, all of it here: nothing is pushed. Every check comes before
the first change. ``--dry-run`` checks, and tells what it would do.

The tag, pushed, starts .github/workflows/release.yml, which builds, tests and publishes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from members import ROOT, Member, read_members
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping

UV = os.environ.get("UV", "uv")  # `uv run` says where it is.
UNRELEASED = "## [Unreleased]"


class RefusedError(Exception):
    """Raised when a package cannot be released as it is; says what to do."""


@dataclass(frozen=True)
class Release:
    """One package at its next version."""

    member: Member
    version: Version
    date: dt.date

    @property
    def tag(self) -> str:
        """``responder-core-v1.2.0``."""
        return f"{self.member.name}-v{self.version}"

    @property
    def subject(self) -> str:
        """The first line of the commit and of the tag."""
        return f"release: {self.member.name} {self.version}"


def main(arguments: list[str]) -> int:
    """Check, and release; gives 1 when it is refused."""
    options = read_options(arguments)
    try:
        members = read_members()
        release = plan(options.name, options.bump, options.date, members)
        notes = check(release, members)
        if options.dry_run:
            print(f"would release {release.member.name} {release.version}, with these notes:")
            print(f"\n{notes}\n\nNothing was changed.")
        else:
            make(release, notes)
            print(f"released {release.member.name} {release.version} here; to publish it:")
            print(f"    git push --atomic origin HEAD {release.tag}")
    except RefusedError as error:
        print(f"release.py: {error}", file=sys.stderr)
        return 1
    return 0


def read_options(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="release.py", description="Release one package: version, changelog, commit, tag."
    )
    parser.add_argument("name", metavar="NAME", help="the package, as in responder-core")
    parser.add_argument(
        "--bump",
        choices=["major", "minor", "patch", "none"],
        required=True,
        help="which part of the version is next; none releases the one that pyproject.toml has, "
        "as a first release does",
    )
    parser.add_argument(
        "--date",
        type=dt.date.fromisoformat,
        default=dt.datetime.now(dt.timezone.utc).date(),
        help="the day that the changelog tells, YYYY-MM-DD; today in UTC without it",
    )
    parser.add_argument("--dry-run", action="store_true", help="check only, change nothing")
    return parser.parse_args(arguments)


def plan(name: str, bump: str, date: dt.date, members: Mapping[str, Member]) -> Release:
    """What is to be released.

    Raises:
        RefusedError: there is no such package.
    """
    member = members.get(name)
    if member is None:
        msg = f"there is no package {name!r}; there are {', '.join(members)}"
        raise RefusedError(msg)
    return Release(member, next_version(member.version, bump), date)


def next_version(version: Version, bump: str) -> Version:
    """``next_version(Version("1.2.3"), "minor")`` → ``Version("1.3.0")``."""
    major, minor, micro = version.major, version.minor, version.micro
    following = {
        "major": f"{major + 1}.0.0",
        "minor": f"{major}.{minor + 1}.0",
        "patch": f"{major}.{minor}.{micro + 1}",
        "none": str(version),
    }
    return Version(following[bump])


# ---------------------------------------------------------------------------------------------
# What must hold.


def check(release: Release, members: Mapping[str, Member]) -> str:
    """The notes of a release, once everything about it holds.

    Raises:
        RefusedError: something does not.
    """
    check_tree()
    tags = git("tag", "--list").split()
    check_tag(release, tags)
    notes = read_notes(release)
    check_dependents(release, members)
    check_siblings(release, members, tags)
    return notes


def check_tree() -> None:
    """Refuse a tree with changes: the commit and the tag would not tell what was tested."""
    changed = git("status", "--porcelain").splitlines()
    if changed:
        listed = "".join(f"\n    {line}" for line in changed[:10])
        more = f"\n    and {len(changed) - 10} more" if len(changed) > 10 else ""
        msg = (
            f"the tree has changes that are not committed:{listed}{more}\n"
            "Commit them, or put them aside with `git stash --include-untracked`."
        )
        raise RefusedError(msg)


def check_tag(release: Release, tags: list[str]) -> None:
    """Refuse a version that was released before."""
    if release.tag in tags:
        msg = (
            f"the tag {release.tag} is there already.\n"
            "Take another --bump. If it was never pushed, `git tag --delete "
            f"{release.tag}` drops it."
        )
        raise RefusedError(msg)


def read_notes(release: Release) -> str:
    """What the changelog has under ``[Unreleased]``.

    Raises:
        RefusedError: nothing, or the version has a section already.
    """
    file = release.member.folder / "CHANGELOG.md"
    shown = file.relative_to(ROOT)
    text = file.read_text(encoding="utf-8")
    if f"\n## [{release.version}]" in text:
        msg = f"{shown} has a section [{release.version}] already; take another --bump"
        raise RefusedError(msg)
    _, found, after = text.partition(f"\n{UNRELEASED}\n")
    if not found:
        msg = f"{shown} has no section {UNRELEASED!r}; add it above the newest version"
        raise RefusedError(msg)
    notes = after.split("\n## ")[0].strip()
    if not re.search(r"^[-*] \S", notes, re.MULTILINE):
        msg = (
            f"{shown} tells nothing under [Unreleased].\n"
            "Add a line for each thing that users will notice, below ### Added, ### Changed, "
            "### Deprecated, ### Removed, ### Fixed or ### Security."
        )
        raise RefusedError(msg)
    return notes


def check_dependents(release: Release, members: Mapping[str, Member]) -> None:
    """Refuse a version that a package which is built with it excludes; uv does not look."""
    name = release.member.name
    excluding = [
        f"\n    {other.name} asks for {item}, in packages/{other.name}/pyproject.toml"
        for other in members.values()
        for item in other.bounds_on(name)
        if not item.specifier.contains(release.version, prereleases=True)
    ]
    if excluding:
        msg = (
            f"{name} {release.version} is excluded by bounds of packages that are built with it:"
            f"{''.join(dict.fromkeys(excluding))}\n"
            "Widen the bounds, test, commit, and release again."
        )
        raise RefusedError(msg)


def check_siblings(release: Release, members: Mapping[str, Member], tags: list[str]) -> None:
    """Refuse a package that could not be installed, for want of a released sibling."""
    for name, sibling in members.items():
        released = [
            Version(tag.removeprefix(f"{name}-v")) for tag in tags if tag.startswith(f"{name}-v")
        ]
        for item in release.member.bounds_on(name):
            where = f"packages/{release.member.name}/pyproject.toml"
            if name == release.member.name:
                continue
            if not item.specifier.contains(sibling.version, prereleases=True):
                msg = (
                    f"{where} asks for {item}, which excludes {name} {sibling.version}, "
                    "with which it is built and tested.\nCorrect the bound, test, and commit."
                )
                raise RefusedError(msg)
            if not any(item.specifier.contains(version) for version in released):
                msg = (
                    f"{where} asks for {item}, and no version in these bounds is released.\n"
                    f"Release {name} first: python scripts/release.py {name} --bump "
                    f"{'minor' if released else 'none'}"
                )
                raise RefusedError(msg)


# ---------------------------------------------------------------------------------------------
# What is done.


def make(release: Release, notes: str) -> None:
    """Write, commit and tag; where that fails, the tree is as it was.

    Raises:
        RefusedError: uv could not lock, or git could not commit.
    """
    files = [release.member.folder / "pyproject.toml", release.member.folder / "CHANGELOG.md"]
    lock = ROOT / "uv.lock"
    before = {file: file.read_bytes() for file in (*files, lock)}
    try:
        write_version(release)
        write_changelog(release)
        run(UV, "lock", "--quiet")
        git("commit", "--quiet", "--message", release.subject, "--", *map(str, before))
    except RefusedError:
        for file, content in before.items():
            file.write_bytes(content)
        git("reset", "--quiet")
        raise
    # Verbatim: its headings are no comments.
    message = f"{release.subject}\n\n{notes}"
    git("tag", "--annotate", "--cleanup=verbatim", "--message", message, release.tag)


def write_version(release: Release) -> None:
    """Give ``[project]`` the version."""
    file = release.member.folder / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    old = f'version = "{release.member.version}"'
    head, project, rest = text.partition("[project]\n")
    file.write_text(
        head + project + rest.replace(old, f'version = "{release.version}"', 1), encoding="utf-8"
    )


def write_changelog(release: Release) -> None:
    """Put the heading of the version below ``[Unreleased]``, so that what was there is its own."""
    file = release.member.folder / "CHANGELOG.md"
    text = file.read_text(encoding="utf-8")
    heading = f"{UNRELEASED}\n\n## [{release.version}] - {release.date.isoformat()}\n"
    file.write_text(text.replace(f"{UNRELEASED}\n", heading, 1), encoding="utf-8")


def git(*arguments: str) -> str:
    """Run git in the workspace; gives what it prints."""
    return run("git", *arguments)


def run(*command: str) -> str:
    """Run a program in the workspace; gives what it prints.

    Raises:
        RefusedError: it failed, with what it said.
    """
    environment = dict(os.environ)
    for name in ("UV_LOCKED", "UV_FROZEN"):  # The lock is to be written here.
        environment.pop(name, None)
    try:
        result = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        msg = f"{command[0]} is not there; install it, and run this again"
        raise RefusedError(msg) from error
    if result.returncode != 0:
        msg = f"`{' '.join(command[:2])}` failed; nothing was released:\n{result.stderr.strip()}"
        raise RefusedError(msg)
    return result.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
