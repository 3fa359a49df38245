"""The extension: what an app is given to be documented."""

import dataclasses
from typing import Annotated

import pytest

from responder_core import API
from responder_openapi import DocumentError, OpenAPI, SchemaError, find_openapi


@dataclasses.dataclass
class Pet:
    name: str


async def view(req, resp): ...


def test_what_the_app_is(document_of):
    openapi = OpenAPI(
        title="Tea",
        version="1.2",
        summary="A house.",
        description="Of *tea*.",
        terms_of_service="https://example.org/terms",
        contact={"name": "Ada"},
        license={"name": "MIT", "identifier": "MIT"},
        servers=["https://api.example.org", {"url": "/v2", "description": "Second"}],
        tags={"teas": "What there is."},
        openapi_route=None,
    )
    api = API(extensions=[openapi])
    api.get("/teas")(view)

    document = document_of(api)

    assert document["info"] == {
        "title": "Tea",
        "version": "1.2",
        "summary": "A house.",
        "description": "Of *tea*.",
        "termsOfService": "https://example.org/terms",
        "contact": {"name": "Ada"},
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    assert document["servers"] == [
        {"url": "https://api.example.org"},
        {"url": "/v2", "description": "Second"},
    ]
    assert document["tags"] == [{"name": "teas", "description": "What there is."}]


def test_what_it_is_called_without_a_word(document_of):
    document = document_of(API(extensions=[OpenAPI(license="MIT")]))

    assert document["info"] == {
        "title": "Responder API",
        "version": "0.0.0",
        "license": {"name": "MIT"},
    }
    assert document["paths"] == {}
    assert "components" not in document or document["components"] == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"theme": "swager_ui", "docs_route": "/docs"},
            r"there is no theme 'swager_ui'; did you mean 'swagger_ui'\? The themes are swagger_ui",
        ),
        ({"theme": "x", "docs_route": "/docs"}, "there is no theme 'x'; the themes are swagger_ui"),
        ({"openapi": "2.0"}, r"openapi= is '3\.0\.3', '3\.1\.0' or '3\.2\.0', not '2\.0'"),
        ({"openapi": 3.1}, r"not 3\.1"),
        ({"validate_responses": "yes"}, "is 'off', 'log' or 'error', not 'yes'"),
    ],
)
def test_what_cannot_work_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        OpenAPI(**options)


def test_a_license_has_a_name():
    with pytest.raises(ValueError, match=r"license= needs a name, as in \{'name': 'MIT'\}"):
        OpenAPI(license={"identifier": "MIT"})


def test_it_is_found():
    openapi = OpenAPI()

    assert find_openapi(API(extensions=[openapi])) is openapi
    assert find_openapi(API()) is None


def test_one_in_no_app_says_so():
    with pytest.raises(RuntimeError, match=r"pass it as API\(extensions=\[...\]\)"):
        OpenAPI().document()


class TestSchemas:
    def test_a_model_gets_a_name(self, document_of):
        openapi = OpenAPI(openapi_route=None)
        api = API(extensions=[openapi])
        assert openapi.schema("Animal")(Pet) is Pet

        @api.get("/")
        async def show(req, resp) -> Pet:
            return Pet("x")

        document = document_of(api)

        assert "Animal" in document["components"]["schemas"]
        assert "Pet" not in document["components"]["schemas"]

    def test_one_that_nothing_has_is_kept(self, document_of):
        openapi = OpenAPI(openapi_route=None)
        api = API(extensions=[openapi])
        openapi.add_schema("Free", {"type": "string"})

        assert document_of(api)["components"]["schemas"] == {"Free": {"type": "string"}}

    def test_whatever_it_is_called(self):
        openapi = OpenAPI(openapi_route=None)
        API(extensions=[openapi])
        openapi.add_schema("Free-Input", {"type": "string"})

        assert list(openapi.document()["components"]["schemas"]) == ["Free-Input"]

    def test_a_name_that_is_taken(self):
        openapi = OpenAPI()
        openapi.add_schema("Pet", Pet)

        with pytest.raises(ValueError, match="there is a schema 'Pet' already"):
            openapi.schema("Pet")(Pet)

    @pytest.mark.parametrize("name", ["ProblemDetails", "Second"])
    def test_what_is_there_already(self, name):
        openapi = OpenAPI(openapi_route=None)
        API(extensions=[openapi])
        openapi.add_schema("First", Pet)
        openapi.add_schema(name, Pet)

        with pytest.raises(SchemaError, match=f"the schema '{name}' is "):
            openapi.document()

    @pytest.mark.parametrize(
        "model", [int, list[Pet], Annotated[list[int], "any"]], ids=["plain", "list", "annotated"]
    )
    def test_what_is_no_model_gets_none(self, model):
        openapi = OpenAPI(openapi_route=None)
        API(extensions=[openapi])
        openapi.add_schema("Some", model)

        with pytest.raises(SchemaError, match=r"the schema 'Some': .* is no model"):
            openapi.document()

    @pytest.mark.parametrize("name", ["", "a b", "a/b", "Pé"])
    def test_what_is_no_name(self, name):
        with pytest.raises(ValueError, match="is no name of a schema"):
            OpenAPI().add_schema(name, Pet)


