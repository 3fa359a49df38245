"""Media types and their parameters: ``type/subtype; charset=utf-8`` (RFC 9110 §8.3)."""

from __future__ import annotations

import codecs
import encodings
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core.http.media_types import (
    charset,
    find_codec,
    is_json,
    parameters,
    parse_media_type,
)

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("text/html", ("text", "html"), id="plain"),
        pytest.param("text/html;charset=utf-8", ("text", "html"), id="rfc9110-8.3.1-first"),
        pytest.param('Text/HTML;Charset="utf-8"', ("text", "html"), id="rfc9110-8.3.1-second"),
        pytest.param('text/html; charset="utf-8"', ("text", "html"), id="rfc9110-8.3.1-third"),
        pytest.param("  text/html  ", ("text", "html"), id="rfc9110-5.5-whitespace-around"),
        pytest.param("\ttext/html\t;q=1", ("text", "html"), id="rfc9110-5.6.3-tabs-around"),
        pytest.param("text/html;", ("text", "html"), id="rfc9110-5.6.6-empty-parameter"),
        pytest.param(
            "application/vnd.api+json; ext=bulk", ("application", "vnd.api+json"), id="suffix"
        ),
        pytest.param("a!#$&-^_.+/b", ("a!#$&-^_.+", "b"), id="rfc6838-4.2-characters"),
        pytest.param("*/*", ("*", "*"), id="rfc9110-12.5.1-range"),
        pytest.param("text/*", ("text", "*"), id="rfc9110-12.5.1-range-of-type"),
    ],
)
def test_type_and_subtype_are_read_without_parameters(header, expected):
    assert parse_media_type(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
        pytest.param("text", id="no-slash"),
        pytest.param("/", id="slash-alone"),
        pytest.param("/html", id="no-type"),
        pytest.param("text/", id="no-subtype"),
        pytest.param("text/;q=1", id="parameter-for-subtype"),
        pytest.param(";text/html", id="parameter-first"),
        pytest.param("text /html", id="space-before-slash"),
        pytest.param("text/ html", id="space-after-slash"),
        pytest.param("te xt/html", id="space-inside"),
        # RFC 9110 §8.3.1: type and subtype are tokens, §5.6.2.
        pytest.param("text/\thtml", id="tab-after-slash"),
        pytest.param("text/a/b", id="two-slashes"),
        pytest.param("text/html,text/plain", id="list"),
        pytest.param('"text"/html', id="quotes"),
        pytest.param("text/html\x00", id="nul"),
        pytest.param("text\n/html", id="newline"),
        pytest.param("té/html", id="not-ascii"),
        pytest.param("text/(html)", id="comment"),
    ],
)
def test_what_is_no_media_type_is_empty(header):
    assert parse_media_type(header) == ("", "")


@settings(deadline=None)
@given(st.text())
def test_any_text_gives_two_lower_case_tokens_or_nothing(header):
    main, sub = parse_media_type(header)

    assert bool(main) == bool(sub)
    for word in filter(None, (main, sub)):
        assert TOKEN.fullmatch(word)
        assert word == word.lower()


@settings(deadline=None)
@given(st.from_regex(TOKEN, fullmatch=True), st.from_regex(TOKEN, fullmatch=True))
def test_every_pair_of_tokens_is_a_media_type(main, sub):
    assert parse_media_type(f"{main}/{sub}") == (main.lower(), sub.lower())


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("application/json", id="rfc8259-11"),
        pytest.param("Application/JSON; charset=utf-8", id="rfc9110-8.3.1-case"),
        pytest.param("text/json", id="text"),
        pytest.param("application/problem+json", id="rfc9457-3"),
        pytest.param("application/vnd.API+JSON", id="rfc6839-3.1-case"),
    ],
)
def test_json_is_known_by_its_subtype_or_suffix(header):
    assert is_json(header)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="none"),
        pytest.param("json", id="word"),
        pytest.param("text/plain", id="text"),
        pytest.param("application/jsonp", id="longer-word"),
        pytest.param("application/json-seq", id="rfc7464-sequence"),
        pytest.param("application/xjson", id="ending-without-plus"),
        pytest.param("application/json+xml", id="another-suffix"),
        pytest.param("text/plain; x=application/json", id="in-a-parameter"),
        pytest.param("text/plain;+json", id="suffix-in-a-parameter"),
        pytest.param("text/plain, application/json", id="list"),
        pytest.param("text/plain,application/x+json", id="tight-list"),
        pytest.param("/json", id="no-type"),
    ],
)
def test_what_is_not_json_is_not_taken_for_it(header):
    """A foreign page may post text/plain without a preflight: it must not pass for JSON."""
    assert not is_json(header)


