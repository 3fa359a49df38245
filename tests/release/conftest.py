"""A small workspace of the same packages, to release from."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workspace.members import ROOT
from tests.workspace.wheels import UV

# Neither the settings of who runs this nor the time of day.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A Maintainer",
    "GIT_AUTHOR_EMAIL": "maintainer@example.org",
    "GIT_COMMITTER_NAME": "A Maintainer",
    "GIT_COMMITTER_EMAIL": "maintainer@example.org",
}


@dataclass(frozen=True)
class Workspace:
    """A git repository with the settings, changelogs and scripts of this one."""

    root: Path

    def run(
        self, script: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the scripts by its command line."""
        command = [sys.executable, f"scripts/{script}.py", *arguments]
        environment = ENVIRONMENT | ({"UV": UV} if UV else {}) | variables
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True
        )

    def release(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``scripts/release.py``."""
        return self.run("release", *arguments, **variables)

    def git(self, *arguments: str) -> str:
        """Run git; gives what it prints."""
        result = subprocess.run(
            ["git", *arguments], cwd=self.root, env=ENVIRONMENT, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def file(self, name: str, of: str = "responder-core") -> Path:
        """A file of a package."""
        return self.root / "packages" / of / name

    def edit(self, name: str, old: str, new: str, of: str = "responder-core") -> None:
        """Change a file of a package, and commit it."""
        file = self.file(name, of)
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
        self.git("commit", "--quiet", "--all", "--message", f"Change {name}")

    def write_changelog(self, unreleased: str, of: str = "responder-core") -> None:
        """Put something under [Unreleased], above a version that is out, and commit it."""
        text = f"# Changelog of {of}\n\n## [Unreleased]\n{unreleased}\n## [0.9.0] - 2026-01-01\n"
        self.file("CHANGELOG.md", of).write_text(f"{text}\n### Added\n\n- All.\n", encoding="utf-8")
        self.git("commit", "--quiet", "--all", "--message", "Tell", "--allow-empty")


def begin_anew(settings: Path) -> None:
    """Give a package version 1.0.0, with siblings of 1: as the tests have it, also next year."""
    text = settings.read_text(encoding="utf-8")
    text = re.sub(r'^version = ".*"$', 'version = "1.0.0"', text, count=1, flags=re.MULTILINE)
    text = re.sub(r'"(responder-[a-z]+(?:\[[a-z,]+\])?)[<>=][^"]*"', r'"\1>=1.0,<2"', text)
    settings.write_text(text, encoding="utf-8")


@pytest.fixture
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A fresh one, committed."""
    if shutil.which("git") is None:
        pytest.skip("needs git, which releases are made with")
    if UV is None and request.node.get_closest_marker("wheels") is not None:
        pytest.skip("needs uv, which locks and builds: pip install uv")
    files = [
        *(ROOT / "pyproject.toml", ROOT / "uv.lock", ROOT / ".ci/wheels.py"),
        *ROOT.glob("scripts/*.py"),
        *(*ROOT.glob("packages/*/pyproject.toml"), *ROOT.glob("packages/*/CHANGELOG.md")),
    ]
    for file in files:
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    (tmp_path / ".gitignore").write_text("__pycache__/\n", encoding="utf-8")
    made = Workspace(tmp_path)
    made.git("init", "--quiet", "--initial-branch", "main")
    made.git("add", ".")
    made.git("commit", "--quiet", "--message", "Begin")
    for member in ROOT.glob("packages/*"):
        begin_anew(made.file("pyproject.toml", member.name))
        made.write_changelog("\n### Added\n\n- Something.\n", of=member.name)
    return made
