"""Schemas of marshmallow, which the program gives names."""

import sys

import pytest

from responder_core import API
from responder_openapi import OpenAPI
from responder_openapi.schemas import Schemas

marshmallow = pytest.importorskip("marshmallow", reason="marshmallow is not installed")


class OwnerSchema(marshmallow.Schema):
    name = marshmallow.fields.Str(required=True)


class PetSchema(marshmallow.Schema):
    """A pet."""

    name = marshmallow.fields.Str(required=True, metadata={"description": "What it is called."})
    age = marshmallow.fields.Int(allow_none=True)
    owner = marshmallow.fields.Nested(OwnerSchema)


@pytest.mark.parametrize("schema", [PetSchema, PetSchema()], ids=["class", "object"])
def test_a_schema_becomes_a_component(schema):
    pytest.importorskip("apispec", reason="apispec is not installed")
    schemas = Schemas({"Pet": schema})
    schemas.make()

    pet = schemas.components["Pet"]
    assert pet["required"] == ["name"]
    assert pet["properties"]["name"]["description"] == "What it is called."
    assert set(pet["properties"]["age"]["type"]) == {"integer", "null"}
    assert pet["properties"]["owner"]["properties"]["name"] == {"type": "string"}


def test_docstrings_refer_to_it():
    pytest.importorskip("apispec", reason="apispec is not installed")
    pytest.importorskip("yaml", reason="PyYAML is not installed")
    openapi = OpenAPI(openapi_route=None)
    api = API(extensions=[openapi])
    openapi.schema("Pet")(PetSchema)

    @api.get("/pet")
    async def pet(req, resp):
        """Show a pet.
        ---
        responses:
          200:
            content:
              application/json:
                schema:
                  $ref: '#/components/schemas/Pet'
        """

    document = openapi.document()
    answer = document["paths"]["/pet"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Pet")
    assert "Pet" in document["components"]["schemas"]


def test_without_apispec_the_message_says_how_it_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "apispec", None)

    with pytest.raises(ModuleNotFoundError, match=r"responder-openapi\[marshmallow\]"):
        Schemas({"Pet": PetSchema}).make()
