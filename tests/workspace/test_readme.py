"""The root README.md: its example answers, and its commands are the two that it promises."""

from __future__ import annotations

import re
from typing import Any

from tests.workspace.members import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced code of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_first_example_answers() -> None:
    (source,) = blocks("python")
    names: dict[str, Any] = {"__name__": "readme"}

    exec(compile(source, "README.md", "exec"), names)

    assert names["api"].requests.get("/hello").text == "hello, world!"


def test_there_are_two_commands() -> None:
    """One that starts a service, one that runs the tests, each a single line to paste."""
    commands = [block.strip() for block in blocks("sh")]

    assert len(commands) == 2
    assert not any("\n" in command for command in commands)
    assert (ROOT / commands[0].rpartition(" python ")[2]).is_file()
    assert commands[1].endswith(" pytest")  # .ci/run finds it by that.


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)

    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
