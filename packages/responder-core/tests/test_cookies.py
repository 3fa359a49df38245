"""Cookies: read leniently, written strictly (RFC 6265bis §4.1 and §5.6)."""

from __future__ import annotations

import http.cookies
import re
from datetime import datetime, timedelta, timezone
from http.cookies import SimpleCookie

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core.http.cookies import bake_cookie, parse_cookies

# RFC 6265bis §4.1.1: what a server may send is printable ASCII.
SET_COOKIE = re.compile(r"[ -~]*")


def bake(name="a", value="b", **changes):
    """The Set-Cookie field of a cookie with these attributes and no others."""
    attributes = {
        "expires": None,
        "path": None,
        "domain": None,
        "max_age": None,
        "secure": False,
        "httponly": False,
        "samesite": None,
        **changes,
    }
    jar: SimpleCookie = SimpleCookie()
    bake_cookie(jar, name, value, **attributes)
    (morsel,) = jar.values()
    return morsel.OutputString()


class TestReading:
    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            pytest.param("", {}, id="empty"),
            pytest.param("a=1", {"a": "1"}, id="one"),
            pytest.param("a=1; b=2", {"a": "1", "b": "2"}, id="rfc6265bis-4.2.1-two"),
            pytest.param("a=1;b=2", {"a": "1", "b": "2"}, id="without-space"),
            pytest.param(" \ta = 1 \t; b\t=\t2", {"a": "1", "b": "2"}, id="whitespace"),
            pytest.param(";; a=1; ;", {"a": "1"}, id="empty-pieces"),
            pytest.param("a=", {"a": ""}, id="blank-value"),
            pytest.param("a=b=c==", {"a": "b=c=="}, id="equals-signs-in-value"),
            pytest.param('a="1"', {"a": "1"}, id="quoted"),
            pytest.param('a="x\\"y\\\\z"', {"a": 'x"y\\z'}, id="escapes"),
            pytest.param('a="\\073\\054"', {"a": ";,"}, id="octal-escapes"),
            pytest.param('a="\\303\\251"', {"a": "é"}, id="octal-escapes-of-utf-8"),
            pytest.param('a="\\351"', {"a": "é"}, id="octal-escapes-of-latin-1"),
            pytest.param('a="日"', {"a": "日"}, id="not-latin-1"),
            pytest.param('a="', {"a": '"'}, id="quote-alone"),
            pytest.param('a="b', {"a": '"b'}, id="open-quote"),
            pytest.param("a={%22b%22:1}", {"a": "{%22b%22:1}"}, id="percent-stays"),
            pytest.param(
                "path=/x; $Version=1", {"path": "/x", "$Version": "1"}, id="no-attributes"
            ),
            pytest.param("a=1; A=2", {"a": "1", "A": "2"}, id="names-have-a-case"),
        ],
    )
    def test_the_cookies_of_a_field_are_read(self, header, expected):
        assert parse_cookies(header) == expected

    @pytest.mark.parametrize("space", ["\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\xa0"], ids=ascii)
    def test_only_blanks_around_a_name_are_dropped(self, space):
        """A name with some other space is another name, or a page below could set __Host-id.

        Browsers guard the prefix of the name as it was sent; RFC 6265bis §5.6 trims WSP alone.
        """
        assert "__Host-id" not in parse_cookies(f"{space}__Host-id=evil")

    @settings(deadline=None, max_examples=300)
    @given(st.binary() | st.text(st.sampled_from('ab=;, "\\01234567\t\r\n\xa0')).map(str.encode))
    def test_any_bytes_are_read(self, header):
        cookies = parse_cookies(header.decode("latin-1"))

        for name, value in cookies.items():
            assert isinstance(value, str)
            assert ";" not in name
            assert "=" not in name

    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            pytest.param("a=" + "x" * 65536, "x" * 65536, id="letters"),
            pytest.param("a=" + "=" * 65536, "=" * 65536, id="equals-signs"),
            pytest.param("a=1" + ";" * 65536, "1", id="semicolons"),
            pytest.param("a=1" + "; b=2" * 10000, "1", id="cookies"),
            pytest.param("a=" + '"' * 4096, '"' * 4094, id="quotes"),
            pytest.param('a="' + "\\101" * 1024 + '"', "A" * 1024, id="octal-escapes"),
            pytest.param('a="' + "\\\\" * 1024 + '"', "\\" * 1024, id="backslashes"),
        ],
    )
    def test_long_fields_are_read(self, header, expected):
        assert parse_cookies(header)["a"] == expected

    def test_quotes_are_undone_in_linear_time(self, monkeypatch):
        """http.cookies takes quadratic time for it on Pythons of the field (CVE-2024-7592)."""

        def fail(_):
            raise AssertionError("http.cookies was asked to undo quotes")

        monkeypatch.setattr(http.cookies, "_unquote", fail)

        assert parse_cookies('a="x\\"y\\054"; b=1') == {"a": 'x"y,', "b": "1"}


