"""References: what is one, and what only looks like one."""

from typing import Annotated, Any

import msgspec
import pytest

from responder_core import API
from responder_openapi import OpenAPI
from responder_openapi.references import find_part, list_references, rename_references

LOOKS_LIKE_ONE = {"$ref": "#/definitions/tea"}


class Settings(msgspec.Struct):
    """Has members that are called as those of schemas are."""

    mapping: str = "#/a"
    default: int = 1


class Leaf(msgspec.Struct):
    enum: int


class Named(msgspec.Struct):
    """Refers to others by members that are called as those with values are."""

    default: Leaf
    example: list[Leaf]
    value: Annotated[Any, msgspec.Meta(extra_json_schema={"$ref": "#/components/schemas/Own"})]


@pytest.fixture(params=["3.0.3", "3.1.0"])
def make_api(request):
    """Make an app with one route."""

    def make(view, **options):
        openapi = OpenAPI(openapi_route=None, openapi=request.param)
        openapi.add_schema("Own", {"type": "integer"})
        api = API(extensions=[openapi])
        api.post("/x", **options)(view)
        return api

    return make


def test_what_stands_in_a_value_is_none(make_api, document_of):
    async def view(req, resp, *, settings: Settings): ...

    named = {"small": {"value": LOOKS_LIKE_ONE}}
    options = {"examples": {"plain": LOOKS_LIKE_ONE}, "response_examples": {200: named}}
    document = document_of(make_api(view, **options))

    properties = document["components"]["schemas"]["Settings"]["properties"]
    assert properties["mapping"] == {"type": "string", "default": "#/a"}
    assert properties["default"] == {"type": "integer", "default": 1}
    body = document["paths"]["/x"]["post"]["requestBody"]["content"]["application/json"]
    assert body["examples"] == {"plain": {"value": LOOKS_LIKE_ONE}}


def test_members_that_are_called_like_values_are_followed(make_api, document_of):
    async def view(req, resp, *, named: Named): ...

    schemas = document_of(make_api(view))["components"]["schemas"]

    leaf = {"$ref": "#/components/schemas/Leaf"}
    assert schemas["Named"]["properties"] == {
        "default": leaf,
        "example": {"type": "array", "items": leaf},
        "value": {"$ref": "#/components/schemas/Own"},
    }
    assert schemas["Leaf"]["properties"] == {"enum": {"type": "integer"}}


def test_values_of_pydantic_are_none(make_api):
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")

    class Config(pydantic.BaseModel):
        mapping: str = "#/a"
        place: dict[str, str] = LOOKS_LIKE_ONE

    async def view(req, resp, *, config: Config): ...

    # Not by openapi-spec-validator, which takes the default for a reference.
    document = make_api(view).extensions[0].document()

    properties = document["components"]["schemas"]["Config"]["properties"]
    assert properties["mapping"] == {"type": "string", "default": "#/a"}
    assert properties["place"]["default"] == LOOKS_LIKE_ONE


PART = {
    "properties": {"$ref": {"$ref": "#/a"}, "enum": {"$ref": "#/b"}},
    "discriminator": {"propertyName": "kind", "mapping": {"c": "#/c", "d": "d.json"}},
    "oneOf": [{"$ref": "#/e"}, {"$ref": "f.json"}],
    "examples": [{"$ref": "#/g"}],
    "content": {
        "text/plain": {"examples": {"h": {"$ref": "#/h"}, "i": {"value": {"$ref": "#/i"}}}}
    },
    "responses": {"default": {"$ref": "#/j"}},
}


def test_those_of_a_part_are_listed():
    assert list_references(PART) == {f"#/{letter}" for letter in "abcehj"}


def test_and_renamed():
    renamed = rename_references(PART, str.upper)

    assert list_references(renamed) == {f"#/{letter}" for letter in "ABCEHJ"}
    assert renamed["discriminator"]["mapping"]["d"] == "d.json"
    assert renamed["examples"] == [{"$ref": "#/g"}]


def test_a_discriminator_without_a_mapping():
    part = {"discriminator": {"propertyName": "kind"}}

    assert list_references(part) == set()
    assert rename_references(part, str.upper) == part


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("#/paths/~1x~1%7Bid%7D/tags/1", "b"),
        ("#/paths/~1x~1{id}/tags/0", "a"),
        ("#/paths/~1x~1{id}/tags/2", None),
        ("#/paths/~1x~1{id}/tags/-", None),
        ("#/paths/~1y/tags", None),
    ],
)
def test_the_part_that_one_leads_to(reference, expected):
    document = {"paths": {"/x/{id}": {"tags": ["a", "b"]}}}

    assert find_part(document, reference) == expected