class TestKept:
    def test_the_document_is_made_once(self):
        openapi = OpenAPI()
        API(extensions=[openapi])

        assert openapi.document() is openapi.document()

    @pytest.mark.parametrize(
        "change",
        [
            lambda api, openapi: api.get("/new", name="new")(view),
            lambda api, openapi: openapi.add_schema("Pet", Pet),
            lambda api, openapi: openapi.add_security_scheme(
                "x", {"type": "http", "scheme": "basic"}
            ),
        ],
        ids=["route", "schema", "scheme"],
    )
    def test_and_anew_when_something_is_added(self, change):
        openapi = OpenAPI()
        api = API(extensions=[openapi])
        before = openapi.document()
        change(api, openapi)

        assert openapi.document() is not before


def test_two_paths_that_openapi_cannot_tell_apart(document_of, caplog):
    api = API(extensions=[OpenAPI(openapi_route=None)])
    api.get("/x/{id:int}", name="a")(lambda req, resp, *, id: None)
    api.get("/x/{slug}", name="b")(lambda req, resp, *, slug: None)
    api.post("/x/{slug}", name="c")(lambda req, resp, *, slug: None)

    document = document_of(api)

    assert list(document["paths"]) == ["/x/{id}"]
    assert document["paths"]["/x/{id}"].keys() == {"get", "post"}
    assert document["paths"]["/x/{id}"]["post"]["parameters"][0]["name"] == "id"
    assert "GET /x/{slug} is left out of the document" in caplog.text


def test_each_is_compared_with_its_own(client_factory):
    pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    api = API(extensions=[OpenAPI(validate_responses="error")])

    @api.get("/x/{id:int}", name="a")
    async def first(req, resp, *, id) -> Pet:
        return Pet("x")

    @api.get("/x/{slug}", name="b")
    async def second(req, resp, *, slug) -> list[Pet]:
        return [Pet("x")]

    client = client_factory(api)
    assert client.get("/x/5").status_code == client.get("/x/five").status_code == 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"responses": {404: {"$ref": "#/components/responses/Nope"}}},
            "/x refers to '#/components/responses/Nope', which the document has not",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused(options, message):
    openapi = OpenAPI(openapi_route=None)
    api = API(extensions=[openapi])
    api.get("/x", **options)(view)

    with pytest.raises(DocumentError, match=message):
        openapi.document()


def test_a_reference_to_nothing_among_the_components_is_refused():
    openapi = OpenAPI(openapi_route=None)
    API(extensions=[openapi])
    openapi.add_schema("A", {"$ref": "#/components/schemas/~1b~0"})

    with pytest.raises(DocumentError, match="components refers to '#/components/schemas/~1b~0'"):
        openapi.document()


def test_the_id_of_a_request_is_told(document_of):
    api = API(extensions=[OpenAPI(openapi_route=None)], request_id=True)
    api.get("/")(view)

    document = document_of(api)

    answers = document["paths"]["/"]["get"]["responses"]
    assert "X-Request-ID" in answers["200"]["headers"]
    assert "X-Request-ID" in document["components"]["responses"]["InternalServerError"]["headers"]


def test_decimals_are_told_as_they_are_sent(document_of):
    import decimal

    @dataclasses.dataclass
    class Price:
        amount: decimal.Decimal

    api = API(extensions=[OpenAPI(openapi_route=None)], json_decimal="float")

    @api.get("/")
    async def show(req, resp) -> Price: ...

    schema = document_of(api)["components"]["schemas"]["Price"]
    assert schema["properties"]["amount"] == {"type": "number"}
