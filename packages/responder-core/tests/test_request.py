"""The request: what a view reads from."""

from __future__ import annotations

import gc
import json
import sys
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API, QueryDict, Request


def reader(read, template="/{rest:path}"):
    """An app that answers what a function reads of the request, as JSON."""
    api = API()

    async def view(req, resp, **params):
        resp.media = read(req)
        resp.mimetype = "application/json"

    api.add_route(template, view, methods=["GET", "POST", "QUERY"])
    api.add_route("/", view, methods=["GET", "POST", "QUERY"])
    return api


def make_request(**changes):
    """A request by itself, whose scope has only what ASGI says is always there."""
    scope = {"method": "GET", "path": "/", "query_string": b"", "headers": [], **changes}

    async def receive():
        raise AssertionError("no test here reads a body")

    return Request(scope, receive, API())


def count_calls(function):
    """How many functions a call runs, C functions too: work, counted instead of timed."""
    count = 0

    def profile(_frame, event, _arg):
        nonlocal count
        count += event in {"call", "c_call"}

    # A collection in between would run callbacks and finalizers of others.
    gc.collect()
    gc.disable()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


@pytest.fixture
def read(ask, http_scope):
    """What a function reads of a request with this scope, by way of an app."""

    def run(function, method="GET", path="/x", **changes):
        answer = ask(reader(function), http_scope(method, path, **changes))
        assert answer.status == 200, answer
        return json.loads(answer.body)

    return run


class TestBasics:
    @pytest.mark.parametrize("method", ["GET", "POST", "QUERY"])
    def test_the_method_is_there(self, read, method):
        assert read(lambda req: req.method, method) == method

    def test_the_api_and_the_route_are_there(self, ask, http_scope):
        api = API()
        seen = []

        @api.route("/users/{id:int}", name="user")
        async def user(req, resp, *, id):
            seen.append((req.api is api, req.route is api.routes[0], req.path_params, id))

        ask(api, http_scope(path="/users/7"))

        assert seen == [(True, True, {"id": 7}, 7)]

    def test_what_no_route_answers_has_none(self, ask, http_scope):
        api = API()
        seen = []
        api.add_exception_handler(404, lambda req, resp, exc: seen.append(req.route))

        ask(api, http_scope(path="/none"))

        assert seen == [None]

    def test_a_request_made_by_hand_has_no_parameters(self):
        request = make_request()

        assert request.path_params == {}
        assert request.route is None

    def test_its_repr_is_one_line_whatever_the_path(self):
        assert repr(make_request(path="/a\r\nb")) == "<Request GET '/a\\r\\nb'>"

    def test_it_takes_no_other_attributes(self):
        with pytest.raises(AttributeError):
            make_request().user = "someone"

    def test_a_class_of_ones_own_is_named_by_its_repr(self):
        class Mine(Request):
            __slots__ = ()

        request = Mine({"method": "PUT", "path": "/a"}, None, API())

        assert repr(request) == "<Mine PUT '/a'>"


class TestHeaders:
    def test_names_have_no_case_and_the_last_value_counts(self, read):
        fields = [(b"host", b"a.org"), (b"x-tag", b"1"), (b"x-tag", b"2")]

        found = read(
            lambda req: [req.headers["X-Tag"], req.headers.get_list("x-TAG")], headers=fields
        )

        assert found == ["2", ["1", "2"]]

    def test_they_are_decoded_once(self):
        request = make_request()

        assert request.headers is request.headers

    def test_fields_may_come_as_any_iterable(self):
        """ASGI: headers is an iterable of two-item iterables."""
        request = make_request(headers=((name, b"v") for name in (b"a", b"b")))

        assert request.headers["a"] == request.headers["b"] == "v"
        assert len(request.headers) == 2


