"""What a newcomer reads is true: commands are tasks, links lead somewhere, templates are whole."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.release.test_workflows import TASKS
from tests.workspace.members import ROOT

PAGES = [
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CODE_OF_CONDUCT.md",
    "docs/how-to/write-an-extension.md",
]
TEMPLATES = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))


def read(name: str) -> str:
    """A page."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", read(name))
    page = ROOT / name

    assert [each for each in links if "://" not in each and not (page.parent / each).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_a_task(name: str) -> None:
    named = re.findall(r"(?:^|`)make ([a-z][a-z0-9-]*)", read(name), re.MULTILINE)

    assert set(named) <= set(TASKS)


def test_there_are_five_commands_to_begin_with() -> None:
    first = re.findall(r"^```sh\n(.*?)^```", read("CONTRIBUTING.md"), re.DOTALL | re.MULTILINE)[0]

    assert [line.split()[:2] for line in first.splitlines()] == [
        ["make", task] for task in ("setup", "test", "format", "types", "check")
    ]


def test_commits_are_checked_by_tasks() -> None:
    (repository,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    entries = [hook["entry"].split() for hook in repository["hooks"]]

    assert entries
    assert all(command == "make" and task in TASKS for command, task in entries)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.stem)
def test_templates_ask_for_something(file) -> None:
    template = yaml.safe_load(file.read_text(encoding="utf-8"))
    asked = [part for part in template["body"] if part["type"] != "markdown"]

    assert template["name"]
    assert template["description"]
    assert any(part.get("validations", {}).get("required") for part in asked)
    assert len({part["id"] for part in asked}) == len(asked)
    assert all(part["attributes"]["label"] for part in asked)
