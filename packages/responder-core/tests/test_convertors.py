"""Convertors: what a path parameter may look like, and its value in Python."""

from __future__ import annotations

import math
import uuid
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.convertors import IntegerConvertor

from responder_core import API
from responder_core.convertors import BUILT_IN, PATH, STR, USER_RANK, parameter_type

INT, FLOAT, UUID = BUILT_IN["int"], BUILT_IN["float"], BUILT_IN["uuid"]
SIXTY_FOUR_KB = 65536


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("7", 7),
        ("007", 7),
        ("18446744073709551616", 2**64),
        ("9" * 4000, 10**4000 - 1),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, str) else "",
)
def test_an_int_is_ascii_digits(text, value):
    assert INT.parse(text) == value


NO_INT = [
    pytest.param("", id="empty"),
    pytest.param("-1", id="minus"),
    pytest.param("+1", id="plus"),
    pytest.param(" 1", id="leading-space"),
    pytest.param("1\n", id="final-newline"),
    pytest.param("1_000", id="underscore"),
    pytest.param("1.0", id="fraction"),
    pytest.param("1e3", id="exponent"),
    pytest.param("0x1f", id="hexadecimal"),
    pytest.param("٣", id="arabic-digit"),
    pytest.param("1٣", id="ascii-and-arabic"),
    pytest.param("\uff11", id="full-width-digit"),
    pytest.param("²", id="superscript"),
    pytest.param("१", id="devanagari-digit"),
    pytest.param("1\0", id="nul"),
    pytest.param("9" * 6000, id="6000-digits"),
    pytest.param("9" * SIXTY_FOUR_KB, id="64-KB-of-digits"),
    pytest.param("9" * SIXTY_FOUR_KB + "x", id="64-KB-and-a-letter"),
]


@pytest.mark.parametrize("text", NO_INT)
def test_what_is_no_int_does_not_match(text):
    assert INT.parse(text) is None


@settings(deadline=None)
@given(st.integers(0))
def test_every_int_comes_back(value):
    assert INT.parse(INT.to_string(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0.0), ("7", 7.0), ("7.5", 7.5), ("007.250", 7.25), ("0.0000001", 1e-07)],
)
def test_a_float_is_ascii_digits_with_a_fraction(text, value):
    assert FLOAT.parse(text) == value
    assert type(FLOAT.parse(text)) is float


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(".", id="dot"),
        pytest.param("1.", id="no-fraction"),
        pytest.param(".5", id="no-whole"),
        pytest.param("1.2.3", id="two-dots"),
        pytest.param("-1.5", id="minus"),
        pytest.param("+1.5", id="plus"),
        pytest.param("1e5", id="exponent"),
        pytest.param("nan", id="nan"),
        pytest.param("inf", id="infinity"),
        pytest.param("Infinity", id="infinity-in-full"),
        pytest.param("1_0.5", id="underscore"),
        pytest.param("1.5\n", id="final-newline"),
        pytest.param("٣.٣", id="arabic-digits"),
        pytest.param("1." * (SIXTY_FOUR_KB // 2), id="64-KB-of-dots"),
        pytest.param("1" * SIXTY_FOUR_KB + "x", id="64-KB-and-a-letter"),
        pytest.param("9" * 400, id="larger-than-any-float"),
    ],
)
def test_what_is_no_float_does_not_match(text):
    """An infinity, too, that a client writes in digits: no view expects one."""
    assert FLOAT.parse(text) is None


@settings(deadline=None)
@given(st.floats(0, allow_infinity=False, allow_nan=False).filter(lambda x: str(x) != "-0.0"))
def test_every_float_comes_back(value):
    text = FLOAT.to_string(value)

    assert FLOAT.parse(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(0.1, "0.1", id="tenth"),
        pytest.param(1.1, "1.1", id="no-binary-dust"),
        pytest.param(2.5, "2.5", id="half"),
        pytest.param(3.0, "3", id="whole"),
        pytest.param(100.0, "100", id="zeros-before-the-point-stay"),
        pytest.param(0.0, "0", id="zero"),
        pytest.param(1e-07, "0.0000001", id="no-exponent"),
        pytest.param(1e-30, "0." + "0" * 29 + "1", id="tiny"),
        pytest.param(1e22, "1" + "0" * 22, id="large"),
        pytest.param(7, "7", id="int"),
    ],
)
def test_a_float_is_written_as_short_as_it_can_be(value, text):
    assert FLOAT.to_string(value).removesuffix(".0") == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.5], ids=str)
def test_a_float_without_a_text_does_not_match_its_text(value):
    """So url_for() refuses it, instead of giving a path that is a 404."""
    assert FLOAT.parse(FLOAT.to_string(value)) is None


