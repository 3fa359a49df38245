"""JSON (RFC 8259): what views may hand over, and the bytes of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import pathlib
import uuid

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API
from responder_core.formats.json import encode


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


class Struct(msgspec.Struct):
    x: int


class Color(enum.Enum):
    RED = "red"


class BytesPath:
    def __fspath__(self):
        return b"/srv/\xc3\xa9"


UTC = dt.timezone.utc


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, "null", id="none"),
        pytest.param(True, "true", id="true"),
        pytest.param(0, "0", id="zero"),
        pytest.param(-1.5, "-1.5", id="float"),
        pytest.param("é\u2028日", '"é\u2028日"', id="rfc8259-8.1-utf-8"),
        pytest.param('"\\\r\n\0\x1f', '"\\"\\\\\\r\\n\\u0000\\u001f"', id="rfc8259-7-escapes"),
        pytest.param([1, (2, 3)], "[1,[2,3]]", id="rfc8259-5-array"),
        pytest.param({"a": {"b": []}}, '{"a":{"b":[]}}', id="rfc8259-4-object"),
        pytest.param({1: "a"}, '{"1":"a"}', id="number-as-name"),
        pytest.param(2**64, "18446744073709551616", id="above-64-bits"),
        pytest.param(-(2**63) - 1, "-9223372036854775809", id="below-64-bits"),
        pytest.param(10**100, "1" + "0" * 100, id="rfc8259-6-any-size"),
        pytest.param(math.nan, "null", id="rfc8259-6-no-nan"),
        pytest.param(math.inf, "null", id="rfc8259-6-no-infinity"),
        pytest.param({"a": [-math.inf]}, '{"a":[null]}', id="no-infinity-inside"),
        pytest.param(Point(1), '{"x":1,"y":0.5}', id="dataclass"),
        pytest.param(Point(1, math.nan), '{"x":1,"y":null}', id="dataclass-with-nan"),
        pytest.param(Struct(1), '{"x":1}', id="struct"),
        pytest.param(dt.date(2026, 1, 2), '"2026-01-02"', id="date"),
        pytest.param(
            dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), '"2026-01-02T03:04:05Z"', id="utc"
        ),
        pytest.param(dt.time(3, 4), '"03:04:00"', id="time"),
        pytest.param(dt.timedelta(seconds=90), '"PT90S"', id="timedelta"),
        pytest.param(uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"', id="uuid"),
        pytest.param(decimal.Decimal("1.10"), '"1.10"', id="decimal"),
        pytest.param(Color.RED, '"red"', id="enum"),
        pytest.param({1}, "[1]", id="set"),
        pytest.param(frozenset({1}), "[1]", id="frozenset"),
        pytest.param(b"\xff\x00", '"/wA="', id="bytes"),
        pytest.param(pathlib.PurePosixPath("/srv/a"), '"/srv/a"', id="path"),
        pytest.param(BytesPath(), '"/srv/é"', id="path-of-bytes"),
    ],
)
def test_values_become_json(value, expected):
    assert encode(value) == expected.encode()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param(object(), "builtins.object", id="object"),
        pytest.param([object()], "builtins.object", id="object-inside"),
        pytest.param(print, "builtin_function_or_method", id="function"),
        pytest.param(1j, "builtins.complex", id="complex"),
        pytest.param((n for n in ()), "builtins.generator", id="generator"),
    ],
)
def test_a_value_without_a_form_is_refused_by_its_type(value, name):
    with pytest.raises(TypeError, match=f"JSON has no form for .*{name}"):
        encode(value)


def test_a_value_that_holds_itself_is_refused():
    value: list[object] = []
    value.append(value)

    with pytest.raises(RecursionError):
        encode(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: st.lists(children) | st.dictionaries(st.text("ab"), children),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON)
def test_what_is_written_reads_as_the_same(value):
    assert json.loads(encode(value)) == value


def refuse_constant(text):
    raise AssertionError(f"{text} is no JSON")


@settings(deadline=None)
@given(st.lists(st.floats()))
def test_nan_never_leaves(values):
    json.loads(encode(values), parse_constant=refuse_constant)


@settings(deadline=None)
@given(st.floats())
def test_nan_never_leaves_a_model(value):
    pydantic = pytest.importorskip("pydantic", reason="pydantic models need pydantic")

    class Measure(pydantic.BaseModel):
        value: float

    json.loads(encode(Measure(value=value)), parse_constant=refuse_constant)


def test_an_integer_of_any_length_that_a_client_sent_is_answered(client_factory):
    """Whoever echoes an id must not fail because the id is long."""
    api = API()

    @api.route("/users/{id:int}")
    async def user(req, resp, *, id):
        resp.media = {"id": id}

    client = client_factory(api)
    digits = "9" * 4000

    assert client.get(f"/users/{digits}").text == f'{{"id":{digits}}}'
    assert client.get(f"/users/{'9' * 6000}").status_code == 404


def test_what_cannot_be_written_is_a_500_without_a_word_of_it(client_factory):
    api = API()

    @api.route("/")
    async def view(req, resp):
        resp.media = {"secret": object()}

    answer = client_factory(api).get("/")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "object" not in answer.text


def test_attrs_instances_become_json():
    attrs = pytest.importorskip("attrs", reason="attrs classes need attrs")

    @attrs.define
    class Point:
        x: int

    assert encode(Point(1)) == b'{"x":1}'


def test_pydantic_models_become_json_by_their_own_serializer():
    pydantic = pytest.importorskip("pydantic", reason="pydantic models need pydantic")

    class Model(pydantic.BaseModel):
        x: int
        when: dt.date | None = None

    class Root(pydantic.RootModel[list[int]]):
        pass

    assert encode(Model(x=1)) == b'{"x":1,"when":null}'
    assert encode({"all": [Model(x=1)]}) == b'{"all":[{"x":1,"when":null}]}'
    assert encode(Root([1, 2])) == b"[1,2]"
    with pytest.raises(TypeError, match="ModelMetaclass"):
        encode(Model)


def test_pydantic_dataclasses_become_json():
    pytest.importorskip("pydantic", reason="pydantic dataclasses need pydantic")
    from pydantic.dataclasses import dataclass

    @dataclass
    class Point:
        x: int

    assert encode(Point(1)) == b'{"x":1}'
