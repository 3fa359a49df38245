"""The response: what a view writes to, and what of it is sent."""

from __future__ import annotations

import itertools
import json
import sys
from datetime import datetime, timezone
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API, Problem, Request, Response
from responder_core.finishing import compile_plain, dress

TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json"
BYTES = "application/octet-stream"
PROBLEM = "application/problem+json"

# Each way to set a body, the Content-Type it is sent with, and a piece of it.
BODIES = {
    "text": (lambda resp: setattr(resp, "text", "plain"), TEXT, b"plain"),
    "html": (lambda resp: setattr(resp, "html", "<p>"), HTML, b"<p>"),
    "content": (lambda resp: setattr(resp, "content", b"\xff"), BYTES, b"\xff"),
    "media": (lambda resp: setattr(resp, "media", {"a": 1}), JSON, b'{"a":1}'),
    "problem": (lambda resp: resp.problem(409, "Taken."), PROBLEM, b"Taken."),
    "redirect": (lambda resp: resp.redirect("/next"), TEXT, b"Redirecting to: /next"),
}


@pytest.fixture
def answer(ask, http_scope):
    """What a client gets of a view that does this to the response."""

    def run(write, method="GET", **changes):
        api = API()

        @api.route("/")
        async def view(req, resp):
            write(resp)

        return ask(api, http_scope(method, **changes))

    return run


def make_response():
    """A response by itself."""

    async def receive():
        raise AssertionError("no test here reads a body")

    scope = {"method": "GET", "path": "/", "query_string": b"", "headers": []}
    return Response(Request(scope, receive, API()))


def finish(resp):
    """What is sent of a response by itself."""
    return compile_plain(resp.req.api, sys.maxsize)(resp)


def values(answer, name):
    return [value.decode("latin-1") for field, value in answer.fields if field == name]


