"""List queries by the names of older programs."""

import pytest

import responder
import responder_core.list_query
from responder.ext import query
from responder.ext.query import filter_items, parse_sort, sort_items

PETS = [
    {"name": "Tom", "age": 3},
    {"name": "Rex", "age": None},
    {"name": "Ada", "age": 7},
]


def test_they_are_those_of_the_core():
    assert query.__all__
    for name in query.__all__:
        assert getattr(query, name) is getattr(responder_core.list_query, name)


@pytest.fixture
def names():
    """The names of the pets that a query gives, by an older program."""
    api = responder.API()

    @api.route("/pets")
    def pets(req, resp):
        found = filter_items(PETS, {"age": req.params.get("age")})
        resp.media = sort_items(found, req.params.get("sort", "name"), allowed={"name", "age"})

    def ask(text):
        answer = api.requests.get(f"/pets?{text}")
        return [pet["name"] for pet in answer.json()] if answer.is_success else answer.status_code

    return ask


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["Ada", "Rex", "Tom"]),
        ("sort=age", ["Tom", "Ada", "Rex"]),
        ("sort=-age", ["Ada", "Tom", "Rex"]),
        ("age=7", ["Ada"]),
        ("age=8", []),
        ("sort=owner", 400),
    ],
)
def test_an_older_program_runs(names, text, found):
    assert names(text) == found


def test_keys_are_pairs():
    assert parse_sort("-age,name", allowed=["age", "name"]) == [("age", True), ("name", False)]
