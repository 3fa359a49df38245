"""Shapes: what a view returns is sent as what would be read of it, looked at or read."""

from __future__ import annotations

import gc
import math
import weakref
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar, Union
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta, Struct

from responder_core import API, speedups
from responder_core.formats.json import encode
from responder_core.shapes import find_shape
from responder_core.texts import InvalidValue
from responder_core.validation import make_validator

T = TypeVar("T")


class Leaf(Struct):
    name: Annotated[str, Meta(min_length=1, max_length=5)]
    count: Annotated[int, Meta(ge=0, lt=10)] = 0


class Secret(Leaf):
    secret: str = "hidden"


class Text(str):
    __slots__ = ()


class Number(int):
    __slots__ = ()


class Tree(Struct):
    leaf: Leaf
    leaves: list[Leaf] = []
    note: Optional[str] = None


class Measured(Struct):
    ratio: Annotated[float, Meta(gt=0, le=1)] = 0.5
    other: float = 0.0
    large: int = 0
    small: Annotated[int, Meta(gt=-3, le=3)] = 0


class Moment(Struct):
    at: datetime
    on: date
    by: UUID
    of: Literal["tea", "cup"]
    yes: bool = True


class Cat(Struct, tag="cat"):
    lives: int


class Dog(Struct, tag="dog"):
    name: str


class Pets(Struct, omit_defaults=True, rename="camel"):
    best_pet: Union[Cat, Dog, None] = None
    all_pets: Annotated[list[Union[Cat, Dog]], Meta(max_length=2)] = []


class Row(Struct, array_like=True):
    name: str
    count: int


class Checked(Struct):
    name: str

    def __post_init__(self):
        self.name = self.name.strip()


class Holding(Struct):
    checked: Checked


class Recursive(Struct):
    name: str
    below: list[Recursive] = []


class Loose(Struct):
    anything: Any = None
    table: dict[str, int] = {}
    price: Decimal = Decimal(1)
    word: Annotated[str, Meta(pattern="^[a-z]*$")] = ""
    even: Annotated[int, Meta(multiple_of=2)] = 0


class Page(Struct, Generic[T]):
    items: list[T]


NOW = datetime(2026, 11, 23, 10, 59, 1, 5, timezone(timedelta(hours=2)))
MOMENT = {"at": NOW, "on": NOW.date(), "by": UUID(int=7), "of": "tea"}
# By its type each value, and whether a look at it tells that it would be read as it is.
VALUES: list[tuple[Any, Any, bool]] = [
    (Leaf, Leaf("tea"), True),
    (Leaf, Leaf("", 1), False),
    (Leaf, Leaf("green tea"), False),
    (Leaf, Leaf("\u00e9\u20ac\U0001f375ab"), True),
    (Leaf, Leaf("tea", 9), True),
    (Leaf, Leaf("tea", 10), False),
    (Leaf, Leaf("tea", -1), False),
    (Leaf, Leaf("tea", True), False),
    (Leaf, Leaf("tea", 1.0), False),
    (Leaf, Leaf("tea", None), False),
    (Leaf, Leaf("tea", Number(3)), False),
    (Leaf, Leaf(Text("tea")), False),
    (Leaf, Leaf(b"tea"), False),
    (Leaf, Secret("tea"), False),
    (Leaf, {"name": "tea", "secret": "hidden"}, False),
    (Tree, Tree(Leaf("a"), [Leaf("b"), Leaf("c")], "note"), True),
    (Tree, Tree(Secret("a")), False),
    (Tree, Tree(Leaf("a"), [Leaf("b"), Secret("c")]), False),
    (Tree, Tree(Leaf("a"), (Leaf("b"),)), False),
    (Tree, Tree(Leaf("a"), [], 7), False),
    (Tree, Tree({"name": "a", "secret": "hidden"}), False),
    (Tree, Tree(None), False),
    (Measured, Measured(), True),
    (Measured, Measured(0.0), False),
    (Measured, Measured(5e-324), True),
    (Measured, Measured(1.0), True),
    (Measured, Measured(math.nextafter(1, 2)), False),
    (Measured, Measured(1), False),
    (Measured, Measured(other=math.nan), False),
    (Measured, Measured(other=-math.inf), False),
    (Measured, Measured(other=1.7976931348623157e308), True),
    (Measured, Measured(large=2**63 - 1), True),
    (Measured, Measured(large=-(2**63)), True),
    (Measured, Measured(large=2**63), False),
    (Measured, Measured(large=2**70), False),
    (Measured, Measured(small=-2), True),
    (Measured, Measured(small=-3), False),
    (Measured, Measured(small=3), True),
    (Measured, Measured(small=4), False),
    (Moment, Moment(**MOMENT), True),
    (Moment, Moment(**{**MOMENT, "at": NOW.replace(tzinfo=None)}), True),
    (Moment, Moment(**{**MOMENT, "at": "2026-11-23T10:59:01Z"}), False),
    (Moment, Moment(**{**MOMENT, "on": NOW}), False),
    (Moment, Moment(**{**MOMENT, "by": "no id"}), False),
    (Moment, Moment(**{**MOMENT, "of": "pot"}), False),
    (Moment, Moment(**{**MOMENT, "yes": 1}), False),
    (Pets, Pets(), True),
    (Pets, Pets(Cat(9), [Dog("a"), Cat(7)]), True),
    (Pets, Pets(Cat(9), [Dog("a"), Cat(7), Cat(8)]), False),
    (Pets, Pets(Cat("nine")), False),
    (Pets, Pets("cat"), False),
    (Row, Row("a", 1), True),
    (Row, Row("a", "1"), False),
    (list[Leaf], [Leaf("a"), Leaf("b")], True),
    (list[Leaf], [], True),
    (list[Leaf], [Leaf("a"), Secret("b")], False),
    (Union[Cat, Dog], Dog("a"), True),
    (Page[Leaf], Page([Leaf("a")]), False),
    (Checked, Checked(" tea "), False),
    (Holding, Holding(Checked("tea")), False),
    (Recursive, Recursive("a", [Recursive("b")]), False),
    (Loose, Loose(), False),
    (Loose, Loose(Secret("a"), {"a": 1}, Decimal("2.50"), "word", 4), False),
]
IDS = [f"{number}: {type(value).__name__}" for number, (_, value, _) in enumerate(VALUES)]


