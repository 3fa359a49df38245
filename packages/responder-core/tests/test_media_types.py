"""Media types: ``type/subtype; parameters`` (RFC 9110 §8.3.1)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core.http.media_types import is_json, parse_media_type

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
