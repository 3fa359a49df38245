"""Bodies of requests, as operations have them."""

import dataclasses

import msgspec
import pytest

from responder_core import File, Form, UploadFile


class Item(msgspec.Struct):
    name: str
    size: int = 1


@dataclasses.dataclass
class Login:
    user: str
    remember: bool = False


REF = {"$ref": "#/components/schemas/Item"}
FILE = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
}


def body_of(operation_of, view, **options):
    return operation_of(view, methods=["POST"], **options).get("requestBody")


def test_a_model_is_json(operation_of):
    def view(req, resp, *, item: Item): ...

    assert body_of(operation_of, view) == {
        "content": {"application/json": {"schema": REF}},
        "required": True,
    }


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (list[Item], {"type": "array", "items": REF}),
        (Item | None, {"anyOf": [REF, {"type": "null"}]}),
    ],
    ids=str,
)
def test_what_holds_a_model_is_too(operation_of, annotation, schema):
    def view(req, resp, *, item): ...

    view.__annotations__["item"] = annotation
    body = body_of(operation_of, view)

    assert body["content"]["application/json"]["schema"] == schema
    assert body.get("required", False) is (annotation == list[Item])


def test_nothing_that_is_read_by_hand_is_told(operation_of):
    async def view(req, resp):
        await req.media()

    assert body_of(operation_of, view) is None


def test_examples(operation_of):
    def view(req, resp, *, item: Item): ...

    examples = {
        "small": {"name": "tea"},
        "model": Item("pot"),
        "told": {"summary": "A cup", "value": {"name": "cup"}},
    }
    body = body_of(operation_of, view, examples=examples)

    assert body["content"]["application/json"]["examples"] == {
        "small": {"value": {"name": "tea"}},
        "model": {"value": {"name": "pot", "size": 1}},
        "told": {"summary": "A cup", "value": {"name": "cup"}},
    }


def test_examples_of_what_is_read_by_hand(operation_of):
    async def view(req, resp): ...

    assert body_of(operation_of, view, examples={"a": 1}) == {
        "content": {"application/json": {"examples": {"a": {"value": 1}}}}
    }


def test_the_model_of_an_older_program(operation_of):
    assert body_of(operation_of, lambda req, resp: None, request_model=Item) is not None


class TestForms:
    def test_fields_are_either_kind_of_form(self, operation_of):
        def view(
            req,
            resp,
            *,
            name: str = Form(min_length=1, title="Name", description="The name.", examples=["A"]),
            cups: int = Form(1, le=12),
            tags: list[str] = Form(),
        ): ...

        body = body_of(operation_of, view)

        assert list(body["content"]) == [
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ]
        assert body["required"] is True
        (schema, again) = (each["schema"] for each in body["content"].values())
        assert schema == again
        assert schema == {
            "type": "object",
            "properties": {
                "name": {
                    "type": "string",
                    "minLength": 1,
                    "title": "Name",
                    "description": "The name.",
                    "examples": ["A"],
                },
                "cups": {"type": "integer", "maximum": 12, "default": 1},
                "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            },
            "required": ["name", "tags"],
        }

    def test_a_form_without_a_field_that_is_needed_is_not_either(self, operation_of):
        def view(req, resp, *, name: str = Form("x")): ...

        assert "required" not in body_of(operation_of, view)

    def test_a_model_is_the_whole_form(self, operation_of):
        def view(req, resp, *, login: Login = Form()): ...

        body = body_of(operation_of, view)

        schema = body["content"]["multipart/form-data"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Login"}
        assert body["required"] is True

    def test_a_model_beside_a_field(self, operation_of):
        def view(req, resp, *, login: Login = Form(), code: int = Form()): ...

        schema = body_of(operation_of, view)["content"]["multipart/form-data"]["schema"]

        assert schema["properties"].keys() == {"user", "remember", "code"}
        assert schema["required"] == ["user", "code"]


class TestFiles:
    def test_they_need_multipart(self, operation_of):
        def view(
            req,
            resp,
            *,
            photo: UploadFile,
            many: list[UploadFile] = File(description="More."),
            raw: bytes = File(None),
            title: str = Form(),
        ): ...

        body = body_of(operation_of, view)

        assert list(body["content"]) == ["multipart/form-data"]
        schema = body["content"]["multipart/form-data"]["schema"]
        assert schema["properties"] == {
            "photo": FILE,
            "many": {"type": "array", "items": FILE, "minItems": 1, "description": "More."},
            "raw": FILE,
            "title": {"type": "string"},
        }
        assert schema["required"] == ["photo", "many", "title"]