class TestParams:
    def test_they_are_the_query(self, read):
        found = read(
            lambda req: [req.params["q"], req.params.get_list("q"), req.params.get("x", "none")],
            query_string=b"q=1&q=tea%20time",
        )

        assert found == ["tea time", ["1", "tea time"], "none"]

    def test_they_are_read_once(self):
        request = make_request(query_string=b"a=1")

        assert isinstance(request.params, QueryDict)
        assert request.params is request.params

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            pytest.param(b"", {}, id="empty"),
            pytest.param(b"a=", {"a": [""]}, id="blank-value"),
            pytest.param(b"a", {"a": [""]}, id="name-alone"),
            pytest.param(b"=1", {"": ["1"]}, id="value-alone"),
            pytest.param(b"&&a=1&", {"a": ["1"]}, id="empty-pieces"),
            pytest.param(b"a=1;b=2", {"a": ["1;b=2"]}, id="semicolon-separates-nothing"),
            pytest.param(b"a=%", {"a": ["%"]}, id="percent-alone"),
            pytest.param(b"a=%zz%4", {"a": ["%zz%4"]}, id="bad-percent"),
            pytest.param(b"a=%ff", {"a": ["\ufffd"]}, id="no-utf-8"),
            pytest.param(b"a=\xc3\xa9", {"a": ["é"]}, id="raw-utf-8"),
            pytest.param(b"a=1+2%2B3", {"a": ["1 2+3"]}, id="plus"),
            pytest.param(b"a=b=c", {"a": ["b=c"]}, id="second-equals-sign"),
            pytest.param(b"a=%26%3D", {"a": ["&="]}, id="encoded-separators"),
            pytest.param(b"a=%00%0d%0a", {"a": ["\0\r\n"]}, id="controls"),
            pytest.param(b"?a=1", {"?a": ["1"]}, id="second-question-mark"),
        ],
    )
    def test_any_query_is_read(self, read, query, expected):
        """WHATWG URL §5.1: application/x-www-form-urlencoded."""
        found = read(lambda req: dict(req.params.items_list()), query_string=query)

        assert found == expected

    @pytest.mark.parametrize("query", [b"", b"Q=tea", b"q%20=tea"])
    def test_one_that_is_missing_is_a_400_that_names_it(self, ask, http_scope, query):
        api = API()
        api.add_route("/", lambda req, resp: req.params["q"])

        answer = ask(api, http_scope(query_string=query))

        assert answer.status == 400
        assert json.loads(answer.body)["detail"] == "The query parameter 'q' is required."

    @pytest.mark.parametrize("piece", [b"&", b"a=1&", b"%", b";", b"=", b"%ff", b"+"])
    def test_the_work_is_linear_in_the_query(self, piece):
        def work(size):
            request = make_request(query_string=(piece * size)[:size])
            return count_calls(lambda: list(request.params.items_list()))

        assert work(32768) <= 2.2 * work(16384)


