"""What mypy and pyright say of right/ and wrong/, compared line by line.

The files there are checked and never run. A line that a checker must refuse ends with
``# expect: mypy[code] pyright[rule, rule]``; every other line must pass both. What an editor
shows over an expression stands behind its ``reveal_type()``: ``# shows: type[Tea]``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.typing

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOLDERS = [HERE / "right", HERE / "wrong"]


class Finding(NamedTuple):
    """One error: where, and what the checker calls it."""

    file: str
    line: int
    code: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.code}"


def expected(checker: str) -> list[Finding]:
    """What the comments in the files ask of a checker."""
    found: list[Finding] = []
    for folder in FOLDERS:
        for file in sorted(folder.glob("*.py")):
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                comment = line.partition("# expect: ")[2]
                for codes in re.findall(rf"\b{checker}\[([^\]]+)\]", comment):
                    where = f"{folder.name}/{file.name}"
                    found += [Finding(where, number, code.strip()) for code in codes.split(",")]
    return found


def run(*command: str) -> str:
    """What a checker prints; it exits with 1 for findings, and with more when it fails."""
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode in {0, 1}, result.stdout + result.stderr
    return result.stdout


def place(file: str) -> str:
    """The file as ``expected()`` names it: wrong/building.py."""
    return "/".join(Path(file).parts[-2:])


def run_mypy() -> list[tuple[Finding, str]]:
    """What mypy refuses, with its words. Notes are no findings."""
    output = run("mypy", "--output=json", *(str(folder) for folder in FOLDERS))
    items: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines() if line]
    return [
        (Finding(place(item["file"]), item["line"], item["code"]), item["message"])
        for item in items
        if item["severity"] == "error"
    ]


def run_pyright() -> list[tuple[Finding, str]]:
    """What pyright refuses, with its words."""
    return [item for item, severity in ask_pyright() if severity != "information"]


def ask_pyright() -> list[tuple[tuple[Finding, str], str]]:
    """What pyright says, each with its severity; it tells of types as information."""
    config = str(HERE / "pyrightconfig.json")
    output = run("pyright", "--project", config, "--pythonpath", sys.executable, "--outputjson")
    report: dict[str, Any] = json.loads(output)
    assert report["summary"]["filesAnalyzed"] == sum(
        len([*folder.glob("*.py")]) for folder in FOLDERS
    )
    return [
        ((Finding(place(item["file"]), line + 1, item.get("rule", "")), item["message"]), severity)
        for item in report["generalDiagnostics"]
        for line, severity in [(item["range"]["start"]["line"], item["severity"])]
    ]


@pytest.mark.parametrize(
    ("checker", "check"),
    [pytest.param("mypy", run_mypy, id="mypy"), pytest.param("pyright", run_pyright, id="pyright")],
)
def test_checkers_say_what_the_files_expect(
    checker: str, check: Callable[[], list[tuple[Finding, str]]]
) -> None:
    asked = expected(checker)
    found = check()

    counts = Counter(asked)
    counts.subtract(finding for finding, _ in found)
    words = dict(found)

    unasked = [f"{item}: {words[item]}" for item, count in counts.items() if count < 0]
    silent = [f"{item}: no such error" for item, count in counts.items() if count > 0]

    if unasked or silent:
        pytest.fail("\n".join([f"{checker} does not say what is expected:", *unasked, *silent]))


def test_wrong_files_ask_for_errors_and_right_files_for_none() -> None:
    asked = {Path(finding.file) for finding in [*expected("mypy"), *expected("pyright")]}

    assert {file.parent.name for file in asked} == {"wrong"}
    assert {file.name for file in asked} == {file.name for file in FOLDERS[1].glob("*.py")}


def test_an_editor_shows_the_types_that_the_files_tell() -> None:
    asked = {
        (f"{folder.name}/{file.name}", number): line.partition("# shows: ")[2]
        for folder in FOLDERS
        for file in sorted(folder.glob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if "reveal_type(" in line
    }
    shown = {
        (item.file, item.line): words.partition('" is "')[2][:-1]
        for (item, words), severity in ask_pyright()
        if severity == "information"
    }

    assert asked
    assert shown == asked
