"""Schemas of what pydantic reads and writes."""

import dataclasses
import datetime as dt
import enum
from collections.abc import Callable
from typing import Annotated, Any, Literal, Optional

import msgspec
import pytest

from responder_openapi.components import POINTER
from responder_openapi.errors import SchemaError
from responder_openapi.schemas import Schemas

pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")


class Item(pydantic.BaseModel):
    """A thing."""

    full_name: str = pydantic.Field(alias="fullName", min_length=1)
    size: int = 3


class Leaf(pydantic.BaseModel):
    x: int


class Tree(pydantic.BaseModel):
    leaf: Leaf
    trees: "list[Tree]"


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]


def make(*wanted, registered=None, reserved=None):
    schemas = Schemas(registered, reserved=reserved)
    for annotation, mode in wanted:
        schemas.want(annotation, mode, "here")
    schemas.make()
    return schemas


def test_fields_are_told_by_their_aliases_and_without_titles():
    schemas = make((Item, "input"))

    assert schemas.of(Item, "input") == {"$ref": f"{POINTER}Item"}
    assert schemas.components["Item"] == {
        "title": "Item",
        "description": "A thing.",
        "type": "object",
        "properties": {
            "fullName": {"type": "string", "minLength": 1},
            "size": {"type": "integer", "default": 3},
        },
        "required": ["fullName"],
    }


def test_defaults_that_json_schema_has_not_are_left_out():
    class Event(pydantic.BaseModel):
        at: Optional[dt.datetime] = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - the point
        most: float = float("inf")
        name: str = "tea"

    properties = make((Event, "input")).components["Event"]["properties"]

    assert "default" not in properties["at"]
    assert "default" not in properties["most"]
    assert properties["name"]["default"] == "tea"


def test_what_is_sent_has_its_defaults():
    schemas = make((Item, "output"))

    assert schemas.components["Item"]["required"] == ["fullName", "size"]


def test_a_model_that_differs_by_mode_is_two():
    schemas = make((Item, "input"), (Item, "output"))

    assert set(schemas.components) == {"Item-Input", "Item-Output"}


def test_a_model_that_does_not_is_one_whatever_it_has_in_it():
    schemas = make((Tree, "input"), (Tree, "output"))

    assert set(schemas.components) == {"Tree", "Leaf"}
    assert schemas.components["Tree"]["properties"]["trees"]["items"] == {"$ref": f"{POINTER}Tree"}


def test_a_model_that_has_one_that_differs_is_two():
    class Box(pydantic.BaseModel):
        item: Item

    schemas = make((Box, "input"), (Box, "output"))

    assert set(schemas.components) == {"Item-Input", "Item-Output", "Box-Input", "Box-Output"}
    item = schemas.components["Box-Output"]["properties"]["item"]
    assert item == {"$ref": f"{POINTER}Item-Output"}


def test_fields_that_may_be_left_out_are_not_required():
    if not hasattr(pydantic.Field(), "exclude_if"):
        pytest.skip("this pydantic has no exclude_if")

    class Thing(pydantic.BaseModel):
        x: Annotated[int, pydantic.Field(exclude_if=lambda value: value == 0)] = 0
        y: int = 0

    assert make((Thing, "output")).components["Thing"]["required"] == ["y"]


def test_discriminators_name_the_components():
    union = Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]
    schemas = make((union, "input"), registered={"Kitty": Cat})

    schema = schemas.of(union, "input")
    assert schema["discriminator"]["mapping"] == {
        "cat": f"{POINTER}Kitty",
        "dog": f"{POINTER}Dog",
    }
    assert "Kitty" in schemas.components


def test_names_that_the_program_gave():
    items = list[Item]
    schemas = make((items, "input"), (Item, "output"), registered={"Thing": Item})

    assert set(schemas.components) == {"Thing-Input", "Thing-Output"}
    assert schemas.of(items, "input")["items"] == {"$ref": f"{POINTER}Thing-Input"}


def test_two_of_one_name_have_their_modules_too():
    other = pydantic.create_model("Item", x=(int, ...))

    schemas = make((Item, "input"), (other, "input"))

    assert len(schemas.components) == 2
    assert all("Item" in name and "__" not in name for name in schemas.components)


