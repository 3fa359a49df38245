"""Field values that are lists: tokens, as in Vary, and directives, as in Cache-Control."""

from __future__ import annotations

import pytest

from responder_core.http.fields import format_directives, join_tokens


@pytest.mark.parametrize(
    ("present", "names", "expected"),
    [
        pytest.param(None, ["Accept"], "Accept", id="rfc9110-12.5.5-first"),
        pytest.param("Accept", ["Cookie"], "Accept, Cookie", id="rfc9110-12.5.5-second"),
        pytest.param("Accept", ["accept"], "Accept", id="rfc9110-5.1-case-insensitive"),
        pytest.param("a,, b ,", ["c"], "a, b, c", id="rfc9110-5.6.1-empty-elements"),
        pytest.param("*", ["Accept"], "*", id="rfc9110-12.5.5-star-stays"),
        pytest.param("Accept", ["*"], "*", id="rfc9110-12.5.5-star-takes-over"),
        pytest.param("Accept", [], "Accept", id="nothing-new"),
    ],
)
def test_names_are_joined_each_once(present, names, expected):
    assert join_tokens(present, names) == expected


@pytest.mark.parametrize("name", ["", "a b", "Näme", "a\r\nX-Evil: 1", "a,b"], ids=ascii)
def test_a_name_that_is_no_token_is_refused(name):
    with pytest.raises(ValueError, match="is no field name"):
        join_tokens("Accept", [name])


@pytest.mark.parametrize(
    ("directives", "expected"),
    [
        pytest.param({"public": True, "max_age": 60}, "public, max-age=60", id="rfc9111-5.2.2"),
        pytest.param({"no_store": True, "private": False}, "no-store", id="false-leaves-out"),
        pytest.param({"no_cache": True, "max_age": None}, "no-cache", id="none-leaves-out"),
        pytest.param({"max_age": 0}, "max-age=0", id="zero-is-a-value"),
        pytest.param({"private": "set-cookie"}, "private=set-cookie", id="token"),
        pytest.param({"private": "a, b"}, 'private="a, b"', id="rfc9110-5.6.4-quoted"),
        pytest.param({"x": 'a"\\'}, r'x="a\"\\"', id="rfc9110-5.6.4-escaped"),
        pytest.param({}, "", id="none"),
    ],
)
def test_directives_are_written_as_cache_control_has_them(directives, expected):
    assert format_directives(directives) == expected


@pytest.mark.parametrize(
    ("directives", "message"),
    [
        ({"a b": True}, "'a b' is no directive"),
        ({"x": "a\r\nX-Evil: 1"}, "cannot stand in a header field"),
        ({"x": "€"}, "cannot stand in a header field"),
    ],
    ids=["name", "injected-line", "beyond-latin-1"],
)
def test_what_no_field_can_hold_is_refused(directives, message):
    with pytest.raises(ValueError, match=message):
        format_directives(directives)
