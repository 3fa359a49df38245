"""MessagePack: what views may hand over and the bytes of it, and what clients may send."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import uuid
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import Limits, Problem, QueryDict
from responder_core.formats import json as json_format
from responder_core.formats.msgpack import decode, make_encoder, make_format
from responder_core.settings import Settings

encode = make_encoder(Settings())
read = msgspec.msgpack.decode


@dataclass
class Point:
    x: float


UTC = dt.timezone.utc

VALUES = [
    pytest.param(None, id="none"),
    pytest.param([True, 1, -1, 1.5, "é"], id="plain"),
    pytest.param({"a": {"b": []}}, id="map"),
    pytest.param(math.nan, id="nan"),
    pytest.param([{"a": (math.inf, -math.inf)}], id="infinity-inside"),
    pytest.param(Point(math.nan), id="dataclass"),
    pytest.param(dt.datetime(2026, 1, 2, tzinfo=UTC), id="datetime"),
    pytest.param(dt.date(2026, 1, 2), id="date"),
    pytest.param(dt.timedelta(1), id="timedelta"),
    pytest.param(uuid.UUID(int=1), id="uuid"),
    pytest.param(decimal.Decimal("1.10"), id="decimal"),
    pytest.param({1}, id="set"),
    pytest.param(QueryDict("a=1"), id="mapping"),
]


@pytest.mark.parametrize("value", VALUES)
def test_values_are_those_of_json(value):
    assert read(encode(value)) == json.loads(json_format.encode(value))


@pytest.mark.parametrize("value", [b"\xff\x00", bytearray(b"a"), memoryview(b"a")])
def test_bytes_are_bytes(value):
    assert read(encode({"a": value})) == {"a": bytes(value)}


def test_models_are_written_by_their_own_serializer():
    pydantic = pytest.importorskip("pydantic", reason="pydantic models need pydantic")

    class Model(pydantic.BaseModel):
        when: dt.date

    assert read(encode([Model(when=dt.date(2026, 1, 2))])) == [{"when": "2026-01-02"}]


def test_what_it_lacks_goes_through_the_programs_encoder():
    assert read(make_encoder(Settings(encoder=lambda value: "it"))(object())) == "it"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), r"MessagePack has no form for builtins\.object"),
        (2**64, "an int of more than 64 bits"),
    ],
    ids=["object", "int"],
)
def test_a_value_without_a_form_is_a_type_error(value, message):
    with pytest.raises(TypeError, match=message):
        encode([value])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"\xc0", None, id="nil"),
        pytest.param(b"\x81\xa2id\x01", {"id": 1}, id="map"),
        pytest.param(b"\x81\x01\xc3", {1: True}, id="integer-key"),
        pytest.param(b"\x92\x01\xc4\x01a", [1, b"a"], id="binary"),
        pytest.param(b"\xd6\xff\x00\x00\x00\x00", dt.datetime(1970, 1, 1, tzinfo=UTC), id="time"),
    ],
)
def test_what_is_messagepack_is_read(content, expected):
    assert decode(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xc1", id="unused-byte"),
        pytest.param(b"\xc0\xc0", id="text-behind"),
        pytest.param(b"\xa1\xff", id="no-utf-8"),
        pytest.param(b"\xdd\xff\xff\xff\xff", id="array-of-4-billion"),
        pytest.param(b"\xdf\xff\xff\xff\xff", id="map-of-4-billion"),
        pytest.param(b"\xc6\xff\xff\xff\xff", id="bytes-of-4-billion"),
        pytest.param(b"\xd4\x05\x01", id="extension"),
        pytest.param(b"\xd7\xff" + b"\xff" * 8, id="time-out-of-range"),
        pytest.param(b"\x81\x80\xc0", id="map-as-key"),
        pytest.param(b"\x81\x91\x01\xc0", id="array-as-key"),
        pytest.param(b"\x81\xc0\xc0", id="nil-as-key"),
        pytest.param(b"\x91\x81\xc3\xc0", id="boolean-as-key-inside"),
        pytest.param(b"\x81\xc4\x01a\xc0", id="bytes-as-key"),
        pytest.param(b"\x91" * 100_000 + b"\xc0", id="depth-of-100000"),
    ],
)
def test_what_is_none_is_a_400(content):
    with pytest.raises(Problem, match="MessagePack") as caught:
        decode(content)

    assert caught.value.status_code == 400


@pytest.mark.parametrize(
    "unit", [b"\x91", b"\x81\xa1a", b"\x92\x01"], ids=["arrays", "maps", "siblings"]
)
@pytest.mark.parametrize("depth", [1, 2, 100])
def test_the_depth_is_exact(unit, depth):
    content = unit * depth + b"\x01"

    decode(content, Limits(depth=depth))
    with pytest.raises(Problem, match=f"nested more than {depth} levels deep"):
        decode(unit + content, Limits(depth=depth))


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_give_a_value_or_a_400(content):
    try:
        decode(content)
    except Problem as problem:
        status = problem.status_code
    else:
        status = 200
    assert status in {200, 400}


def test_its_format_reads_and_writes_as_the_program_chose():
    chosen = make_format(Settings(limits=Limits(depth=1)))

    assert chosen.decode(chosen.encode([1])) == [1]
    with pytest.raises(Problem, match="1 levels"):
        chosen.decode(b"\x91\x90")
    assert chosen.decode_within(b"\x91\x90", Limits()) == [[]]