class TestWriting:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            pytest.param({}, "a=b", id="bare"),
            pytest.param({"path": "/x"}, "a=b; Path=/x", id="rfc6265bis-4.1.2.4-path"),
            pytest.param({"path": ""}, "a=b", id="empty-path"),
            pytest.param({"domain": "a.org"}, "a=b; Domain=a.org", id="rfc6265bis-4.1.2.3-domain"),
            pytest.param({"max_age": 5}, "a=b; Max-Age=5", id="rfc6265bis-4.1.2.2-max-age"),
            pytest.param({"max_age": 0}, "a=b; Max-Age=0", id="max-age-of-zero"),
            pytest.param({"max_age": -1}, "a=b; Max-Age=-1", id="max-age-below-zero"),
            pytest.param({"secure": True}, "a=b; Secure", id="rfc6265bis-4.1.2.5-secure"),
            pytest.param({"httponly": True}, "a=b; HttpOnly", id="rfc6265bis-4.1.2.6-httponly"),
            pytest.param({"samesite": "lax"}, "a=b; SameSite=lax", id="rfc6265bis-4.1.2.7-lax"),
            pytest.param({"samesite": "strict"}, "a=b; SameSite=strict", id="strict"),
            pytest.param(
                {"samesite": "none", "secure": True}, "a=b; SameSite=none; Secure", id="none"
            ),
            pytest.param(
                {"expires": "Wed, 09 Jun 2027 10:18:14 GMT"},
                "a=b; expires=Wed, 09 Jun 2027 10:18:14 GMT",
                id="rfc6265bis-4.1.2.1-expires",
            ),
            pytest.param(
                {"expires": datetime(2027, 6, 9, 10, 18, 14, tzinfo=timezone.utc)},
                "a=b; expires=Wed, 09 Jun 2027 10:18:14 GMT",
                id="expires-in-utc",
            ),
            pytest.param(
                {"expires": datetime(2027, 6, 9, 10, 18, 14)},  # noqa: DTZ001 - as the case says
                "a=b; expires=Wed, 09 Jun 2027 10:18:14 GMT",
                id="expires-without-zone",
            ),
            pytest.param(
                {"expires": datetime(2027, 6, 9, 12, 18, 14, tzinfo=timezone(timedelta(hours=2)))},
                "a=b; expires=Wed, 09 Jun 2027 10:18:14 GMT",
                id="expires-in-another-zone",
            ),
        ],
    )
    def test_attributes_are_written_as_the_rfc_names_them(self, changes, expected):
        pair, *attributes = expected.split("; ")

        written, *found = bake(**changes).split("; ")

        assert written == pair
        assert sorted(found) == sorted(attributes)

    @pytest.mark.parametrize(
        ("changes", "match"),
        [
            pytest.param({"path": "/;Domain=evil"}, "the path", id="path-with-semicolon"),
            pytest.param({"path": "/\r\nX: y"}, "the path", id="path-with-line"),
            pytest.param({"path": "/\x7f"}, "the path", id="path-with-delete"),
            pytest.param({"path": "/é"}, "the path", id="path-not-ascii"),
            pytest.param({"domain": "a;b"}, "the domain", id="domain-with-semicolon"),
            pytest.param({"domain": "a,b"}, "the domain", id="domain-with-comma"),
            pytest.param({"domain": "a\0"}, "the domain", id="domain-with-nul"),
            pytest.param({"domain": "日本.example"}, "the domain", id="domain-not-ascii"),
            pytest.param({"expires": "x; Domain=evil"}, "expires", id="expires-with-semicolon"),
            pytest.param({"expires": "x\r\nX: y"}, "expires", id="expires-with-line"),
            pytest.param({"max_age": 1.5}, "max_age", id="max-age-with-fraction"),
            pytest.param({"max_age": "5; Domain=evil"}, "max_age", id="max-age-no-number"),
            pytest.param({"value": "\ud800"}, "value", id="value-no-text"),
            pytest.param({"value": 5}, "value", id="value-no-str"),
            pytest.param({"samesite": "Lax "}, "samesite is", id="samesite-unknown"),
            pytest.param({"samesite": ""}, "samesite is", id="samesite-empty"),
            pytest.param({"samesite": "none"}, "needs secure=True", id="samesite-none-in-clear"),
            pytest.param({"name": ""}, "no cookie name", id="name-empty"),
            pytest.param({"name": "a b"}, "no cookie name", id="name-with-space"),
            pytest.param({"name": "a;b"}, "no cookie name", id="name-with-semicolon"),
            pytest.param({"name": "a=b"}, "no cookie name", id="name-with-equals-sign"),
            pytest.param({"name": "a\r\nb"}, "no cookie name", id="name-with-line"),
            pytest.param({"name": "é"}, "no cookie name", id="name-not-ascii"),
            pytest.param({"name": "Path"}, "no cookie name", id="name-of-an-attribute"),
            pytest.param({"name": 5}, "no cookie name", id="name-no-str"),
        ],
    )
    def test_what_no_cookie_can_have_is_refused(self, changes, match):
        with pytest.raises(ValueError, match=match):
            bake(**changes)

    @pytest.mark.parametrize(
        "value",
        ["", "b", "a b", 'a"b', "a\\b", "a;b", "a,b", "é", "日本", "\x80", "\ud7ff", "\U0001f600"],
        ids=ascii,
    )
    def test_a_value_comes_back_as_it_was_sent(self, value):
        pair = bake(value=value)

        assert SET_COOKIE.fullmatch(pair)
        assert parse_cookies(pair) == {"a": value}

    @settings(deadline=None, max_examples=300)
    @given(st.text() | st.text(st.characters(max_codepoint=0x100)))
    def test_any_value_comes_back_or_is_refused(self, value):
        try:
            pair = bake(value=value)
        except ValueError:
            assert not value.isascii() or not value.isprintable()
            return

        assert SET_COOKIE.fullmatch(pair)
        assert ";" not in pair
        assert parse_cookies(pair) == {"a": value}

    @settings(deadline=None, max_examples=300)
    @given(
        st.fixed_dictionaries(
            {"name": st.text(), "value": st.text()},
            optional={"path": st.text(), "domain": st.text(), "expires": st.text()},
        )
    )
    def test_nothing_ends_an_attribute_or_a_line_too_early(self, changes):
        try:
            field = bake(**changes)
        except ValueError:
            return

        assert SET_COOKIE.fullmatch(field)
        wanted = [name for name in ("path", "domain", "expires") if changes.get(name)]
        assert len(field.split(";")) == 1 + len(wanted)

    @settings(deadline=None)
    @given(st.datetimes().filter(lambda moment: 1900 < moment.year < 9999))
    def test_every_moment_is_an_imf_fixdate(self, moment):
        """RFC 9110 §5.6.7."""
        field = bake(expires=moment)

        assert re.search(r"expires=[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$", field)