def test_names_are_told_apart_from_those_of_other_libraries():
    @dataclasses.dataclass
    class Leaf:
        y: int

    schemas = make((Tree, "input"), (Leaf, "input"))

    assert {"Tree", "Leaf"} < set(schemas.components)
    assert schemas.of(Leaf, "input")["$ref"] != f"{POINTER}Leaf"


def test_a_name_that_is_taken_is_not_given():
    schemas = make((Leaf, "input"), reserved={"Leaf": {"type": "null"}})

    assert schemas.components["Leaf"] == {"type": "null"}
    assert schemas.of(Leaf, "input") == {"$ref": f"{POINTER}Leaf2"}


def test_a_name_that_another_library_was_given_is_taken():
    @dataclasses.dataclass
    class Other:
        y: int

    schemas = make((Leaf, "input"), (Other, "input"), registered={"Leaf": Other})

    assert schemas.of(Other, "input") == {"$ref": f"{POINTER}Leaf"}
    assert schemas.of(Leaf, "input") == {"$ref": f"{POINTER}Leaf2"}


@pytest.mark.parametrize("kind", [set[int], frozenset[int]])
def test_sets_may_be_received_with_an_item_twice(kind):
    model = pydantic.create_model("Model", x=(kind, ...))
    schemas = make((model, "input"))
    assert "uniqueItems" not in schemas.components["Model"]["properties"]["x"]

    schemas = make((model, "output"))
    assert schemas.components["Model"]["properties"]["x"]["uniqueItems"] is True


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^a\d+$", {"pattern": r"^a\d+$"}),
        (r"\Aa\z", {"pattern": "^a$"}),
        ("(?i)^a$", {}),
        ("(?P<first>a)", {"pattern": "(?<first>a)"}),
    ],
)
def test_patterns_are_told_as_json_schema_has_them(pattern, expected):
    text = Annotated[str, pydantic.Field(pattern=pattern)]

    assert make((text, "input")).of(text, "input") == {"type": "string", **expected}


def test_flags_may_be_sent_together_and_other_values_may_not():
    class Leaves(enum.Flag):
        GREEN = 1
        BLACK = 2

    class Size(enum.Enum):
        SMALL = 1
        LARGE = 2

    tin = pydantic.create_model("Tin", leaves=(Leaves, ...), size=(Size, ...))
    components = make((tin, "output")).components

    assert components["Leaves"] == {"title": "Leaves", "type": "integer"}
    assert components["Size"] == {"title": "Size", "type": "integer", "enum": [1, 2]}


def test_what_field_says_of_other_types():
    annotation = Annotated[Optional[int], pydantic.Field(ge=1, description="A number")]

    schema = make((annotation, "input")).of(annotation, "input")

    assert schema["description"] == "A number"
    assert {"type": "integer", "minimum": 1} in schema["anyOf"]


def test_a_type_without_a_hash_has_a_schema_too():
    annotation = Annotated[int, pydantic.Field(json_schema_extra={"x": 1}), []]

    assert make((annotation, "input"), registered={"Leaf": Leaf}).of(annotation, "input")["x"] == 1


def test_models_of_both_libraries_stand_side_by_side():
    class Struct(msgspec.Struct):
        x: int

    assert set(make((Struct, "input"), (Leaf, "input")).components) == {"Struct", "Leaf"}


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param(lambda: pydantic.create_model("Odd", x=(Callable[[], int], ...)), id="model"),
        pytest.param(lambda: Annotated[Callable[[], Any], pydantic.Field()], id="bare"),
        pytest.param(
            lambda: pydantic.create_model(
                "Odd", x=(Annotated[int, pydantic.WithJsonSchema({"$ref": "#/nowhere"})], ...)
            ),
            id="a reference to nothing",
        ),
    ],
)
def test_a_type_without_a_schema_is_refused_by_its_place(annotation):
    odd = annotation()
    schemas = Schemas()
    schemas.want(Leaf, "input", "elsewhere")
    schemas.want(odd, "input", "GET /x, parameter 'y'")

    with pytest.raises(SchemaError, match=r"GET /x, parameter 'y': .* has no JSON Schema: "):
        schemas.make()
