"""Answers, as operations have them."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
import pytest

from responder_core import API, SSE, Response
from responder_openapi import OpenAPI


class Item(msgspec.Struct):
    name: str


class Missing(msgspec.Struct):
    what: str


REF = {"$ref": "#/components/schemas/Item"}
ITEM_OR_TEXT = {"schema": {"anyOf": [REF, {"type": "string"}]}}
JSON = "application/json"


def answer_of(operation_of, annotation, status="200", **options):
    def view(req, resp): ...

    if annotation is not ...:
        view.__annotations__["return"] = annotation
    return operation_of(view, **options)["responses"][status]


@pytest.mark.parametrize(
    ("annotation", "content"),
    [
        (Item, {JSON: {"schema": REF}}),
        (list[Item], {JSON: {"schema": {"type": "array", "items": REF}}}),
        (tuple[Item, int], {JSON: {"schema": REF}}),
        (Item | Response, {JSON: {"schema": REF}}),
        (Item | str, {JSON: ITEM_OR_TEXT, "text/plain": {"schema": {"type": "string"}}}),
        (str, {"text/plain": {"schema": {"type": "string"}}}),
        (bytes, {"application/octet-stream": {}}),
        (dict, {JSON: {"schema": {"type": "object"}}}),
        (dict[str, Any], {JSON: {"schema": {"type": "object"}}}),
        (list, {JSON: {"schema": {"type": "array", "items": {}}}}),
        (int, {JSON: {"schema": {"type": "integer"}}}),
        (float, {JSON: {"schema": {"type": "number"}}}),
        (bool, {JSON: {"schema": {"type": "boolean"}}}),
        (Annotated[int, "cups"], {JSON: {"schema": {"type": "integer"}}}),
        (int | None, {JSON: {"schema": {"type": "integer"}}}),
        (
            str | int | dict,
            {
                "text/plain": {"schema": {"type": "string"}},
                JSON: {"schema": {"anyOf": [{"type": "integer"}, {"type": "object"}]}},
            },
        ),
        (
            Annotated[Item | str, "either"],
            {JSON: ITEM_OR_TEXT, "text/plain": {"schema": {"type": "string"}}},
        ),
    ],
    ids=str,
)
def test_what_a_view_is_annotated_to_return(operation_of, annotation, content):
    found = answer_of(operation_of, annotation)

    assert found == {"description": "OK", "content": content}


@pytest.mark.parametrize("annotation", [..., None, Any, int | object])
def test_a_view_that_does_not_tell_has_no_content(operation_of, annotation):
    assert answer_of(operation_of, annotation) == {"description": "OK"}


def test_the_model_of_the_route_comes_first(operation_of):
    assert answer_of(operation_of, dict, response_model=Item)["content"][JSON]["schema"] == REF


def test_false_takes_the_annotation_for_nothing(operation_of):
    assert "content" not in answer_of(operation_of, Item, response_model=False)


@pytest.mark.parametrize(
    ("status", "description", "has_content"),
    [(201, "Created", True), (204, "No Content", False)],
)
def test_the_status_of_the_route(operation_of, status, description, has_content):
    found = answer_of(operation_of, Item, str(status), status_code=status)

    assert found["description"] == description
    assert ("content" in found) is has_content


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ("It is gone.", {"description": "It is gone."}),
        (None, {"description": "Gone"}),
        (
            Missing,
            {
                "description": "Gone",
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/Missing"}}},
            },
        ),
        (
            {"description": "Gone.", "headers": {"X-Y": {"schema": {"type": "string"}}}},
            {"description": "Gone.", "headers": {"X-Y": {"schema": {"type": "string"}}}},
        ),
        ({"content": {"text/plain": {}}}, {"description": "Gone", "content": {"text/plain": {}}}),
    ],
    ids=["words", "none", "model", "object", "object without words"],
)
def test_what_the_route_says_of_a_status(operation_of, told, answer):
    assert answer_of(operation_of, Item, "410", responses={410: told}) == answer


def test_what_the_route_says_stands_beside_what_the_app_answers(operation_of):
    found = operation_of(lambda req, resp, *, x: None, "/{x}", responses={404: Missing})

    answer = found["responses"]["404"]
    assert answer["content"].keys() == {JSON, "application/problem+json"}


def test_a_status_without_a_body_has_none(operation_of):
    found = operation_of(lambda req, resp: None, responses={204: Missing, 304: "Same."})

    assert found["responses"]["304"] == {"description": "Same."}
    assert "204" not in found["responses"]


def test_a_reference_stands_alone(operation_of):
    reference = {"$ref": "#/components/responses/MethodNotAllowed"}
    found = operation_of(
        lambda req, resp: None,
        responses={405: reference, 410: reference, 500: reference},
        api_options={"request_id": True},
    )

    assert found["responses"]["405"] == found["responses"]["410"] == reference


@pytest.mark.parametrize(
    ("examples", "told"),
    [
        ({200: {"name": "tea"}}, {"example": {"name": "tea"}}),
        ({200: Item("tea")}, {"example": {"name": "tea"}}),
        (
            {200: {"one": {"value": {"name": "tea"}}}},
            {"examples": {"one": {"value": {"name": "tea"}}}},
        ),
    ],
)
def test_examples(operation_of, examples, told):
    found = answer_of(operation_of, Item, response_examples=examples)

    assert found["content"][JSON] == {"schema": REF, **told}


def test_examples_of_a_status_that_nothing_else_tells_of(operation_of):
    found = answer_of(operation_of, Item, "202", response_examples={202: {"name": "tea"}})

    assert found == {"description": "Accepted", "content": {JSON: {"example": {"name": "tea"}}}}


class TestStreams:
    @staticmethod
    def api(version=None):
        api = API(extensions=[OpenAPI(openapi_route=None, openapi=version)])

        @api.sse("/events")
        async def events(req, resp) -> AsyncIterator[SSE[Item]]:
            yield SSE(data=Item("tea"))

        @api.ndjson("/lines")
        async def lines(req, resp) -> AsyncIterator[Item]:
            yield Item("tea")

        @api.sse("/words")
        async def words(req, resp) -> AsyncIterator[str]:
            yield "hello"

        @api.sse("/any", event_model=Any)
        async def anything(req, resp):
            yield 1

        return api

    @staticmethod
    def content(document, path):
        return document["paths"][path]["get"]["responses"]["200"]["content"]

    def test_items_need_3_2(self, document_of):
        document = document_of(self.api())

        assert document["openapi"] == "3.2.0"
        assert self.content(document, "/lines") == {"application/x-ndjson": {"itemSchema": REF}}
        event = self.content(document, "/events")["text/event-stream"]["itemSchema"]
        assert event["properties"]["data"] == {
            "type": "string",
            "contentMediaType": JSON,
            "contentSchema": REF,
        }
        for path in ("/any", "/words"):  # A text is sent as it is.
            event = self.content(document, path)["text/event-stream"]["itemSchema"]
            assert event["properties"]["data"] == {"type": "string"}

    @pytest.mark.parametrize("version", ["3.1.0", "3.0.3"])
    def test_before_they_are_extensions(self, document_of, version):
        document = document_of(self.api(version))

        assert document["openapi"] == version
        assert self.content(document, "/lines")["application/x-ndjson"] == {
            "schema": {"type": "string"},
            "x-responder-stream": "ndjson",
            "x-responder-item-schema": REF,
        }

    def test_an_app_without_any_is_3_1(self, document_of):
        api = API(extensions=[OpenAPI(openapi_route=None)])
        api.get("/")(lambda req, resp: None)

        assert document_of(api)["openapi"] == "3.1.0"
