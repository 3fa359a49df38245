"""JSON (RFC 8259): what views may hand over and the bytes of it, and what clients may send."""

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

from responder_core import API, Limits, Problem
from responder_core.formats.json import decode, encode, make_encoder, make_format
from responder_core.settings import Settings


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


class Money:
    def __init__(self, amount):
        self.amount = amount


def write_money(value):
    if isinstance(value, Money):
        return {"amount": value.amount}
    raise TypeError


class TestEncoder:
    def test_a_program_that_chose_nothing_has_the_common_one(self):
        assert make_encoder(Settings()) is encode

    def test_what_json_lacks_goes_through_the_programs_encoder(self):
        write = make_encoder(Settings(encoder=write_money))

        assert write([Money(1), pathlib.PurePosixPath("/a")]) == b'[{"amount":1},"/a"]'

    def test_what_the_encoder_does_not_know_is_refused(self):
        with pytest.raises(TypeError):
            make_encoder(Settings(encoder=write_money))(object())

    def test_an_encoder_that_gives_the_same_back_does_not_go_round(self):
        with pytest.raises(TypeError, match=r"JSON has no form for .*object"):
            make_encoder(Settings(encoder=lambda value: value))(object())

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("abc", b'"abc"'),
            ("é", b'"\\u00e9"'),
            ("日本", b'"\\u65e5\\u672c"'),
            ("😀", b'"\\ud83d\\ude00"'),
            ({"é": "\x7f"}, b'{"\\u00e9":"\x7f"}'),
        ],
    )
    def test_ascii_alone_is_written_when_asked_for(self, value, expected):
        """RFC 8259 §7: characters outside the BMP are a surrogate pair."""
        write = make_encoder(Settings(json_ensure_ascii=True))

        assert write(value) == expected
        assert json.loads(write(value)) == value

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("1.10", b"1.10"),
            ("-0", b"-0"),
            ("1E+400", b"1E+400"),
            ("NaN", b"null"),
            ("sNaN", b"null"),
            ("Infinity", b"null"),
            ("-Infinity", b"null"),
        ],
    )
    def test_decimals_are_numbers_when_asked_for(self, value, expected):
        write = make_encoder(Settings(json_decimal="float"))
        number = decimal.Decimal(value)

        assert write([number, {"a": number}]) == b'[%b,{"a":%b}]' % (expected, expected)

    def test_a_text_that_says_nan_stays_beside_decimals(self):
        write = make_encoder(Settings(json_decimal="float", encoder=write_money))
        value = ["NaN", decimal.Decimal("1.5"), 1.5, math.nan, Point(1), Money(2)]

        assert write(value) == b'["NaN",1.5,1.5,null,{"x":1,"y":0.5},{"amount":2}]'

    def test_all_of_it_goes_together(self):
        write = make_encoder(
            Settings(json_decimal="float", json_ensure_ascii=True, encoder=write_money)
        )

        assert write([Money("é"), decimal.Decimal(1)]) == b'[{"amount":"\\u00e9"},1]'

    def test_a_model_that_writes_nan_is_made_to_write_null(self):
        pydantic = pytest.importorskip("pydantic", reason="pydantic models need pydantic")

        class Measure(pydantic.BaseModel):
            model_config = pydantic.ConfigDict(ser_json_inf_nan="constants")
            value: float

        values = [Measure(value=math.nan), Measure(value=1)]

        assert encode(values) == b'[{"value":null},{"value":1.0}]'


def refuse(content, limits=None):
    """The detail of the 400 that a text is answered with."""
    with pytest.raises(Problem) as caught:
        decode(content, limits or Limits())
    assert caught.value.status_code == 400
    return caught.value.detail


