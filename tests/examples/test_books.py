"""examples/books.py, started as its first lines say; and the audits of the specification."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE = "docs/how-to/serve-graphql.md"
# The audits, and the graphql-js that they stand on, each in the version that is known.
AUDITS = ("graphql-http@1.23.1", "graphql@16.15.0")
PROGRAM = """
import { auditServer } from 'graphql-http';
const results = await auditServer({ url: process.argv[2] });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) =>
    ({ id, name, status, reason }))));
"""


@pytest.fixture(scope="module")
def books(start: Callable) -> Iterator:
    with start("examples/books.py") as service:
        yield service


def ask(service, query, **headers):
    return service.request("POST", "/graphql", {"query": query}, **headers)


def test_books_have_their_authors_by_one_query(books):
    answer = ask(books, "{ books { title author } }")

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "max-age=60"
    assert answer.json()["data"]["books"][2] == {"title": "Solaris", "author": "Stanisław Lem"}


def test_a_mutation_needs_a_user(books):
    query = 'mutation { addBook(title: "Eden") { title } }'

    (error,) = ask(books, query).json()["errors"]
    assert error["message"] == "Sign in to add a book."
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    added = ask(books, query, authorization="Bearer reader").json()
    assert added == {"data": {"addBook": {"title": "Eden"}}}


def test_reviews_are_streamed(books):
    answer = ask(books, "subscription { reviews(pause: 0) }", accept="text/event-stream")

    assert answer.media_type == "text/event-stream"
    assert answer.text.count("event: next") == 3
    assert "event: complete" in answer.text


@pytest.fixture(scope="session")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the npm package that has the audits."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        if os.environ.get("REQUIRE_NPM"):
            pytest.fail("npm and node are needed for the audits of GraphQL over HTTP")
        pytest.skip("npm and node are not installed; the audits of GraphQL over HTTP need them")
    folder = tmp_path_factory.mktemp("audits")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    (folder / "audit.mjs").write_text(PROGRAM)
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *AUDITS]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.mark.npm
def test_every_audit_of_graphql_over_http_is_ok(books, audits):
    """The suite that the working group's implementations are listed by."""
    command = ["node", "audit.mjs", f"{books.url}/graphql"]
    result = subprocess.run(command, cwd=audits, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr

    results = json.loads(result.stdout)

    assert [each for each in results if each["status"] != "ok"] == []
    assert len(results) == 61


def test_every_snippet_of_the_page_stands_in_the_example(root):
    page = (root / PAGE).read_text(encoding="utf-8")
    text = (root / "examples/books.py").read_text(encoding="utf-8")
    snippets = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)

    assert snippets
    assert [snippet for snippet in snippets if snippet not in text] == []


def test_every_link_of_the_page_leads_somewhere(root):
    links = re.findall(r"\]\(([^)#]+)\)", (root / PAGE).read_text(encoding="utf-8"))

    here = [link for link in links if "://" not in link]
    assert [link for link in here if not (root / PAGE).parent.joinpath(link).exists()] == []
