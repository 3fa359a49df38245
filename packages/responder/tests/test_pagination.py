"""Pagination by the names of older programs, and in documents."""

import dataclasses

import msgspec
import pytest

import responder
import responder_core.pagination
from responder.ext import pagination
from responder.ext.pagination import Page, Paging, paginate, set_pagination_headers


@dataclasses.dataclass
class Pet:
    name: str


class Owner(msgspec.Struct):
    name: str


def test_they_are_those_of_the_core():
    assert pagination.__all__
    for name in pagination.__all__:
        assert getattr(pagination, name) is getattr(responder_core.pagination, name)


def test_an_older_program_runs():
    api = responder.API()

    @api.route("/pets")
    def pets(req, resp):
        page = paginate(
            [{"name": name} for name in "abcde"],
            page=int(req.params.get("page", "1")),
            size=int(req.params.get("size", "2")),
        )
        set_pagination_headers(req, resp, page)
        resp.media = {"items": page.items, "page": page.page, "pages": page.pages}

    answer = api.requests.get("/pets?page=3")

    assert answer.json() == {"items": [{"name": "e"}], "page": 3, "pages": 3}
    assert answer.headers["X-Total-Count"] == "5"
    assert '</pets?page=2&size=2>; rel="prev"' in answer.headers["Link"]
    assert api.requests.get("/pets?page=0").status_code == 422


@pytest.fixture
def document():
    api = responder.API(title="Pets", openapi="3.1.0")

    @api.get("/pets")
    def list_pets(req, resp, *, paging: Paging = responder.Query()) -> Page[Pet]:
        return paginate([Pet("Tom")], page=paging.page, size=paging.size)

    @api.get("/owners", response_model=Page[Owner])
    def list_owners(req, resp):
        return paginate([{"name": "Ada"}])

    return api.requests.get("/schema.json").json()


@pytest.mark.parametrize(("path", "name"), [("/pets", "Pet"), ("/owners", "Owner")])
def test_a_page_is_documented(document, path, name):
    answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"] == {"$ref": f"#/components/schemas/Page_{name}"}

    page = document["components"]["schemas"][f"Page_{name}"]
    assert page["description"] == "A page of a list."
    assert list(page["properties"]) == ["items", "total", "page", "size", "pages"]
    assert page["properties"]["items"]["items"] == {"$ref": f"#/components/schemas/{name}"}


def test_the_parameters_are_documented_with_their_bounds(document):
    page, size = document["paths"]["/pets"]["get"]["parameters"]

    assert (page["name"], page["in"], page["schema"]) == (
        "page",
        "query",
        {"type": "integer", "minimum": 1, "maximum": 2**31 - 1, "default": 1},
    )
    assert (size["name"], size["schema"]["maximum"], size["schema"]["default"]) == ("size", 100, 20)
