"""What a session can hold: JSON, and back, with no type lost."""

from __future__ import annotations

import enum
import math
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_sessions.values import decode, encode

ZONE = timezone(timedelta(hours=2))
VALUES = {
    "none": None,
    "bool": True,
    "int": 7,
    "long": 2**70,
    "negative": -(2**63) - 1,
    "float": 1.5,
    "whole": 1.0,
    "text": "ü – 😀 \0",
    "list": [1, [2, {"a": []}]],
    "dict": {"a": {"b": 1}},
    "datetime": datetime(2026, 11, 21, 20, 0, 1, 5, ZONE),
    "naive": datetime(2026, 11, 21),  # noqa: DTZ001 - programs keep such
    "date": date(2026, 11, 21),
    "time": time(12, 30, tzinfo=timezone.utc),
    "timedelta": timedelta(days=-1, seconds=3, microseconds=9),
    "UUID": UUID(int=5),
    "Decimal": Decimal("1.10"),
    "bytes": b"\x00\xff",
    "bytearray": bytearray(b"a"),
    "set": {1, "a", None},
    "frozenset": frozenset({(1, 2)}),
    "tuple": (1, (2,), "a"),
    "numbers as keys": {1: "a", None: "b", (1, 2): "c"},
    "like a tag": {"$date": "2026-11-21"},
    "like two tags": {"$date": {"$set": 1}},
    "nested": {"a": [{"b": {date(2026, 1, 1)}}]},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_comes_back_as_it_was(value):
    found = decode(encode(value))

    assert found == value
    assert type(found) is type(value)


class OwnUUID(UUID):
    """As asyncpg gives it."""


class OwnDatetime(datetime):
    """As pendulum gives it."""


class OwnDate(date):
    pass


class OwnTimedelta(timedelta):
    pass


class OwnDecimal(Decimal):
    pass


@pytest.mark.parametrize(
    "value",
    [
        OwnUUID(int=5),
        OwnDatetime(2026, 11, 21, 20, 0, 1, 5, ZONE),
        OwnDate(2026, 11, 21),
        OwnTimedelta(days=-1, seconds=3, microseconds=9),
        OwnDecimal("-1.10"),
    ],
    ids=repr,
)
def test_one_of_a_library_comes_back_as_what_it_is_beneath(value):
    found = decode(encode(value))

    assert found == value
    assert type(found) is type(value).__mro__[1]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.binary(max_size=8),
    st.decimals(allow_nan=False),
    st.datetimes(timezones=st.none() | st.just(timezone.utc)),
    st.uuids(),
)
KEYS = st.one_of(PLAIN, st.tuples(PLAIN, PLAIN), st.frozensets(PLAIN, max_size=3))


def around(inner):
    return st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(TEXT, inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
    )


ANY = st.recursive(KEYS, around, max_leaves=8)


@given(ANY)
def test_any_value_comes_back_as_it_was(value):
    assert decode(encode(value)) == value


def test_equal_sets_are_equal_texts():
    assert encode({"b", "a", "c"}) == encode({"c", "b", "a"})


class Color(enum.IntEnum):
    RED = 1


class Word(str, enum.Enum):
    YES = "yes"


class Numbers(list):
    pass


class Ratio(float):
    pass


class Table(dict):
    pass


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Color.RED, 1),
        (Word.YES, "yes"),
        (Numbers([1]), [1]),
        (Ratio(0.5), 0.5),
        (Table(a=1), {"a": 1}),
    ],
    ids=["IntEnum", "str", "list", "float", "dict"],
)
def test_a_subclass_is_kept_as_what_it_is_beneath(value, kept):
    assert decode(encode(value)) == kept
    assert type(decode(encode(value))) is type(kept)


def endless():
    value: list = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (object(), "JSON has no form for object"),
        ([lambda: 0], "JSON has no form for function"),
        (math.nan, "JSON has no nan"),
        ({"a": [math.inf]}, "JSON has no inf"),
        ("\ud800", "no text"),
        ({"\ud800": 1}, "no text"),
        (endless(), "nested more than 128 deep, or contains itself"),
        (10**5000, "Exceeds the limit"),
        (1 + 2j, "JSON has no form for complex"),
    ],
    ids=[
        "object",
        "function",
        "NaN",
        "infinity",
        "surrogate",
        "key",
        "endless",
        "digits",
        "complex",
    ],
)
def test_what_json_cannot_hold_is_refused(value, told):
    with pytest.raises(TypeError, match=told):
        encode(value)


NESTINGS = {
    "list": lambda value: [value],
    "dict": lambda value: {"a": value},
    "tuple": lambda value: (value,),
    "set": lambda value: frozenset({value}),
    "numbers as keys": lambda value: {1: value},
    "list of its own": lambda value: Numbers([value]),
}


def nest(kind, depth):
    value = "tea"
    for _ in range(depth):
        value = NESTINGS[kind](value)
    return value


@pytest.mark.parametrize("kind", NESTINGS)
def test_the_deepest_value_that_is_written_is_read_far_down_the_stack(kind):
    def decode_below(frames):
        return decode(content) if not frames else decode_below(frames - 1)

    content = encode(nest(kind, 128))

    assert decode_below(300) == nest(kind, 128)
    with pytest.raises(TypeError, match="nested more than 128 deep"):
        encode(nest(kind, 129))


def test_a_zone_that_another_program_wrote_as_z_is_read():
    found = decode(b'{"$datetime":"2026-11-21T00:00:00Z"}')

    assert found == datetime(2026, 11, 21, tzinfo=timezone.utc)