@pytest.mark.parametrize(
    "text", ["01234567-89ab-cdef-0123-456789abcdef", "01234567-89AB-CDEF-0123-456789ABCDEF"]
)
def test_a_uuid_is_written_in_either_case(text):
    """RFC 9562 §4."""
    assert UUID.parse(text) == uuid.UUID(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("0123456789abcdef0123456789abcdef", id="no-hyphens"),
        pytest.param("{01234567-89ab-cdef-0123-456789abcdef}", id="braces"),
        pytest.param("urn:uuid:01234567-89ab-cdef-0123-456789abcdef", id="rfc9562-4-urn"),
        pytest.param("01234567-89ab-cdef-0123-456789abcdeg", id="letter"),
        pytest.param("01234567-89ab-cdef-0123-456789abcde", id="short"),
        pytest.param("01234567-89ab-cdef-0123-456789abcdef0", id="long"),
        pytest.param("01234567-89ab-cdef-0123-456789abcdef\n", id="final-newline"),
        pytest.param("٠١٢٣٤٥٦٧-89ab-cdef-0123-456789abcdef", id="arabic-digits"),
        pytest.param("a" * SIXTY_FOUR_KB, id="64-KB"),
        pytest.param("-" * SIXTY_FOUR_KB, id="64-KB-of-hyphens"),
    ],
)
def test_what_is_no_uuid_does_not_match(text):
    assert UUID.parse(text) is None


@settings(deadline=None)
@given(st.uuids())
def test_every_uuid_comes_back(value):
    assert UUID.parse(UUID.to_string(value)) == value


@settings(deadline=None)
@given(st.text(min_size=1))
def test_every_text_but_none_is_a_str_and_a_path(text):
    assert STR.parse(text) == PATH.parse(text) == text
    assert STR.parse("") is None
    assert PATH.parse("") is None


@settings(deadline=None, max_examples=300)
@given(st.text() | st.text(st.sampled_from("0123456789.-abf\n٣")), st.sampled_from([*BUILT_IN]))
def test_any_text_is_judged(text, name):
    value = BUILT_IN[name].parse(text)

    if value is not None:
        assert BUILT_IN[name].parse(BUILT_IN[name].to_string(value)) == value
        assert BUILT_IN[name].pattern.fullmatch(text) or "\n" in text or "/" in text


def test_the_stricter_type_has_the_lower_rank():
    ranks = [BUILT_IN[name].rank for name in ("int", "uuid", "float", "str", "path")]

    assert ranks == sorted(set(ranks))
    assert ranks[0] > USER_RANK


def test_a_type_is_named_by_its_repr():
    assert repr(INT) == "<ParameterType int>"


class Even:
    """Even numbers, and a ledger of how often it was asked."""

    regex = "[0-9]+"

    def __init__(self):
        self.asked = []

    def convert(self, value):
        self.asked.append(value)
        number = int(value)
        if number % 2:
            raise ValueError("odd")
        return number

    def to_string(self, value):
        return str(value)


class TestOwnConvertor:
    def test_it_is_asked_only_for_what_its_regex_matches(self):
        convertor = Even()
        kind = parameter_type("even", convertor)

        assert [kind.parse(text) for text in ("4", "x", "4x", "4\n", "")] == [4] + [None] * 4
        assert convertor.asked == ["4"]

    def test_a_value_error_is_no_match(self):
        assert parameter_type("even", Even()).parse("3") is None

    def test_another_error_is_the_programs(self):
        class Broken(Even):
            def convert(self, value):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            parameter_type("broken", Broken()).parse("4")

    def test_a_false_value_is_a_match(self):
        assert parameter_type("even", Even()).parse("0") == 0

    def test_it_comes_before_every_other(self):
        kind = parameter_type("even", Even())

        assert kind.rank == USER_RANK
        assert kind.name == "even"
        assert kind.to_string(4) == "4"

    def test_starlettes_convertors_are_taken(self):
        kind = parameter_type("number", IntegerConvertor())

        assert kind.parse("12") == 12
        assert kind.to_string(12) == "12"

    @pytest.mark.parametrize("member", ["regex", "convert", "to_string"])
    def test_one_that_lacks_a_member_is_refused(self, member):
        members = {name: getattr(Even, name) for name in ("regex", "convert", "to_string")}
        del members[member]

        with pytest.raises(TypeError, match=f"it has no {member}"):
            parameter_type("even", type("Half", (), members)())

    @pytest.mark.parametrize("name", ["", "a-b", "1a", "a b", "a:b", "{a}", "a/b"])
    def test_a_name_that_no_template_can_have_is_refused(self, name):
        with pytest.raises(ValueError, match="is no convertor name"):
            parameter_type(name, Even())

    def test_a_name_that_templates_cannot_say_is_refused(self):
        """A template's words are ASCII, so a convertor of another name could never be used."""
        with pytest.raises(ValueError, match="is no convertor name"):
            parameter_type("größe", Even())

    def test_a_regex_that_does_not_compile_is_refused(self):
        class Open(Even):
            regex = "(["

        with pytest.raises(ValueError, match=r"the regex '\(\[' does not compile"):
            parameter_type("open", Open())

    def test_a_regex_with_a_choice_matches_as_a_whole(self):
        class Choice(Even):
            regex = "1|12"

        assert parameter_type("choice", Choice()).parse("12") == 12


@pytest.mark.parametrize("text", NO_INT)
def test_a_client_gets_404_for_what_is_no_int(ask, http_scope, text):
    api = API()
    api.add_route("/users/{id:int}", lambda req, resp, *, id: "found")

    assert ask(api, http_scope(path=f"/users/{text}")).status == 404


@pytest.mark.parametrize("value", [7.9, "7.5", Decimal("7.5"), -1, True + 0.5], ids=repr)
def test_a_url_for_an_int_is_not_rounded(value):
    """A link to another resource than the one meant is worse than an error."""
    api = API()
    api.add_route("/users/{id:int}", lambda req, resp, *, id: "found", name="user")

    with pytest.raises(ValueError, match="is no int"):
        api.url_for("user", id=value)