class TestBody:
    @pytest.mark.parametrize(
        ("name", "value", "content_type", "body"),
        [
            pytest.param("text", "é", TEXT, "é".encode(), id="text"),
            pytest.param("text", "", TEXT, b"", id="empty-text"),
            pytest.param("html", "<p>", HTML, b"<p>", id="html"),
            pytest.param("content", b"\xff", BYTES, b"\xff", id="content"),
            pytest.param("content", "é", BYTES, "é".encode(), id="content-of-a-str"),
            pytest.param("content", b"", BYTES, b"", id="empty-content"),
            pytest.param("content", bytearray(b"a"), BYTES, b"a", id="content-of-a-bytearray"),
            pytest.param("content", memoryview(b"abc")[1:], BYTES, b"bc", id="content-of-a-view"),
            pytest.param("html", "", HTML, b"", id="empty-html"),
            pytest.param("media", "é", JSON, '"é"'.encode(), id="media-of-a-str"),
            pytest.param("media", [], JSON, b"[]", id="media-of-an-empty-list"),
            pytest.param("media", {"a": [1]}, JSON, b'{"a":[1]}', id="media"),
            pytest.param("media", None, JSON, b"null", id="media-of-none"),
        ],
    )
    def test_each_attribute_is_sent_with_its_type(self, answer, name, value, content_type, body):
        sent = answer(lambda resp: setattr(resp, name, value))

        assert sent.status == 200
        assert sent.body == body
        assert sent.fields == [
            (b"content-type", content_type.encode()),
            *([(b"vary", b"Accept")] if name == "media" else []),
            (b"content-length", str(len(body)).encode()),
        ]

    @pytest.mark.parametrize("last", ["text", "html", "content", "media"])
    @pytest.mark.parametrize("first", ["text", "html", "content", "media"])
    def test_the_last_one_set_is_sent(self, answer, first, last):
        types = {"text": TEXT, "html": HTML, "content": BYTES, "media": JSON}

        def write(resp):
            setattr(resp, first, "first")
            setattr(resp, last, "last")

        sent = answer(write)

        assert sent.headers["content-type"] == types[last]
        assert sent.body in {b"last", b'"last"'}

    @pytest.mark.parametrize("order", [*itertools.permutations(BODIES, 3)], ids="-".join)
    def test_the_last_of_three_is_sent(self, answer, order):
        """A problem is a body as the others are."""

        def write(resp):
            for name in order:
                BODIES[name][0](resp)
            resp.status_code = 200

        sent = answer(write)

        _, content_type, body = BODIES[order[-1]]
        assert sent.headers["content-type"] == content_type
        assert values(sent, b"content-length") == [str(len(sent.body))]
        assert body in sent.body

    @pytest.mark.parametrize("name", ["text", "html", "content", "media"])
    def test_what_was_set_can_be_read(self, name):
        resp = make_response()
        assert getattr(resp, name) is None

        resp.text = "x"

        assert getattr(resp, name) == "x"

    def test_nothing_set_is_an_empty_answer(self, answer):
        sent = answer(lambda resp: None)

        assert sent.status == 200
        assert sent.fields == [(b"content-length", b"0")]
        assert sent.body == b""

    @pytest.mark.parametrize("size", [2047, 2048, 100_000])
    def test_the_length_is_that_of_the_bytes(self, answer, size):
        sent = answer(lambda resp: setattr(resp, "text", "é" * size))

        assert sent.headers["content-length"] == str(2 * size)

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("text", b"x", "resp.text takes a str, not bytes"),
            ("text", None, "resp.text takes a str, not NoneType"),
            ("html", 5, "resp.html takes a str, not int"),
            ("content", {}, "resp.content takes bytes or a str, not dict"),
            (
                "media",
                object(),
                "resp.media takes what the format can hold, not object: JSON has no form",
            ),
            (
                "media",
                [object()],
                "resp.media takes what the format can hold, not list: JSON has no",
            ),
        ],
    )
    def test_a_body_of_another_kind_is_told_by_name(self, name, value, message):
        resp = make_response()
        setattr(resp, name, value)

        with pytest.raises(TypeError, match=message):
            finish(resp)

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            pytest.param("text", 5, "resp.text takes a str, not int", id="text"),
            pytest.param("html", b"<p>", "resp.html takes a str, not bytes", id="html"),
            pytest.param("content", [], "resp.content takes bytes or a str, not list", id="list"),
            pytest.param(
                "media", {1, object()}, "resp.media takes what the format can hold", id="media"
            ),
            pytest.param("media", {"a": 1j}, "JSON has no form for builtins.complex", id="inside"),
            pytest.param("status_code", 600, "resp.status_code is 200 to 599, not 600", id="600"),
            pytest.param("status_code", "404", "resp.status_code is an int, not '404'", id="str"),
            pytest.param("status_code", 150, "resp.status_code is 200 to 599, not 150", id="150"),
            pytest.param("status_code", [], r"resp.status_code is an int, not []", id="no-number"),
        ],
    )
    def test_what_cannot_be_sent_is_a_500_and_told_in_the_log_alone(
        self, answer, caplog, name, value, message
    ):
        sent = answer(lambda resp: setattr(resp, name, value))

        assert sent.status == 500
        assert sent.headers["content-type"] == PROBLEM
        assert b"resp." not in sent.body
        (record,) = caplog.records
        assert message in str(record.exc_info[1])
        assert "'GET' '/' failed in" in record.getMessage()

    def test_a_lone_surrogate_is_a_500(self, answer):
        assert answer(lambda resp: setattr(resp, "text", "\ud800")).status == 500

    def test_head_has_the_fields_of_get_and_no_body(self, answer):
        def write(resp):
            resp.text = "hello"

        sent = answer(write, "HEAD")

        assert sent.fields == answer(write).fields
        assert sent.body == b""

    def test_its_repr_names_status_and_form(self):
        resp = make_response()
        assert repr(resp) == "<Response None nothing>"

        resp.status_code = 201
        resp.media = {}

        assert repr(resp) == "<Response 201 media>"

    def test_it_takes_no_other_attributes(self):
        with pytest.raises(AttributeError):
            make_response().body = "x"


