"""The ASGI door: hosts, methods, slashes, prefixes."""

from __future__ import annotations

import contextlib

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from responder_core import API

PROBLEM = "application/problem+json"


def build(**options):
    """An app with a view of every kind, each telling the URL of the one called user."""
    api = API(**options)

    @api.route("/", methods=["GET"])
    def index(req, resp):
        return api.url_for("user", name="ä b")

    @api.route("/users/{name}", name="user")
    async def user(req, resp, *, name):
        return f"{req.method} {name} {api.url_for('user', name='x')}"

    @api.route("/closed/", methods=["POST"])
    async def closed(req, resp):
        return "closed"

    return api


class TestHost:
    @pytest.mark.parametrize(
        "host",
        [
            pytest.param(b"example.org", id="name"),
            pytest.param(b"example.org:8080", id="port"),
            pytest.param(b"192.0.2.1", id="ipv4"),
            pytest.param(b"[2001:db8::1]:80", id="ipv6"),
            pytest.param(b";", id="test-client"),
        ],
    )
    def test_a_good_one_is_served_each_time(self, ask, http_scope, host):
        api = build()
        scope = http_scope(headers=[(b"host", host)])

        assert [ask(api, scope).status, ask(api, scope).status] == [200, 200]

    @pytest.mark.parametrize(
        ("headers", "detail"),
        [
            pytest.param([], "The Host header field is missing.", id="missing"),
            pytest.param(
                [(b"host", b"a.org"), (b"host", b"b.org")],
                "The Host header field is given more than once.",
                id="two",
            ),
            pytest.param(
                [(b"host", b"a.org"), (b"host", b"a.org")],
                "The Host header field is given more than once.",
                id="twice-the-same",
            ),
            *(
                pytest.param([(b"host", host)], "The Host header field is malformed.", id=name)
                for name, host in [
                    ("empty", b""),
                    ("path", b"a.org/evil"),
                    ("userinfo", b"user@a.org"),
                    ("space", b"a b"),
                    ("comma", b"a.org, b.org evil"),
                    ("query", b"a.org?x"),
                    ("fragment", b"a.org#x"),
                    ("backslash", b"a.org\\evil"),
                    ("port", b"a.org:80x"),
                    ("latin-1", b"\xe4.org"),
                    ("long", b"a" * 300),
                ]
            ),
        ],
    )
    @pytest.mark.parametrize("path", ["/", "/nowhere"])
    def test_a_bad_one_is_a_400_for_every_path(self, ask, http_scope, path, headers, detail):
        api = build()
        # A good Host before it, so that nothing remembered can hide the fault.
        ask(api, http_scope(headers=[(b"host", b"a.org")]))

        answer = ask(api, http_scope(path=path, headers=headers))

        assert answer.status == 400
        assert answer.headers["content-type"] == PROBLEM
        assert detail.encode() in answer.body

    @pytest.mark.parametrize(
        ("version", "status"), [("1.0", 200), ("1.1", 400), ("2", 200)], ids=["1.0", "1.1", "2"]
    )
    def test_only_http_1_1_asks_for_one(self, ask, http_scope, version, status):
        assert ask(build(), http_scope(headers=[], http_version=version)).status == status

    def test_a_bad_one_is_a_400_under_a_prefix_and_for_head_too(self, ask, http_scope):
        scope = http_scope("HEAD", "/app/", root_path="/app", headers=[(b"host", b"a b")])

        answer = ask(build(), scope)

        assert (answer.status, answer.body) == (400, b"")
        assert int(answer.headers["content-length"]) > 0

    def test_more_hosts_than_are_remembered_are_served(self, talk, http_scope):
        """A client may make up a Host for each request; the memory stays bounded."""
        api = API()
        api.add_route("/", lambda req, resp: "ok", sync_to_thread=False)
        statuses = set()

        async def many(scope, receive, send):
            async def note(message):
                if message["type"] == "http.response.start":
                    statuses.add(message["status"])

            for number in range(3000):
                host = b"h%d.org" % number
                await api(http_scope(headers=[(b"host", host)]), receive, note)

        talk(many, {})

        assert statuses == {200}