class TestCookies:
    def test_they_are_read_from_the_field(self, read):
        fields = [(b"host", b"a.org"), (b"cookie", b'a=1; b="x\\"y"')]

        assert read(lambda req: req.cookies, headers=fields) == {"a": "1", "b": 'x"y'}

    def test_several_fields_are_one(self, read):
        """RFC 9113 §8.2.3: HTTP/2 may split the field at its semicolons."""
        fields = [(b"host", b"a.org"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]

        assert read(lambda req: req.cookies, headers=fields) == {"a": "1", "b": "2"}

    def test_without_a_field_there_are_none(self, read):
        assert read(lambda req: req.cookies) == {}

    @pytest.mark.parametrize(
        ("field", "expected"),
        [
            pytest.param(b"", {}, id="empty"),
            pytest.param(b";;; ;", {}, id="nothing-between"),
            pytest.param(b"a", {}, id="no-equals-sign"),
            pytest.param(b"=1", {}, id="no-name"),
            pytest.param(b"a; b=2", {"b": "2"}, id="bad-beside-good"),
            pytest.param(b"a b=1; c=2", {"a b": "1", "c": "2"}, id="space-in-name"),
            pytest.param(b"a=\xff; c=2", {"a": "\xff", "c": "2"}, id="bytes"),
            pytest.param(b'a="x; b=2', {"a": '"x', "b": "2"}, id="open-quote"),
            pytest.param(b"a=1,b=2", {"a": "1,b=2"}, id="comma-separates-nothing"),
            pytest.param(b"a=\0\x01; b=2", {"a": "\0\x01", "b": "2"}, id="controls"),
        ],
    )
    def test_a_malformed_one_does_not_hide_the_others(self, read, field, expected):
        """RFC 6265bis §5.6: what is no cookie is passed over."""
        fields = [(b"host", b"a.org"), (b"cookie", field)]

        assert read(lambda req: req.cookies, headers=fields) == expected

    @pytest.mark.parametrize("piece", [b";", b"a=1;", b'a="', b'a="\\"', b"=", b" ", b"a=\\"])
    def test_the_work_is_linear_in_the_field(self, piece):
        def work(size):
            request = make_request(headers=[(b"cookie", (piece * size)[:size])])
            return count_calls(lambda: request.cookies)

        assert work(65536) <= 2.2 * work(32768)

    def test_they_are_read_once(self):
        request = make_request(headers=[(b"cookie", b"a=1")])

        assert request.cookies is request.cookies

    def test_what_was_set_is_read_back(self, client_factory):
        api = API()

        @api.route("/set")
        async def write(req, resp):
            resp.set_cookie("theme", 'dark "blue"; and more')

        @api.route("/get")
        async def read(req, resp):
            resp.media = req.cookies

        client = client_factory(api, base_url="http://example.org")
        client.get("/set")

        assert client.get("/get").json() == {"theme": 'dark "blue"; and more'}


class TestState:
    def test_it_is_a_bag_for_this_request(self, read):
        def use(req):
            req.state.user = "ada"
            return req.state.user

        assert read(use) == "ada"

    def test_it_is_one_bag(self):
        request = make_request()

        assert request.state is request.state

    def test_what_the_server_put_there_is_in_it(self, read):
        assert read(lambda req: req.state.pool, state={"pool": "open"}) == "open"

    def test_what_the_lifespan_yielded_is_in_it(self, client_factory):
        @asynccontextmanager
        async def lifespan(app):
            yield {"pool": "open"}

        api = API(lifespan=lifespan)
        api.add_route("/", lambda req, resp: req.state.pool)

        with client_factory(api) as client:
            assert client.get("/").text == "open"

    def test_it_does_not_reach_the_next_request(self, client_factory):
        api = API()

        @api.route("/")
        def view(req, resp):
            resp.media = hasattr(req.state, "user")
            req.state.user = "ada"

        client = client_factory(api)

        assert [client.get("/").json() for _ in range(2)] == [False, False]

    def test_extras_are_one_mapping_of_their_own(self):
        request = make_request()
        key = object()

        request.extras[key] = 5

        assert request.extras == {key: 5}
        assert not hasattr(request.state, "extras")
        assert make_request().extras == {}


class TestClient:
    def test_it_is_host_and_port(self, read):
        found = read(
            lambda req: [req.client.host, req.client.port, list(req.client)],
            client=["192.0.2.7", 1234],
        )

        assert found == ["192.0.2.7", 1234, ["192.0.2.7", 1234]]

    @pytest.mark.parametrize("scope", [{"client": None}, {}], ids=["none", "missing"])
    def test_it_is_none_where_it_is_not_known(self, scope):
        """ASGI: client is optional; a server on a Unix socket knows none."""
        assert make_request(**scope).client is None


class TestURL:
    def test_its_parts_are_those_of_the_request(self, read):
        found = read(
            lambda req: [*req.url, req.url.hostname, req.url.port],
            path="/a b/é",
            query_string=b"q=1&r=%20",
            headers=[(b"host", b"Example.org:8080")],
            scheme="https",
        )

        assert found == [
            "https",
            "Example.org:8080",
            "/a%20b/%C3%A9",
            "",
            "q=1&r=%20",
            "",
            "example.org",
            8080,
        ]

    def test_the_full_url_is_the_parts_together(self, read):
        found = read(lambda req: req.full_url, path="/a b", query_string=b"q=1")

        assert found == "http://example.org/a%20b?q=1"

    @pytest.mark.parametrize(
        ("server", "netloc"),
        [
            pytest.param(("192.0.2.2", 80), "192.0.2.2:80", id="ipv4"),
            pytest.param(("::1", 80), "[::1]:80", id="ipv6"),
            pytest.param(("/run/app.sock", None), "", id="unix-socket"),
            pytest.param(("app.sock", None), "", id="unix-socket-near-by"),
            pytest.param(("\0app", None), "", id="unix-socket-without-a-file"),
            pytest.param(None, "", id="unknown"),
        ],
    )
    def test_without_a_host_it_is_the_servers_own(self, server, netloc):
        """HTTP/1.0 knows no Host; the socket that the request came to is the next best.

        ASGI: a Unix socket is its path and no port, and a path is no authority.
        """
        assert make_request(server=server).url.netloc == netloc

    def test_http_1_0_without_a_host_is_served(self, read):
        """RFC 9112 §3.2: only HTTP/1.1 asks for one."""
        found = read(lambda req: req.full_url, path="/a", http_version="1.0", headers=[])

        assert found == "http://192.0.2.2:80/a"

    @pytest.mark.parametrize(
        ("host", "hostname", "port"),
        [
            pytest.param(b"[::1]", "::1", None, id="ipv6"),
            pytest.param(b"[2001:DB8::1]:8080", "2001:db8::1", 8080, id="ipv6-and-port"),
            pytest.param(b"192.0.2.1:80", "192.0.2.1", 80, id="ipv4-and-port"),
            pytest.param(b"a.org:", "a.org", None, id="rfc3986-3.2.3-empty-port"),
            pytest.param(b"A.Org.", "a.org.", None, id="final-dot"),
        ],
    )
    def test_the_host_is_the_one_that_was_sent(self, read, host, hostname, port):
        """RFC 3986 §3.2."""
        found = read(
            lambda req: [req.url.hostname, req.url.port, req.full_url], headers=[(b"host", host)]
        )

        assert found == [hostname, port, f"http://{host.decode()}/x"]

    def test_a_scope_with_only_what_asgi_asks_for_has_one(self):
        """ASGI: scheme and server are optional."""
        request = make_request(path="/a")

        assert request.url.scheme == "http"
        assert request.url.path == "/a"
        assert not request.is_secure

    @pytest.mark.parametrize(
        "path",
        [
            "//evil.example/x",
            "///x",
            "/a;b",
            "/a//b",
            "/?x#y",
            "/%41",
            # No path at all, as in ``OPTIONS *``, or in a request line that h11 lets through.
            "*",
            "",
            "@evil.example/x",
            ".evil.example/x",
            ":80@evil.example/x",
        ],
    )
    @pytest.mark.parametrize("fields", [[(b"host", b"a.org")], []], ids=["host", "no-host"])
    def test_the_path_is_never_taken_for_a_host(self, path, fields):
        """Else a link that is made of it leads to the host that a client chose."""
        request = make_request(path=path, headers=fields)

        parts = urlsplit(request.full_url)

        assert parts.netloc == request.url.netloc
        assert (parts.hostname or "") == ("a.org" if fields else "")

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("/a/b", "/a/b"),
            ("/a%2Fb", "/a%252Fb"),
            ("/../x", "/../x"),
            ("//x", "//x"),
            ("/é", "/%C3%A9"),
        ],
    )
    def test_its_path_is_the_one_that_was_routed(self, ask, http_scope, path, expected):
        """Whatever the raw path or the Host would have made of it."""
        api = API()

        @api.route("/{rest:path}")
        async def view(req, resp, *, rest):
            resp.media = [rest, req.url.path]

        answer = ask(api, http_scope(path=path, raw_path=b"/another", headers=[(b"host", b"b")]))

        assert json.loads(answer.body) == [path[1:], expected]

    def test_raw_bytes_in_the_query_are_encoded(self, read):
        found = read(lambda req: req.full_url, query_string=b'q=\xff\xc3\xa9%20&r= "<>')

        assert found.isascii()
        assert found == "http://example.org/x?q=%FF%C3%A9%20&r=%20%22%3C%3E"

    @settings(deadline=None)
    @given(st.text(st.characters(exclude_categories=["Cs"])).map("/{}".format), st.binary())
    def test_any_path_and_query_give_a_url(self, path, query):
        request = make_request(path=path, query_string=query, headers=[(b"host", b"a.org")])

        assert request.full_url.startswith("http://a.org/")
        assert request.full_url.isascii()
        assert request.full_url.isprintable()
        assert not set(request.full_url) & set(' "<>\\^`{|}')

    @pytest.mark.parametrize(
        ("scheme", "secure"), [("https", True), ("http", False), ("HTTPS", False), ("", False)]
    )
    def test_it_is_secure_over_https(self, scheme, secure):
        assert make_request(scheme=scheme).is_secure is secure