class TestMimetype:
    def test_it_overrides_the_type_of_the_body(self, answer):
        def write(resp):
            resp.content = b"a,b"
            resp.mimetype = "text/csv"

        assert answer(write).headers["content-type"] == "text/csv; charset=utf-8"

    def test_it_overrides_whatever_the_order(self, answer):
        def write(resp):
            resp.mimetype = "image/svg+xml"
            resp.text = "<svg/>"

        assert answer(write).headers["content-type"] == "image/svg+xml"

    def test_it_overrides_the_header_field(self, answer):
        def write(resp):
            resp.headers["Content-Type"] = "text/plain"
            resp.mimetype = "text/csv"
            resp.text = "a"

        assert values(answer(write), b"content-type") == ["text/csv; charset=utf-8"]

    def test_the_header_field_overrides_the_type_of_the_body(self, answer):
        def write(resp):
            resp.headers["Content-Type"] = "application/xml"
            resp.text = "<a/>"

        assert values(answer(write), b"content-type") == ["application/xml"]

    def test_it_can_be_taken_back(self, answer):
        def write(resp):
            resp.mimetype = "text/csv"
            resp.mimetype = None
            resp.text = "a"

        assert answer(write).headers["content-type"] == TEXT

    def test_an_empty_one_is_none(self, answer):
        """RFC 9110 §8.3: an empty Content-Type names no type."""

        def write(resp):
            resp.text = "a"
            resp.mimetype = ""

        assert answer(write).headers["content-type"] == TEXT

    def test_it_is_the_one_that_will_be_sent(self):
        resp = make_response()
        assert resp.mimetype is None

        resp.media = {}
        assert resp.mimetype == JSON

        resp.mimetype = "application/ld+json"
        assert resp.mimetype == "application/ld+json"

    def test_text_is_always_utf_8(self):
        assert make_response().encoding == "utf-8"

    def test_the_type_of_a_problem_is_its_own(self, answer):
        """What spoke of another body must not travel with it."""

        def write(resp):
            resp.headers["Content-Type"] = "text/csv"
            resp.problem(409)

        assert values(answer(write), b"content-type") == [PROBLEM]

    def test_it_cannot_start_another_line(self, answer):
        def write(resp):
            resp.text = "a"
            resp.mimetype = "text/csv\r\nX-Evil: 1"

        sent = answer(write)

        assert sent.status == 200
        assert "x-evil" not in sent.headers


class TestStatus:
    @pytest.mark.parametrize("status", [200, 201, 206, 299, 300, 404, 418, 499, 500, 599])
    @pytest.mark.parametrize("dressed", [True, False])
    def test_any_final_status_is_sent(self, answer, status, dressed):
        def write(resp):
            resp.text = "a"
            resp.status_code = status
            if dressed:
                resp.headers["X-Tag"] = "a"

        assert answer(write).status == status

    @pytest.mark.parametrize("status", [HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.GONE])
    @pytest.mark.parametrize("dressed", [True, False])
    def test_a_member_of_the_enumeration_is_sent_as_a_number(self, answer, status, dressed):
        def write(resp):
            resp.text = "a"
            resp.status_code = status
            if dressed:
                resp.headers["X-Tag"] = "a"

        assert type(answer(write).status) is int

    @pytest.mark.parametrize(
        "status",
        [0, 1, 99, 100, 101, 103, 199, 600, 999, -200, "200", 200.0, 404.0, [], True, False],
    )
    @pytest.mark.parametrize("dressed", [True, False])
    def test_what_is_no_final_status_is_a_500(self, answer, status, dressed):
        """RFC 9110 §15; 1xx are interim, so no view can answer with one."""

        def write(resp):
            resp.text = "a"
            resp.status_code = status
            if dressed:
                resp.headers["X-Tag"] = "a"

        sent = answer(write)

        assert type(sent.status) is int
        assert sent.status == 500
        assert sent.headers["content-type"] == PROBLEM

    @pytest.mark.parametrize(
        ("status", "error", "message"),
        [
            ("200", TypeError, "resp.status_code is an int, not '200'"),
            (99, ValueError, "resp.status_code is 200 to 599, not 99"),
            (600, ValueError, "resp.status_code is 200 to 599, not 600"),
        ],
    )
    def test_the_error_names_the_value(self, status, error, message):
        resp = make_response()
        resp.status_code = status

        with pytest.raises(error, match=message):
            finish(resp)

    @pytest.mark.parametrize(
        ("status", "length"),
        [
            pytest.param(204, None, id="rfc9110-8.6-204"),
            pytest.param(304, None, id="rfc9110-15.4.5-304"),
            pytest.param(205, "0", id="rfc9110-15.3.6-205"),
        ],
    )
    def test_a_status_without_content_drops_the_body(self, answer, status, length):
        def write(resp):
            resp.text = "hello"
            resp.status_code = status
            resp.headers["ETag"] = '"a"'
            resp.headers["Content-Length"] = "5"
            resp.set_cookie("a", "b")

        sent = answer(write)

        assert sent.status == status
        assert sent.body == b""
        assert sent.headers.get("content-length") == length
        assert sent.headers["etag"] == '"a"'
        assert "a=b" in sent.headers["set-cookie"]

    @pytest.mark.parametrize("status", [204, 205, 304])
    def test_a_status_without_content_needs_no_fields(self, answer, status):
        sent = answer(lambda resp: setattr(resp, "status_code", status))

        assert sent.body == b""
        assert "content-type" not in sent.headers

    @pytest.mark.parametrize(
        ("status", "ok"),
        [(None, True), (200, True), (299, True), (300, False), (404, False), (500, False)],
    )
    def test_it_is_ok_when_it_is_a_success(self, status, ok):
        resp = make_response()
        resp.status_code = status

        assert resp.ok is ok

    def test_a_status_that_was_set_can_be_relied_on(self):
        resp = make_response()
        with pytest.raises(RuntimeError, match="not set yet"):
            resp.status_code_safe  # noqa: B018 - a property that raises

        resp.status_code = 201

        assert resp.status_code_safe == 201