class TestFailures:
    @pytest.mark.parametrize("type_", ["smtp", "", "http2"])
    def test_a_scope_of_another_type_is_an_error_that_names_it(self, talk, type_):
        with pytest.raises(ValueError, match=rf"http, websocket and lifespan, not {type_!r}"):
            talk(build(), {"type": type_})

    @pytest.mark.parametrize("root_path", ["", "/app"], ids=["root", "prefix"])
    def test_a_convertor_that_fails_is_a_500_like_any_other(
        self, client_factory, caplog, root_path
    ):
        class Broken:
            regex = "[a-z]+"

            def convert(self, value):
                return {}[value]

            def to_string(self, value):
                return value

        api = API()
        api.add_convertor("broken", Broken())
        api.add_hook(lambda req, resp: resp.headers.update({"X-After": "ran"}), after=True)
        api.add_route("/{x:broken}", lambda req, resp, *, x: None)

        answer = client_factory(api, root_path=root_path).get(f"{root_path}/abc")

        assert answer.headers["content-type"] == PROBLEM
        assert (answer.status_code, answer.headers["X-After"]) == (500, "ran")
        assert len(caplog.records) == 1


def function(req, resp):
    return "text"


async def async_function(req, resp):
    return "text"


class ClassView:
    def on_get(self, req, resp):
        return "text"


class Instance:
    def __call__(self, req, resp):
        return "text"


# Each answers GET alone.
ENDPOINTS = pytest.mark.parametrize(
    ("endpoint", "options"),
    [
        pytest.param(function, {"methods": ["GET"]}, id="function"),
        pytest.param(async_function, {"methods": ["GET"]}, id="async-function"),
        pytest.param(ClassView, {}, id="class"),
        pytest.param(ClassView, {"methods": ["GET"]}, id="class-with-methods"),
        pytest.param(Instance(), {"methods": ["GET"]}, id="instance"),
    ],
)
PATHS = pytest.mark.parametrize("path", ["/page", "/{page}"], ids=["static", "parameter"])


def serve_at(path, endpoint, options):
    """An app with one endpoint; below a parameter it is behind a wrapper that takes it."""
    api = API()
    if path == "/page":
        api.add_route(path, endpoint, **options)
    elif isinstance(endpoint, type):

        class WithParameter(endpoint):
            def on_get(self, req, resp, *, page):
                return super().on_get(req, resp)

        api.add_route(path, WithParameter, **options)
    else:
        api.add_route(path, lambda req, resp, *, page: "text", **options)
    return api


