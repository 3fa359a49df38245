"""The API: conflicts, url_for, convertors, state, wrappers, and the client at hand."""

from __future__ import annotations

import functools
import inspect

import pytest

from responder_core import API, Extension, RouteConflictError, RouteNotFoundError, Router
from responder_core.testing import BASE_URL


def first(req, resp, **params):
    return "first"


def second(req, resp, **params):
    return "second"


class TestConflicts:
    @pytest.mark.parametrize(
        ("one", "two", "options_one", "options_two", "method"),
        [
            pytest.param("/a", "/a", {}, {}, "DELETE", id="all-methods"),
            pytest.param("/a", "/a", {"methods": ["GET"]}, {"methods": ["get"]}, "GET", id="get"),
            pytest.param("/a", "/a", {}, {"methods": ["POST"]}, "POST", id="one-of-all"),
            pytest.param(
                "/a", "/a", {"methods": ["GET", "HEAD"]}, {"methods": ["HEAD"]}, "HEAD", id="head"
            ),
            pytest.param("/{a}", "/{b}", {}, {}, "DELETE", id="other-name"),
            pytest.param("/{a}", "/{b:str}", {}, {}, "DELETE", id="other-spelling"),
            pytest.param("/{a:int}/x", "/{b:int}/x", {}, {}, "DELETE", id="typed"),
            pytest.param("/{a}.json", "/{b}.json", {}, {}, "DELETE", id="mixed"),
        ],
    )
    def test_two_routes_that_overlap_are_refused_and_both_are_named(
        self, one, two, options_one, options_two, method
    ):
        api = API()
        api.add_route(one, first, **options_one)

        with pytest.raises(RouteConflictError) as caught:
            api.add_route(two, second, **options_two)

        message = str(caught.value)
        assert message.startswith(f"{method} {two} is answered twice")
        assert f"first' (test_api.py:{first.__code__.co_firstlineno})" in message
        assert f"second' (test_api.py:{second.__code__.co_firstlineno})" in message
        assert repr(one) in message
        assert [route.endpoint for route in api.routes] == [first]

    def test_a_refused_route_leaves_no_trace(self, client_factory):
        api = API()
        api.add_route("/a", first, methods=["GET"])
        with pytest.raises(RouteConflictError):
            api.add_route("/a", second, methods=["POST", "GET"])

        api.add_route("/a", second, methods=["POST"])
        client = client_factory(api)

        assert (client.get("/a").text, client.post("/a").text) == ("first", "second")

    @pytest.mark.parametrize(
        ("one", "two", "options_one", "options_two"),
        [
            pytest.param("/a", "/a", {"methods": ["GET"]}, {"methods": ["POST"]}, id="methods"),
            pytest.param("/a", "/a", {}, {"methods": ["OPTIONS"]}, id="options"),
            pytest.param("/a", "/a", {"methods": ["GET"]}, {"methods": ["HEAD"]}, id="head"),
            pytest.param("/a", "/a/", {}, {}, id="slash"),
            pytest.param("/{a}", "/{a:int}", {}, {}, id="types"),
            pytest.param("/{a}", "/a", {}, {}, id="text"),
            pytest.param("/{a}", "/{a:path}", {}, {}, id="path"),
        ],
    )
    def test_routes_that_can_be_told_apart_are_taken(self, one, two, options_one, options_two):
        api = API()
        api.add_route(one, first, **options_one)
        api.add_route(two, second, **options_two)

        assert len(api.routes) == 2

    def test_the_view_may_be_a_class_or_an_object(self):
        class View:
            def on_get(self, req, resp): ...

        class Instance:
            def __call__(self, req, resp): ...

        api = API()
        api.add_route("/", View)

        with pytest.raises(RouteConflictError, match=r"by '.*View', .* now by '.*Instance'"):
            api.add_route("/", Instance())