class TestHeaders:
    def test_they_are_sent_with_the_body(self, answer):
        def write(resp):
            resp.text = "a"
            resp.headers["X-Tag"] = "blue"
            resp.headers.append("Link", "<a>")
            resp.headers.append("Link", "<b>")

        sent = answer(write)

        assert values(sent, b"x-tag") == ["blue"]
        assert values(sent, b"link") == ["<a>", "<b>"]

    def test_a_mapping_replaces_them(self, answer):
        def write(resp):
            resp.headers["X-Old"] = "a"
            resp.headers = {"X-New": "b\r\nX-Evil: c"}

        sent = answer(write)

        assert "x-old" not in sent.headers
        assert "x-evil" not in sent.headers
        assert sent.headers["x-new"] == "b  X-Evil: c"

    def test_merging_keeps_every_field(self, answer):
        """``|=`` assigns what it gives, so a field that stands twice must live through it."""

        def write(resp):
            resp.headers.append("Link", "<a>")
            resp.headers.append("Link", "<b>")
            resp.headers |= {"X-Tag": "c"}

        sent = answer(write)

        assert values(sent, b"link") == ["<a>", "<b>"]
        assert values(sent, b"x-tag") == ["c"]

    def test_fields_of_another_response_are_copied_all_of_them(self):
        """Two responses that share their fields would each send what the other one says."""
        one, other = make_response(), make_response()
        one.headers.append("Link", "<a>")
        one.headers.append("Link", "<b>")

        other.headers = one.headers
        one.headers["X-One"] = "1"
        other.headers["X-Other"] = "2"

        assert other.headers.get_list("link") == ["<a>", "<b>"]
        assert sorted(set(one.headers)) == ["link", "x-one"]
        assert sorted(set(other.headers)) == ["link", "x-other"]

    @pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding"])
    def test_framing_is_not_the_views_to_say(self, answer, name):
        """RFC 9112 §6.3: a wrong one is a way to smuggle another answer."""

        def write(resp):
            resp.text = "hello"
            resp.headers[name] = "1"

        sent = answer(write)

        assert values(sent, b"content-length") == ["5"]
        assert values(sent, b"transfer-encoding") == []

    @pytest.mark.parametrize(
        ("name", "value"), [("X\r\nX-Evil", "a"), ("X Tag", "a"), ("", "a"), ("X-Tag", 5)]
    )
    def test_a_field_that_cannot_be_sent_is_a_500(self, answer, name, value):
        sent = answer(lambda resp: resp.headers.append(name, value))

        assert sent.status == 500
        assert b"x-evil" not in dict(sent.fields)

    @settings(deadline=None)
    @given(st.text(), st.text())
    def test_any_text_gives_fields_that_can_be_sent_or_an_error(self, name, value):
        resp = make_response()
        resp.mimetype = value
        try:
            resp.headers[name] = value
        except ValueError:
            return

        fields = dress(resp, None, varies=True)

        for field, content in fields:
            assert field == field.lower()
            assert not set(content) & {0, 10, 13}