class TestMethods:
    @ENDPOINTS
    @PATHS
    def test_head_is_get_without_its_body(self, ask, http_scope, path, endpoint, options):
        api = serve_at(path, endpoint, options)

        get = ask(api, http_scope("GET", "/page"))
        head = ask(api, http_scope("HEAD", "/page"))

        assert (get.status, get.body) == (200, b"text")
        assert head.body == b""
        assert (head.status, head.headers) == (200, get.headers)
        assert head.headers["content-length"] == "4"

    @ENDPOINTS
    @PATHS
    def test_options_is_answered_with_allow(self, ask, http_scope, path, endpoint, options):
        answer = ask(serve_at(path, endpoint, options), http_scope("OPTIONS", "/page"))

        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"

    @ENDPOINTS
    @PATHS
    @pytest.mark.parametrize("method", ["POST", "DELETE", "TRACE", "FOO"])
    def test_another_method_is_405_with_allow(
        self, ask, http_scope, path, endpoint, options, method
    ):
        answer = ask(serve_at(path, endpoint, options), http_scope(method, "/page"))

        assert answer.status == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert answer.headers["content-type"] == PROBLEM
        assert b'"detail":"This resource answers GET, HEAD, OPTIONS."' in answer.body

    def test_two_routes_share_a_path_by_method(self, client_factory):
        api = API()
        api.add_route("/page", lambda req, resp: "read", methods=["GET"])
        api.add_route("/page", lambda req, resp: "write", methods=["POST"])
        client = client_factory(api)

        assert (client.get("/page").text, client.post("/page").text) == ("read", "write")
        assert client.options("/page").headers["Allow"] == "GET, HEAD, OPTIONS, POST"
        assert client.delete("/page").headers["Allow"] == "GET, HEAD, OPTIONS, POST"

    @pytest.mark.parametrize("first", ["get", "head"])
    def test_head_may_be_a_route_of_its_own(self, client_factory, first):
        api = API()
        routes = {
            "get": lambda req, resp: resp.headers.update({"X-Ran": "get"}),
            "head": lambda req, resp: resp.headers.update({"X-Ran": "head"}),
        }
        for method in sorted(routes, key=lambda name: name != first):
            api.add_route("/", routes[method], methods=[method])
        client = client_factory(api)

        assert client.get("/").headers["X-Ran"] == "get"
        assert client.head("/").headers["X-Ran"] == "head"

    def test_an_options_view_stands_in_for_the_automatic_answer(self, client_factory):
        api = API()
        api.add_route("/", lambda req, resp: "get", methods=["GET"])
        api.add_route("/", lambda req, resp: "mine", methods=["OPTIONS"])

        assert client_factory(api).options("/").text == "mine"

    def test_the_methods_allowed_are_those_of_every_route_that_fits(self, client_factory):
        api = API()
        api.add_route("/users/me", lambda req, resp: "me", methods=["GET"])
        api.add_route("/users/{id}", lambda req, resp, *, id: id, methods=["DELETE"])
        client = client_factory(api)

        assert client.delete("/users/me").text == "me"
        assert client.post("/users/me").headers["Allow"] == "DELETE, GET, HEAD, OPTIONS"
        assert client.post("/users/you").headers["Allow"] == "DELETE, OPTIONS"

    @pytest.mark.parametrize("path", ["/nowhere", "//", "/users/", "/users/a/b", "*", ""])
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
    def test_an_unknown_path_is_a_404_for_every_method(self, ask, http_scope, path, method):
        answer = ask(build(redirect_slashes=False), http_scope(method, path))

        assert answer.status == 404
        assert answer.headers["content-type"] == PROBLEM
        assert int(answer.headers["content-length"]) > 0
        assert (answer.body == b"") == (method == "HEAD")

    def test_a_404_does_not_repeat_the_path(self, client_factory):
        document = client_factory(build()).get("/<script>").json()

        assert document.pop("instance").startswith("urn:uuid:")
        assert document == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "There is nothing at this path.",
        }


