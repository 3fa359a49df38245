"""What docs/how-to/run-durable-jobs.md shows stands in examples/jobs; test_jobs.py runs it."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = "docs/how-to/run-durable-jobs.md"
EXAMPLE = Path("examples/jobs")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def commands(page: str) -> set[str]:
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    return {line for line in lines if line.startswith("$")}


def test_every_snippet_of_the_page_stands_in_the_example(root):
    files = [path.read_text(encoding="utf-8") for path in (root / EXAMPLE).glob("*.py")]
    snippets = blocks((root / PAGE).read_text(encoding="utf-8"), "python")

    assert snippets
    assert [snippet for snippet in snippets if not any(snippet in text for text in files)] == []


def test_every_command_of_the_page_stands_in_the_readme(root):
    page = commands((root / PAGE).read_text(encoding="utf-8"))
    readme = commands((root / EXAMPLE / "README.md").read_text(encoding="utf-8"))

    assert page
    assert page - readme == set()


def test_every_link_leads_somewhere(root):
    for path in (root / PAGE, root / EXAMPLE / "README.md"):
        links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
        here = [link for link in links if "://" not in link]

        assert [link for link in here if not (path.parent / link).exists()] == []


def test_the_stand_in_for_the_warehouse_sends_one_parcel_for_a_key(start):
    with start("-m", "examples.jobs.warehouse", WAREHOUSE_SECONDS="0") as service:
        answers = [service.request("POST", "/parcels", idempotency_key=key) for key in "aba"]

    assert [answer.json()["parcel"] for answer in answers] == ["P1", "P2", "P1"]
