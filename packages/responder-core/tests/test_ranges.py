"""Byte ranges: what a Range field asks for, and how ranges are sent (RFC 9110 §14)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_core import API
from responder_core.http.ranges import (
    ByteRanges,
    RangeNotSatisfiable,
    content_range,
    parse_ranges,
    unsatisfied_range,
)

UNSATISFIABLE = "unsatisfiable"


def read(header, size=500, limit=16):
    try:
        return parse_ranges(header, size, limit=limit)
    except RangeNotSatisfiable:
        return UNSATISFIABLE


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("bytes=0-99", [(0, 100)], id="14.1.2-first-last"),
        pytest.param("bytes=100-", [(100, 500)], id="14.1.2-open"),
        pytest.param("bytes=-100", [(400, 500)], id="14.1.2-suffix"),
        pytest.param("bytes=0-0", [(0, 1)], id="14.1.2-one-byte"),
        pytest.param("bytes=499-", [(499, 500)], id="14.1.2-last-byte"),
        pytest.param("bytes=400-9999", [(400, 500)], id="14.1.2-past-the-end"),
        pytest.param("bytes=-9999", [(0, 500)], id="14.1.2-suffix-longer-than-all"),
        pytest.param("bytes=500-", UNSATISFIABLE, id="15.5.17-begins-at-the-end"),
        pytest.param("bytes=-0", UNSATISFIABLE, id="14.1.2-empty-suffix"),
        pytest.param("bytes=600-700,800-", UNSATISFIABLE, id="15.5.17-all-of-them"),
        pytest.param("bytes=600-,0-9", [(0, 10)], id="15.3.7-one-bad-among-good"),
        pytest.param("bytes=-0,0-9", [(0, 10)], id="15.3.7-empty-suffix-among-good"),
        pytest.param("bytes=9-0", None, id="14.1.1-inverted"),
        pytest.param("bytes=0-9,9-0", None, id="14.1.1-inverted-among-good"),
        pytest.param("bytes=010-9", None, id="14.1.1-inverted-with-zeros"),
        pytest.param("bytes=5-05", [(5, 6)], id="14.1.2-leading-zeros"),
        pytest.param("BYTES=0-9", [(0, 10)], id="14.1-unit-in-any-case"),
        pytest.param("lines=0-9", None, id="14.2-other-unit"),
        pytest.param("bytes", None, id="14.2-no-ranges"),
        pytest.param("bytes=", None, id="14.2-empty"),
        pytest.param("bytes=,,", None, id="14.2-empty-elements"),
        pytest.param("bytes=-", None, id="14.1.1-only-a-dash"),
        pytest.param("bytes=a-b", None, id="14.1.1-letters"),
        pytest.param("bytes=1", None, id="14.1.1-no-dash"),
        pytest.param("bytes=+1-2", None, id="14.1.1-sign"),
        pytest.param("bytes=1.0-2", None, id="14.1.1-fraction"),
        pytest.param("bytes=\u0660-\u0669", None, id="14.1.1-other-digits"),
        pytest.param("bytes=0-9-", None, id="14.1.1-two-dashes"),
        pytest.param("bytes= 0-9 ,\t20-29 ,", [(0, 10), (20, 30)], id="5.6.1-blanks"),
        pytest.param("bytes=0 -9", None, id="14.1.1-blank-inside"),
        pytest.param("bytes=0-9;20-29", None, id="14.1.1-no-comma"),
        pytest.param("bytes=0-9\n", None, id="14.1.1-line"),
        pytest.param("bytes=0-9,x", None, id="14.2-malformed-among-good"),
        pytest.param("bytes=600-500", None, id="14.1.1-inverted-past-the-end"),
        pytest.param("bytes=0--1", None, id="14.1.1-below-zero"),
        pytest.param("bytes=0-499", [(0, 500)], id="14.1.2-all"),
        pytest.param("bytes=-500", [(0, 500)], id="14.1.2-suffix-of-all"),
        pytest.param("bytes=-1,0-", [(0, 500)], id="15.3.7.2-never-more-than-all"),
        pytest.param("bytes=0-,0-,-500", [(0, 500)], id="15.3.7.2-all-three-times"),
        pytest.param("bytes=0-9,20-29,-1", [(0, 10), (20, 30), (499, 500)], id="14.1.2-several"),
        pytest.param("bytes=20-29,0-9", [(20, 30), (0, 10)], id="15.3.7.2-order-asked-for"),
        pytest.param("bytes=0-9,5-19", [(0, 20)], id="15.3.7.2-overlapping"),
        pytest.param("bytes=0-9,10-19", [(0, 20)], id="15.3.7.2-touching"),
        pytest.param("bytes=50-59,0-9,5-54", [(0, 60)], id="15.3.7.2-joined-by-a-third"),
        pytest.param("bytes=0-9,0-9,0-9", [(0, 10)], id="15.3.7.2-equal"),
        pytest.param("bytes=" + "0-0," * 16, [(0, 1)], id="as-many-as-the-limit"),
        pytest.param("bytes=" + "0-0," * 17, None, id="14.2-more-than-the-limit"),
        pytest.param("bytes=" + ",".join(["0-"] * 5000), None, id="14.2-5000-ranges"),
        pytest.param("bytes=" + "," * 5000 + "0-9", None, id="5.6.1-5000-empty-elements"),
        pytest.param("bytes=" + "9" * 5000 + "-", UNSATISFIABLE, id="5000-digits"),
        pytest.param("bytes=0-" + "9" * 5000, [(0, 500)], id="5000-digits-last"),
        pytest.param("bytes=-" + "9" * 5000, [(0, 500)], id="5000-digits-suffix"),
        pytest.param("bytes=" + "0" * 5000 + "-9", [(0, 10)], id="5000-zeros"),
        pytest.param("bytes=" + "9" * 5000 + "-" + "9" * 4999, None, id="5000-digits-inverted"),
    ],
)
def test_what_a_range_field_asks_for(header, expected):
    assert read(header) == expected


def test_a_body_without_a_byte_has_no_ranges():
    """RFC 9110 §14.1.2: nothing could be sent, and everything is nothing."""
    assert read("bytes=0-", size=0) is None


def test_the_error_tells_the_size():
    message = "none of the ranges is among the 10 bytes"
    with pytest.raises(RangeNotSatisfiable, match=message) as caught:
        parse_ranges("bytes=10-", 10, limit=1)

    assert caught.value.size == 10


HOSTILE = 8 * 65536


@pytest.mark.parametrize("limit", [16, HOSTILE])
@pytest.mark.parametrize("tail", ["", "x", "-", "-9"], ids=ascii)
@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "\t",
        ",",
        ", ",
        "9",
        "0",
        "-",
        "9-",
        "0-0,",
        "-1,",
        "9-0,",
        "=",
        "\u0669",
        "\x00",
        "bytes=",
    ],
    ids=ascii,
)
def test_hostile_fields_are_read_in_linear_time(piece, tail, limit):
    """Eight times what servers take: in quadratic time no row would end."""
    spans = read("bytes=" + piece * (HOSTILE // len(piece)) + tail, limit=limit)

    assert spans in (None, UNSATISFIABLE) or sum(stop - start for start, stop in spans) <= 500


@given(st.text(), st.integers(0, 1000))
def test_any_text_gives_spans_of_the_body_or_none(text, size):
    spans = read("bytes=" + text, size=size)

    assert spans in (None, UNSATISFIABLE) or all(0 <= start < stop <= size for start, stop in spans)


SPEC = st.one_of(
    st.tuples(st.integers(0, 600), st.integers(0, 600)).map(lambda pair: f"{pair[0]}-{pair[1]}"),
    st.integers(0, 600).map(lambda first: f"{first}-"),
    st.integers(0, 600).map(lambda suffix: f"-{suffix}"),
)


@given(st.lists(SPEC, min_size=1, max_size=16), st.integers(1, 500))
def test_no_byte_is_sent_twice_and_none_is_lost(specs, size):
    spans = read("bytes=" + ",".join(specs), size=size)
    if spans in (None, UNSATISFIABLE):
        return
    wanted = set()
    for spec in specs:
        first, _, last = spec.partition("-")
        if first:
            stop = int(last) + 1 if last else size
            wanted |= set(range(int(first), min(stop, size)))
        else:
            wanted |= set(range(max(0, size - int(last)), size))
    sent = [index for start, stop in spans for index in range(start, stop)]

    assert sorted(sent) == sorted(wanted)


def test_content_range_counts_from_zero_to_the_last_byte():
    """RFC 9110 §14.4."""
    assert content_range(0, 100, 500) == "bytes 0-99/500"
    assert unsatisfied_range(500) == "bytes */500"


def test_several_ranges_are_framed_as_parts():
    """RFC 9110 §14.6 and RFC 2046 §5.1.1."""
    body = bytes(range(100))
    spans = [(0, 10), (90, 100)]
    framing = ByteRanges(spans, 100, "application/pdf", boundary="xyz")

    whole = b""
    for prefix, (start, stop) in zip(framing.prefixes, spans, strict=True):
        whole += prefix + body[start:stop]
    whole += framing.closing

    assert framing.media_type == "multipart/byteranges; boundary=xyz"
    assert len(whole) == framing.length
    assert whole == (
        b"--xyz\r\nContent-Type: application/pdf\r\nContent-Range: bytes 0-9/100\r\n\r\n"
        + body[:10]
        + b"\r\n--xyz\r\nContent-Type: application/pdf\r\nContent-Range: bytes 90-99/100\r\n\r\n"
        + body[90:]
        + b"\r\n--xyz--\r\n"
    )


@pytest.mark.parametrize(
    ("field", "statuses"),
    [
        pytest.param(b"bytes=" + b"0-," * 5000, {200}, id="5000-ranges"),
        pytest.param(b"bytes=" + b"0-,-500," * 8, {206}, id="all-sixteen-times"),
        pytest.param(b"bytes=" + b",".join(b"%d-" % n for n in range(16)), {206}, id="overlapping"),
        pytest.param(
            b"bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(0, 32, 2)),
            {206},
            id="sixteen-single-bytes",
        ),
        pytest.param(b"bytes=" + b"9" * 5000 + b"-", {416}, id="5000-digits"),
        pytest.param(b"bytes=9-0", {200}, id="inverted"),
        pytest.param(b"bytes=9999-,0-9", {206}, id="one-bad-among-good"),
        pytest.param(b"bytes=" + b" " * 65536 + b"x", {200}, id="64-KB-of-blanks"),
        pytest.param(b"\xff\x00" * 32768, {200}, id="64-KB-of-bytes"),
        pytest.param(b"bytes=\xb2-\xb3", {200}, id="superscript-digits"),
    ],
)
def test_no_range_gets_more_than_the_body_or_an_error_of_ours(ask, http_scope, field, statuses):
    """RFC 9110 §14.2 and §17.15: each byte once, and what frames it."""
    whole = bytes(range(256)) * 4
    api = API()

    @api.route("/")
    def send(req, resp):
        resp.content = whole

    headers = [(b"host", b"a.org"), (b"range", field)]
    answer = ask(api, http_scope(headers=headers))

    assert answer.status in statuses
    assert len(answer.body) <= len(whole) + 16 * 200
    assert answer.headers["content-length"] == str(len(answer.body))