class TestSlashes:
    @pytest.mark.parametrize(
        ("path", "location"),
        [
            pytest.param("/users/ada/", "/users/ada", id="removed"),
            pytest.param("/closed", "/closed/", id="added"),
            pytest.param("/users/ä b/", "/users/%C3%A4%20b", id="encoded"),
            pytest.param("/users/a?b/", "/users/a%3Fb", id="question-mark"),
            pytest.param("/users/a%2Fb/", "/users/a%252Fb", id="percent"),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
    def test_the_other_spelling_is_redirected_to(self, ask, http_scope, method, path, location):
        answer = ask(build(), http_scope(method, path))

        assert (answer.status, answer.body) == (307, b"")
        assert answer.headers["location"] == location

    def test_the_query_is_kept(self, ask, http_scope):
        answer = ask(build(), http_scope(path="/users/ada/", query_string=b"a=%20b&c=d%2Fe"))

        assert answer.headers["location"] == "/users/ada?a=%20b&c=d%2Fe"

    @pytest.mark.parametrize(
        ("template", "path"),
        [
            pytest.param("//{host}", "//evil.example/", id="two-slashes"),
            pytest.param("//{host}/", "//evil.example", id="two-slashes-added"),
            pytest.param("///{host}", "///evil.example/", id="three-slashes"),
            pytest.param("/{host}", "/\\evil.example/", id="backslash"),
        ],
    )
    def test_no_redirect_leaves_the_host(self, ask, http_scope, template, path):
        """A browser reads //evil.example as another host."""
        api = API()
        api.add_route(template, lambda req, resp, *, host: None)

        assert ask(api, http_scope(path=path)).status == 404

    def test_no_redirect_where_it_is_turned_off(self, ask, http_scope):
        assert ask(build(redirect_slashes=False), http_scope(path="/closed")).status == 404

    def test_405_comes_before_a_redirect(self, client_factory):
        api = API()
        api.add_route("/a", lambda req, resp: None, methods=["GET"])
        api.add_route("/a/", lambda req, resp: None, methods=["POST"])

        assert client_factory(api).post("/a").status_code == 405

    def test_the_root_is_never_redirected(self, ask, http_scope):
        api = API()
        api.add_route("/", lambda req, resp: "root", methods=["GET"])

        assert ask(api, http_scope(path="")).status == 404


class TestRootPath:
    """Behind a prefix (ASGI root_path) the app serves, links and redirects as everywhere."""

    @pytest.mark.parametrize(
        ("root_path", "path"),
        [
            pytest.param("/app", "/app/users/ada", id="in-the-path"),
            pytest.param("/app/", "/app/users/ada", id="with-a-slash"),
            pytest.param("/app", "/users/ada", id="stripped-by-a-proxy"),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_routes_are_found_and_url_for_has_the_prefix(
        self, ask, http_scope, method, root_path, path
    ):
        answer = ask(build(), http_scope(method, path, root_path=root_path))

        assert answer.body.decode() == f"{method} ada /app/users/x"

    @pytest.mark.parametrize("path", ["/app/", "/app", "/"])
    def test_the_prefix_alone_is_the_root(self, ask, http_scope, path):
        answer = ask(build(), http_scope(path=path, root_path="/app"))

        assert answer.body == b"/app/users/%C3%A4%20b"

    def test_a_root_path_of_one_slash_is_no_prefix(self, ask, http_scope):
        answer = ask(build(), http_scope(path="/", root_path="/"))

        assert answer.body == b"/users/%C3%A4%20b"

    def test_a_path_that_only_begins_alike_is_not_below_the_prefix(self, ask, http_scope):
        assert ask(build(), http_scope(path="/apple/users/ada", root_path="/app")).status == 404

    def test_a_prefix_that_is_no_ascii_is_encoded(self, ask, http_scope):
        answer = ask(build(), http_scope(path="/ä b/users/ada", root_path="/ä b"))

        assert answer.body.decode() == "GET ada /%C3%A4%20b/users/x"

    @pytest.mark.parametrize(
        "path", ["/app/users/ada/", "/users/ada/"], ids=["in-the-path", "stripped-by-a-proxy"]
    )
    def test_the_slash_redirect_has_the_prefix(self, ask, http_scope, path):
        answer = ask(build(), http_scope(path=path, root_path="/app", query_string=b"a=b"))

        assert (answer.status, answer.headers["location"]) == (307, "/app/users/ada?a=b")

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/app/nowhere", 404), ("DELETE", "/app/", 405), ("OPTIONS", "/app/", 200)],
        ids=["404", "405", "options"],
    )
    def test_what_no_route_answers_is_answered(self, ask, http_scope, method, path, status):
        assert ask(build(), http_scope(method, path, root_path="/app")).status == status

    def test_the_prefix_of_one_request_does_not_reach_the_next(self, talk, http_scope):
        api = build()
        bodies = []

        async def two(scope, receive, send):
            async def note(message):
                if message["type"] == "http.response.body":
                    bodies.append(message["body"])

            await api(http_scope(path="/app/", root_path="/app"), receive, note)
            await api(http_scope(path="/"), receive, note)

        talk(two, {})

        assert bodies == [b"/app/users/%C3%A4%20b", b"/users/%C3%A4%20b"]

    def test_a_failing_view_forgets_the_prefix_too(self, talk, http_scope):
        api = build()
        api.add_route("/fail", lambda req, resp: 1 / 0)
        seen = []

        async def look(scope, receive, send):
            with contextlib.suppress(ZeroDivisionError):
                await api(
                    http_scope(
                        path="/app/fail",
                        root_path="/app",
                        **{"responder.raise_exceptions": True},
                    ),
                    receive,
                    send,
                )
            seen.append(api.url_for("user", name="x"))

        talk(look, {})

        assert seen == ["/users/x"]

    def test_outside_a_request_there_is_no_prefix(self):
        assert build().url_for("user", name="x") == "/users/x"


class TestMountedInStarlette:
    @pytest.mark.parametrize(
        "prefixes", [["/app"], ["/a", "/b"], ["/ä b"]], ids=["once", "nested", "encoded"]
    )
    def test_it_serves_links_and_redirects_below_the_mount(self, ask, http_scope, prefixes):
        app = build()
        for prefix in reversed(prefixes):
            app = Starlette(routes=[Mount(prefix, app=app)])
        prefix = "".join(prefixes)
        quoted = prefix.replace("ä b", "%C3%A4%20b")

        page = ask(app, http_scope(path=f"{prefix}/users/ada"))
        redirect = ask(app, http_scope(path=f"{prefix}/users/ada/"))
        missing = ask(app, http_scope(path=f"{prefix}/nowhere"))

        assert page.body.decode() == f"GET ada {quoted}/users/x"
        assert (redirect.status, redirect.headers["location"]) == (307, f"{quoted}/users/ada")
        assert (missing.status, missing.headers["content-type"]) == (404, PROBLEM)


class TestRegistrationAfterTheFirstRequest:
    def test_a_route_is_served(self, client_factory):
        api = API()
        client = client_factory(api)
        before = client.get("/late")

        api.add_route("/late", lambda req, resp: "served")

        assert (before.status_code, client.get("/late").text) == (404, "served")

    def test_hooks_and_wrappers_run(self, client_factory):
        api = API()
        log = []
        api.add_route("/", lambda req, resp: log.append("view"))
        client = client_factory(api)
        client.get("/")

        def wrap(route, exchange):
            async def around(req, resp):
                log.append("around")
                await exchange(req, resp)

            return around

        api.around("user", wrap)
        api.add_hook(lambda req, resp: log.append("before"))
        api.add_hook(lambda req, resp: log.append("after"), after=True)
        client.get("/")

        assert log == ["view", "around", "before", "view", "after"]

    def test_a_view_may_register_a_route(self, client_factory):
        api = API()

        @api.route("/plug-in")
        def load(req, resp):
            api.add_route("/plugged", lambda req, resp: "in")

        client = client_factory(api)
        client.get("/plug-in")

        assert client.get("/plugged").text == "in"

    def test_a_start_up_handler_may_register_a_route(self, client_factory):
        api = API()

        @api.on_event("startup")
        def load():
            api.add_route("/plugged", lambda req, resp: "in")

        with client_factory(api) as client:
            assert client.get("/plugged").text == "in"

    def test_a_convertor_is_known_to_later_routes(self, client_factory):
        class Even:
            regex = "[0-9]+"

            def convert(self, value):
                if int(value) % 2:
                    raise ValueError(value)
                return int(value)

            def to_string(self, value):
                return str(value)

        api = API()
        client = client_factory(api)
        client.get("/")
        api.add_convertor("even", Even())
        api.add_route("/{number:even}", lambda req, resp, *, number: number)

        assert client.get("/4").json() == 4
        assert client.get("/3").status_code == 404