class TestDecode:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            pytest.param(b"null", None, id="null"),
            pytest.param(b' {"a" : [1, 2.5, true] }\r\n', {"a": [1, 2.5, True]}, id="rfc8259-2"),
            pytest.param("\ufeff[]".encode(), [], id="rfc8259-8.1-byte-order-mark"),
            pytest.param('"é日😀"'.encode(), "é日😀", id="rfc8259-8.1-utf-8"),
            pytest.param(b'"\\ud83d\\ude00"', "😀", id="rfc8259-7-surrogate-pair"),
            pytest.param(b"18446744073709551616", 2**64, id="rfc8259-6-above-64-bits"),
            pytest.param(b"1e-400", 0.0, id="rfc8259-6-underflow"),
            pytest.param(b'{"":{"":{}}}', {"": {"": {}}}, id="rfc8259-4-empty-names"),
            pytest.param(b'"scalar"', "scalar", id="rfc8259-2-any-value"),
        ],
    )
    def test_what_is_json_is_read(self, content, expected):
        assert decode(content) == expected

    @pytest.mark.parametrize(
        ("content", "detail"),
        [
            pytest.param(b" \n ", "The body is empty; send JSON.", id="blank"),
            pytest.param(b"[", "The body is no valid JSON: it ends too early.", id="open"),
            pytest.param(
                b"[1,\n 2,,]",
                "The body is no valid JSON: invalid character at line 2, byte 4.",
                id="place",
            ),
            pytest.param(
                b"[] x",
                "The body is no valid JSON: trailing characters at line 1, byte 5.",
                id="text-behind",
            ),
            pytest.param(b'["a\xff"]', "The JSON is no UTF-8 at line 1, byte 4.", id="rfc8259-8.1"),
            pytest.param(
                b'"\xed\xa0\x80"', "The JSON is no UTF-8 at line 1, byte 2.", id="surrogate-bytes"
            ),
            pytest.param(b"1e999", "The JSON has a number that is out of range.", id="overflow"),
        ],
    )
    def test_what_is_wrong_is_said_and_where(self, content, detail):
        assert refuse(content) == detail

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"NaN", id="rfc8259-6-nan"),
            pytest.param(b"[Infinity]", id="rfc8259-6-infinity"),
            pytest.param(b"[-Infinity]", id="rfc8259-6-minus-infinity"),
            pytest.param(b'"\\ud800"', id="rfc8259-8.2-lone-surrogate"),
            pytest.param(b'"\\ud800\\u0041"', id="rfc8259-8.2-half-a-pair"),
            pytest.param(b'"\\udc00"', id="rfc8259-8.2-low-surrogate-first"),
            pytest.param(b"{'a':1}", id="rfc8259-7-single-quotes"),
            pytest.param(b"{a:1}", id="rfc8259-4-bare-name"),
            pytest.param(b"[1,]", id="rfc8259-5-trailing-comma"),
            pytest.param(b"01", id="rfc8259-6-leading-zero"),
            pytest.param(b'"\n"', id="rfc8259-7-raw-control"),
            pytest.param(b"[1] // a", id="comment"),
            pytest.param(b"\x00", id="nul"),
            pytest.param("[]".encode("utf-16"), id="rfc8259-8.1-utf-16"),
            pytest.param(b"\xef\xbb\xbf", id="byte-order-mark-alone"),
            pytest.param(b"9" * 6000, id="six-thousand-digits"),
            pytest.param(b"[" * 100_000, id="depth-of-100000-open"),
            pytest.param(b"[" * 100_000 + b"]" * 100_000, id="depth-of-100000"),
            pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="objects-of-depth-100000"),
        ],
    )
    def test_what_is_no_json_is_a_400(self, content):
        assert refuse(content)

    @pytest.mark.parametrize(
        "content", [b'["secret" x]', b'{"secret": 1e999}', b'{"secret\xff": 1}', b'"secret']
    )
    def test_no_word_of_it_is_repeated(self, content):
        assert "secret" not in refuse(content)

    @settings(deadline=None)
    @given(st.binary() | st.text().map(str.encode))
    def test_any_bytes_give_a_value_or_a_400(self, content):
        try:
            value = decode(content)
        except Problem as problem:
            status = problem.status_code
        else:
            status = 200
            assert decode(encode(value)) == value
        assert status in {200, 400}