@pytest.mark.parametrize(("kind", "value", "_"), VALUES, ids=IDS)
def test_an_answer_is_what_would_be_read_of_it(client_factory, kind, value, _):
    api = API()

    @api.get("/", response_model=kind)
    async def give(req, resp):
        return value

    client = client_factory(api)
    try:
        expected = encode(make_validator(kind).from_json(encode(value)))
    except InvalidValue:
        expected = None

    answers = [client.get("/") for _ in range(2)]

    if expected is None:
        assert [each.status_code for each in answers] == [500, 500]
    else:
        assert [each.content for each in answers] == [expected, expected]


@pytest.mark.skipif(not speedups.is_built, reason="the look at a value is in C")
@pytest.mark.parametrize(("kind", "value", "fits"), VALUES, ids=IDS)
def test_a_look_tells_what_is_exactly_of_its_type(kind, value, fits):
    look = speedups.find_fitting(find_shape(kind))

    assert (look is not None and look(value)) is fits


def test_a_field_without_a_value_is_an_error(client_factory):
    api, leaf = API(), Leaf("tea")
    del leaf.name

    @api.get("/")
    async def give(req, resp) -> Leaf:
        return leaf

    assert client_factory(api).get("/").status_code == 500


@pytest.mark.parametrize("form", ["json", "yaml", "msgpack"])
def test_every_format_has_the_same_fields(client_factory, form):
    if form == "yaml":
        pytest.importorskip("yaml")
    api = API()

    @api.get("/")
    async def give(req, resp) -> Tree:
        return Tree(Leaf("a", 1), [Leaf("b", 2)])

    answer = client_factory(api).get("/", headers={"Accept": f"application/{form}"})

    read = {"json": msgspec.json, "yaml": msgspec.yaml, "msgpack": msgspec.msgpack}[form].decode
    assert answer.headers["content-type"] == f"application/{form}"
    assert read(answer.content) == {
        "leaf": {"name": "a", "count": 1},
        "leaves": [{"name": "b", "count": 2}],
        "note": None,
    }


def test_a_hook_changes_what_is_sent(client_factory):
    api = API()

    @api.after_request()
    async def change(req, resp):
        resp.media.count += 1

    @api.get("/")
    async def give(req, resp) -> Leaf:
        return Leaf("tea", 1)

    client = client_factory(api)

    assert [client.get("/").json() for _ in range(2)] == [{"name": "tea", "count": 2}] * 2


def test_a_class_is_freed_with_its_app(client_factory):
    def serve():
        api = API()

        class Cup(Struct):
            leaf: Leaf
            size: int = 1

        @api.get("/")
        async def give(req, resp):
            return Cup(Leaf("tea"))

        give.__annotations__["return"] = Cup
        api.add_route("/list", give, response_model=Cup)
        assert client_factory(api).get("/list").status_code == 200
        return weakref.ref(Cup)

    freed = serve()
    gc.collect()

    assert freed() is None
