"""Every Python block of the documentation and of the READMEs is run, or says why not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import find_pages, read_blocks
from tests.workspace.members import ROOT

PAGES = [
    page for page in find_pages() if any(block.language == "python" for block in read_blocks(page))
]
TUTORIAL = ROOT / "docs/tutorial/library-catalogue.md"  # test_tutorial.py goes through it.
NOT_RUN = "not run: "
STANDS_IN = "stands in "
# How many blocks of all pages are fragments: a further one is a decision, not an accident.
FRAGMENTS = 0


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [page for page in PAGES if page != TUTORIAL], ids=name)
def test_blocks_run(page: Path, tmp_path: Path) -> None:
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    variables.pop("RESPONDER_SECRET_KEY", None)
    command = [sys.executable, "-m", "tests.docs.run_page", str(page)]
    run = subprocess.run(
        command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120
    )

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_marks_are_known(page: Path) -> None:
    marks = [block.mark for block in read_blocks(page) if block.mark]
    known = ("file ", "edit ", "tests", "needs fastapi", STANDS_IN, NOT_RUN)

    assert [mark for mark in marks if not mark.startswith(known)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_parts_of_programs_stand_there(page: Path) -> None:
    parts = [block for block in read_blocks(page) if block.mark.startswith(STANDS_IN)]

    for part in parts:
        program = ROOT / part.mark.removeprefix(STANDS_IN)
        assert part.source in program.read_text(encoding="utf-8"), f"{name(page)}:{part.line}"


def test_fragments_are_counted() -> None:
    fragments = [
        (name(page), block.mark.removeprefix(NOT_RUN))
        for page in PAGES
        for block in read_blocks(page)
        if block.mark.startswith(NOT_RUN)
    ]

    assert len(fragments) == FRAGMENTS, fragments
    assert all(reason for _, reason in fragments)