class TestDepth:
    @pytest.mark.parametrize("depth", [0, 1, 2, 3, 9, 10, 50, 100])
    @pytest.mark.parametrize(
        "make",
        [
            pytest.param(lambda n: b"[" * n + b"1" + b"]" * n, id="arrays"),
            pytest.param(lambda n: b'{"a":' * n + b"1" + b"}" * n, id="objects"),
            pytest.param(lambda n: b'[{"a":' * n + b"1" + b"}]" * n, id="mixed"),
            pytest.param(lambda n: b"[[],[]," * n + b"1" + b"]" * n, id="with-siblings"),
            pytest.param(lambda n: b'["]]}",' * n + b"1" + b"]" * n, id="closing-in-strings"),
            pytest.param(lambda n: b'["[[{",' * n + b"1" + b"]" * n, id="opening-in-strings"),
            pytest.param(lambda n: rb'["\"]\\",' * n + b"1" + b"]" * n, id="in-escaped-strings"),
            pytest.param(lambda n: b'{"]":' * n + b"1" + b"}" * n, id="in-names"),
        ],
    )
    def test_it_is_exact(self, make, depth):
        content = make(depth)
        levels = measure(json.loads(content))

        decode(content, Limits(depth=levels))
        if levels:
            detail = refuse(content, Limits(depth=levels - 1))
            assert detail == f"The JSON is nested more than {levels - 1} levels deep."

    def test_many_values_side_by_side_are_not_deep(self):
        rows = [{"id": i, "tags": ["a", {"b": []}]} for i in range(1000)]

        assert decode(encode(rows), Limits(depth=5)) == rows

    @pytest.mark.parametrize("size", [1, 10_000])
    def test_brackets_in_strings_count_for_nothing(self, size):
        value = ["[{" * size, {"]}" * size: '"[' * size}]

        assert decode(encode(value), Limits(depth=2)) == value
        assert refuse(encode(value), Limits(depth=1))

    def test_none_is_the_depth_of_scalars(self):
        assert decode(b"1", Limits(depth=0)) == 1
        assert refuse(b"[]", Limits(depth=0))


