"""scripts/dist.py: what it builds of a commit, and what it refuses."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.release.conftest import Workspace

pytestmark = pytest.mark.wheels

NAME = "responder-ratelimit"
PACKAGE = "responder_ratelimit"

# A build that is never the same.
HOOK = """\
import pathlib
import uuid
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        pathlib.Path(self.root, "src/responder_ratelimit/made.py").write_text(f"# {uuid.uuid4()}")
"""


@pytest.fixture
def project(workspace: Workspace) -> Workspace:
    """A workspace with a package that can be built."""
    source = workspace.file(f"src/{PACKAGE}/__init__.py", NAME)
    source.parent.mkdir(parents=True)
    source.write_text('"""Limits."""\n', encoding="utf-8")
    for name in ("README.md", "LICENSE"):
        workspace.file(name, NAME).write_text(f"# {NAME}\n", encoding="utf-8")
    workspace.git("add", ".")
    workspace.git("commit", "--quiet", "--message", "Add sources")
    return workspace


def test_builds_the_same_bytes_at_another_time(project: Workspace, tmp_path: Path) -> None:
    built = []
    for folder in ("dist/one", "dist/two"):
        result = project.run("dist", folder, NAME, SOURCE_DATE_EPOCH="1")
        assert result.returncode == 0, result.stdout + result.stderr
        built.append({file.name: file.read_bytes() for file in (tmp_path / folder).iterdir()})

    bill = json.loads(built[0].pop(f"{PACKAGE}-1.0.0.cdx.json"))
    del built[1][f"{PACKAGE}-1.0.0.cdx.json"]
    assert set(built[0]) == {f"{PACKAGE}-1.0.0-py3-none-any.whl", f"{PACKAGE}-1.0.0.tar.gz"}
    assert built[0] == built[1]
    assert {"responder-core", "anyio", "redis"} <= {each["name"] for each in bill["components"]}


def test_builds_what_is_committed(project: Workspace, tmp_path: Path) -> None:
    project.file(f"src/{PACKAGE}/stray.py", NAME).touch()

    result = project.run("dist", "dist", f"{NAME}-v1.0.0")

    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert f"{PACKAGE}/__init__.py" in zipfile.ZipFile(wheel).namelist()
    assert f"{PACKAGE}/stray.py" not in zipfile.ZipFile(wheel).namelist()


def test_refuses_a_build_that_cannot_be_repeated(project: Workspace, tmp_path: Path) -> None:
    project.file("hatch_build.py", NAME).write_text(HOOK, encoding="utf-8")
    project.git("add", ".")
    project.edit(
        "pyproject.toml",
        "[tool.hatch.build.targets.wheel]",
        "[tool.hatch.build.hooks.custom]\n\n[tool.hatch.build.targets.wheel]",
        NAME,
    )

    result = project.run("dist", "dist", NAME)

    assert result.returncode == 1
    assert result.stdout == (
        f"dist.py: two builds of one commit differ: {PACKAGE}-1.0.0-py3-none-any.whl, "
        f"{PACKAGE}-1.0.0.tar.gz\n"
    )
    assert list((tmp_path / "dist").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("responder-limit", "there is no package 'responder-limit'; there are responder, "),
        (f"{NAME}-v1.1.0", f"the tag {NAME}-v1.1.0 is not of {NAME} 1.0.0, which pyproject"),
    ],
)
def test_refuses_what_is_not_there(project: Workspace, name: str, words: str) -> None:
    result = project.run("dist", "dist", name)

    assert result.returncode == 1
    assert result.stdout.startswith(f"dist.py: {words}")
