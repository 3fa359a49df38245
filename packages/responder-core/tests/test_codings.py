"""Content codings: which one a client likes best (RFC 9110 §8.4.1 and §12.5.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_core import API
from responder_core.http.codings import choose_coding

ALL = ("zstd", "br", "gzip")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param(None, None, id="12.5.3-absent-we-send-it-as-it-is"),
        pytest.param("", None, id="12.5.3-empty-wants-identity"),
        pytest.param("gzip", "gzip", id="12.5.3-one"),
        pytest.param("gzip, br", "br", id="12.5.3-tie-is-ours-to-break"),
        pytest.param("gzip, br, zstd", "zstd", id="12.5.3-tie-of-three"),
        pytest.param("gzip;q=1.0, br;q=0.9", "gzip", id="12.4.2-weight"),
        pytest.param("br;q=0, gzip", "gzip", id="12.4.2-zero-refuses"),
        pytest.param("gzip;q=0", None, id="12.4.2-zero-alone"),
        pytest.param("gzip;q=0.001", "gzip", id="12.4.2-smallest"),
        pytest.param("*", "zstd", id="12.5.3-anything"),
        pytest.param("*;q=0", None, id="12.5.3-nothing"),
        pytest.param("zstd;q=0, *", "br", id="12.5.3-anything-but"),
        pytest.param("gzip;q=0.5, *;q=0.1", "gzip", id="12.5.3-named-before-star"),
        pytest.param("identity", None, id="12.5.3-identity"),
        pytest.param("identity, gzip;q=0.5", None, id="12.5.3-identity-liked-better"),
        pytest.param("identity;q=0.5, gzip", "gzip", id="12.5.3-identity-liked-less"),
        pytest.param("identity, gzip", "gzip", id="12.5.3-identity-liked-as-well"),
        pytest.param("identity;q=0, gzip", "gzip", id="12.5.3-identity-refused"),
        pytest.param("identity;q=0", None, id="12.5.3-identity-refused-and-nothing-else"),
        pytest.param("GZip", "gzip", id="8.4.1-case-insensitive"),
        pytest.param("x-gzip", "gzip", id="8.4.1.3-x-gzip"),
        pytest.param("x-br", None, id="8.4.1-no-other-x"),
        pytest.param("deflate, compress", None, id="8.4.1-not-ours"),
        pytest.param(" gzip ; q=0.5 ,\tbr;q=0.4", "gzip", id="5.6.3-blanks"),
        pytest.param("gzip;Q=0.5", "gzip", id="12.4.2-upper-case-q"),
        pytest.param(",,gzip,,", "gzip", id="5.6.1-empty-elements"),
        pytest.param("gzip;q=2, br;q=0.1", "br", id="12.4.2-no-weight"),
        pytest.param("gzip;q=0.1234, br;q=0.1", "br", id="12.4.2-four-digits"),
        pytest.param("gzip;level=9, br;q=0.1", "br", id="12.5.3-no-parameters"),
        pytest.param("gz ip, br;q=0.1", "br", id="5.6.2-no-token"),
        pytest.param("gzip;q=0.5, gzip;q=0", "gzip", id="the-first-of-equals"),
        pytest.param("gzip;q=0, x-gzip", None, id="8.4.1.3-x-gzip-is-an-equal"),
        pytest.param("gzip;q=0.0, *;q=0.5", "zstd", id="12.4.2-refused-beside-star"),
        pytest.param("identity;q=0, *;q=0", None, id="12.5.3-everything-refused"),
        pytest.param("*;q=0, gzip", "gzip", id="12.5.3-only-one"),
        pytest.param("*;q=0.3, identity;q=0.7", None, id="12.5.3-identity-before-star"),
        pytest.param("gzip;q=-1, br;q=0.1", "br", id="12.4.2-below-zero"),
        pytest.param("gzip;q=nan, br;q=0.1", "br", id="12.4.2-no-number"),
        pytest.param("gzip;q=1e0, br;q=0.1", "br", id="12.4.2-exponent"),
        pytest.param("gzip;q=, br;q=0.1", "br", id="12.4.2-no-digits"),
        pytest.param("gzip;q=0.\u0665, br;q=0.1", "br", id="12.4.2-other-digits"),
        pytest.param("gzip;q =1, br;q=0.1", "br", id="12.4.2-no-blanks-around-equals"),
        pytest.param('"gzip", br;q=0.1', "br", id="5.6.4-no-quotes"),
        pytest.param("gzip\x00, br;q=0.1", "br", id="5.5-nul"),
    ],
)
def test_the_coding_that_is_liked_best_is_chosen(accept, expected):
    assert choose_coding(accept, ALL) == expected


def test_only_what_is_available_is_chosen():
    assert choose_coding("br, gzip;q=0.1", ["gzip"]) == "gzip"
    assert choose_coding("br", ["gzip"]) is None
    assert choose_coding("br", []) is None


def test_what_stands_far_behind_is_not_read():
    """A client that names a hundred codings says nothing; the work is bounded."""
    assert choose_coding("x," * 600 + "gzip", ALL) is None


def test_what_is_cut_in_the_middle_is_not_read():
    """Half of an element may say the reverse."""
    header = "gzip;q=0.5," + "x" * (1024 - 18) + ",br;q=0.9"

    assert header[:1024].endswith(",br;q=0")
    assert choose_coding(header, ["br", "gzip"]) == "gzip"
    assert choose_coding("gzip," + "x" * 1024, ALL) == "gzip"


@pytest.mark.parametrize(
    "piece", [" ", ",", ";", "=", "*", "q=", "gzip ", "a;q=0.", "a;q=1,", "\x00", "\xff"], ids=ascii
)
@pytest.mark.parametrize("tail", ["", "x", ";"])
def test_hostile_fields_name_no_coding(piece, tail):
    """64 KB, in one element and in many."""
    text = piece * (65536 // len(piece)) + tail

    assert choose_coding(text, ["br", "gzip"]) is None


@given(st.text())
def test_any_text_gives_a_coding_or_none(accept):
    assert choose_coding(accept, ALL) in {None, *ALL}


@pytest.mark.parametrize(
    "value",
    [b" " * 65536 + b"x", b"," * 65536, b"gzip;q=" + b"0" * 65536, b"\xff\x00", b"*;q=0"],
    ids=lambda value: f"{value[:8]!a}-{len(value)}",
)
def test_what_asks_for_no_coding_gets_the_body_as_it_is(ask, http_scope, value):
    api = API()

    @api.route("/")
    def send(req, resp):
        resp.text = "tea " * 1000

    headers = [(b"host", b"a.org"), (b"accept-encoding", value)]
    answer = ask(api, http_scope(headers=headers))

    assert answer.status == 200
    assert answer.body == b"tea " * 1000
    assert "content-encoding" not in answer.headers
