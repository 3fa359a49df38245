"""Header fields, case-insensitive (RFC 9110 §5): of a request, and of a response."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API
from responder_core.http.headers import RequestHeaders, ResponseHeaders, encode_name, encode_value

# What servers refuse to send, h11 and uvicorn's httptools alike (RFC 9110 §5.5, field-value).
UNSENDABLE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class TestName:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            pytest.param("X-Tag", b"x-tag", id="mixed-case"),
            pytest.param("ETAG", b"etag", id="upper-case"),
            pytest.param("x_y", b"x_y", id="underscore"),
            pytest.param("!#$%&'*+-.^_`|~09Az", b"!#$%&'*+-.^_`|~09az", id="rfc9110-5.6.2-token"),
        ],
    )
    def test_a_token_is_sent_in_lower_case(self, name, expected):
        assert encode_name(name) == expected

    @pytest.mark.parametrize(
        "name",
        [
            pytest.param("", id="empty"),
            pytest.param("X Tag", id="space"),
            pytest.param(" X-Tag", id="leading-space"),
            pytest.param("X-Tag ", id="final-space"),
            pytest.param("X-Tag:", id="colon"),
            pytest.param("X-Tag\n", id="final-newline"),
            pytest.param("X-Tag\r\nX-Evil", id="injected-line"),
            pytest.param("X\0", id="nul"),
            pytest.param("X\t", id="tab"),
            pytest.param("X\x7f", id="delete"),
            pytest.param("Ünicode", id="latin-1"),
            pytest.param("\u212aelvin", id="kelvin-sign-that-lowers-to-k"),
            pytest.param("日", id="not-latin-1"),
            pytest.param("\ud800", id="surrogate"),
            *(pytest.param(f"a{sign}b", id=f"delimiter-{sign}") for sign in '"(),/;<=>?@[\\]{}'),
        ],
    )
    def test_what_is_no_token_is_refused(self, name):
        with pytest.raises(ValueError, match="is no header name"):
            encode_name(name)


class TestValue:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            pytest.param("", b"", id="empty"),
            pytest.param("blue", b"blue", id="text"),
            pytest.param("a b\tc", b"a b\tc", id="rfc9110-5.5-whitespace-inside"),
            pytest.param(" \tblue\t ", b"blue", id="rfc9110-5.5-whitespace-around"),
            pytest.param("é", b"\xe9", id="latin-1"),
            pytest.param("日", "日".encode(), id="utf-8"),
            pytest.param("é日", "é日".encode(), id="never-both"),
            pytest.param("a\r\nSet-Cookie: b=c", b"a  Set-Cookie: b=c", id="rfc9110-5.5-crlf"),
            pytest.param("a\rb\nc\0d", b"a b c d", id="rfc9110-5.5-each-of-them"),
            pytest.param("\r\nblue\0\r\n", b"blue", id="around"),
            pytest.param("\r\n", b"", id="alone"),
            pytest.param("\u2028\x85", "\u2028\x85".encode(), id="lines-of-other-standards"),
            pytest.param("a\udcff", b"a?", id="surrogate"),
        ],
    )
    def test_a_value_is_one_line_of_bytes(self, value, expected):
        assert encode_value(value) == expected

    @pytest.mark.parametrize("value", [None, 5, b"blue", ["blue"], True], ids=repr)
    def test_what_is_no_str_is_refused(self, value):
        with pytest.raises(TypeError, match="a header value is a str"):
            encode_value(value)

    @pytest.mark.parametrize("code", [*range(0x09), *range(0x0A, 0x20), 0x7F], ids=hex)
    def test_no_control_character_travels(self, code):
        """RFC 9110 §5.5; servers drop the connection of an answer that has one."""
        assert encode_value(f"a{chr(code)}b") == b"a b"

    @settings(deadline=None)
    @given(st.text() | st.text(st.characters(max_codepoint=0x100)))
    def test_any_text_becomes_bytes_that_a_server_sends(self, value):
        encoded = encode_value(value)

        assert not UNSENDABLE.search(encoded)
        assert encoded == encoded.strip(b" \t")


def make_request_headers(*fields):
    return RequestHeaders(raw=list(fields))


class TestRequestHeaders:
    @pytest.mark.parametrize("name", ["accept", "Accept", "ACCEPT"])
    def test_names_are_found_in_any_case(self, name):
        headers = make_request_headers((b"accept", b"text/html"))

        assert headers[name] == "text/html"
        assert headers.get(name) == "text/html"
        assert headers.get_list(name) == ["text/html"]
        assert name in headers

    def test_a_missing_field_is_a_key_error_that_names_it(self):
        with pytest.raises(KeyError, match="X-Tag"):
            make_request_headers((b"accept", b"*/*"))["X-Tag"]

    def test_a_missing_field_is_the_default(self):
        headers = make_request_headers((b"accept", b"*/*"))

        assert headers.get("x-tag") is None
        assert headers.get("x-tag", "none") == "none"
        assert headers.get("x-tag", 5) == 5
        assert headers.get_list("x-tag") == []
        assert headers.get_list("x-tag", ["none"]) == ["none"]
        assert "x-tag" not in headers

    def test_a_repeated_field_is_its_last_value_or_all(self):
        headers = make_request_headers((b"x-tag", b"a"), (b"other", b"b"), (b"x-tag", b"c"))

        assert headers["x-tag"] == "c"
        assert headers.get("x-tag") == "c"
        assert headers.get_list("x-tag") == ["a", "c"]
        assert dict(headers) == {"x-tag": "c", "other": "b"}

    def test_a_blank_value_is_there(self):
        headers = make_request_headers((b"x-tag", b""))

        assert "x-tag" in headers
        assert headers.get("x-tag", "none") == ""

    @pytest.mark.parametrize("key", ["日", "\ud800", "", "\u212a"], ids=ascii)
    def test_a_name_that_no_field_can_have_is_not_there(self, key):
        headers = make_request_headers((b"k", b"1"), (b"accept", b"*/*"))

        assert headers.get(key, "none") in {"none", "1"}
        assert (key in headers) is (headers.get(key) is not None)

    @pytest.mark.parametrize("key", [None, 5, b"accept"], ids=repr)
    def test_what_is_no_str_is_not_there(self, key):
        assert key not in make_request_headers((b"accept", b"*/*"))

    def test_it_cannot_be_changed(self):
        with pytest.raises(TypeError):
            make_request_headers()["accept"] = "*/*"

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.binary(), st.binary())), st.text())
    def test_any_bytes_are_read(self, fields, key):
        headers = make_request_headers(*((name.lower(), value) for name, value in fields))

        assert headers.get(key) is None or headers.get(key) == headers.get_list(key)[-1]
        for name, value in headers.items():
            assert isinstance(name, str)
            assert value in headers.values()


class TestResponseHeaders:
    def test_setting_replaces_every_field_of_the_name(self):
        headers = ResponseHeaders()
        headers.append("X-Tag", "a")
        headers["Other"] = "b"
        headers.append("x-tag", "c")
        headers.append("X-TAG", "d")

        headers["X-tag"] = "e"

        assert headers.fields == [(b"x-tag", b"e"), (b"other", b"b")]

    def test_appending_keeps_what_is_there(self):
        headers = ResponseHeaders()
        headers["Link"] = "<a>"

        headers.append("Link", "<b>")

        assert headers.fields == [(b"link", b"<a>"), (b"link", b"<b>")]

    def test_extending_adds_what_is_encoded_already(self):
        headers = ResponseHeaders()
        headers["X-Tag"] = "blue"

        headers.extend([(b"x-count", b"1"), (b"x-size", b"2")])
        headers["X-Size"] = "3"

        assert headers.fields == [(b"x-tag", b"blue"), (b"x-count", b"1"), (b"x-size", b"3")]
        assert headers["X-Count"] == "1"

    def test_extending_asks_for_no_name(self):
        """Who extends knows which names are there: one that is stands twice, as by append()."""
        headers = ResponseHeaders()
        headers["X-Tag"] = "blue"

        headers.extend([(b"x-tag", b"red")])

        assert headers.fields == [(b"x-tag", b"blue"), (b"x-tag", b"red")]

    def test_a_default_is_set_only_where_there_is_nothing(self):
        headers = ResponseHeaders()

        assert headers.setdefault("X-Tag", "a\r\nb") == "a  b"
        assert headers.setdefault("x-tag", "c") == "a  b"
        assert headers.fields == [(b"x-tag", b"a  b")]

    def test_updating_sets_each(self):
        headers = ResponseHeaders()
        headers["X-Tag"] = "a"

        headers.update({"x-tag": "b", "Other": "c\nd"})

        assert headers.fields == [(b"x-tag", b"b"), (b"other", b"c d")]

    def test_popping_removes_and_gives_the_value(self):
        headers = ResponseHeaders()
        headers.append("X-Tag", "a")
        headers.append("X-Tag", "b")

        assert headers.pop("x-tag") in {"a", "b"}
        assert headers.fields == []
        assert headers.pop("x-tag") is None
        assert headers.pop("x-tag", "none") == "none"

    def test_deleting_removes_every_field_of_the_name(self):
        headers = ResponseHeaders()
        headers.append("X-Tag", "a")
        headers.append("x-tag", "b")

        del headers["X-TAG"]

        assert "x-tag" not in headers

    def test_discarding_removes_the_named_and_keeps_the_rest(self):
        headers = ResponseHeaders()
        headers.update({"ETag": "x", "X-Tag": "y", "Expires": "z"})

        headers.discard(frozenset({b"etag", b"expires", b"unknown"}))

        assert headers.fields == [(b"x-tag", b"y")]

    def test_the_fields_are_the_callers_own(self):
        headers = ResponseHeaders()
        headers["X-Tag"] = "a"

        headers.fields.clear()

        assert headers["x-tag"] == "a"

    @pytest.mark.parametrize("write", ["__setitem__", "append", "setdefault"])
    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [("X\r\nY", "a", ValueError), ("", "a", ValueError), ("X", 5, TypeError)],
    )
    def test_every_way_to_write_refuses_what_cannot_be_sent(self, write, name, value, error):
        headers = ResponseHeaders()

        with pytest.raises(error):
            getattr(headers, write)(name, value)

        assert headers.fields == []

    @pytest.mark.parametrize("key", ["日", "\ud800"], ids=ascii)
    def test_a_name_that_no_field_can_have_is_not_there(self, key):
        headers = ResponseHeaders()
        headers["X-Tag"] = "a"

        assert key not in headers
        assert headers.get(key) is None
        assert headers.pop(key, "none") == "none"

    def test_merging_keeps_values_safe(self):
        headers = ResponseHeaders()
        headers["X-Tag"] = "a"

        headers |= {"Other": "b\r\nX-Evil: c"}

        assert headers.fields == [(b"x-tag", b"a"), (b"other", b"b  X-Evil: c")]

    def test_a_vary_header_is_added_to(self):
        """Inherited from Starlette, and safe through ``__setitem__``."""
        headers = ResponseHeaders()
        headers["Vary"] = "Accept"

        headers.add_vary_header("Cookie\r\n")

        assert headers.fields == [(b"vary", b"Accept, Cookie")]


@pytest.mark.parametrize(
    "value",
    ["a\r\nX-Evil: 1", "a\nb", "a\0b", "\x01", "\x1b[31m", "\x7f", "日本", "é", "\u2028", " a "],
    ids=ascii,
)
def test_what_a_client_sent_can_be_echoed(ask, http_scope, value):
    """No injected line, no 500, and nothing that the server would refuse to send."""
    api = API()

    @api.route("/{value:path}")
    async def echo(req, resp, *, value):
        resp.headers["X-Echo"] = value

    answer = ask(api, http_scope(path=f"/{value}"))

    assert answer.status == 200
    assert [name for name, _ in answer.fields].count(b"x-echo") == 1
    assert b"x-evil" not in dict(answer.fields)
    assert not any(UNSENDABLE.search(content) for _, content in answer.fields)
