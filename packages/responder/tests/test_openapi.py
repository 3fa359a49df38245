"""OpenAPI by the flat keywords of ``responder.API``."""

import dataclasses

import pytest

import responder
from responder.ext.openapi import OpenAPI


@dataclasses.dataclass
class Pet:
    name: str


def statuses(api, *paths):
    return [api.requests.get(path).status_code for path in paths]


@pytest.mark.parametrize(
    ("options", "schema", "docs"),
    [
        ({}, 404, 404),
        ({"title": "Pets"}, 404, 404),
        ({"docs_route": "/docs"}, 200, 200),
        ({"openapi": "3.1.0"}, 200, 404),
        ({"openapi": "3.0.3", "docs_route": "/docs"}, 200, 200),
    ],
)
def test_either_route_is_enough(options, schema, docs):
    api = responder.API(**options)

    assert statuses(api, "/schema.yml", "/docs") == [schema, docs]


def test_a_route_of_its_own_serves_the_document():
    assert statuses(responder.API(openapi_route="/api.json"), "/api.json") == [200]


def test_what_the_service_is():
    api = responder.API(
        title="Pets",
        version="1.2",
        description="All of them.",
        terms_of_service="https://example.org/terms",
        contact={"name": "Ada"},
        license={"name": "MIT"},
        openapi="3.0.3",
        openapi_servers=["https://api.example.org"],
        openapi_tags={"pets": "Those that there are."},
        openapi_theme="redoc",
        docs_route="/docs",
    )
    api.get("/pets")(lambda req, resp: None)
    document = api.requests.get("/schema.json").json()

    assert document["openapi"] == "3.0.3"
    assert document["info"] == {
        "title": "Pets",
        "version": "1.2",
        "description": "All of them.",
        "termsOfService": "https://example.org/terms",
        "contact": {"name": "Ada"},
        "license": {"name": "MIT"},
    }
    assert document["servers"] == [{"url": "https://api.example.org"}]
    assert document["tags"] == [{"name": "pets", "description": "Those that there are."}]
    assert "redoc" in api.requests.get("/docs").text


def test_schemas_and_security_schemes_have_names():
    api = responder.API(openapi="3.1.0")
    api.schema("Animal")(Pet)
    api.add_security_scheme("key", {"type": "apiKey", "in": "header", "name": "X"}, default=True)

    components = api.openapi.document()["components"]

    assert set(components["schemas"]) == {"Animal"}
    assert set(components["securitySchemes"]) == {"key"}


def test_routes_and_routers_have_its_keywords():
    api = responder.API(openapi="3.1.0")
    router = responder.Router("/pets")

    @router.get("", summary="List pets")
    async def pets(req, resp): ...

    @api.get("/hidden", include_in_schema=False)
    async def hidden(req, resp): ...

    api.include_router(router)

    document = api.openapi.document()
    assert list(document["paths"]) == ["/pets"]
    assert document["paths"]["/pets"]["get"]["summary"] == "List pets"


def test_keywords_are_taken_where_nothing_is_served():
    api = responder.API()
    api.get("/", summary="Home")(lambda req, resp: None)

    assert statuses(api, "/") == [200]


def test_an_extension_of_the_program_takes_the_place_of_the_keywords():
    mine = OpenAPI(title="Mine", openapi_route="/mine.json")
    api = responder.API(extensions=[mine])

    assert api.openapi is mine
    assert api.requests.get("/mine.json").json()["info"]["title"] == "Mine"


def test_the_documentation_may_be_guarded():
    def refuse(req):
        responder.abort(401)

    api = responder.API(docs_route="/docs", openapi_auth=refuse)
    api.get("/")(lambda req, resp: None)

    assert statuses(api, "/schema.yml", "/docs", "/") == [401, 401, 200]


def test_answers_may_be_held_to_it():
    pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    api = responder.API(validate_responses="error")

    @api.get("/teapot")
    async def teapot(req, resp):
        resp.status_code = 418

    assert api.test_client().get("/teapot").status_code == 500


def test_an_unknown_theme_names_the_known_ones():
    with pytest.raises(ValueError, match="the themes are swagger_ui, redoc, "):
        responder.API(docs_route="/docs", openapi_theme="plain")


def test_what_other_packages_know_of_routes_is_told():
    graphene = pytest.importorskip("graphene")

    class Query(graphene.ObjectType):
        hello = graphene.String()

    api = responder.API(secret_key="a key that signs well 0123456789", csrf=True, openapi="3.1.0")
    api.add_security_scheme("key", {"type": "apiKey", "in": "header", "name": "X"}, default=True)
    api.graphql("/graphql", schema=graphene.Schema(query=Query))

    @api.route("/form", methods=["GET", "POST"])
    async def form(req, resp): ...

    document = api.openapi.document()

    def headers(operation):
        return [each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"]

    paths = document["paths"]
    assert headers(paths["/form"]["get"]) == []
    assert headers(paths["/form"]["post"]) == ["X-CSRF-Token"]
    assert "requestBody" in paths["/graphql"]["post"]
    assert "requestBody" not in paths["/graphql"]["get"]
    assert "session" in document["components"]["securitySchemes"]
    # A session may be sent; that makes nothing open which asks for a key.
    assert document["security"] == [{"key": []}]
    assert "security" not in paths["/form"]["post"]


@pytest.mark.parametrize(("given", "told"), [({}, ["/g"]), ({"include_in_schema": False}, [])])
def test_the_files_of_graphiql_are_no_operation(given, told):
    from graphql import build_schema

    api = responder.API(openapi="3.1.0", title="Pets", version="1")
    api.graphql("/g", schema=build_schema("type Query { a: Int }"), route_options=given)

    assert list(api.openapi.document()["paths"]) == told
