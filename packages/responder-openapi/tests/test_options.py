"""Options: what a route tells its documentation."""

import datetime as dt

import pytest

from responder_core import API, Router
from responder_openapi import OpenAPI

UTC = dt.timezone.utc


async def view(req, resp): ...


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"summary": 5}, r"route\('/x'\): summary= is text, not 5"),
        ({"description": b"x"}, "description= is text"),
        ({"operation_id": 1}, "operation_id= is text"),
        ({"examples": ["x"]}, r"examples= is a dict, not \['x'\]"),
        ({"response_examples": 1}, "response_examples= is a dict"),
        ({"openapi_extra": []}, "openapi_extra= is a dict"),
        ({"deprecated": "yes"}, "deprecated= is True or a date, not 'yes'"),
        ({"sunset": "2027"}, "sunset= is a date or a datetime, not '2027'"),
        ({"sunset": None}, "sunset= is a date or a datetime, not None"),
        ({"sunset": dt.datetime(2027, 1, 1)}, "has no time zone"),  # noqa: DTZ001 - the point
        ({"deprecated": dt.datetime(2027, 1, 1)}, "has no time zone"),  # noqa: DTZ001 - as above
        ({"sumary": "x"}, "did you mean 'summary'"),
        ({"audience": 5}, "audience= is a name, or a list of these, not 5"),
        ({"security": 5}, "security= is a name, or a list of these, not 5"),
        ({"security": ["a", 5]}, r"security= has 5; it is the name of a scheme, or"),
        ({"security": [{"a": "read"}]}, r"security= has \{'a': 'read'\}; it is the name"),
        ({"openapi_extra": {"tags": 5}}, "openapi_extra: tags is a list of texts, not 5"),
        ({"openapi_extra": {"x-y": object()}}, "openapi_extra= has something that JSON has no"),
        ({"examples": {"a": object()}}, "examples= has something that JSON has no form for"),
        ({"response_examples": {200: object()}}, "response_examples= has something"),
        ({"response_examples": {7: 1}}, "has the status 7; it is 100 to 599"),
        ({"response_examples": {"ok": 1}}, "has the status 'ok'; it is 100 to 599"),
        (
            {"responses": {404: {"content": {"a/b": {"schema": API}}}}},
            r"route\('/x'\): responses\[404\] has something that JSON has no form for",
        ),
    ],
)
def test_what_cannot_work_is_refused_at_registration(options, message):
    api = API(extensions=[OpenAPI()])

    with pytest.raises((TypeError, ValueError), match=message):
        api.get("/x", **options)(view)


@pytest.mark.parametrize(
    "name", ["summary", "description", "operation_id", "examples", "response_examples"]
)
def test_what_speaks_of_one_route_is_no_keyword_of_a_router(name):
    api = API(extensions=[OpenAPI(title="T", version="1")])

    with pytest.raises(TypeError, match=rf"takes no {name}=; give it to the routes"):
        api.include_router(Router("/x", **{name: "tea"}))


def test_words_of_a_route(operation_of):
    operation = operation_of(
        view, summary="A", description="B", operation_id="c", deprecated=True, tags=["d"]
    )

    assert operation["summary"] == "A"
    assert operation["description"] == "B"
    assert operation["operationId"] == "c"
    assert operation["deprecated"] is True
    assert operation["tags"] == ["d"]


def test_the_tag_of_a_route_that_has_none(operation_of):
    assert operation_of(view, "/users")["tags"] == ["users"]
    assert operation_of(lambda req, resp, *, id: None, "/{id}")["tags"] == ["default"]


def test_a_route_that_is_left_out(document_of):
    api = API(extensions=[OpenAPI()])
    api.get("/x", include_in_schema=False)(view)

    assert document_of(api)["paths"] == {}


class TestAudiences:
    @pytest.fixture
    def api(self):
        api = API(extensions=[OpenAPI()])
        api.get("/all", name="all")(view)
        api.get("/partners", name="partners", audience="partners")(view)
        api.get("/both", name="both", audience=["partners", "staff"])(view)
        return api

    @pytest.mark.parametrize(
        ("audience", "paths"),
        [
            (None, ["/all"]),
            ("partners", ["/all", "/partners", "/both"]),
            ("staff", ["/all", "/both"]),
            ("others", ["/all"]),
        ],
    )
    def test_each_is_told_of_its_own_and_what_is_everybodys(
        self, document_of, api, audience, paths
    ):
        assert list(document_of(api, audience)["paths"]) == paths

    def test_each_has_a_document_and_a_page(self, api, client_factory):
        def partner(req):
            if "x-partner" not in req.headers:
                req.api.state.refused = True
                from responder_core import abort

                abort(401)

        api.extensions[0].serve(
            openapi_route="/partners.json",
            docs_route="/partners-docs",
            audience="partners",
            auth=partner,
        )
        client = client_factory(api)

        assert client.get("/partners.json").status_code == 401
        assert client.get("/partners-docs").status_code == 401
        answer = client.get("/partners.json", headers={"X-Partner": "1"})
        assert list(answer.json()["paths"]) == ["/all", "/partners", "/both"]
        assert list(client.get("/schema.json").json()["paths"]) == ["/all"]
        assert api.url_for("docs-partners") == "/partners-docs"
