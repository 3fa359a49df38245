"""List queries: what clients may sort and filter by, and in which order things come."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from responder_core import API, Problem
from responder_core.list_query import filter_items, parse_sort, sort_items


def refused(function, *args, **options):
    """The problem that a call is refused with."""
    with pytest.raises(Problem, match=r"^400: ") as found:
        function(*args, **options)
    return found.value


class TestParse:
    @pytest.mark.parametrize(
        ("spec", "keys"),
        [
            (None, []),
            ("", []),
            ([], []),
            ([""], []),
            ("name", [("name", False)]),
            ("-name", [("name", True)]),
            ("+name", [("name", False)]),
            (" name", [("name", False)]),
            ("-year,name", [("year", True), ("name", False)]),
            ("-year, name ,+id", [("year", True), ("name", False), ("id", False)]),
            (["-year,name", "id"], [("year", True), ("name", False), ("id", False)]),
        ],
    )
    def test_fields_and_their_directions(self, spec, keys):
        assert parse_sort(spec) == keys

    def test_a_key_has_names(self):
        (key,) = parse_sort("-year")

        assert (key.field, key.descending) == ("year", True)

    @pytest.mark.parametrize("spec", ["-", "+", "name,", ",", "a,,b", " "])
    def test_no_name_is_a_400(self, spec):
        problem = refused(parse_sort, spec)

        assert problem.status_code == 400
        assert problem.errors == [
            {
                "parameter": "sort",
                "in": "query",
                "detail": "must name fields that the list can be sorted by",
            }
        ]

    def test_what_is_not_allowed_is_a_400_that_tells_what_is(self):
        allowed = ["year", "name"]
        assert parse_sort("-name", allowed=allowed) == [("name", True)]

        problem = refused(parse_sort, "secret", allowed=allowed, parameter="order_by")

        assert problem.status_code == 400
        assert problem.errors == [
            {
                "parameter": "order_by",
                "in": "query",
                "detail": "must name fields that the list can be sorted by: name, year",
            }
        ]
        assert "secret" not in str(problem.document())

    @pytest.mark.parametrize("spec", ["name,-name", ["name", "name"]])
    def test_a_field_counts_once(self, spec):
        problem = refused(parse_sort, spec)

        assert (problem.status_code, problem.errors[0]["detail"]) == (
            400,
            "must name each field once",
        )


@dataclass
class Tea:
    name: str
    price: Any = None
    tags: list[str] = field(default_factory=list)
    _cost: int = 0

    @property
    def length(self):
        return len(self.name)


class TeaStruct(msgspec.Struct):
    name: str
    price: Any = None


def make_attrs():
    attr = pytest.importorskip("attr", reason="needs attrs")
    return attr.make_class("TeaAttrs", {"name": attr.ib(), "price": attr.ib(default=None)})


def make_pydantic():
    pydantic = pytest.importorskip("pydantic", reason="needs pydantic")
    return pydantic.create_model("TeaModel", name=(str, ...), price=(object, None))


KINDS = [
    pytest.param(lambda: dict, id="dict"),
    pytest.param(lambda: Tea, id="dataclass"),
    pytest.param(lambda: TeaStruct, id="struct"),
    pytest.param(make_attrs, id="attrs"),
    pytest.param(make_pydantic, id="pydantic"),
    pytest.param(lambda: SimpleNamespace, id="object"),
]


PRICES = {"d": 2, "b": 1, "c": 2, "a": None}


def names(items):
    return "".join(item["name"] if isinstance(item, dict) else item.name for item in items)


@pytest.mark.parametrize("make", KINDS)
class TestItems:
    """What is the same for items of all kinds."""

    @pytest.mark.parametrize(
        ("spec", "order"),
        [
            (None, "dbca"),
            ("name", "abcd"),
            ("-name", "dcba"),
            ("price", "bdca"),
            ("-price", "dcba"),
            ("price,name", "bcda"),
            ("price,-name", "bdca"),
            ("-price,name", "cdba"),
        ],
    )
    def test_they_are_sorted(self, make, spec, order):
        teas = [make()(name=name, price=price) for name, price in PRICES.items()]

        assert names(sort_items(teas, spec)) == order
        assert names(teas) == "dbca"

    @pytest.mark.parametrize(
        ("filters", "left"),
        [
            ({}, "dbca"),
            ({"name": "b"}, "b"),
            ({"price": 2}, "dc"),
            ({"price": "2"}, "dc"),
            ({"price": None}, "dbca"),
            ({"price": 2, "name": "c"}, "c"),
            ({"price": [1, 3]}, "b"),
            ({"name": ("a", "b")}, "ba"),
            ({"name": []}, ""),
            ({"name": "nobody"}, ""),
        ],
    )
    def test_they_are_filtered(self, make, filters, left):
        teas = [make()(name=name, price=price) for name, price in PRICES.items()]

        found = filter_items(teas, filters)

        assert names(found) == left
        assert found is not teas

    @pytest.mark.parametrize("name", ["nothing", "__class__", "__dict__", "copy", "__doc__"])
    def test_what_is_no_field_is_a_400(self, make, name):
        teas = [make()(name="a"), make()(name="b")]

        assert refused(sort_items, teas, name).status_code == 400
        assert refused(filter_items, teas, {name: "x"}).status_code == 400


class TestSort:
    def test_none_is_last_in_both_directions(self):
        teas = [Tea("a"), Tea("b", 1), Tea("c"), Tea("d", 0)]

        assert names(sort_items(teas, "price")) == "dbac"
        assert names(sort_items(teas, "-price")) == "bdac"

    def test_so_are_items_without_the_field_and_what_is_no_number(self):
        teas = [{"name": "a"}, {"name": "b", "price": 2.0}, {"name": "c", "price": float("nan")}]
        teas.append({"name": "d", "price": 1.0})

        assert names(sort_items(teas, "price")) == "dbac"
        assert names(sort_items(teas, "-price")) == "bdac"

    def test_of_no_items_every_field_is_one(self):
        assert sort_items([], "nothing") == []

    def test_what_is_allowed_may_be_in_no_item(self):
        assert sort_items([{"name": "a"}], "price", allowed=["price"]) == [{"name": "a"}]

    @pytest.mark.parametrize(
        "values", [[1, "a"], [{}, {}], [Decimal("NaN"), Decimal(1)]], ids=["mixed", "dicts", "nan"]
    )
    def test_values_without_an_order_are_a_400(self, values):
        teas = [{"x": value} for value in values]

        assert refused(sort_items, teas, "x").status_code == 400

    def test_what_a_model_keeps_beside_its_fields_is_for_the_program_to_allow(self):
        teas = [Tea("aaa"), Tea("bb")]

        assert refused(sort_items, teas, "length").status_code == 400
        assert names(sort_items(teas, "length", allowed=["length"])) == "bbaaa"

    def test_private_attributes_are_none(self):
        thing = SimpleNamespace(name="a", _cost=1)

        assert refused(sort_items, [thing], "_cost").status_code == 400

    def test_a_generator_will_do(self):
        assert names(sort_items((Tea(name) for name in "ba"), "name")) == "ab"


class Color(enum.Enum):
    RED = "red"


KEY = uuid.UUID(int=7)


class TestFilter:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            pytest.param(7, "7", id="int"),
            pytest.param(7.5, "7.5", id="float"),
            pytest.param(7.0, "7", id="float-as-int"),
            pytest.param(Decimal("7.50"), "7.5", id="decimal"),
            pytest.param(True, "true", id="true"),
            pytest.param(True, "1", id="one"),
            pytest.param(False, "false", id="false"),
            pytest.param(dt.date(2026, 1, 2), "2026-01-02", id="date"),
            pytest.param(
                dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.timezone.utc),
                "2026-01-02T03:04:00Z",
                id="datetime",
            ),
            pytest.param(KEY, str(KEY), id="uuid"),
            pytest.param(Color.RED, "red", id="enum"),
            pytest.param(["hot", "green"], "green", id="in-a-list"),
            pytest.param([1, 2], "2", id="number-in-a-list"),
        ],
    )
    def test_a_text_stands_for_a_value(self, value, text):
        things = [{"x": value}, {"x": None}, {}]

        assert filter_items(things, {"x": text}) == [{"x": value}]
        assert filter_items(things, {"x": ["nothing", text]}) == [{"x": value}]
        assert filter_items(things, {"x": "nothing"}) == []

    def test_a_text_is_no_number(self):
        assert filter_items([{"x": "7"}], {"x": 7}) == []
        assert filter_items([{"x": "07"}], {"x": "7"}) == []

    def test_what_no_text_can_stand_for_is_compared_as_it_is(self):
        thing, other = {"x": object()}, {"x": Tea("a")}

        assert filter_items([thing, other], {"x": "a"}) == []
        assert filter_items([thing, other], {"x": Tea("a")}) == [other]

    def test_a_field_that_the_ones_left_have_not_is_one_of_the_list(self):
        things = [{"a": 1}, {"b": 1}]

        assert filter_items(things, {"a": 1, "b": 1}) == []
        assert filter_items(things, {"a": 2, "b": 1}) == []

    def test_of_no_items_every_field_is_one(self):
        assert filter_items([], {"nothing": 1}) == []

    def test_a_filter_that_was_not_sent_is_no_field(self):
        assert filter_items([{"a": 1}], {"b": None}) == [{"a": 1}]

    def test_what_is_not_allowed_is_a_400_that_tells_what_is(self):
        things = [{"name": "a", "secret": 1}]

        problem = refused(filter_items, things, {"secret": "1"}, allowed=["name", "age"])

        assert problem.status_code == 400
        assert problem.detail == "The list can be filtered by age, name, and nothing else."
        assert filter_items(things, {"age": 1}, allowed=["name", "age"]) == []

    def test_a_name_of_the_client_is_not_repeated(self):
        problem = refused(filter_items, [{"a": 1}], {"hunter2": "1"})

        assert "hunter2" not in str(problem.document())


def test_clients_are_told(client_factory):
    api = API()

    @api.get("/teas")
    def teas(req, resp, *, sort: str = "name", tag: str | None = None):
        found = [Tea("b", 1, ["hot"]), Tea("a", 2), Tea("c", None, ["hot"])]
        return sort_items(filter_items(found, {"tags": tag}), sort, allowed=["name", "price"])

    client = client_factory(api)

    assert [tea["name"] for tea in client.get("/teas?sort=-price").json()] == ["a", "b", "c"]
    assert [tea["name"] for tea in client.get("/teas?tag=hot&sort=-name").json()] == ["c", "b"]
    answer = client.get("/teas?sort=_cost")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
