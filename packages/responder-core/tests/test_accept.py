"""Content negotiation: what an Accept header admits (RFC 9110 §12.5.1)."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core.http.accept import MediaRange, parse_accept, preferred, quality


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("text/html", [("text", "html", 1.0)], id="one"),
        pytest.param("text/html;q=0.5", [("text", "html", 0.5)], id="weight"),
        pytest.param("text/html ; q=0.5", [("text", "html", 0.5)], id="rfc9110-5.6.6-whitespace"),
        pytest.param("Text/HTML;Q=0.5", [("text", "html", 0.5)], id="case"),
        pytest.param("text/*", [("text", "*", 1.0)], id="rfc9110-12.5.1-subtypes"),
        pytest.param("*/*", [("*", "*", 1.0)], id="rfc9110-12.5.1-everything"),
        pytest.param("*/html", [], id="rfc9110-12.5.1-no-such-range"),
        pytest.param("*", [], id="star-alone"),
        pytest.param("", [], id="empty"),
        pytest.param(", ,text/html,,", [("text", "html", 1.0)], id="rfc9110-5.6.1-empty-elements"),
        pytest.param("text/html;level=1;q=0.4", [("text", "html", 0.4)], id="q-behind-parameter"),
        pytest.param("a/b;q=0, c/d", [("a", "b", 0.0), ("c", "d", 1.0)], id="two"),
        pytest.param("nonsense, a/b", [("a", "b", 1.0)], id="malformed-passed-over"),
    ],
)
def test_media_ranges_are_read(header, expected):
    found = [(item.main, item.sub, item.quality) for item in parse_accept(header)]

    assert found == expected


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        pytest.param("0", 0.0, id="rfc9110-12.4.2-zero"),
        pytest.param("1", 1.0, id="rfc9110-12.4.2-one"),
        pytest.param("0.", 0.0, id="rfc9110-12.4.2-bare-dot"),
        pytest.param("1.000", 1.0, id="rfc9110-12.4.2-three-digits"),
        pytest.param("0.333", 0.333, id="rfc9110-12.4.2-fraction"),
        pytest.param("0.3333333333333333", 0.333333, id="too-many-digits"),
        pytest.param("2", 1.0, id="above-one"),
        pytest.param("-1", 0.0, id="below-zero"),
        pytest.param("nan", 0.0, id="nan"),
        pytest.param("inf", 0.0, id="infinity"),
        pytest.param("-inf", 0.0, id="minus-infinity"),
        pytest.param("", 0.0, id="blank"),
        pytest.param("x", 0.0, id="letters"),
    ],
)
def test_a_weight_is_between_zero_and_one(weight, expected):
    assert quality(f"text/html;q={weight}", "text/html") == expected


# RFC 9110 §12.5.1, the second example and its table.
RFC_EXAMPLE = (
    "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, "
    "*/*;q=0.5"
)


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("text/plain;format=flowed", 1.0),
        ("text/plain", 0.7),
        ("text/html", 0.3),
        ("image/jpeg", 0.5),
        ("text/plain;format=fixed", 0.4),
    ],
)
def test_the_table_of_rfc_9110_12_5_1_holds(media_type, expected):
    assert quality(RFC_EXAMPLE, media_type) == expected


@pytest.mark.parametrize(
    ("header", "media_type", "expected"),
    [
        pytest.param(None, "text/html", 1.0, id="rfc9110-12.4.1-absent"),
        pytest.param("", "text/html", 1.0, id="rfc9110-12.5.1-empty"),
        pytest.param(" \t", "text/html", 1.0, id="blank"),
        pytest.param("text/html", "text/html", 1.0, id="exact"),
        pytest.param("text/html", "TEXT/HTML", 1.0, id="case-of-the-candidate"),
        pytest.param("text/html", "text/html; charset=utf-8", 1.0, id="candidate-with-charset"),
        pytest.param("text/html", "text/plain", 0.0, id="another"),
        pytest.param("*/*;q=0.1", "a/b", 0.1, id="everything"),
        pytest.param("text/*;q=0.2", "text/css", 0.2, id="subtypes"),
        pytest.param("text/*;q=0.2", "image/css", 0.0, id="subtypes-of-another"),
        pytest.param("text/*;q=0.2, text/html", "text/html", 1.0, id="specific-last"),
        pytest.param("text/html, text/*;q=0.2", "text/html", 1.0, id="specific-first"),
        pytest.param("*/*, text/html;q=0", "text/html", 0.0, id="rfc9110-12.4.2-refused"),
        pytest.param("text/*;q=0, */*", "text/html", 0.0, id="refused-by-type"),
        pytest.param("*/*;q=0", "text/html", 0.0, id="everything-refused"),
        pytest.param("nonsense", "text/html", 0.0, id="nothing-readable"),
        # RFC 9110 §12.5.1: a range with parameters is for what has these parameters.
        pytest.param("a/b;v=2, a/b;q=0.1", "a/b", 0.1, id="parameters-first"),
        pytest.param("a/b;q=0.1, a/b;v=2", "a/b", 0.1, id="parameters-last"),
        pytest.param("a/b;v=2;q=0, */*", "a/b", 1.0, id="one-version-refused"),
        # RFC 9110 §5.6.4: a comma or semicolon in a quoted string separates nothing.
        pytest.param('a/b;x="1,2";q=0.5', 'a/b;x="1,2"', 0.5, id="quoted-comma"),
        pytest.param('a/b;x=";q=0";q=0.5', 'a/b;x=";q=0"', 0.5, id="quoted-semicolon"),
        pytest.param('a/b;x=", c/d, ";q=0.5', "c/d", 0.0, id="quoted-range"),
        pytest.param('a/b;x="\\", c/d";q=0.5', "c/d", 0.0, id="quoted-pair"),
    ],
)
def test_the_most_specific_range_decides(header, media_type, expected):
    assert quality(header, media_type) == expected


@pytest.mark.parametrize(
    ("media_range", "expected"),
    [(("a", "b"), 3), (("a", "*"), 2), (("*", "*"), 1), (("a", "c"), 0), (("c", "b"), 0)],
)
def test_a_range_knows_how_exactly_it_names_a_type(media_range, expected):
    assert MediaRange(*media_range, 1.0).specificity("a", "b") == expected


@pytest.mark.parametrize(
    ("header", "candidates", "expected"),
    [
        pytest.param(None, ["a/b", "c/d"], "a/b", id="absent-takes-the-first"),
        pytest.param("*/*", ["a/b", "c/d"], "a/b", id="tie-takes-the-first"),
        pytest.param("c/d, a/b", ["a/b", "c/d"], "a/b", id="tie-in-another-order"),
        pytest.param("a/b;q=0.5, c/d", ["a/b", "c/d"], "c/d", id="heavier"),
        pytest.param("c/*, a/b;q=0.9", ["a/b", "c/d"], "c/d", id="by-range"),
        pytest.param("e/f", ["a/b", "c/d"], None, id="none"),
        pytest.param("a/b;q=0, c/d;q=0", ["a/b", "c/d"], None, id="all-refused"),
        pytest.param("*/*, a/b;q=0", ["a/b", "c/d"], "c/d", id="rfc9110-12.4.2-all-but-one"),
        pytest.param("*/*", [], None, id="no-candidates"),
        pytest.param(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            ["application/json", "text/html"],
            "text/html",
            id="browser",
        ),
    ],
)
def test_the_candidate_liked_best_is_taken(header, candidates, expected):
    assert preferred(header, iter(candidates)) == expected


ACCEPTS = st.text() | st.text(st.sampled_from('ab/*;,=q01. "\\\t+-e'))


@settings(deadline=None, max_examples=300)
@given(ACCEPTS, st.text() | st.sampled_from(["a/b", "*/*", "a/*"]))
def test_any_header_gives_a_weight_between_zero_and_one(header, media_type):
    weight = quality(header, media_type)

    assert math.isfinite(weight)
    assert 0 <= weight <= 1


@settings(deadline=None, max_examples=300)
@given(ACCEPTS, st.lists(st.sampled_from(["a/b", "a/a", "b/a", "b/b"])))
def test_what_is_preferred_is_a_candidate_that_none_outweighs(header, candidates):
    best = preferred(header, candidates)

    weights = {candidate: quality(header, candidate) for candidate in candidates}
    if best is None:
        assert not any(weights.values())
    else:
        assert weights[best] == max(weights.values()) > 0


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("a/b," * 16384, id="ranges"),
        pytest.param("," * 65536, id="commas"),
        pytest.param(";" * 65536, id="semicolons"),
        pytest.param('"' * 65536, id="quotes"),
        pytest.param("\\" * 65536, id="backslashes"),
        pytest.param('a/b;x="' + "\\" * 65529, id="open-quoted-string"),
        pytest.param("a/b;" + "q=0.1;" * 10000, id="weights"),
        pytest.param("a" * 65536, id="letters"),
        pytest.param("/" * 65536, id="slashes"),
        pytest.param("a/b;q=" + "9" * 65536, id="digits"),
    ],
)
def test_sixty_four_kilobytes_give_a_bounded_number_of_ranges(header):
    """What is read of a header is bounded, so that its cost is."""
    assert len(parse_accept(header)) <= 64
    assert 0 <= quality(header, "a/b") <= 1


def test_ranges_behind_the_bound_are_not_read():
    header = ",".join(f"a/b{number}" for number in range(100))

    assert len(parse_accept(header)) == 64
    assert quality(header, "a/b63") == 1.0
    assert quality(header, "a/b64") == 0.0


def test_long_headers_are_not_kept_in_memory():
    """A cache by header text must not hold on to what a client made long on purpose."""
    header = "long/header," * 5000
    before = sys.getrefcount(header)

    quality(header, "a/b")
    after = sys.getrefcount(header)

    assert after == before


def test_half_of_an_element_says_nothing():
    """What is refused far behind must not be accepted because it was cut before its weight."""
    header = "a/b;x=" + "y" * (8192 - 6 - 11) + ", text/html;q=0"

    assert quality(header, "text/html") == 0