@pytest.mark.parametrize("header", ["a" * 65536, "/" * 65536, ";" * 65536, "a/" + "+json" * 13000])
def test_sixty_four_kilobytes_are_answered_with_a_boolean(header):
    assert is_json(header) is header.endswith("+json")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("text/html", {}, id="none"),
        pytest.param("text/html;charset=utf-8", {"charset": "utf-8"}, id="rfc9110-8.3.1-first"),
        pytest.param('Text/HTML;Charset="utf-8"', {"charset": "utf-8"}, id="rfc9110-8.3.1-second"),
        pytest.param('text/html; charset="utf-8"', {"charset": "utf-8"}, id="rfc9110-8.3.1-third"),
        pytest.param("a/b;x=1;y=2", {"x": "1", "y": "2"}, id="two"),
        pytest.param("a/b ; \tx=1 ; y=2 ", {"x": "1", "y": "2"}, id="rfc9110-5.6.6-whitespace"),
        pytest.param("a/b;;x=1;", {"x": "1"}, id="rfc9110-5.6.6-empty"),
        pytest.param("a/b;X=Y", {"x": "Y"}, id="rfc9110-5.6.6-case-of-names"),
        pytest.param('a/b;x="1;y=2";z=3', {"x": "1;y=2", "z": "3"}, id="rfc9110-5.6.4-separator"),
        pytest.param(r'a/b;x="a\"b\\c"', {"x": 'a"b\\c'}, id="rfc9110-5.6.4-quoted-pair"),
        pytest.param('a/b;x=""', {"x": ""}, id="rfc9110-5.6.4-empty"),
        pytest.param('a/b;x="open', {"x": "open"}, id="open-quote"),
        pytest.param('a/b;x="1"rest', {"x": "1"}, id="text-behind-the-quote"),
        pytest.param("a/b;x=1;x=2", {"x": "1"}, id="the-first-of-two"),
        pytest.param("a/b;x;y=1", {"y": "1"}, id="no-equals-sign"),
        pytest.param("a/b;=1", {}, id="no-name"),
        pytest.param("a/b;x y=1", {}, id="name-with-a-space"),
        pytest.param("a/b;x*=utf-8''y", {"x*": "utf-8''y"}, id="rfc8187-as-it-is"),
        pytest.param("x=1", {}, id="no-type"),
    ],
)
def test_parameters_are_read_by_name(header, expected):
    """RFC 9110 §5.6.6."""
    assert parameters(header) == expected


@pytest.mark.parametrize("piece", [";", ";x", ";x=1", ';x="', '"', "\\", ';x="\\', "; "])
def test_the_work_for_parameters_is_bounded(piece):
    """What stands behind a long beginning is not read."""
    assert len(parameters("a/b" + piece * 20000)) <= 1
    assert parameters("a/b" + piece * 20000 + ";end=1").get("end") is None


@settings(deadline=None)
@given(st.text())
def test_any_text_gives_parameters(header):
    for name in parameters("a/b;" + header):
        assert TOKEN.fullmatch(name)
        assert name == name.lower()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("text/html", None, id="none"),
        pytest.param("text/html; Charset=UTF-8", "utf-8", id="rfc9110-8.3.2-case"),
        pytest.param("text/html; charset=", None, id="empty"),
        pytest.param("text/html; x=charset=utf-8", None, id="in-another"),
    ],
)
def test_the_charset_is_one_of_them(header, expected):
    assert charset(header) == expected


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("utf-8", "utf_8"),
        ("UTF8", "utf_8"),
        ("us-ascii", "ascii"),
        ("ISO-8859-1", "latin_1"),
        ("latin-1", "latin_1"),
        ("iso-8859-15", "iso8859_15"),
        ("windows-1252", "cp1252"),
        ("Shift_JIS", "shift_jis"),
        ("gb18030", "gb18030"),
        ("koi8-u", "koi8_u"),
        ("utf-16le", "utf_16_le"),
    ],
)
def test_a_charset_is_known_by_its_label(label, codec):
    assert find_codec(label) == codec


@pytest.mark.parametrize(
    "label",
    ["", "nonsense", "hex", "base64", "rot13", "zlib", "utf-7", "mbcs", "a" * 65536, "\0", "é"],
)
def test_what_is_no_charset_is_none(label):
    assert find_codec(label) is None


def test_an_unknown_label_is_not_remembered():
    """codecs.lookup() keeps every name that it was ever asked for."""
    before = len(encodings._cache)

    for number in range(100):
        find_codec(f"made-up-{number}")

    assert len(encodings._cache) == before


@settings(deadline=None)
@given(st.binary(), st.sampled_from(sorted(set(encodings.aliases.aliases.values()))))
def test_every_charset_gives_text_or_a_unicode_error(content, label):
    codec = find_codec(label)

    if codec is not None:
        try:
            text = content.decode(codec)
        except UnicodeError:
            return
        assert isinstance(text, str)
        assert codecs.lookup(codec)._is_text_encoding