class TestContent:
    @pytest.mark.parametrize(
        ("fields", "mimetype", "is_json"),
        [
            pytest.param([], "", False, id="none"),
            pytest.param([b"text/plain"], "text/plain", False, id="text"),
            pytest.param([b"application/json"], "application/json", True, id="json"),
            pytest.param([b"a/b+json; x=1"], "a/b+json; x=1", True, id="with-parameters"),
            pytest.param([b"text/plain", b"a/json"], "a/json", True, id="the-last-of-two"),
            pytest.param([b"\xff"], "\xff", False, id="any-bytes"),
        ],
    )
    def test_its_type_is_as_the_client_sent_it(self, fields, mimetype, is_json):
        request = make_request(headers=[(b"content-type", field) for field in fields])

        assert request.mimetype == mimetype
        assert request.is_json is is_json


class TestEventId:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            pytest.param([], None, id="none"),
            pytest.param([(b"last-event-id", b"7")], "7", id="one"),
            pytest.param([(b"last-event-id", b"")], "", id="blank"),
            pytest.param([(b"last-event-id", "é日".encode())], "é日", id="utf-8"),
            pytest.param([(b"last-event-id", b"\xff")], "\ufffd", id="no-utf-8"),
        ],
    )
    def test_the_last_event_is_utf_8(self, fields, expected):
        """WHATWG HTML §9.2.3: Last-Event-ID is the id of the event, encoded as UTF-8."""
        assert make_request(headers=fields).last_event_id == expected


