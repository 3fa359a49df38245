"""Parameters, as operations have them."""

import datetime as dt
import enum
import uuid
from typing import Literal

import msgspec
import pytest

from responder_core import API, Cookie, Depends, Header, Path, Query
from responder_openapi import OpenAPI


class Kind(enum.Enum):
    GREEN = "green"
    BLACK = "black"


class Filters(msgspec.Struct):
    q: str
    kind: Kind | None = None
    page: int = 1
    tags: list[str] = []
    max_age: int | None = None


def parameters_of(operation):
    return {(each["in"], each["name"]): each for each in operation.get("parameters", [])}


class TestPath:
    @pytest.mark.parametrize(
        ("path", "schema"),
        [
            ("/{x}", {"type": "string"}),
            ("/{x:str}", {"type": "string"}),
            ("/{x:path}", {"type": "string"}),
            ("/{x:int}", {"type": "integer", "minimum": 0}),
            ("/{x:float}", {"type": "number", "minimum": 0}),
            ("/{x:uuid}", {"type": "string", "format": "uuid"}),
        ],
    )
    def test_convertors_say_what_they_are(self, operation_of, path, schema):
        operation = operation_of(lambda req, resp, *, x: None, path)

        assert operation["parameters"] == [
            {"name": "x", "in": "path", "required": True, "schema": schema}
        ]

    @pytest.mark.parametrize(
        ("path", "annotation", "schema"),
        [
            ("/{x}", dt.date, {"type": "string", "format": "date"}),
            ("/{x}", Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
            ("/{x}", uuid.UUID, {"type": "string", "format": "uuid"}),
            ("/{x:int}", int, {"type": "integer", "minimum": 0}),
            ("/{x}", int | None, {"type": "integer"}),
        ],
        ids=str,
    )
    def test_annotations_say_more(self, operation_of, path, annotation, schema):
        def view(req, resp, *, x): ...

        view.__annotations__["x"] = annotation
        (parameter,) = operation_of(view, path)["parameters"]

        found = parameter["schema"]
        assert {**found, "enum": sorted(found["enum"])} if "enum" in found else found == schema

    def test_bounds_and_words(self, operation_of):
        def view(
            req,
            resp,
            *,
            x: int = Path(ge=1, le=9, title="X", description="The x.", deprecated=True),
        ): ...

        (parameter,) = operation_of(view, "/{x:int}")["parameters"]

        assert parameter == {
            "name": "x",
            "in": "path",
            "required": True,
            "description": "The x.",
            "deprecated": True,
            "schema": {"type": "integer", "minimum": 1, "maximum": 9, "title": "X"},
        }

    def test_a_convertor_of_the_program(self, document_of):
        class Slug:
            regex = "[a-z-]+"

            def convert(self, value):
                return value

            def to_string(self, value):
                return value

        api = API(extensions=[OpenAPI(openapi_route=None)])
        api.add_convertor("slug", Slug())
        api.get("/{x:slug}/{y}")(lambda req, resp, *, x, y: None)

        (path,) = document_of(api)["paths"]
        assert path == "/{x}/{y}"

    def test_what_nothing_reads_is_told_all_the_same(self, operation_of):
        operation = operation_of(lambda req, resp, **rest: None, "/{a}/{b:int}")

        assert list(parameters_of(operation)) == [("path", "a"), ("path", "b")]


class TestOthers:
    def test_each_by_its_place_and_name(self, operation_of):
        def view(
            req,
            resp,
            *,
            q: str,
            limit: int = Query(10, le=100),
            x_token: str = Header(),
            theme: str = Cookie("light"),
            kind: Kind | None = None,
            tags: list[str] = Query([], alias="tag"),
            since: dt.date = dt.date(2026, 1, 2),
        ): ...

        found = parameters_of(operation_of(view))

        assert found["query", "q"] == {
            "name": "q",
            "in": "query",
            "required": True,
            "schema": {"type": "string"},
        }
        assert found["query", "limit"]["schema"] == {
            "type": "integer",
            "maximum": 100,
            "default": 10,
        }
        assert found["header", "X-Token"]["required"] is True
        assert found["cookie", "theme"]["schema"] == {"type": "string", "default": "light"}
        assert found["query", "kind"] == {
            "name": "kind",
            "in": "query",
            "schema": {"$ref": "#/components/schemas/Kind"},
        }
        assert found["query", "tag"]["schema"] == {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
        } or found["query", "tag"]["schema"] == {"type": "array", "items": {"type": "string"}}
        assert found["query", "since"]["schema"]["default"] == "2026-01-02"

    def test_a_list_that_has_to_be_sent_has_an_item(self, operation_of):
        def view(req, resp, *, x: list[int] = Query()): ...

        (parameter,) = operation_of(view)["parameters"]

        assert parameter["schema"]["minItems"] == 1

    @pytest.mark.parametrize(
        ("examples", "told"),
        [
            ([3], {"example": 3}),
            ([3, 4], {"examples": {"example1": {"value": 3}, "example2": {"value": 4}}}),
        ],
    )
    def test_examples(self, operation_of, examples, told):
        def view(req, resp, *, x: int = Query(1, examples=examples)): ...

        (parameter,) = operation_of(view)["parameters"]

        assert told.items() <= parameter.items()

    @pytest.mark.parametrize("name", ["authorization", "accept", "content_type"])
    def test_fields_that_openapi_tells_elsewhere_are_left_out(self, operation_of, name):
        def view(req, resp, *, x: str = Header(None, alias=name.replace("_", "-"))): ...

        assert "parameters" not in operation_of(view)

    def test_a_default_that_json_has_not_is_left_out(self, operation_of):
        def view(req, resp, *, x: str = Query(default_factory=lambda: "x"), y: float = 0.5): ...

        found = parameters_of(operation_of(view))

        assert "default" not in found["query", "x"]["schema"]
        assert "required" not in found["query", "x"]
        assert found["query", "y"]["schema"]["default"] == 0.5

    def test_those_of_what_a_view_depends_on(self, operation_of):
        def user(*, session: str = Cookie()): ...

        def guard(*, key: str = Header()): ...

        def view(req, resp, *, user=Depends(user)): ...

        operation = operation_of(view, dependencies=[Depends(guard)])

        assert set(parameters_of(operation)) == {("cookie", "session"), ("header", "Key")}


class TestModels:
    @pytest.mark.parametrize("marker", [Query(), Query(Filters)], ids=["annotated", "given"])
    def test_each_field_is_a_parameter(self, operation_of, marker):
        def view(req, resp, *, filters=marker): ...

        if marker.default is ...:
            view.__annotations__["filters"] = Filters
        found = parameters_of(operation_of(view))

        assert found["query", "q"]["required"] is True
        assert "allowEmptyValue" not in found["query", "q"]
        assert found["query", "kind"]["schema"] == {"$ref": "#/components/schemas/Kind"}
        assert found["query", "kind"]["allowEmptyValue"] is True
        assert found["query", "page"]["schema"] == {"type": "integer", "default": 1}
        assert "allowEmptyValue" not in found["query", "tags"]

    def test_fields_of_a_header_are_written_as_fields(self, operation_of):
        def view(req, resp, *, fields: Filters = Header()): ...

        assert ("header", "Max-Age") in parameters_of(operation_of(view))

    def test_a_choice_that_may_be_missing_has_no_null(self, operation_of):
        def view(req, resp, *, x: Literal["a", "b"] | None = None, y: int | Kind | None = None): ...

        found = parameters_of(operation_of(view))

        assert found["query", "x"]["schema"]["type"] == "string"
        assert sorted(found["query", "x"]["schema"]["enum"]) == ["a", "b"]
        assert {"type": "null"} not in found["query", "y"]["schema"]["anyOf"]
        assert len(found["query", "y"]["schema"]["anyOf"]) == 2

    def test_a_model_that_may_be_missing_requires_nothing(self, operation_of):
        def view(req, resp, *, filters: Filters | None = Query(None)): ...

        found = parameters_of(operation_of(view))

        assert ("query", "q") in found
        assert not any("required" in each for each in found.values())

    def test_a_pydantic_model(self, operation_of):
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")

        class Search(pydantic.BaseModel):
            q: str = pydantic.Field(min_length=2, description="What is sought.")
            page: int | None = None

        def view(req, resp, *, search: Search = Query()): ...

        found = parameters_of(operation_of(view))

        assert found["query", "q"] == {
            "name": "q",
            "in": "query",
            "required": True,
            "description": "What is sought.",
            "schema": {"type": "string", "minLength": 2},
        }
        assert found["query", "page"]["schema"] == {"type": "integer"}

    def test_what_two_read_is_told_once(self, operation_of):
        def guard(*, page: int = Query(), tags: list[str] = Query([])): ...

        def view(req, resp, *, filters: Filters = Query(), page: int = Query(2)): ...

        operation = operation_of(view, dependencies=Depends(guard))
        found = [(each["in"], each["name"]) for each in operation["parameters"]]

        assert sorted(found) == sorted(set(found))
        assert parameters_of(operation)["query", "page"]["required"] is True

    def test_nothing_of_it_is_left_among_the_components(self, document_of):
        api = API(extensions=[OpenAPI(openapi_route=None)])

        @api.get("/")
        async def view(req, resp, *, filters: Filters = Query()): ...

        assert "Filters" not in document_of(api)["components"]["schemas"]
