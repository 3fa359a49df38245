"""docs/how-to/write-an-extension.md: its code runs, is short, and is typed as strictly as ours."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import responder
from responder_openapi import OpenAPI
from tests.workspace.members import ROOT

PAGE = (ROOT / "docs/how-to/write-an-extension.md").read_text(encoding="utf-8")
NAMES = ("features.py", "shop.py", "test_shop.py")
MOST_LINES = 60


def blocks(language: str) -> list[str]:
    """The fenced code of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with what the page shows, each in its file."""
    for name, source in zip(NAMES, blocks("python"), strict=True):
        (tmp_path / name).write_text(source, encoding="utf-8")
    return tmp_path


@pytest.fixture
def shop(files: Path, monkeypatch: pytest.MonkeyPatch):
    """The program of the page, imported."""
    monkeypatch.syspath_prepend(files)
    import shop

    yield shop
    for name in ("features", "shop"):
        sys.modules.pop(name, None)


def run(files: Path, *command: str) -> None:
    """Run a module of Python among the files."""
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=files, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_its_tests_pass(files: Path) -> None:
    run(files, "pytest", "-q", "-p", "no:randomly", "-W", "error", "test_shop.py")


def test_what_it_shows_is_answered(shop) -> None:
    (block,) = blocks("console")
    asked, text, asked_later, status = block.splitlines()

    assert shop.api.requests.get(asked.partition(":5042")[2]).text == text
    answer = shop.api.requests.get(asked_later.partition(":5042")[2])
    assert str(answer.status_code) == status


def test_a_refusal_is_an_answer_as_any_other(shop) -> None:
    """Of the meta-package's API, too."""
    seen = []
    api = responder.API(extensions=[shop.features], cors=True)
    api.get("/tea", feature="none")(lambda req, resp: "tea")
    api.after_request()(lambda req, resp: seen.append(resp.status_code))

    answer = api.requests.get("/tea", headers={"Origin": "https://example.org"})

    assert (answer.status_code, seen) == (404, [404])
    assert "Origin" in answer.headers["Vary"]


def test_the_document_tells_of_the_fact(shop) -> None:
    from responder_core import API

    openapi = OpenAPI(title="Shop", version="1")
    api = API(extensions=[openapi, shop.features])
    api.get("/basket", feature="basket")(lambda req, resp: "one teapot")

    operation = openapi.document()["paths"]["/basket"]["get"]

    assert operation["x-feature"] == "basket"


def test_a_route_without_the_keyword_pays_nothing(shop) -> None:
    async def exchange(req, resp): ...

    assert shop.features.wrap(None, exchange) is exchange


def test_the_extension_is_short() -> None:
    lines = [line for line in blocks("python")[0].splitlines() if line.strip()]

    assert len(lines) < MOST_LINES


@pytest.mark.typing
def test_the_extension_is_typed(files: Path) -> None:
    run(files, "mypy", "--strict", "features.py")