class TestAccept:
    @pytest.mark.parametrize(
        ("accept", "media_type", "expected"),
        [
            pytest.param(None, "text/html", True, id="rfc9110-12.5.1-absent"),
            pytest.param("text/html", "text/html", True, id="exact"),
            pytest.param("text/*", "text/html", True, id="subtypes"),
            pytest.param("*/*", "text/html", True, id="everything"),
            pytest.param("text/html;q=0", "text/html", False, id="refused"),
            pytest.param("image/png", "text/html", False, id="another"),
            pytest.param(None, "json", True, id="word-absent"),
            pytest.param("application/json", "json", True, id="word"),
            pytest.param("text/html", "html", True, id="word-of-text"),
            pytest.param("image/png", "png", True, id="word-of-image"),
            pytest.param("*/*", "json", True, id="word-everything"),
            pytest.param("text/*", "html", True, id="word-subtypes"),
            pytest.param("application/*", "json", True, id="word-subtypes-of-application"),
            pytest.param("image/*", "png", True, id="word-subtypes-of-image"),
            pytest.param("text/html", "json", False, id="word-of-another"),
            pytest.param("image/avif,image/webp,image/*", "json", False, id="image-is-no-json"),
            pytest.param("image/avif,image/webp,image/*", "html", False, id="image-is-no-html"),
            pytest.param("text/css,text/*", "json", False, id="text-is-no-json"),
            pytest.param("application/*", "html", False, id="application-is-no-html"),
            pytest.param("application/json;q=0, */*", "json", False, id="word-refused"),
            pytest.param("application/xml", "xml", True, id="rfc7303-9.1-xml"),
            pytest.param("text/xml", "xml", True, id="rfc7303-9.2-xml"),
            pytest.param("text/plain", "plain", True, id="word-plain"),
            pytest.param("text/markdown", "markdown", True, id="rfc7763-markdown"),
            pytest.param("text/event-stream", "event-stream", True, id="word-event-stream"),
            pytest.param("text/javascript", "javascript", True, id="rfc9239-javascript"),
            pytest.param("text/csv", "csv", True, id="rfc4180-csv"),
            pytest.param("application/yaml", "yaml", True, id="rfc9512-yaml"),
            pytest.param("image/jpeg", "jpeg", True, id="word-jpeg"),
            pytest.param("image/webp", "webp", True, id="rfc9649-webp"),
            pytest.param("image/*", "webp", True, id="word-of-every-python"),
            pytest.param("text/*", "plain", True, id="word-of-no-file-name"),
            pytest.param("application/pdf", "pdf", True, id="word-pdf"),
            pytest.param("application/json", "JSON", True, id="word-in-capitals"),
            pytest.param("Application/JSON", "json", True, id="accept-in-capitals"),
            pytest.param("", "text/html", True, id="blank-field"),
            pytest.param("text/html", "", False, id="no-type"),
            pytest.param("*/*;q=0", "text/html", False, id="everything-refused"),
            pytest.param("text/html;q=0.001", "text/html", True, id="rfc9110-12.4.2-least-weight"),
        ],
    )
    def test_a_type_or_its_word_is_asked_for(self, read, accept, media_type, expected):
        fields = [(b"host", b"a.org")]
        if accept is not None:
            fields.append((b"accept", accept.encode()))

        assert read(lambda req: req.accepts(media_type), headers=fields) is expected

    def test_several_fields_are_one_list(self):
        """RFC 9110 §5.3."""
        request = make_request(headers=[(b"accept", b"a/b;q=0.5"), (b"accept", b"c/d")])

        assert request.accepts("a/b")
        assert request.preferred_media_type(["a/b", "c/d"]) == "c/d"

    @pytest.mark.parametrize(
        ("accept", "candidates", "expected"),
        [
            pytest.param(None, ["a/b", "c/d"], "a/b", id="absent"),
            pytest.param("c/d", ["a/b", "c/d"], "c/d", id="one"),
            pytest.param("a/b, c/d", ["c/d", "a/b"], "c/d", id="tie"),
            pytest.param("a/b;q=0.9, c/d", ["a/b", "c/d"], "c/d", id="weight"),
            pytest.param("*/*, a/b;q=0.5", ["a/b", "c/d"], "c/d", id="specific-range-decides"),
            pytest.param("a/*;q=0.2, c/*;q=0.3", ["a/b", "c/d"], "c/d", id="subtypes"),
            pytest.param("a/b;q=0", ["a/b"], None, id="refused"),
            pytest.param("x/y", ["a/b", "c/d"], None, id="none"),
            pytest.param("*/*", [], None, id="no-candidates"),
            pytest.param(";;q=1,,/", ["a/b"], None, id="nonsense"),
        ],
    )
    def test_the_best_of_several_is_found(self, accept, candidates, expected):
        """RFC 9110 §12.5.1."""
        request = make_request(headers=[(b"accept", accept.encode())] if accept else [])

        assert request.preferred_media_type(iter(candidates)) == expected

    @pytest.mark.parametrize("piece", [b",", b"a/b,", b'"', b";q=", b'\\"', b"*/*;", b'a/b;x="\\'])
    def test_the_work_does_not_grow_with_a_long_field(self, piece):
        def work(size):
            request = make_request(headers=[(b"accept", (piece * size)[:size])])
            return count_calls(lambda: request.accepts("text/html"))

        assert work(65536) <= work(16384) + 16

    def test_the_candidate_liked_best_is_told(self):
        request = make_request(headers=[(b"accept", b"a/b;q=0.5, */*;q=0.1")])

        assert request.preferred_media_type(["c/d", "a/b"]) == "a/b"
        assert request.preferred_media_type([]) is None
        assert make_request().preferred_media_type(["c/d", "a/b"]) == "c/d"

    @settings(deadline=None)
    @given(st.lists(st.binary(), max_size=3), st.text())
    def test_any_bytes_are_judged(self, values, media_type):
        request = make_request(headers=[(b"accept", value) for value in values])

        assert request.accepts(media_type) in {True, False}
        assert request.preferred_media_type(["a/b"]) in {"a/b", None}


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"cookie", b"accept", b"content-type", b"last-event-id", b"x"]),
            st.binary(),
        )
    ),
    st.binary(),
)
def test_nothing_that_a_client_sends_makes_a_request_fail(fields, query):
    request = make_request(headers=fields, query_string=query)

    read = [
        request.headers.items(),
        request.cookies,
        list(request.params.items_list()),
        request.mimetype,
        request.is_json,
        request.last_event_id,
        request.full_url,
        repr(request),
    ]
    assert len(read) == 8


