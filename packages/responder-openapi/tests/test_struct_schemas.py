"""Schemas of what msgspec reads and writes, as operations have them."""

import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypedDict, TypeVar

import msgspec
import pytest
from typing_extensions import NotRequired

from responder_openapi.components import POINTER
from responder_openapi.errors import SchemaError
from responder_openapi.schemas import Schemas
from responder_openapi.struct_schemas import _NUMBER, BASE64, DECIMAL

T = TypeVar("T")


class Color(enum.Enum):
    """What it looks like."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Item(msgspec.Struct):
    """A thing."""

    name: str
    tags: list[str] = []


class Node(msgspec.Struct):
    value: int
    children: "list[Node]" = []


class Page(msgspec.Struct, Generic[T]):
    items: list[T]


class Cat(msgspec.Struct, tag="cat"):
    lives: int


class Dog(msgspec.Struct, tag="dog"):
    barks: bool


class Row(msgspec.Struct, array_like=True):
    x: int
    y: int = 0


class Pair(NamedTuple):
    x: int
    y: str = ""


class Sparse(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True, rename="camel"):
    is_open: bool = True
    sub_title: str | msgspec.UnsetType = msgspec.UNSET


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0
    when: dt.date = dt.date(2026, 1, 2)
    made: list[int] = dataclasses.field(default_factory=list)
    other: list[int] = dataclasses.field(default_factory=lambda: [1])


class Table(TypedDict):
    rows: int
    note: NotRequired[str]


def schema_of(annotation, mode="input", **options):
    schemas = Schemas(**options)
    schemas.want(annotation, mode, "here")
    schemas.make()
    return schemas.of(annotation, mode), schemas.components


def component_of(annotation, mode="input", **options):
    schema, components = schema_of(annotation, mode, **options)
    return components[schema["$ref"].removeprefix(POINTER)]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, {"type": "null"}),
        (Any, {}),
        (msgspec.Raw, {}),
        (dt.datetime, {"type": "string", "format": "date-time"}),
        (dt.date, {"type": "string", "format": "date"}),
        (dt.time, {"type": "string", "format": "time"}),
        (dt.timedelta, {"type": "string", "format": "duration"}),
        (uuid.UUID, {"type": "string", "format": "uuid"}),
        (
            bytes,
            {"type": "string", "format": "byte", "contentEncoding": "base64", "pattern": BASE64},
        ),
        (
            decimal.Decimal,
            {"type": ["string", "number"], "format": "decimal", "pattern": DECIMAL},
        ),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a", 1], {"type": ["integer", "string"], "enum": [1, "a"]}),
        (Literal["a", "b"] | int, {"anyOf": [
            {"type": "integer"}, {"type": "string", "enum": ["a", "b"]}]}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (set[int], {"type": "array", "items": {"type": "integer"}}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (
            tuple[int, str],
            {
                "type": "array",
                "prefixItems": [{"type": "integer"}, {"type": "string"}],
                "minItems": 2,
                "maxItems": 2,
            },
        ),
        (tuple[()], {"type": "array", "minItems": 0, "maxItems": 0}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (dict[str, Any], {"type": "object"}),
        (
            dict[int, str],
            {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "propertyNames": {"pattern": "^-?(0|[1-9][0-9]*)$"},
            },
        ),
        (
            dict[float, Any],
            {"type": "object", "propertyNames": {"pattern": _NUMBER}},
        ),
        (
            dict[uuid.UUID, Any],
            {"type": "object", "propertyNames": {"type": "string", "format": "uuid"}},
        ),
        (int | None, {"type": ["integer", "null"]}),
        (int | str, {"type": ["integer", "string"]}),
        (
            list[int] | None,
            {"type": ["array", "null"], "items": {"type": "integer"}},
        ),
        (
            Literal["a"] | None,
            {"type": ["null", "string"], "enum": [None, "a"]},
        ),
        (Annotated[int, msgspec.Meta(ge=1, lt=9)], {
            "type": "integer", "minimum": 1, "exclusiveMaximum": 9}),
        (Annotated[float, msgspec.Meta(gt=1, le=9, multiple_of=0.5)], {
            "type": "number", "exclusiveMinimum": 1, "maximum": 9, "multipleOf": 0.5}),
        (Annotated[str, msgspec.Meta(min_length=1, max_length=3, pattern="^a")], {
            "type": "string", "minLength": 1, "maxLength": 3, "pattern": "^a"}),
        (Annotated[list[int], msgspec.Meta(min_length=1, max_length=3)], {
            "type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}),
        (Annotated[dict[str, int], msgspec.Meta(min_length=1)], {
            "type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1}),
        (Annotated[int, msgspec.Meta(title="N", description="A number", examples=[3])], {
            "type": "integer", "title": "N", "description": "A number", "examples": [3]}),
        (Annotated[int, msgspec.Meta(extra_json_schema={"x-y": 1})], {
            "type": "integer", "x-y": 1}),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_received(annotation, expected):
    schema, components = schema_of(annotation)

    assert _in_order(schema) == _in_order(expected)
    assert components == {}


def _in_order(value):
    """A schema whose kinds and values stand in one order, whichever msgspec has them in."""
    if isinstance(value, dict):
        return {key: _in_order(each) for key, each in value.items()}
    return sorted(map(str, value)) if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("annotation", "options", "expected"),
    [
        (set[int], {}, {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        (
            decimal.Decimal,
            {},
            {"type": "string", "format": "decimal", "pattern": DECIMAL},
        ),
        (decimal.Decimal, {"decimals_as_numbers": True}, {"type": "number"}),
    ],
    ids=str,
)
def test_what_is_sent(annotation, options, expected):
    assert schema_of(annotation, "output", **options)[0] == expected


class TestModels:
    def test_a_struct(self):
        assert component_of(Item) == {
            "title": "Item",
            "description": "A thing.",
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}, "default": []},
            },
            "required": ["name"],
        }

    def test_what_is_sent_has_its_defaults(self):
        component = component_of(Item, "output")

        assert component["required"] == ["name", "tags"]
        assert "default" not in component["properties"]["tags"]

    def test_a_model_that_differs_by_mode_is_two(self):
        schemas = Schemas()
        for annotation, mode in ((Item, "input"), (Item, "output"), (Node, "input")):
            schemas.want(annotation, mode, "here")
        schemas.make()

        assert set(schemas.components) == {"Item-Input", "Item-Output", "Node"}

    def test_a_model_that_has_one_that_differs_is_two(self):
        class Box(msgspec.Struct):
            item: Item

        schemas = Schemas()
        for mode in ("input", "output"):
            schemas.want(Box, mode, "here")
        schemas.make()

        assert set(schemas.components) == {"Item-Input", "Item-Output", "Box-Input", "Box-Output"}
        assert schemas.of(Box, "input") == {"$ref": f"{POINTER}Box-Input"}
        box = schemas.components["Box-Output"]
        assert box["properties"]["item"] == {"$ref": f"{POINTER}Item-Output"}

    def test_a_model_that_has_itself_in_it(self):
        component = component_of(Node, "output")

        assert component["properties"]["children"]["items"] == {"$ref": f"{POINTER}Node"}

    def test_a_generic_one(self):
        schema, components = schema_of(Page[int])

        assert schema == {"$ref": f"{POINTER}Page_int"}
        assert components["Page_int"]["properties"]["items"]["items"] == {"type": "integer"}

    def test_a_dataclass(self):
        component = component_of(Point)

        assert "description" not in component  # The docstring is dataclasses' own.
        assert component["required"] == ["x"]
        assert component["properties"]["when"]["default"] == "2026-01-02"
        assert component["properties"]["made"]["default"] == []
        assert "default" not in component["properties"]["other"]

    @pytest.mark.parametrize("mode", ["input", "output"])
    def test_a_typed_dict(self, mode):
        assert component_of(Table, mode)["required"] == ["rows"]

    def test_a_private_member_of_attrs_is_read_and_not_sent(self):
        attrs = pytest.importorskip("attrs", reason="attrs is not installed")
        cls = attrs.make_class("Thing", {"x": attrs.field(type=int), "_y": attrs.field(type=int)})

        assert list(component_of(cls, "input")["properties"]) == ["x", "_y"]
        assert list(component_of(cls, "output")["properties"]) == ["x"]
        assert component_of(cls, "output")["required"] == ["x"]

    def test_an_attrs_class(self):
        attrs = pytest.importorskip("attrs", reason="attrs is not installed")
        cls = attrs.make_class("Thing", {"x": attrs.field(type=int)})

        assert component_of(cls)["properties"] == {"x": {"type": "integer"}}

    @pytest.mark.parametrize("mode", ["input", "output"])
    def test_what_is_left_out_where_it_says_nothing(self, mode):
        component = component_of(Sparse, mode)

        assert component["properties"].keys() == {"isOpen", "subTitle"}
        assert component["additionalProperties"] is False
        assert "required" not in component

    def test_unset_is_never_sent(self):
        class Patch(msgspec.Struct):
            name: str | msgspec.UnsetType = msgspec.UNSET
            size: int = 1

        assert component_of(Patch, "output")["required"] == ["size"]

    @pytest.mark.parametrize(("cls", "most"), [(Row, None), (Pair, 2)])
    def test_rows(self, cls, most):
        component = component_of(cls)

        assert component["type"] == "array"
        assert (component["minItems"], component.get("maxItems")) == (1, most)
        sent = component_of(cls, "output")
        assert (sent["minItems"], sent["maxItems"]) == (2, 2)

    def test_an_empty_row(self):
        class Nothing(msgspec.Struct, array_like=True): ...

        assert "prefixItems" not in component_of(Nothing)

    def test_defaults_without_a_zone_are_left_out(self):
        class Event(msgspec.Struct):
            at: dt.datetime = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - the point
            daily: dt.time = dt.time(9)
            since: dt.datetime = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

        properties = component_of(Event)["properties"]
        assert "default" not in properties["at"]
        assert "default" not in properties["daily"]
        assert properties["since"]["default"] == "2026-01-01T00:00:00Z"

    def test_a_pattern_that_json_schema_has_no_words_for_is_left_out(self):
        annotation = Annotated[str, msgspec.Meta(pattern="(?i)tea")]

        assert schema_of(annotation)[0] == {"type": "string"}

    def test_a_tagged_row(self):
        class Tagged(msgspec.Struct, array_like=True, tag="t"):
            x: int

        component = component_of(Tagged)

        assert component["prefixItems"] == [{"const": "t"}, {"type": "integer"}]
        assert component["minItems"] == 2

    @pytest.mark.parametrize(
        ("cls", "expected"),
        [
            (Color, {"title": "Color", "type": "string", "enum": ["red", "blue"]}),
            (Level, {"title": "Level", "type": "integer", "enum": [1, 2]}),
        ],
    )
    def test_enums(self, cls, expected):
        component = component_of(cls)
        component.pop("description", None)

        assert component == expected

    def test_tagged_unions_have_a_discriminator(self):
        schema, components = schema_of(Cat | Dog)

        assert schema == {
            "anyOf": [{"$ref": f"{POINTER}Cat"}, {"$ref": f"{POINTER}Dog"}],
            "discriminator": {
                "propertyName": "type",
                "mapping": {"cat": f"{POINTER}Cat", "dog": f"{POINTER}Dog"},
            },
        }
        assert components["Cat"]["properties"]["type"] == {"const": "cat"}
        assert components["Cat"]["required"] == ["type", "lives"]

    def test_of_rows_have_none(self):
        class First(msgspec.Struct, array_like=True, tag="a"):
            x: int

        class Second(msgspec.Struct, array_like=True, tag="b"):
            x: int

        assert "discriminator" not in schema_of(First | Second)[0]

    def test_flags_may_stand_together(self):
        class Access(enum.IntFlag):
            READ = 1
            WRITE = 2

        assert component_of(Access)["type"] == "integer"
        assert "enum" not in component_of(Access)

    def test_tables_by_choices(self):
        assert schema_of(dict[Level, int])[0]["propertyNames"] == {"enum": ["1", "2"]}
        keys = schema_of(dict[Literal["a", "b"], int])[0]["propertyNames"]["enum"]
        assert sorted(keys) == ["a", "b"]

    def test_a_generic_one_that_is_sent(self):
        class Box(msgspec.Struct, Generic[T]):
            item: T
            note: str | None = None
            mark: str | msgspec.UnsetType = msgspec.UNSET

        assert component_of(Box[int], "output")["required"] == ["item", "note"]

    def test_defaults_are_told_in_one_order_and_where_json_has_them(self):
        class Odd(msgspec.Struct):
            letters: frozenset[str] = frozenset("cab")
            most: float = float("inf")

        properties = component_of(Odd)["properties"]
        assert properties["letters"]["default"] == ["a", "b", "c"]
        assert "default" not in properties["most"]

    def test_a_union_with_something_else_has_none(self):
        assert "discriminator" not in schema_of(Cat | Dog | None)[0]

    def test_a_field_may_be_called_as_a_member_of_json_schema_is(self):
        class Odd(msgspec.Struct, rename={"ref": "$ref"}):
            ref: Item
            mapping: dict[str, Item]
            table: Annotated[dict, msgspec.Meta(extra_json_schema={"default": {"mapping": [1]}})]

        _, components = schema_of(Odd)

        properties = components["Odd"]["properties"]
        assert properties["$ref"] == {"$ref": f"{POINTER}Item"}
        assert properties["mapping"]["additionalProperties"] == {"$ref": f"{POINTER}Item"}


class TestNames:
    def test_two_of_one_name_have_their_modules_too(self):
        def make():
            class Item(msgspec.Struct):
                x: int

            return Item

        schemas = Schemas()
        first, second = make(), make()
        for each in (Item, first, second):
            schemas.want(each, "input", "here")
        schemas.make()

        short = Item.__module__.split(".")
        assert len(schemas.components) == 3
        assert all(name.endswith(("Item", "Item2")) for name in schemas.components)
        assert any(short[-1] in name for name in schemas.components)

    def test_a_name_that_is_taken_is_not_given(self):
        class ProblemDetails(msgspec.Struct):
            x: int

        schema, components = schema_of(ProblemDetails, reserved={"ProblemDetails": {}})

        assert schema["$ref"].endswith(".ProblemDetails")
        assert components["ProblemDetails"] == {}

    def test_a_name_that_the_program_gave(self):
        schemas = Schemas({"Thing": Item, "Free": {"type": "string"}})
        schemas.make()

        assert set(schemas.components) == {"Thing-Input", "Thing-Output", "Free"}


def test_a_type_that_msgspec_alone_reads_and_json_has_not():
    with pytest.raises(SchemaError, match=r"here: .*Ext.* has no JSON Schema: .*include_in_"):
        schema_of(msgspec.msgpack.Ext)


def test_a_default_that_json_has_not_is_left_out():
    class Odd:
        pass

    class Thing(msgspec.Struct):
        x: Any = Odd()

    assert component_of(Thing)["properties"]["x"] == {}


def test_a_type_without_a_schema_is_refused_by_its_place():
    class Odd:
        pass

    with pytest.raises(SchemaError, match=r"here: .*Odd.* has no JSON Schema: .*include_in_"):
        schema_of(list[Odd])