class TestCookies:
    def test_a_cookie_is_sent_with_careful_attributes(self, answer):
        sent = answer(lambda resp: resp.set_cookie("theme", "dark"))

        pair, *attributes = values(sent, b"set-cookie")[0].split("; ")
        assert pair == "theme=dark"
        assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=lax"]

    def test_every_attribute_can_be_chosen(self, answer):
        sent = answer(
            lambda resp: resp.set_cookie(
                "a",
                "b",
                expires=datetime(2027, 6, 9, 10, 18, 14, tzinfo=timezone.utc),
                path="/x",
                domain="a.org",
                max_age=5,
                secure=True,
                httponly=False,
                samesite=None,
            )
        )

        _, *attributes = values(sent, b"set-cookie")[0].split("; ")
        assert sorted(attributes) == [
            "Domain=a.org",
            "Max-Age=5",
            "Path=/x",
            "Secure",
            "expires=Wed, 09 Jun 2027 10:18:14 GMT",
        ]

    def test_several_cookies_are_fields_of_their_own(self, answer):
        """RFC 6265bis §4.1: Set-Cookie fields are never folded into one."""

        def write(resp):
            resp.set_cookie("a", "1")
            resp.set_cookie("b", "2")
            resp.set_cookie("a", "3")

        names = [field.split(";")[0] for field in values(answer(write), b"set-cookie")]

        assert names == ["a=3", "b=2"]

    def test_the_jar_is_that_of_the_standard_library(self, answer):
        def write(resp):
            resp.cookies["a"] = "1"
            resp.cookies["a"]["path"] = "/x"

        assert values(answer(write), b"set-cookie") == ["a=1; Path=/x"]

    def test_the_jar_cannot_start_another_line(self, answer):
        """It takes any attribute as it is; newer Pythons refuse control characters there."""

        def write(resp):
            resp.cookies["a"] = "1"
            resp.cookies["a"]["path"] = "/\r\nX-Evil: 1"

        sent = answer(write)

        assert "x-evil" not in sent.headers
        assert not any({10, 13} & set(value) for _, value in sent.fields)

    def test_a_cookie_and_a_field_of_that_name_are_both_sent(self, answer):
        def write(resp):
            resp.headers.append("Set-Cookie", "a=1")
            resp.set_cookie("b", "2", path=None, httponly=False, samesite=None)

        assert values(answer(write), b"set-cookie") == ["a=1", "b=2"]

    def test_a_deleted_cookie_is_over_at_once(self, answer):
        sent = answer(lambda resp: resp.delete_cookie("a", path="/x", domain="a.org", secure=True))

        _, *attributes = values(sent, b"set-cookie")[0].split("; ")
        assert sorted(attributes) == [
            "Domain=a.org",
            "HttpOnly",
            "Max-Age=0",
            "Path=/x",
            "SameSite=lax",
            "Secure",
            "expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ]

    def test_an_empty_jar_sends_nothing(self, answer):
        def write(resp):
            resp.text = "a"
            assert len(resp.cookies) == 0

        assert "set-cookie" not in answer(write).headers

    @pytest.mark.parametrize("name", ["", "a b", "a;b", "a\r\nX: y", "é"])
    def test_a_name_that_no_cookie_can_have_is_a_500(self, answer, name):
        sent = answer(lambda resp: resp.set_cookie(name, "b"))

        assert sent.status == 500
        assert "set-cookie" not in sent.headers

    @pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a; Domain=evil", "a,b", 'a"b', "é", "日"])
    def test_a_value_cannot_say_more_than_itself(self, answer, value):
        sent = answer(lambda resp: resp.set_cookie("a", value))

        (field,) = values(sent, b"set-cookie")
        assert "x-evil" not in sent.headers
        assert sorted(field.split("; ")[1:]) == ["HttpOnly", "Path=/", "SameSite=lax"]

    def test_cookies_live_through_an_error(self, answer):
        def write(resp):
            resp.set_cookie("a", "1")
            raise Problem(409)

        sent = answer(write)

        assert sent.status == 409
        assert "a=1" in sent.headers["set-cookie"]


class TestRedirect:
    @pytest.mark.parametrize(
        ("options", "status"),
        [
            pytest.param({}, 307, id="rfc9110-15.4.8-temporary"),
            pytest.param({"permanent": True}, 308, id="rfc9110-15.4.9-permanent"),
            pytest.param({"status_code": 303}, 303, id="rfc9110-15.4.4-see-other"),
            pytest.param({"status_code": 301, "permanent": False}, 301, id="status-wins"),
        ],
    )
    def test_the_status_is_the_one_asked_for(self, answer, options, status):
        sent = answer(lambda resp: resp.redirect("/next", **options))

        assert sent.status == status
        assert sent.headers["location"] == "/next"
        assert sent.body == b"Redirecting to: /next"
        assert sent.headers["content-type"] == TEXT

    def test_the_text_can_be_ones_own(self, answer):
        def write(resp):
            resp.html = "<p>Over there"
            resp.redirect("/next", set_text=False)

        assert answer(write).body == b"<p>Over there"

    @pytest.mark.parametrize("status", [200, 299, 400, 0])
    def test_a_status_that_is_no_redirect_is_refused(self, status):
        resp = make_response()

        with pytest.raises(ValueError, match="redirect\\(\\) needs a status of 300 to 399"):
            resp.redirect("/next", status_code=status)
        assert resp.status_code is None

    @pytest.mark.parametrize(
        ("location", "sent_as"),
        [
            pytest.param("https://a.org/é?q=1#f", "https://a.org/%C3%A9?q=1#f", id="not-ascii"),
            pytest.param("//a.org/x", "//a.org/x", id="rfc3986-4.2-network-path"),
            pytest.param("http://[::1]:80/", "http://[::1]:80/", id="rfc3986-3.2.2-ipv6"),
            pytest.param("http://u@a.org/", "http://u@a.org/", id="user"),
            pytest.param("/a%20b%2Fc", "/a%20b%2Fc", id="encoded-already"),
            pytest.param("/a b", "/a%20b", id="space"),
            pytest.param('/"<>`{|}^', "/%22%3C%3E%60%7B%7C%7D%5E", id="rfc3986-2-not-allowed"),
            pytest.param("/a?b=/&c=?#d", "/a?b=/&c=?#d", id="rfc3986-3.4-query"),
            pytest.param("?page=2", "?page=2", id="rfc3986-4.2-query-alone"),
            pytest.param("#top", "#top", id="rfc3986-4.4-same-document"),
            pytest.param("../x", "../x", id="rfc3986-4.2-relative-path"),
            pytest.param("mailto:a@b.org", "mailto:a@b.org", id="another-scheme"),
            pytest.param("/\ud83d", "/%EF%BF%BD", id="whatwg-url-4.4-lone-surrogate"),
        ],
    )
    def test_a_location_of_the_program_is_sent_encoded(self, answer, location, sent_as):
        """RFC 9110 §10.2.2: Location is a URI reference."""
        sent = answer(lambda resp: resp.redirect(location, allow_external=True))

        assert values(sent, b"location") == [sent_as]
        assert sent.body == f"Redirecting to: {sent_as}".encode()

    def test_the_last_location_is_sent(self, answer):
        def write(resp):
            resp.redirect("/one", permanent=True)
            resp.redirect("/two")

        sent = answer(write)

        assert sent.status == 307
        assert values(sent, b"location") == ["/two"]
        assert sent.body == b"Redirecting to: /two"

    @settings(deadline=None)
    @given(st.text())
    def test_any_text_that_stays_is_a_reference_to_this_host(self, location):
        resp = make_response()

        try:
            resp.redirect(location)
        except Problem:
            assert resp.status_code is None
            return

        target = resp.headers["Location"]
        assert target.isascii()
        assert target.isprintable()
        assert not set(target) & set(' \\"<>')
        assert urlsplit(urljoin("https://host.example/a/", target)).netloc == "host.example"

    @pytest.mark.parametrize(
        "location",
        [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "\x01//evil.example",
            " //evil.example",
            "javascript:alert(1)",
            "java\nscript:alert(1)",
        ],
    )
    def test_a_location_that_a_client_chose_stays_on_the_host(self, answer, location):
        sent = answer(lambda resp: resp.redirect(location))

        assert sent.status == 400
        assert sent.headers["content-type"] == PROBLEM
        assert "location" not in sent.headers

    @pytest.mark.parametrize(
        ("location", "sent_as"),
        [
            ("/next", "/next"),
            ("next?a=b", "next?a=b"),
            ("", ""),
            ("/%09/evil.example", "/%09/evil.example"),
            ("/a\\b", "/a%5Cb"),
            ("/a\r\nX-Evil: 1", "/a%0D%0AX-Evil:%201"),
        ],
    )
    def test_a_location_on_the_host_is_sent_encoded(self, answer, location, sent_as):
        sent = answer(lambda resp: resp.redirect(location, allow_external=False))

        assert sent.status == 307
        assert sent.headers["location"] == sent_as
        assert "x-evil" not in sent.headers


class TestProblem:
    def test_it_is_sent_as_problem_details(self, answer):
        def write(resp):
            resp.mimetype = "text/csv"
            resp.problem(
                409,
                "Taken.",
                title="Seat",
                type="https://example.org/seat",
                instance="/1",
                errors=[{"detail": "x"}],
                headers={"Retry-After": "5"},
                seat="12A",
            )

        sent = answer(write)

        assert sent.status == 409
        assert sent.headers["content-type"] == PROBLEM
        assert sent.headers["retry-after"] == "5"
        assert json.loads(sent.body) == {
            "type": "https://example.org/seat",
            "title": "Seat",
            "status": 409,
            "detail": "Taken.",
            "instance": "/1",
            "errors": [{"detail": "x"}],
            "seat": "12A",
        }

    def test_the_view_goes_on(self, answer):
        def write(resp):
            resp.problem(404)
            resp.text = "a page of my own"

        sent = answer(write)

        assert sent.status == 404
        assert sent.body == b"a page of my own"

    def test_nan_in_an_extension_never_leaves(self, answer):
        sent = answer(lambda resp: resp.problem(400, limit=float("nan")))

        assert json.loads(sent.body)["limit"] is None

    def test_an_error_forgets_what_spoke_of_the_body(self, answer):
        def write(resp):
            resp.text = "secret"
            resp.mimetype = "text/csv"
            resp.status_code = 206
            resp.headers.update(
                {
                    "ETag": '"a"',
                    "Cache-Control": "public",
                    "Content-Disposition": "attachment",
                    "Content-Range": "bytes 0-1/2",
                    "Last-Modified": "x",
                    "Location": "/x",
                    "Vary": "Cookie",
                    "X-Request-ID": "7",
                }
            )
            raise Problem(404)

        sent = answer(write)

        assert sent.status == 404
        assert b"secret" not in sent.body
        assert sorted(sent.headers) == ["content-length", "content-type", "vary", "x-request-id"]

    @pytest.mark.parametrize(
        ("name", "stays"),
        [
            pytest.param("Content-Type", False, id="rfc9110-8.3"),
            pytest.param("Content-Encoding", False, id="rfc9110-8.4"),
            pytest.param("Content-Language", False, id="rfc9110-8.5"),
            pytest.param("Content-Length", False, id="rfc9110-8.6"),
            pytest.param("Content-Location", False, id="rfc9110-8.7"),
            pytest.param("Last-Modified", False, id="rfc9110-8.8.2"),
            pytest.param("ETag", False, id="rfc9110-8.8.3"),
            pytest.param("Location", False, id="rfc9110-10.2.2"),
            pytest.param("Accept-Ranges", False, id="rfc9110-14.3"),
            pytest.param("Content-Range", False, id="rfc9110-14.4"),
            pytest.param("Cache-Control", False, id="rfc9111-5.2"),
            pytest.param("Expires", False, id="rfc9111-5.3"),
            pytest.param("Content-Disposition", False, id="rfc6266-4"),
            pytest.param("Vary", True, id="rfc9110-12.5.5"),
            pytest.param("Retry-After", True, id="rfc9110-10.2.3"),
            pytest.param("WWW-Authenticate", True, id="rfc9110-11.6.1"),
            pytest.param("Set-Cookie", True, id="rfc6265bis-4.1"),
            pytest.param("Access-Control-Allow-Origin", True, id="fetch-3.3.3"),
            pytest.param("Strict-Transport-Security", True, id="rfc6797-6.1"),
        ],
    )
    def test_a_field_goes_with_the_body_or_stays_with_the_exchange(self, name, stays):
        resp = make_response()
        resp.headers[name] = "a"
        resp.headers.append(name, "b")
        resp.text = "x"
        resp.mimetype = "text/csv"
        resp.status_code = 201
        resp.set_cookie("c", "d", path=None, httponly=False, samesite=None)

        resp.reset_for_error()

        assert resp.headers.get_list(name) == (["a", "b"] if stays else [])
        assert (resp.status_code, resp.mimetype, resp.text) == (None, None, None)
        status, fields, body = finish(resp)
        assert (status, body) == (200, b"")
        assert (b"set-cookie", b"c=d") in fields

    def test_a_response_without_fields_is_reset_too(self):
        resp = make_response()
        resp.text = "x"
        resp.status_code = 201

        resp.reset_for_error()

        assert finish(resp) == (200, [(b"content-length", b"0")], b"")
