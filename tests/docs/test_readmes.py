"""The READMEs of packages stand alone: a package index shows them, and no file beside them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import read_blocks
from tests.workspace.members import MEMBERS, Member

OWN_WORDS = [member for member in MEMBERS if member.name in {"responder", "responder-ratelimit"}]


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_no_link_needs_a_file_beside_it(member: Member) -> None:
    text = (member.path / "README.md").read_text(encoding="utf-8")

    assert [
        link for link in re.findall(r"\]\(([^)]*)\)", text) if "://" not in link and link[0] != "#"
    ] == []


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_it_says_how_to_install_it_and_under_which_licence(member: Member) -> None:
    text = (member.path / "README.md").read_text(encoding="utf-8")

    assert text.startswith(f"# {member.name}\n")
    assert f"pip install {member.name}" in text
    assert "Apache-2.0" in text


@pytest.mark.parametrize("member", OWN_WORDS, ids=repr)
def test_what_commands_print_is_what_they_print(member: Member, tmp_path: Path) -> None:
    blocks = read_blocks(member.path / "README.md")
    (place,) = (index for index, block in enumerate(blocks) if block.language == "console")
    program = next(block for block in reversed(blocks[:place]) if block.language == "python")
    (tmp_path / "app.py").write_text(program.source, encoding="utf-8")
    command, _, told = blocks[place].source.partition("\n")

    run = subprocess.run(
        [sys.executable, "-m", "responder_core", *command.split()[2:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert [line.rstrip() for line in run.stdout.splitlines()] == told.splitlines()
