"""examples/teahouse.py, and that other programs find nothing wrong with what it says of itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from examples.teahouse import api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VERSIONS = [None, "3.1.0", "3.0.3"]
AUDIENCES = [None, "keepers"]


@pytest.fixture(scope="module")
def house(start: Callable) -> Iterator:
    with start("examples/teahouse.py") as service:
        yield service


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write the document of a version and an audience."""

    def make(version: str | None, audience: str | None) -> Path:
        from examples import teahouse
        from responder_openapi import OpenAPI

        known = teahouse.api.openapi
        openapi = OpenAPI(openapi=version, openapi_route=None)
        for name in ("_about", "_tags", "_security", "_registered", "_api"):
            setattr(openapi, name, getattr(known, name))
        file = tmp_path / "openapi.json"
        file.write_text(json.dumps(openapi.document(audience)), encoding="utf-8")
        return file

    return make


def test_it_sends_browsers_to_its_page(house):
    answer = house.get("/docs")

    assert answer.status == 200
    assert "<title>Tea house</title>" in answer.text


def test_keepers_have_a_document_of_their_own(house):
    public, own = house.get("/schema.yml").text, house.get("/keepers.yml").text

    assert "/v1/inventory:" not in public
    assert "/v1/inventory:" in own


def test_its_document_is_3_2_as_it_has_streams_and_query():
    document = api.openapi.document()

    assert document["openapi"] == "3.2.0"
    assert "query" in document["paths"]["/v1/teas/search"]


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_valid(write, version, audience):
    from openapi_spec_validator import validate

    validate(json.loads(write(version, audience).read_text(encoding="utf-8")))


@pytest.mark.linters
@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("linter", ["redocly", "spectral"])
def test_linters_find_nothing(write, tmp_path, linter, version, audience):
    """Neither an error nor a warning, by the rules that they recommend."""
    program = shutil.which(linter)
    if program is None:
        if os.environ.get("REQUIRE_LINTERS"):
            pytest.fail(f"there is no {linter}, and REQUIRE_LINTERS is set")
        pytest.skip(f"needs {linter}: npm install -g @redocly/cli @stoplight/spectral-cli")
    file = write(version, audience)
    rules = tmp_path / "rules.yml"
    if linter == "spectral":
        rules.write_text('extends: ["spectral:oas"]\n', encoding="utf-8")
        command = ["lint", "--ruleset", str(rules), "--fail-severity", "hint"]
    else:
        rules.write_text("extends: [recommended]\n", encoding="utf-8")
        command = ["lint", "--config", str(rules), "--format", "json"]
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "1"}
    result = subprocess.run(
        [program, *command, str(file)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=240,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    if linter == "redocly":  # It ends with 0 where there are warnings, too.
        found = json.loads(result.stdout[result.stdout.index("{") :])
        assert found["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


@pytest.mark.contract
def test_what_schemathesis_sends_is_answered_as_the_document_says(house, tmp_path):
    """With all its checks: some two thousand requests, right and wrong ones, in turn."""
    result = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"http://127.0.0.1:{house.port}/schema.json",
            *("--checks", "all", "--max-examples", "50", "--seed", "2026"),
            *("-H", "Authorization: Bearer secret"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        timeout=280,
    )

    assert result.returncode == 0, result.stdout[-8000:]
    assert "No issues found" in result.stdout
