"""examples/shelf.py, started as its first lines say, and docs/how-to/page-lists.md of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE = "docs/how-to/page-lists.md"
EXAMPLE = "examples/shelf.py"


@pytest.fixture(scope="module")
def shelf(start: Callable) -> Iterator:
    with start(EXAMPLE) as service:
        yield service


@pytest.fixture
def page(root: Path) -> str:
    return (root / PAGE).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def without_id(text: str) -> str:
    return re.sub(r"urn:uuid:[0-9a-f-]+", "urn:uuid:", text)


def links(answer) -> dict[str, str]:
    found = re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["link"])
    return {relation: url for url, relation in found}


def test_every_snippet_of_the_page_stands_in_the_example(page, root):
    source = (root / EXAMPLE).read_text(encoding="utf-8")
    snippets = blocks(page, "python")

    assert snippets
    assert [snippet for snippet in snippets if snippet not in source] == []


def test_what_the_page_shows_is_answered(page, shelf):
    shown = blocks(page, "console")

    assert shown
    for block in shown:
        command, status, *fields, empty, body = block.splitlines()
        path = command.removeprefix("$ curl -i 'http://127.0.0.1:5042").removesuffix("'")
        answer = shelf.get(path)

        assert (status.split()[1], empty) == (str(answer.status), "")
        for name, _, value in (each.partition(": ") for each in fields):
            assert answer.headers[name] == value
        assert without_id(answer.text) == without_id(body)


def test_every_link_of_the_page_leads_somewhere(page, root):
    here = [link for link in re.findall(r"\]\(([^)#]+)\)", page) if "://" not in link]

    assert here
    assert [link for link in here if not (root / PAGE).parent.joinpath(link).exists()] == []


def test_texts_of_the_page_are_read_as_it_says(page):
    from responder.ext.pagination import paginate
    from responder.ext.query import filter_items

    assert "page=req.params.get(" in page
    assert paginate("abc", page="2", size="2", max_size=100).items == ["c"]
    assert filter_items([{"year": 1961}, {"year": 1}], {"year": "1961"}) == [{"year": 1961}]


@pytest.mark.parametrize("sort", ["id", "-id", "due,reader", "-reader", ""])
def test_the_pages_of_a_database_have_each_row_once(shelf, sort):
    url, rows = f"/loans?sort={sort}&size=7", []
    while url is not None:
        answer = shelf.get(url)
        rows += answer.json()["items"]
        assert answer.headers["x-total-count"] == "120"
        url = links(answer).get("next")

    assert sorted(row["id"] for row in rows) == [*range(1, 121)]
    if sort == "due,reader":
        assert [row["due"] for row in rows[-24:]] == [None] * 24
    if sort.endswith("id"):
        assert rows[0]["id"] == (120 if sort == "-id" else 1)


def test_where_nobody_counts_the_pages_end_as_well(shelf):
    url, sizes = "/readers/Ada/loans", []
    while url is not None:
        answer = shelf.get(url)
        assert (answer.json()["total"], "x-total-count" in answer.headers) == (None, False)
        sizes.append(len(answer.json()["items"]))
        url = links(answer).get("next")

    assert sizes == [20, 20, 20, 0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/loans?size=500", 200),
        ("/loans?size=501", 422),
        ("/loans?page=2147483647&size=500", 200),
        ("/loans?sort=id;DROP%20TABLE%20loans", 400),
        ("/loans?sort=id%20DESC--", 400),
    ],
)
def test_a_client_gets_what_is_allowed(shelf, path, status):
    assert shelf.get(path).status == status


def test_pages_of_another_origin_may_read_the_fields(shelf):
    answer = shelf.get("/books", origin="https://shelf.example")

    assert answer.headers["access-control-expose-headers"] == "Link, X-Total-Count"


def test_it_is_documented(shelf):
    document = shelf.get("/schema.json").json()

    operation = document["paths"]["/loans"]["get"]
    sizes = {each["name"]: each["schema"] for each in operation["parameters"]}
    assert (sizes["size"]["maximum"], sizes["size"]["default"]) == (500, 50)
    assert {"Page_Book", "Page_Loan"} <= document["components"]["schemas"].keys()
