"""Workflows run tasks of the Makefile, and may do no more than they must."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml

from tests.workspace.members import MEMBERS, ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TASKS = re.findall(r"^([a-z][a-z0-9-]*):.*## ", MAKEFILE, re.MULTILINE)


def load(file: Path) -> dict[str, Any]:
    """A workflow; its ``on:`` is the key True, as YAML 1.1 reads it."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def steps(file: Path) -> list[dict[str, Any]]:
    """The steps of all jobs of a workflow."""
    return [step for job in load(file)["jobs"].values() for step in job["steps"]]


def grants(permissions: object) -> set[str]:
    """What may be written with permissions, ``{"id-token"}``; anything but a table is too much."""
    assert isinstance(permissions, dict), f"{permissions!r} grants more than a list of scopes"
    return {scope for scope, level in permissions.items() if level != "read" and level != "none"}


def test_there_are_workflows() -> None:
    assert [file.stem for file in WORKFLOWS if steps(file)] == [file.stem for file in WORKFLOWS]
    assert {"checks", "release"} <= {file.stem for file in WORKFLOWS}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
class TestWorkflow:
    def test_runs_nothing_but_tasks(self, file: Path) -> None:
        lines = [line for step in steps(file) for line in step.get("run", "").splitlines()]
        others = [line for line in lines if not re.match(rf"make ({'|'.join(TASKS)})( |$)", line)]

        assert others == []

    def test_takes_actions_by_version(self, file: Path) -> None:
        used = [step["uses"] for step in steps(file) if "uses" in step]
        loose = [name for name in used if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+@v\d[\d.]*", name)]

        assert loose == []

    def test_every_job_ends(self, file: Path) -> None:
        """The default is six hours."""
        jobs = load(file)["jobs"]

        assert [name for name, job in jobs.items() if "timeout-minutes" not in job] == []

    def test_may_write_nothing_by_default(self, file: Path) -> None:
        assert grants(load(file)["permissions"]) == set()

    def test_only_publishing_has_an_identity(self, file: Path) -> None:
        granted = {
            (file.stem, name): grants(job["permissions"])
            for name, job in load(file)["jobs"].items()
            if grants(job.get("permissions", {}))
        }

        expected = {("release", "publish"): {"attestations", "id-token"}}
        assert granted == {key: value for key, value in expected.items() if key[0] == file.stem}

    def test_keeps_no_credentials_in_the_checkout(self, file: Path) -> None:
        kept = [
            step
            for step in steps(file)
            if step.get("uses", "").startswith("actions/checkout@")
            and step.get("with", {}).get("persist-credentials") is not False
        ]

        assert kept == []


def test_the_job_that_publishes_runs_nothing_of_ours() -> None:
    """Whoever changes a test gets no identity by it."""
    publish = load(ROOT / ".github/workflows/release.yml")["jobs"]["publish"]

    assert [step for step in publish["steps"] if "run" in step or "checkout" in step["uses"]] == []
    assert publish["needs"] == ["build", "trial", "speedups"]
    assert publish["environment"] == "pypi"


def test_every_package_can_be_released() -> None:
    tags = load(ROOT / ".github/workflows/release.yml")[True]["push"]["tags"]

    assert tags == [f"{member.name}-v[0-9]+.[0-9]+.[0-9]+" for member in MEMBERS]


def test_the_tests_run_on_every_python_that_is_promised() -> None:
    matrix = load(ROOT / ".github/workflows/checks.yml")["jobs"]["tests"]["strategy"]["matrix"]
    for member in MEMBERS:
        text = (member.path / "pyproject.toml").read_text(encoding="utf-8")
        promised = [
            name.rpartition(" ")[2]
            for name in tomli.loads(text)["project"]["classifiers"]
            if re.search(r":: 3\.\d+$", name)
        ]
        assert promised == matrix["python"]


class TestMakefile:
    @pytest.fixture
    def make(self):
        """Runs make; gives what it prints."""
        if shutil.which("make") is None:
            pytest.skip("needs make")

        def call(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True)

        return call

    def test_lists_its_tasks_when_asked_for_nothing(self, make: Any) -> None:
        told = make()

        assert told.returncode == 0, told.stderr
        listed = re.findall(r"^  ([a-z][a-z0-9-]*) +[A-Z]", told.stdout, re.MULTILINE)
        assert listed == TASKS
        assert max(map(len, told.stdout.splitlines())) <= 100

    def test_every_task_is_phony(self) -> None:
        """A file of that name changes nothing."""
        assert re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE) == TASKS

    @pytest.mark.parametrize("task", TASKS)
    def test_every_task_is_commands(self, make: Any, task: str) -> None:
        told = make("--dry-run", task, "NAME=responder-core", "BUMP=minor")

        assert told.returncode == 0, told.stderr
        assert told.stdout.strip()

    def test_a_release_says_what_it_needs(self, make: Any) -> None:
        assert "this needs NAME=, as in: make release NAME=" in make("release", "-n").stderr
        assert "this needs BUMP=, as in: make" in make("release", "-n", "NAME=responder").stderr
