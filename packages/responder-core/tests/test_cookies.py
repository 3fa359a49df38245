"""Cookies: read leniently, written strictly (RFC 6265bis §4.1 and §5.6)."""

from __future__ import annotations

import http.cookies
import re
from datetime import datetime, timedelta, timezone
from http.cookies import SimpleCookie

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API
from responder_core.http.cookies import bake_cookie, is_guarded, parse_cookies

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
                {"partitioned": True, "secure": True}, "a=b; Secure; Partitioned", id="chips-2.1"
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
            pytest.param({"expires": object()}, "a moment is", id="expires-no-moment"),
            pytest.param({"path": b"/"}, "the path must be str", id="path-no-str"),
            pytest.param({"partitioned": True}, "needs secure=True", id="partitioned-in-clear"),
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


HOST = {"secure": True, "path": "/"}


class TestPrefixes:
    """RFC 6265bis §4.1.3: what a name promises, and §5.7: what browsers refuse."""

    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            pytest.param("__Secure-id", {"secure": True}, id="4.1.3.1-secure"),
            pytest.param(
                "__Secure-id", {"secure": True, "domain": "a.org"}, id="4.1.3.1-with-domain"
            ),
            pytest.param("__Host-id", HOST, id="4.1.3.2-host"),
            pytest.param("__HOST-id", HOST, id="5.7-any-case"),
            pytest.param("__Hostid", {}, id="another-name"),
            pytest.param("x__Host-id", {}, id="not-in-front"),
        ],
    )
    def test_a_name_that_keeps_its_promise_is_sent(self, name, changes):
        assert bake(name=name, **changes).startswith(f"{name}=b")

    @pytest.mark.parametrize(
        ("name", "changes", "match"),
        [
            pytest.param("__Secure-id", {}, "needs secure=True", id="4.1.3.1-in-clear"),
            pytest.param("__sEcUrE-id", {}, "needs secure=True", id="5.7-secure-any-case"),
            pytest.param("__Host-id", {"path": "/"}, "needs secure=True", id="4.1.3.2-in-clear"),
            pytest.param("__host-id", {"path": "/"}, "needs secure=True", id="5.7-host-any-case"),
            pytest.param("__Host-id", {"secure": True}, "needs path='/'", id="4.1.3.2-no-path"),
            pytest.param(
                "__Host-id", {**HOST, "path": "/app"}, "path='/app'", id="4.1.3.2-below-a-path"
            ),
            pytest.param(
                "__Host-id", {**HOST, "domain": "a.org"}, "domain='a.org'", id="4.1.3.2-domain"
            ),
            pytest.param(
                "__HOST-id", {**HOST, "domain": "a.org"}, "no domain", id="5.7-domain-any-case"
            ),
        ],
    )
    def test_a_name_that_breaks_its_promise_is_refused(self, name, changes, match):
        with pytest.raises(ValueError, match=match):
            bake(name=name, **changes)

    def test_what_is_refused_leaves_the_jar_as_it_was(self):
        jar: SimpleCookie = SimpleCookie({"__Host-id": "first"})
        attributes = dict.fromkeys(("expires", "path", "domain", "max_age", "samesite"))

        with pytest.raises(ValueError, match="needs secure"):
            bake_cookie(jar, "__Host-id", "x", **attributes, secure=False, httponly=True)

        assert jar["__Host-id"].value == "first"

    @pytest.mark.parametrize(
        ("name", "guarded"),
        [("__Host-a", True), ("__secure-a", True), ("__Host", False), ("session", False)],
    )
    def test_a_guarded_name_is_known(self, name, guarded):
        assert is_guarded(name) is guarded