def measure(value):
    """How deep a value is."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(measure, value), default=0) if isinstance(value, list) else 0


class TestDigits:
    @pytest.mark.parametrize("limit", [0, 1, 2, 3, 7, 10, 1000])
    @pytest.mark.parametrize("before", ["", "[", "[1, ", "[12, -", "[0.", "[1e"])
    def test_they_are_counted_to_the_last(self, limit, before):
        # Zeros, so that an exponent stays small; a number does not begin with them.
        lead = "0" if before == "[1e" else "1"
        last = "]" if before else ""

        for pad in ("", " ", " " * 5):
            text = pad + before + lead + "0" * limit + last
            if limit == 0:
                assert refuse(text.encode(), Limits(digits=0))
                continue
            assert refuse(text.encode(), Limits(digits=limit)) == (
                f"The JSON has a number of more than {limit} digits."
            )
            if before != "[12, -" or limit >= 2:
                shorter = pad + before + lead + "0" * (limit - 1) + last
                decode(shorter.encode(), Limits(digits=limit))

    @pytest.mark.parametrize("text", ["1" * 50, "1" * 50 + '\\"' + "1" * 50, "\\\\" + "1" * 50])
    def test_digits_in_a_string_are_no_number(self, text):
        content = f'["{text}", 1]'.encode()

        assert decode(content, Limits(digits=10)) == json.loads(content)

    def test_the_work_is_that_of_few_looks(self):
        """A long list of numbers is not searched from every digit anew."""
        numbers = b"[" + b",".join([b"1" * 1000] * 1000) + b"]"

        assert len(decode(numbers)) == 1000


class Pairs(tuple):
    """The names and values of an object, as they are to be written."""

    __slots__ = ()


class TestNames:
    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b'{"a":1,"a":2}', id="rfc8259-4-flat"),
            pytest.param(b'{"a":1,"a":1}', id="equal-values"),
            pytest.param(b'{"a":1, "b":2, "a":3}', id="apart"),
            pytest.param(b'{"a":1,"\\u0061":2}', id="rfc8259-8.3-by-escape"),
            pytest.param(b'{"x":{"a":1,"a":2}}', id="in-an-object"),
            pytest.param(b'[{"a":1,"a":2}]', id="in-an-array"),
            pytest.param(b'[{"b":1},{"a":1,"a":2}]', id="in-the-second-row"),
            pytest.param(b'[{"b":":"},{"a":1,"a":2}]', id="beside-a-colon"),
            pytest.param(b'[1,{"a":1,"a":2}]', id="beside-a-number"),
            pytest.param(b'[{"b":1},1,{"a":1,"a":2}]', id="in-a-mixed-array"),
            pytest.param(b'[[{"a":1,"a":2}]]', id="in-arrays"),
            pytest.param(b'{"a":{},"a":{"b":1}}', id="of-objects"),
            pytest.param(b'{"a":"\\"","a":"\\\\"}', id="with-escapes"),
            pytest.param(b'{"\\"":1,"\\u0022":1}', id="of-quotes"),
            pytest.param(b'{"a" :1,"a" :2}', id="space-before-the-colon"),
            pytest.param(b'{"":1,"":2}', id="empty"),
            pytest.param(b'{"a":1' + b',"b":[]' * 2 + b"}", id="long-apart"),
        ],
    )
    def test_one_that_is_there_twice_is_refused(self, content):
        """RFC 8259 §4: what a receiver makes of such a text cannot be predicted."""
        assert refuse(content) == "The JSON has an object with the same name twice."

    @pytest.mark.parametrize(
        "content",
        [
            b'[{"a":1},{"a":2}]',
            b'{"a":{"a":{"a":[]}}}',
            b'{"a":":","b":"::"}',
            b'{"a":"{\\"a\\":1,\\"a\\":2}"}',
            b'["\\"", "\\\\", "\\\\\\"", "\\u0022\\u005c"]',
            b'[{"a":"\\\\"},{"a":"\\u003a"}]',
            b'{"a":1,"A":2,"\\u0000a":3}',
            b"[]",
            b"[[], {}]",
        ],
    )
    def test_the_same_in_different_objects_is_fine(self, content):
        assert decode(content) == json.loads(content)

    @settings(deadline=None)
    @given(
        st.recursive(
            st.integers() | st.text('a:\\"[]{} ,é', max_size=3),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.lists(st.tuples(st.text('ab":\\', max_size=1), inner), max_size=4).map(Pairs)
            ),
            max_leaves=12,
        ),
        st.sampled_from([None, 1]),
        st.booleans(),
    )
    def test_it_is_seen_wherever_it_stands(self, value, indent, ensure_ascii):
        text = write_pairs(value, indent=indent, ensure_ascii=ensure_ascii)
        seen = []

        def note(pairs):
            seen.append(len(pairs) != len(dict(pairs)))
            return dict(pairs)

        plain = json.loads(text, object_pairs_hook=note)

        if any(seen):
            assert "twice" in refuse(text.encode())
        else:
            assert decode(text.encode()) == plain


def write_pairs(value, **options):
    """A value as JSON text, with every pair of ``Pairs``."""
    if isinstance(value, Pairs):
        separator = " : " if options["indent"] else ":"
        pairs = [
            json.dumps(name, **options) + separator + write_pairs(item, **options)
            for name, item in value
        ]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write_pairs(item, **options) for item in value) + "]"
    return json.dumps(value, **options)


class TestFormat:
    def test_it_reads_and_writes_as_the_program_chose(self):
        chosen = make_format(Settings(limits=Limits(depth=2), json_ensure_ascii=True))

        assert chosen.encode("é") == b'"\\u00e9"'
        assert chosen.decode(b"[[]]") == [[]]
        with pytest.raises(Problem, match="2 levels"):
            chosen.decode(b"[[[]]]")
        assert chosen.decode_within(b"[[[]]]", Limits()) == [[[]]]