class TestUrlFor:
    @pytest.fixture
    def api(self):
        api = API()
        api.add_route("/users/{id:int}", first, name="user")
        api.add_route("/files/{name}/{rest:path}", second)
        return api

    @pytest.mark.parametrize("target", [first, "first", "user"], ids=["view", "function", "name"])
    def test_by_view_by_its_name_and_by_the_routes_name(self, api, target):
        assert api.url_for(target, id=7) == "/users/7"

    def test_values_are_percent_encoded(self, api):
        assert api.url_for(second, name="ä b?", rest="c d/e#f") == (
            "/files/%C3%A4%20b%3F/c%20d/e%23f"
        )

    def test_parameters_that_the_path_has_not_are_passed_over(self, api):
        assert api.url_for("user", id=7, page=2) == "/users/7"

    def test_a_parameter_may_be_called_endpoint(self):
        api = API()
        api.add_route("/{endpoint}/{self}", first)

        assert api.url_for(first, endpoint="a", self="b") == "/a/b"

    @pytest.mark.parametrize("target", ["nobody", "", 7], ids=str)
    def test_what_has_no_route_is_an_error(self, api, target):
        with pytest.raises(RouteNotFoundError, match="no route is named"):
            api.url_for(target)

    def test_the_error_names_the_view(self, api):
        def unregistered(req, resp): ...

        with pytest.raises(RouteNotFoundError, match=r"unregistered' \(test_api\.py:\d+\)"):
            api.url_for(unregistered)

    def test_a_missing_parameter_is_an_error(self, api):
        with pytest.raises(KeyError, match=r"'/users/\{id:int\}' needs a value for 'id'"):
            api.url_for("user")

    @pytest.mark.parametrize("value", [-1, "seven", None], ids=str)
    def test_a_value_that_does_not_fit_is_an_error(self, api, value):
        with pytest.raises((ValueError, TypeError)):
            api.url_for("user", id=value)

    def test_where_several_fit_the_first_that_has_all_it_needs_is_taken(self):
        api = API()
        api.add_route("/{year:int}/{month:int}", first)
        api.add_route("/{year:int}", first)

        assert api.url_for(first, year=2024) == "/2024"
        assert api.url_for(first, year=2024, month=5) == "/2024/5"

    def test_methods_partials_objects_and_classes_are_found(self):
        class Pages:
            def index(self, req, resp): ...

            def on_get(self, req, resp): ...

            def __call__(self, req, resp): ...

        pages, partial = Pages(), functools.partial(first)
        api = API()
        for number, endpoint in enumerate([pages.index, pages, Pages, partial]):
            api.add_route(f"/{number}", endpoint)

        assert [api.url_for(item) for item in (pages.index, pages, Pages, partial)] == [
            "/0",
            "/1",
            "/2",
            "/3",
        ]

    def test_of_a_socket(self):
        async def chat(ws, *, room): ...

        api = API()
        api.add_route("/chat/{room}", chat, websocket=True)

        assert api.url_for("chat", room="tea") == "/chat/tea"


class Slug:
    regex = "[a-z-]+"

    def convert(self, value):
        return value.split("-")

    def to_string(self, value):
        return "-".join(value)


class Watching:
    """What looks at the routes that are made of it."""

    def __init__(self):
        self.seen = []

    def bind_route(self, route, api):
        if "no" in route.path:
            raise ValueError(route.path)
        self.seen.append((route.path, api))


class View(Watching):
    async def __call__(self, req, resp): ...


class Socket(Watching):
    async def __call__(self, ws): ...


class TestViewsThatAreObjects:
    def test_they_look_at_their_routes(self):
        api, view, socket = API(), View(), Socket()
        api.add_route("/a", view)
        api.group("/b").add_route("/ws", socket, websocket=True)

        assert (view.seen, socket.seen) == ([("/a", api)], [("/b/ws", api)])

    def test_and_may_refuse_one(self):
        api, router = API(), Router("/no")
        router.add_route("/a", View())

        with pytest.raises(ValueError, match="/no/a"):
            api.include_router(router)

        assert api.routes == ()


class TestConvertors:
    def test_one_of_the_programs_own_reads_and_writes(self, client_factory):
        api = API()
        api.add_convertor("slug", Slug())
        api.add_route("/posts/{words:slug}", lambda req, resp, *, words: words, name="post")
        client = client_factory(api)

        assert client.get("/posts/a-b").json() == ["a", "b"]
        assert client.get("/posts/A").status_code == 404
        assert api.url_for("post", words=["a", "b"]) == "/posts/a-b"

    def test_it_belongs_to_one_app(self):
        API().add_convertor("slug", Slug())

        with pytest.raises(ValueError, match="unknown convertor 'slug'"):
            API().add_route("/{words:slug}", first)

    @pytest.mark.parametrize("name", ["int", "path", "slug"])
    def test_a_name_that_is_taken_is_refused(self, name):
        api = API()
        api.add_convertor("slug", Slug())

        with pytest.raises(ValueError, match=f"there is a convertor '{name}' already"):
            api.add_convertor(name, Slug())


class TestState:
    def test_it_is_a_bag_that_views_reach_by_the_request(self, client_factory):
        api = API()
        api.state.greeting = "hello"
        api.add_route("/", lambda req, resp: req.api.state.greeting)

        assert client_factory(api).get("/").text == "hello"

    def test_each_app_has_its_own(self):
        one, two = API(), API()
        one.state.x = 1

        assert not hasattr(two.state, "x")


def test_everything_is_a_keyword():
    with pytest.raises(TypeError, match="positional"):
        API(True)


def test_an_unknown_keyword_is_refused():
    with pytest.raises(TypeError, match="debgu"):
        API(debgu=True)


@pytest.mark.parametrize("tier", ["limits", "", None], ids=str)
def test_an_unknown_tier_is_refused(tier):
    with pytest.raises(
        ValueError, match=r"there is no tier .*; the tiers are limit, session, csrf"
    ):
        API().around(tier, lambda route, exchange: exchange)