class TestLengths:
    """RFC 6265bis §5.6: what is longer is dropped by browsers, without a word."""

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"value": "x" * 4095}, id="5.6-pair-of-4096"),
            pytest.param({"name": "n" * 96, "value": "x" * 4000}, id="5.6-name-counts"),
            pytest.param({"path": "/" * 1024}, id="5.6-attribute-of-1024"),
            pytest.param({"domain": "a" * 1024}, id="5.6-domain-of-1024"),
        ],
    )
    def test_what_browsers_take_is_sent(self, changes):
        assert bake(**changes)

    @pytest.mark.parametrize(
        ("changes", "match"),
        [
            pytest.param({"value": "x" * 4096}, "have 4097 bytes", id="5.6-pair-of-4097"),
            pytest.param(
                {"name": "n" * 97, "value": "x" * 4000}, "have 4097 bytes", id="5.6-name-counts"
            ),
            pytest.param({"value": "é" * 600}, "as they are sent", id="escapes-count"),
            pytest.param({"path": "/" * 1025}, "the path has 1025", id="5.6-path-of-1025"),
            pytest.param({"domain": "a" * 1025}, "the domain has 1025", id="5.6-domain-of-1025"),
            pytest.param({"expires": "x" * 1025}, "the expires has", id="5.6-expires-of-1025"),
        ],
    )
    def test_what_browsers_would_drop_is_refused(self, changes, match):
        with pytest.raises(ValueError, match=match):
            bake(**changes)

    def test_a_longest_age_is_left_to_the_browser(self):
        """RFC 6265bis §5.6.2: the browser caps it at 400 days."""
        assert bake(max_age=10**9) == "a=b; Max-Age=1000000000"


class TestThroughTheDoor:
    @staticmethod
    def cookie_of(client_factory, view):
        """The Set-Cookie fields that a view sends."""
        api = API()
        api.add_route("/", view)
        answer = client_factory(api).get("/")
        assert answer.status_code == 200
        return answer.headers.get_list("set-cookie")

    def test_a_partitioned_cookie_is_sent(self, client_factory):
        def view(req, resp):
            resp.set_cookie("a", "b", secure=True, samesite="none", partitioned=True)

        (field,) = self.cookie_of(client_factory, view)

        assert field.endswith("; Secure; Partitioned")

    @pytest.mark.parametrize("name", ["__Host-id", "__Secure-id", "__host-id"])
    def test_a_guarded_cookie_is_deleted(self, client_factory, name):
        (field,) = self.cookie_of(client_factory, lambda req, resp: resp.delete_cookie(name))

        assert field.startswith(f"{name}=;")
        assert {"Secure", "Path=/", "Max-Age=0"} <= set(field.split("; "))

    def test_a_partitioned_cookie_is_deleted_where_it_is(self, client_factory):
        def view(req, resp):
            resp.delete_cookie("a", secure=True, partitioned=True)

        (field,) = self.cookie_of(client_factory, view)

        assert field.endswith("; Partitioned")

    @pytest.mark.parametrize(
        "value",
        ["a\r\nX-Evil: 1", "a\nb", "a\0b", "日本", "a\x85b", "a\u2028b", "a; Domain=evil"],
        ids=ascii,
    )
    def test_no_value_begins_another_line_or_attribute(self, client_factory, value):
        """The header row of what we promise: refused or encoded, zero injected lines."""
        fields = self.cookie_of(client_factory, lambda req, resp: resp.set_cookie("a", value))

        (field,) = fields
        assert SET_COOKIE.fullmatch(field)
        assert field.count(";") == 3
        assert parse_cookies(field)["a"] == value

    @pytest.mark.parametrize(
        "header",
        ["a=1\0", "a=\xff", '="', ";;;=", "\x7f=\x7f", "a=\\777", "é=é"],
        ids=ascii,
    )
    def test_no_cookie_of_a_client_is_a_500(self, ask, http_scope, header):
        api = API()
        api.add_route("/", lambda req, resp: req.cookies)

        field = (b"cookie", header.encode("latin-1"))
        answer = ask(api, http_scope(headers=[(b"host", b"a.org"), field]))

        assert answer.status == 200