class TestCheckPreconditions:
    """RFC 9110 §13.2.2: before anything is written."""

    @pytest.fixture
    def client(self, client_factory):
        api = API()
        self.written = []

        @api.put("/tagged")
        async def tagged(req, resp):
            req.check_preconditions(etag="v7")
            self.written.append(req.method)
            resp.no_content()

        @api.put("/dated")
        async def dated(req, resp):
            req.check_preconditions(last_modified=datetime(2026, 3, 1, 12, tzinfo=timezone.utc))
            self.written.append(req.method)

        @api.put("/new")
        async def new(req, resp):
            req.check_preconditions(exists=False)
            self.written.append(req.method)

        @api.get("/tagged")
        async def read(req, resp):
            req.check_preconditions(etag="v7")
            self.written.append(req.method)

        @api.get("/dated")
        async def read_dated(req, resp):
            req.check_preconditions(last_modified="Sun, 01 Mar 2026 12:00:00 GMT")

        return client_factory(api)

    @pytest.mark.parametrize(
        ("method", "path", "fields", "status"),
        [
            pytest.param("PUT", "/tagged", {}, 204, id="13.2.2-none"),
            pytest.param("PUT", "/tagged", {"If-Match": '"v7"'}, 204, id="13.1.1-match"),
            pytest.param("PUT", "/tagged", {"If-Match": '"v7-gzip"'}, 204, id="8.8.3.3-coded"),
            pytest.param("PUT", "/tagged", {"If-Match": '"v6"'}, 412, id="13.1.1-lost-update"),
            pytest.param("PUT", "/tagged", {"If-None-Match": "*"}, 412, id="13.1.2-there-is-one"),
            pytest.param("PUT", "/new", {"If-None-Match": "*"}, 200, id="13.1.2-there-is-none"),
            pytest.param("PUT", "/new", {"If-Match": "*"}, 412, id="13.1.1-there-is-none"),
            pytest.param(
                "PUT",
                "/dated",
                {"If-Unmodified-Since": "Sun, 01 Mar 2026 12:00:00 GMT"},
                200,
                id="13.1.4-unchanged",
            ),
            pytest.param(
                "PUT",
                "/dated",
                {"If-Unmodified-Since": "Sun, 01 Mar 2026 11:00:00 GMT"},
                412,
                id="13.1.4-changed",
            ),
            pytest.param("GET", "/tagged", {"If-None-Match": '"v7"'}, 304, id="13.1.2-has-it"),
            pytest.param("GET", "/tagged", {"If-None-Match": '"v7-br"'}, 304, id="8.8.3.3-has-it"),
            pytest.param("GET", "/tagged", {"If-None-Match": '"v6"'}, 200, id="13.1.2-another"),
        ],
    )
    def test_it_stops_before_the_view_goes_on(self, client, method, path, fields, status):
        answer = client.request(method, path, headers=fields)

        assert answer.status_code == status
        assert self.written == ([] if status in (304, 412) else [method])

    @pytest.mark.parametrize(("sent", "status"), [('"v7-gzip"', 200), ('"v7"', 412)])
    def test_a_tag_that_ends_like_a_coded_one_is_itself(self, client_factory, sent, status):
        api = API()

        @api.put("/")
        async def view(req, resp):
            req.check_preconditions(etag="v7-gzip")

        assert client_factory(api).put("/", headers={"If-Match": sent}).status_code == status

    def test_a_304_has_the_tag(self, client):
        answer = client.get("/tagged", headers={"If-None-Match": '"v7"'})

        assert (answer.headers["etag"], answer.content) == ('"v7"', b"")

    def test_a_304_by_date_has_no_tag(self, client):
        fields = {"If-Modified-Since": "Sun, 01 Mar 2026 12:00:00 GMT"}

        answer = client.get("/dated", headers=fields)

        assert answer.status_code == 304
        assert "etag" not in answer.headers
