"""YAML (RFC 9512): what views may hand over and the text of it, and what clients may send."""

from __future__ import annotations

import datetime as dt
import json
import sys
import uuid
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from responder_core import Limits, Problem
from responder_core.formats import json as json_format
from responder_core.formats.yaml import decode, make_encoder, make_format
from responder_core.settings import Settings

yaml = pytest.importorskip("yaml", reason="YAML needs PyYAML")

encode = make_encoder(Settings())


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def parser(request, monkeypatch):
    """Both parsers of PyYAML; libyaml is not everywhere."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
        monkeypatch.delattr(yaml, "CSafeDumper", raising=False)


def refuse(text, limits=None):
    """The detail of the 400 that a document is answered with."""
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(Problem) as caught:
        decode(content, limits or Limits())
    assert caught.value.status_code == 400
    return caught.value.detail


class TestEncoder:
    @pytest.mark.parametrize(
        "value",
        [
            pytest.param({"b": [1, 1.5, None, True], "a": "é"}, id="plain"),
            pytest.param(dt.date(2026, 1, 2), id="date"),
            pytest.param(["yes", "1", "null", "2026-01-02", "a: b"], id="text-like-other-kinds"),
            pytest.param([float("nan"), float("inf")], id="nan"),
            pytest.param([uuid.UUID(int=1), Decimal("1.10"), b"\xff"], id="other-kinds"),
            pytest.param([[1] * 2] * 3, id="one-list-thrice"),
        ],
    )
    def test_values_are_those_of_json(self, value):
        assert yaml.safe_load(encode(value)) == json.loads(json_format.encode(value))

    def test_it_is_plain_text_in_the_order_given(self):
        assert encode({"b": "é", "a": [1]}) == "b: é\na:\n- 1\n".encode()

    def test_nothing_is_an_alias(self):
        shared = {"a": [1, 2]}

        assert b"&" not in encode([shared, shared])

    def test_what_it_lacks_goes_through_the_programs_encoder(self):
        assert encode("it") == make_encoder(Settings(encoder=lambda value: "it"))(object())

    def test_a_value_without_a_form_is_a_type_error(self):
        with pytest.raises(TypeError, match=r"YAML has no form for builtins\.object"):
            encode(object())


class TestDecode:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("id: 1", {"id": 1}, id="mapping"),
            pytest.param("- a\n- [b, {c: d}]", ["a", ["b", {"c": "d"}]], id="sequences"),
            pytest.param("--- # comment\nid: 1\n...\n", {"id": 1}, id="marked-document"),
            pytest.param("%YAML 1.1\n---\nnull", None, id="directive"),
            pytest.param("null", None, id="null"),
            pytest.param("\ufeffa: é", {"a": "é"}, id="byte-order-mark"),
            pytest.param("2026-01-02", dt.date(2026, 1, 2), id="date"),
            pytest.param("a: &x [1]\nb: *x", {"a": [1], "b": [1]}, id="alias"),
            pytest.param("a: &x 1\n*x : 2", {"a": 1, 1: 2}, id="alias-as-key"),
            pytest.param(
                "a: &x {b: 1}\nc: {<<: *x, d: 2}",
                {"a": {"b": 1}, "c": {"b": 1, "d": 2}},
                id="merge",
            ),
            pytest.param("!!set {a, b}", {"a", "b"}, id="set"),
            pytest.param("!!binary YQ==", b"a", id="binary"),
            pytest.param("! a", "a", id="no-tag"),
            pytest.param("!!str 12", "12", id="string"),
            pytest.param('"\\u00e9"', "é", id="escape"),
            pytest.param("1: a\n'1': b", {1: "a", "1": "b"}, id="keys-of-two-kinds"),
            pytest.param("{}", {}, id="empty-mapping"),
        ],
    )
    def test_what_is_yaml_is_read(self, text, expected):
        assert decode(text.encode()) == expected

    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            pytest.param("# nothing", "The body is empty; send YAML.", id="comment-alone"),
            pytest.param(
                "a: 1\nb: @", "The body is no valid YAML at line 2, column 4.", id="place"
            ),
            pytest.param(b"a: \xff", "The YAML is no UTF-8.", id="no-utf-8"),
            pytest.param("a\n---\nb", "The YAML has several documents; send one.", id="several"),
            pytest.param(
                "a: 1\na: 2", "The YAML has a mapping with the same key twice.", id="same-key"
            ),
            pytest.param("&a [*a]", "The YAML has a value that holds itself.", id="cycle"),
        ],
    )
    def test_what_is_wrong_is_said_and_where(self, text, detail):
        assert refuse(text) == detail

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("*secret", id="unknown-alias"),
            pytest.param("secret: [", id="open"),
            pytest.param("@secret", id="reserved"),
            pytest.param("!secret 1", id="tag"),
            pytest.param("!!timestamp secret", id="no-date"),
            pytest.param("2026-13-45", id="no-such-date"),
            pytest.param("2026-01-01 99:99:99", id="no-such-time"),
            pytest.param("? [secret]\n: 1", id="sequence-as-key"),
            pytest.param("? {secret: 1}\n: 1", id="mapping-as-key"),
            pytest.param("!!int secret", id="no-number"),
            pytest.param('!!float ""', id="empty-float"),
            pytest.param('!!int ""', id="empty-number"),
            pytest.param("!!bool secret", id="no-boolean"),
            pytest.param("!!binary é", id="no-base64"),
            pytest.param("!!seq {secret: 1}", id="wrong-kind"),
            pytest.param("<<: secret", id="merge-of-text"),
            pytest.param("a: \x01secret", id="control"),
            pytest.param('"\\ud800secret"', id="lone-surrogate"),
            pytest.param("a: b: c", id="mapping-in-a-line"),
            pytest.param("\tsecret: 1\n b", id="tab"),
            pytest.param("9" * 6000, id="six-thousand-digits"),
            pytest.param("- " * 10_000 + "1", id="depth-of-10000-sequences"),
            pytest.param("[" * 10_000, id="depth-of-10000-open"),
            pytest.param("{a: " * 10_000 + "}" * 10_000, id="depth-of-10000-mappings"),
            pytest.param("? " * 10_000, id="depth-of-10000-keys"),
        ],
    )
    def test_what_is_no_yaml_of_ours_is_a_400_that_repeats_nothing(self, text):
        assert "secret" not in refuse(text)

    @pytest.mark.parametrize(
        "tag",
        [
            "!!python/object/apply:os.system",
            "!!python/name:os.system",
            "!!python/tuple",
            "!!omap",
            "!!pairs",
            "!!merge",
            "!mine",
            "!<tag:example.org,2026:mine>",
        ],
    )
    @pytest.mark.parametrize("value", ["x", "[x]", "{x: y}"])
    def test_a_tag_that_is_none_of_plain_values_is_refused(self, tag, value):
        assert refuse(f"a: {tag} {value}") == "The YAML has a tag; send plain values."

    @settings(
        deadline=None,
        max_examples=200,
        # The parser is the same for all examples.
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.text("ab:-?,[]{}&*!|>'\"%@` \n\t#0123456789.<=~é\\", max_size=40))
    def test_any_text_gives_a_value_or_a_400(self, text):
        try:
            decode(text.encode())
        except Problem as problem:
            status = problem.status_code
        else:
            status = 200
        assert status in {200, 400}


class TestLimits:
    @pytest.mark.parametrize("depth", [1, 2, 10])
    @pytest.mark.parametrize("unit", ["[{}", "- "], ids=["flow", "block"])
    def test_the_depth_is_exact(self, depth, unit):
        text = ("[" * depth + "1" + "]" * depth) if unit == "[{}" else "- " * depth + "1"

        decode(text.encode(), Limits(depth=depth))
        assert refuse(text, Limits(depth=depth - 1)) == (
            f"The YAML is nested more than {depth - 1} levels deep."
        )

    def test_values_are_counted(self):
        text = "[1, {a: b}]"  # The sequence, 1, the mapping, its key and value.

        decode(text.encode(), Limits(yaml_nodes=5))
        assert refuse(text, Limits(yaml_nodes=4)) == "The YAML has more than 4 values."

    def test_aliases_are_counted(self):
        text = "[&a 1, *a, *a]"

        decode(text.encode(), Limits(yaml_aliases=2))
        assert refuse(text, Limits(yaml_aliases=1)) == "The YAML has more than 1 aliases."

    def test_an_alias_counts_as_all_that_it_stands_for(self):
        text = "[&a [1, 2], *a, [*a]]"  # 1 + 3 + 3 + 1 + 3

        decode(text.encode(), Limits(yaml_nodes=11))
        assert "values" in refuse(text, Limits(yaml_nodes=10))

    @pytest.mark.parametrize("item", ["[{}]", "{{<<: [{}]}}"], ids=["lists", "merges"])
    def test_a_bomb_of_aliases_is_refused_before_it_is_built(self, item):
        """Ten levels of ten each would be ten billion values."""
        lines = ["- &a0 {a: 1}"]
        for level in range(1, 10):
            lines.append(f"- &a{level} " + item.format(", ".join([f"*a{level - 1}"] * 10)))

        assert refuse("\n".join(lines)) == "The YAML has more than 50000 values."

    @pytest.mark.parametrize(
        "number",
        ["1" * 11, "-" + "1" * 10, "0x" + "f" * 9, "1" + ":59" * 4, "1_1_1_1_1_1", "1." + "1" * 9],
    )
    def test_a_long_number_is_refused_before_it_is_built(self, number):
        limits = Limits(digits=10)

        for text in (number, f"!!int {number!r}", f"!!float {number!r}"):
            assert "more than 10 digits" in refuse(text, limits)
        assert decode(f"'{number}'".encode(), limits) == number

    def test_long_text_is_no_number(self):
        assert decode(b"deadbeef" * 20, Limits(digits=10)) == "deadbeef" * 20
        assert decode(b"1 apple and 2 pears", Limits(digits=10)) == "1 apple and 2 pears"


def test_its_format_reads_and_writes_as_the_program_chose():
    chosen = make_format(Settings(limits=Limits(depth=1)))

    assert chosen.available
    assert chosen.decode(chosen.encode([1])) == [1]
    with pytest.raises(Problem, match="1 levels"):
        chosen.decode(b"[[]]")
    assert chosen.decode_within(b"[[]]", Limits()) == [[]]


def test_without_pyyaml_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)

    for work in (lambda: decode(b"a"), lambda: encode("a")):
        with pytest.raises(RuntimeError, match=r"pip install 'responder-core\[yaml\]'"):
            work()