@pytest.mark.parametrize("wrap", [None, "wrap"], ids=str)
def test_a_wrapper_that_is_no_function_is_refused(wrap):
    """Otherwise every request would fail, and none would say why."""
    with pytest.raises(TypeError):
        API().around("user", wrap)


def test_redirect_is_that_of_the_response(client_factory):
    api = API()

    @api.route("/")
    def view(req, resp):
        api.redirect(resp, "/elsewhere", permanent=True)

    answer = client_factory(api).get("/")

    assert (answer.status_code, answer.headers["Location"]) == (308, "/elsewhere")


def test_a_server_sees_that_an_api_is_asgi_3():
    """uvicorn and Starlette ask whether __call__ is a coroutine function."""
    from starlette._utils import is_async_callable

    assert is_async_callable(API())
    assert API.__call__.__name__ == "__call__"
    assert not inspect.iscoroutinefunction(API.add_route)


class TestClient:
    def test_requests_is_one_client(self):
        api = API()
        api.add_route("/", lambda req, resp: str(req.headers["host"]))

        assert api.requests is api.requests
        assert api.requests.get("/").text == ";"
        assert str(api.requests.base_url) == BASE_URL

    def test_test_client_is_a_new_one_each_time(self):
        api = API()
        api.add_route("/", lambda req, resp: req.full_url)

        client = api.test_client("https://example.org")

        assert client is not api.test_client()
        assert client.get("/?a=b").text == "https://example.org/?a=b"

    def test_options_reach_the_client(self):
        api = API()
        api.add_route("/", lambda req, resp: req.headers["x-tag"])

        assert api.test_client(headers={"X-Tag": "blue"}).get("/").text == "blue"


class TestRun:
    @pytest.fixture
    def served(self, monkeypatch):
        calls = []
        monkeypatch.setattr(
            "responder_core.serving.server.serve",
            lambda app, **options: calls.append((app, options)),
        )
        return calls

    @pytest.mark.parametrize("name", ["run", "serve"])
    def test_it_serves_the_app_with_what_it_was_given(self, served, name):
        api = API()

        getattr(api, name)(address="::1", port=80, workers=2)

        assert served == [
            (
                api,
                {
                    "address": "::1",
                    "port": 80,
                    "debug": False,
                    "server": "uvicorn",
                    "workers": 2,
                    "interface": "auto",
                },
            )
        ]

    @pytest.mark.parametrize("name", ["run", "serve"])
    @pytest.mark.parametrize(
        ("app", "call"), [(True, False), (False, True), (True, True)], ids=["app", "call", "both"]
    )
    def test_debug_of_the_app_or_of_the_call_counts(self, served, name, app, call):
        getattr(API(debug=app), name)(debug=call)

        assert served[0][1] == {
            "address": None,
            "port": None,
            "debug": True,
            "server": "uvicorn",
            "workers": None,
            "interface": "auto",
        }


def test_url_for_takes_the_route_that_uses_most_of_the_values():
    api = API()

    def posts(req, resp, *, page=1): ...

    api.add_route("/posts", posts)
    api.add_route("/posts/page/{page:int}", posts)

    assert api.url_for("posts") == "/posts"
    assert api.url_for("posts", page=3) == "/posts/page/3"


def test_methods_none_is_as_if_they_were_left_out():
    api = API()
    api.add_route("/", lambda req, resp: "text", methods=None)

    assert api.requests.put("/").text == "text"


def test_debug_can_be_switched_later():
    api = API()
    api.add_route("/", lambda req, resp: 1 / 0)
    client = api.test_client(raise_server_exceptions=False)

    quiet = client.get("/").json()
    api.debug = True
    talkative = client.get("/").json()

    assert api.debug
    assert "exception" not in quiet
    assert "ZeroDivisionError" in talkative["exception"]


@pytest.mark.parametrize("lifespan", [5, lambda: None], ids=["no-function", "no-parameter"])
def test_a_lifespan_that_cannot_be_called_is_refused(lifespan):
    with pytest.raises(TypeError, match="lifespan= is a function of"):
        API(lifespan=lifespan)


def test_the_class_of_an_extension_is_refused_where_the_extension_belongs():
    with pytest.raises(TypeError, match="extensions= takes Extension objects"):
        API(extensions=[Extension])


def test_a_registration_while_the_app_is_assembled_is_found_by_the_next_request():
    api = API()
    api.add_route("/", lambda req, resp: "text")

    def wrap(route, exchange):
        if not any(each.path == "/late" for each in api.routes):
            api.add_route("/late", lambda req, resp: "late")
        return exchange

    api.around("user", wrap)

    assert api.requests.get("/").text == "text"
    assert api.requests.get("/late").text == "late"
