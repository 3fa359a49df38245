"""Conditional requests: entity tags and preconditions (RFC 9110 §8.8.3 and §13)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_core import API
from responder_core.http import conditional
from responder_core.http.conditional import (
    Outcome,
    evaluate,
    if_range_holds,
    matches_strongly,
    matches_weakly,
    parse_etags,
    quote_etag,
    strip_etag,
    suffix_etag,
)
from responder_core.http.headers import RequestHeaders

PROCEED, NOT_MODIFIED, FAILED = Outcome.PROCEED, Outcome.NOT_MODIFIED, Outcome.FAILED
TAG = '"v7"'
MOMENT = 784111777.5
STAMP = "Sun, 06 Nov 1994 08:49:37 GMT"
EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"
CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
HOSTILE = 8 * 65536


def fields(*pairs):
    return RequestHeaders(raw=[(name.encode(), value.encode()) for name, value in pairs])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("v7", '"v7"', id="8.8.3-bare"),
        pytest.param('"v7"', '"v7"', id="8.8.3-quoted"),
        pytest.param('W/"v7"', 'W/"v7"', id="8.8.3-weak"),
        pytest.param("", '""', id="8.8.3-empty"),
        pytest.param("a,b;c", '"a,b;c"', id="8.8.3-comma"),
        pytest.param("W/v7", '"W/v7"', id="8.8.3-weak-only-when-quoted"),
    ],
)
def test_a_tag_is_quoted(text, expected):
    assert quote_etag(text) == expected


@pytest.mark.parametrize(
    "text", ['a"b', "a b", "a\r\nb", "a\x00b", "a€b", '"a', 'w/"a"'], ids=ascii
)
def test_what_is_no_tag_is_refused(text):
    with pytest.raises(ValueError, match="is no entity tag"):
        quote_etag(text)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("*", "*", id="13.1.1-star"),
        pytest.param(" * ", "*", id="13.1.1-star-with-blanks"),
        pytest.param("*, *", "*", id="5.3-star-in-two-lines"),
        pytest.param(",*,", "*", id="5.6.1-star-beside-empty-elements"),
        pytest.param('*, "a"', (), id="13.1.1-star-stands-alone"),
        pytest.param('"a", *', ('"a"',), id="13.1.1-star-is-no-tag"),
        pytest.param("**", (), id="13.1.1-one-star"),
        pytest.param('"*"', ('"*"',), id="8.8.3-a-tag-of-a-star"),
        pytest.param('"a"', ('"a"',), id="8.8.3-one"),
        pytest.param('"a", W/"b"', ('"a"', 'W/"b"'), id="8.8.3-two"),
        pytest.param('"a,b"', ('"a,b"',), id="8.8.3-comma-inside"),
        pytest.param('"a",, ,"b"', ('"a"', '"b"'), id="5.6.1-empty-elements"),
        pytest.param('""', ('""',), id="8.8.3-empty-tag"),
        pytest.param('w/"a"', (), id="8.8.3-weak-is-upper-case"),
        pytest.param("a", (), id="8.8.3-unquoted"),
        pytest.param('"a", b, "c"', ('"a"',), id="nothing-behind-nonsense"),
        pytest.param('"a', (), id="8.8.3-open"),
        pytest.param('\t"a"\t,\t"b"\t', ('"a"', '"b"'), id="5.6.3-tabs"),
        pytest.param('"a" "b"', (), id="5.6.1-no-comma"),
        pytest.param('"a\xfc"', ('"a\xfc"',), id="8.8.3-obs-text"),
        pytest.param('"a\x00"', (), id="8.8.3-nul"),
        pytest.param('"\u20ac"', (), id="8.8.3-beyond-latin-1"),
        pytest.param("", (), id="empty"),
        pytest.param("\n", (), id="a-line-that-ends-nothing"),
        pytest.param('"a"\n', (), id="a-line-behind-a-tag"),
    ],
)
def test_tags_are_read_from_a_list(header, expected):
    assert parse_etags(header) == expected


@pytest.mark.parametrize(
    ("one", "other", "strongly", "weakly"),
    [
        pytest.param('W/"1"', 'W/"1"', False, True, id="8.8.3.2-both-weak"),
        pytest.param('W/"1"', 'W/"2"', False, False, id="8.8.3.2-different"),
        pytest.param('W/"1"', '"1"', False, True, id="8.8.3.2-one-weak"),
        pytest.param('"1"', 'W/"1"', False, True, id="8.8.3.2-the-other-weak"),
        pytest.param('"1"', '"1"', True, True, id="8.8.3.2-both-strong"),
    ],
)
def test_tags_are_compared_strongly_and_weakly(one, other, strongly, weakly):
    assert matches_strongly(one, (other,)) is strongly
    assert matches_weakly(one, (other,)) is weakly


@pytest.mark.parametrize(
    ("method", "present", "expected"),
    [
        pytest.param("GET", [], PROCEED, id="13-none"),
        pytest.param("GET", [("if-match", '"v7"')], PROCEED, id="13.1.1-match"),
        pytest.param("GET", [("if-match", '"v6"')], FAILED, id="13.1.1-other"),
        pytest.param("GET", [("if-match", 'W/"v7"')], FAILED, id="13.1.1-strong-comparison"),
        pytest.param("GET", [("if-match", "*")], PROCEED, id="13.1.1-star"),
        pytest.param("GET", [("if-match", "nonsense")], FAILED, id="13.1.1-nonsense-is-no-match"),
        pytest.param("PUT", [("if-match", '"v6", "v7"')], PROCEED, id="13.1.1-put"),
        pytest.param("PUT", [("if-match", '"v6"')], FAILED, id="13.1.1-put-lost-update"),
        pytest.param(
            "PUT", [("if-match", '"v6"'), ("if-match", '"v7"')], PROCEED, id="5.3-repeated"
        ),
        pytest.param("GET", [("if-none-match", '"v7"')], NOT_MODIFIED, id="13.1.2-match"),
        pytest.param("HEAD", [("if-none-match", '"v7"')], NOT_MODIFIED, id="13.1.2-head"),
        pytest.param("GET", [("if-none-match", 'W/"v7"')], NOT_MODIFIED, id="13.1.2-weak"),
        pytest.param("GET", [("if-none-match", '"v6"')], PROCEED, id="13.1.2-other"),
        pytest.param("GET", [("if-none-match", "*")], NOT_MODIFIED, id="13.1.2-star"),
        pytest.param("PUT", [("if-none-match", "*")], FAILED, id="13.1.2-put-star"),
        pytest.param(
            "PUT",
            [("if-none-match", "*"), ("if-none-match", "*")],
            FAILED,
            id="13.1.2-put-star-repeated",
        ),
        pytest.param(
            "GET",
            [("if-none-match", '"v6"'), ("if-none-match", '"v7"')],
            NOT_MODIFIED,
            id="13.1.2-repeated",
        ),
        pytest.param("GET", [("if-none-match", '"v7-gzip"')], PROCEED, id="8.8.3.3-other-coding"),
        pytest.param("GET", [("if-none-match", "v7")], PROCEED, id="13.1.2-unquoted"),
        pytest.param("DELETE", [("if-none-match", '"v7"')], FAILED, id="13.1.2-delete"),
        pytest.param("get", [("if-none-match", '"v7"')], FAILED, id="9.1-methods-have-case"),
        pytest.param("PUT", [("if-none-match", '"v7"')], FAILED, id="13.1.2-put"),
        pytest.param("PUT", [("if-none-match", '"v6"')], PROCEED, id="13.1.2-put-other"),
        pytest.param("GET", [("if-modified-since", STAMP)], NOT_MODIFIED, id="13.1.3-same"),
        pytest.param("GET", [("if-modified-since", LATER)], NOT_MODIFIED, id="13.1.3-later"),
        pytest.param("GET", [("if-modified-since", EARLIER)], PROCEED, id="13.1.3-earlier"),
        pytest.param("GET", [("if-modified-since", "soon")], PROCEED, id="13.1.3-no-date"),
        pytest.param(
            "GET",
            [("if-modified-since", STAMP), ("if-modified-since", STAMP)],
            PROCEED,
            id="13.1.3-two-dates",
        ),
        pytest.param("PUT", [("if-modified-since", STAMP)], PROCEED, id="13.1.3-only-reading"),
        pytest.param("HEAD", [("if-modified-since", STAMP)], NOT_MODIFIED, id="13.1.3-head"),
        pytest.param("OPTIONS", [("if-match", '"v6"')], PROCEED, id="13.2.1-options"),
        pytest.param("TRACE", [("if-none-match", "*")], PROCEED, id="13.2.1-trace"),
        pytest.param("CONNECT", [("if-unmodified-since", EARLIER)], PROCEED, id="13.2.1-connect"),
        pytest.param(
            "GET",
            [("if-none-match", '"v6"'), ("if-modified-since", STAMP)],
            PROCEED,
            id="13.1.3-ignored-beside-if-none-match",
        ),
        pytest.param("PUT", [("if-unmodified-since", STAMP)], PROCEED, id="13.1.4-same"),
        pytest.param("PUT", [("if-unmodified-since", LATER)], PROCEED, id="13.1.4-later"),
        pytest.param("PUT", [("if-unmodified-since", EARLIER)], FAILED, id="13.1.4-changed"),
        pytest.param("PUT", [("if-unmodified-since", "soon")], PROCEED, id="13.1.4-no-date"),
        pytest.param(
            "PUT",
            [("if-match", '"v7"'), ("if-unmodified-since", EARLIER)],
            PROCEED,
            id="13.1.4-ignored-beside-if-match",
        ),
        pytest.param(
            "GET",
            [("if-match", '"v6"'), ("if-none-match", '"v7"')],
            FAILED,
            id="13.2.2-step-1-before-3",
        ),
        pytest.param(
            "GET",
            [("if-unmodified-since", EARLIER), ("if-none-match", '"v7"')],
            FAILED,
            id="13.2.2-step-2-before-3",
        ),
        pytest.param(
            "GET",
            [("if-match", '"v7"'), ("if-none-match", '"v7"')],
            NOT_MODIFIED,
            id="13.2.2-step-3-after-1",
        ),
    ],
)
def test_preconditions_are_evaluated_in_the_order_of_13_2_2(method, present, expected):
    assert evaluate(method, fields(*present), etag=TAG, modified=MOMENT) is expected


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param([("if-match", "*")], FAILED, id="13.1.1-star-needs-something"),
        pytest.param([("if-match", '"v7"')], FAILED, id="13.1.1-tag-needs-something"),
        pytest.param([("if-none-match", "*")], PROCEED, id="13.1.2-star-wants-nothing"),
        pytest.param([("if-none-match", '"v7"')], PROCEED, id="13.1.2-tag-of-nothing"),
    ],
)
def test_where_nothing_is_yet_only_what_asks_for_that_holds(present, expected):
    outcome = evaluate("PUT", fields(*present), etag=None, modified=None, exists=False)

    assert outcome is expected


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param([("if-match", '"v7"')], FAILED, id="13.1.1"),
        pytest.param([("if-match", "*")], PROCEED, id="13.1.1-star"),
        pytest.param([("if-none-match", '"v7"')], PROCEED, id="13.1.2"),
        pytest.param([("if-modified-since", STAMP)], PROCEED, id="13.1.3"),
        pytest.param([("if-unmodified-since", STAMP)], PROCEED, id="13.1.4"),
    ],
)
def test_what_has_no_validators_matches_none(present, expected):
    assert evaluate("GET", fields(*present), etag=None, modified=None) is expected


@pytest.mark.parametrize(
    ("value", "etag", "expected"),
    [
        pytest.param(None, TAG, True, id="13.1.5-absent"),
        pytest.param('"v7"', TAG, True, id="13.1.5-tag"),
        pytest.param(' "v7" ', TAG, True, id="5.6.3-blanks"),
        pytest.param('"v6"', TAG, False, id="13.1.5-other-tag"),
        pytest.param('W/"v7"', 'W/"v7"', False, id="13.1.5-weak"),
        pytest.param('"v7"', None, False, id="13.1.5-no-tag"),
        pytest.param(STAMP, TAG, True, id="13.1.5-date"),
        pytest.param(LATER, TAG, False, id="13.1.5-later-is-no-match"),
        pytest.param(EARLIER, TAG, False, id="13.1.5-earlier"),
        pytest.param("v7", TAG, False, id="13.1.5-unquoted"),
        pytest.param("", TAG, False, id="13.1.5-empty"),
        pytest.param("*", TAG, False, id="13.1.5-no-star"),
        pytest.param('"v7", "v7"', TAG, False, id="13.1.5-no-list"),
        pytest.param('"v7-gzip"', TAG, False, id="13.1.5-tag-of-another-coding"),
        pytest.param("Sunday, 06-Nov-94 08:49:37 GMT", TAG, True, id="5.6.7-obsolete-date"),
    ],
)
def test_if_range_asks_for_the_very_same(value, etag, expected):
    assert if_range_holds(value, etag=etag, modified=MOMENT) is expected


def test_if_range_with_a_date_needs_a_date():
    assert not if_range_holds(STAMP, etag=TAG, modified=None)


@pytest.mark.parametrize("coding", ["br", "gzip", "zstd"])
@pytest.mark.parametrize("tag", ['"v7"', 'W/"v7"', '"a-b"', '""'])
def test_the_tag_of_a_coding_leads_back(tag, coding):
    """RFC 9110 §8.8.3.3."""
    suffixed = suffix_etag(tag, coding)

    assert suffixed != tag
    assert strip_etag(suffixed) == tag
    assert strip_etag(tag) == tag


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_any_header_gives_tags_that_are_tags(header):
    tags = parse_etags(header)

    assert tags == "*" or all(quote_etag(tag) == tag for tag in tags)


@given(st.lists(st.text(alphabet="abc,-", max_size=5)))
def test_tags_that_are_listed_are_read_again(texts):
    tags = tuple(map(quote_etag, texts))

    assert parse_etags(", ".join(tags)) == tags


class Counted:
    """Header fields that remember what was asked for."""

    def __init__(self, *pairs):
        self._fields = fields(*pairs)
        self.asked = []

    def get_list(self, name):
        self.asked.append(name)
        return self._fields.get_list(name)


@pytest.mark.parametrize("modified", [None, MOMENT])
def test_nothing_is_parsed_without_preconditions(monkeypatch, modified):
    def fail(*_):
        raise AssertionError("something was parsed")

    for name in ("parse_etags", "parse_date"):
        monkeypatch.setattr(conditional, name, fail)
    headers = Counted(("host", "a.org"), ("range", "bytes=0-"))

    assert evaluate("GET", headers, etag=TAG, modified=modified) is PROCEED
    assert len(headers.asked) == (2 if modified is None else 4)


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT"])
def test_methods_without_preconditions_ask_for_none(method):
    headers = Counted(("if-match", '"v6"'))

    assert evaluate(method, headers, etag=TAG, modified=MOMENT) is PROCEED
    assert headers.asked == []


@pytest.mark.parametrize("tail", ["", "x", '"'], ids=ascii)
@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "\t ",
        ",",
        ", ",
        "*",
        "*,",
        '"',
        "W/",
        'W/"',
        '"a',
        '"a",',
        '"a" ',
        "\\",
        "-gzip",
        "\x00",
    ],
    ids=ascii,
)
def test_hostile_fields_are_read_in_linear_time(piece, tail):
    """Eight times what servers take: in quadratic time no row would end."""
    text = piece * (HOSTILE // len(piece)) + tail
    headers = fields(*((name, text) for name in CONDITIONS))

    assert evaluate("GET", headers, etag=TAG, modified=MOMENT) in Outcome
    assert not if_range_holds(text, etag=TAG, modified=MOMENT)
    assert strip_etag(text + '-gzip"') == text + '"'


@pytest.mark.parametrize("name", [*CONDITIONS, "if-range"])
@pytest.mark.parametrize(
    "value",
    [b" \t" * 32768 + b"x", b"," * 65536, b'"' * 65535, b'"a",' * 16384, b"\xff\x00", b"", b"W/"],
    ids=lambda value: f"{value[:4]!a}-{len(value)}",
)
def test_no_precondition_fails_us(ask, http_scope, name, value):
    api = API(auto_etag=True)
    api.add_route("/", lambda req, resp: "tea")
    headers = [(b"host", b"a.org"), (b"range", b"bytes=0-0"), (name.encode(), value)]

    assert ask(api, http_scope(headers=headers)).status in {200, 206, 304, 412}
