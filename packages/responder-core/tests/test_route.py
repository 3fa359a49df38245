"""Routes: what they know of themselves, and what extensions leave on them."""

from __future__ import annotations

import functools

import pytest

from responder_core import API, Limits, Route, ViewError, WebSocketRoute
from responder_core.extension import SocketOptions


def index(req, resp): ...


class Index:
    def on_get(self, req, resp): ...


class Probe:
    def on_get(self, req, resp): ...

    def on_head(self, req, resp): ...


class Callable:
    def __call__(self, req, resp): ...


async def chat(ws): ...


def make_route(path="/", endpoint=index, **options):
    """The route that registering an endpoint makes."""
    api = API()
    api.add_route(path, endpoint, **options)
    return api.routes[0]


@pytest.mark.parametrize(
    ("endpoint", "options", "name"),
    [
        pytest.param(index, {}, "index", id="function"),
        pytest.param(Index, {}, "Index", id="class"),
        pytest.param(Callable(), {}, "Callable", id="object"),
        pytest.param(functools.partial(index), {}, "partial", id="partial"),
        pytest.param(index, {"name": "home"}, "home", id="given"),
    ],
)
def test_a_route_is_named_as_its_endpoint_unless_given_a_name(endpoint, options, name):
    assert make_route(endpoint=endpoint, **options).name == name


@pytest.mark.parametrize(
    ("endpoint", "options", "methods"),
    [
        pytest.param(index, {}, "DELETE GET HEAD PATCH POST PUT", id="standard"),
        pytest.param(index, {"methods": ["get"]}, "GET HEAD", id="get"),
        pytest.param(index, {"methods": ["POST"]}, "POST", id="post"),
        pytest.param(Index, {}, "GET HEAD", id="class"),
    ],
)
def test_head_is_there_wherever_get_is(endpoint, options, methods):
    assert make_route(endpoint=endpoint, **options).methods == tuple(methods.split())


@pytest.mark.parametrize(
    ("endpoint", "options", "claims"),
    [
        pytest.param(index, {}, "DELETE GET PATCH POST PUT", id="standard"),
        pytest.param(index, {"methods": ["GET"]}, "GET", id="follows"),
        pytest.param(index, {"methods": ["GET", "head"]}, "GET HEAD", id="named"),
        pytest.param(index, {"methods": ["HEAD"]}, "HEAD", id="alone"),
        pytest.param(Index, {}, "GET", id="class"),
        pytest.param(Probe, {}, "GET HEAD", id="class-with-on_head"),
    ],
)
def test_a_route_claims_all_but_a_head_that_follows_from_get(endpoint, options, claims):
    assert make_route(endpoint=endpoint, **options).claims == set(claims.split())


def test_a_route_says_what_it_is():
    assert repr(make_route("/users/{id:int}", lambda req, resp, *, id: None, name="user")) == (
        "<Route DELETE GET HEAD PATCH POST PUT '/users/{id:int}' user>"
    )


def test_a_route_keeps_what_it_was_registered_with():
    route = make_route("/home", index, name="home", sync_to_thread=False)

    assert (route.path, route.endpoint, route.sync_to_thread) == ("/home", index, False)


def test_the_url_of_a_route_is_percent_encoded():
    route = make_route("/users/{name}", lambda req, resp, *, name: None)

    assert route.url({"name": "ä b"}) == "/users/%C3%A4%20b"


def test_a_route_has_no_room_for_what_does_not_belong_there():
    with pytest.raises(AttributeError):
        make_route().limit = 3


class TestFacts:
    def test_the_first_fact_of_a_type_is_found(self):
        route = make_route()
        route.facts += [1, "first", "second"]

        assert route.fact(str) == "first"

    def test_a_fact_is_found_by_a_base_class(self):
        route = make_route()
        error = KeyError("x")
        route.facts.append(error)

        assert route.fact(LookupError) is error

    def test_a_fact_that_is_not_there_is_none(self):
        assert make_route().fact(str) is None

    def test_one_view_on_two_paths_has_facts_of_each(self, client_factory):
        """What is said of one path must never reach the other: an open one stays open."""
        api = API()
        seen = []

        @api.route("/open")
        @api.route("/guarded")
        def view(req, resp):
            seen.append(req.route.fact(str))

        guarded, opened = api.routes
        guarded.facts.append("guarded")
        client = client_factory(api)
        client.get("/guarded")
        client.get("/open")

        assert (guarded.path, opened.path) == ("/guarded", "/open")
        assert seen == ["guarded", None]


def test_the_request_knows_its_route(client_factory):
    api = API()
    seen = []
    api.add_route("/users/{id}", lambda req, resp, *, id: seen.append(req.route))

    client_factory(api).get("/users/7")

    assert seen == list(api.routes)
    assert isinstance(seen[0], Route)


class TestLimits:
    def test_they_are_those_of_the_app_unless_given(self):
        api = API(max_request_size=10, limits=Limits(depth=3))
        api.add_route("/", index)

        assert (api.routes[0].max_request_size, api.routes[0].limits) == (10, Limits(depth=3))

    @pytest.mark.parametrize("size", [0, 7, None])
    def test_they_may_be_its_own(self, size):
        route = make_route(max_request_size=size, limits=Limits(depth=3))

        assert (route.max_request_size, route.limits) == (size, Limits(depth=3))

    @pytest.mark.parametrize("size", [-1, "10", 1.5, True])
    def test_a_size_is_a_number_of_bytes(self, size):
        with pytest.raises(ValueError, match=r"max_request_size= is a number of bytes"):
            make_route(max_request_size=size)

    @pytest.mark.parametrize("limits", [100, {"depth": 3}, Limits])
    def test_limits_are_an_object(self, limits):
        with pytest.raises(TypeError, match=r"route\('/'\): limits= takes Limits\(\.\.\.\), not"):
            make_route(limits=limits)

    def test_a_route_made_by_hand_has_the_standard_ones(self):
        template = make_route().template

        assert Route(template, index).limits == Limits()
        assert Route(template, index).max_request_size is None

    def test_a_route_of_websockets_takes_none(self):
        with pytest.raises(TypeError, match=r"a WebSocket route takes .*name"):
            make_route("/chat", chat, websocket=True, max_request_size=10)


class TestWebSocketRoute:
    def test_type_checkers_know_the_keywords_that_it_takes(self):
        with pytest.raises(TypeError) as caught:
            make_route("/chat", chat, websocket=True, max_request_size=10)

        known = str(caught.value).partition(" takes ")[2].partition(", not ")[0]
        assert set(known.split(", ")) == SocketOptions.__optional_keys__

    def test_it_is_named_as_its_endpoint_unless_given_a_name(self):
        assert make_route("/chat", chat, websocket=True).name == "chat"
        assert make_route("/chat", chat, websocket=True, name="talk").name == "talk"

    def test_it_says_what_it_is(self):
        route = make_route("/chat", chat, websocket=True)

        assert isinstance(route, WebSocketRoute)
        assert repr(route) == "<WebSocketRoute '/chat' chat>"

    def test_its_url_is_percent_encoded(self):
        async def room(ws, *, name): ...

        assert (
            make_route("/chat/{name}", room, websocket=True).url({"name": "a b"}) == "/chat/a%20b"
        )

    @pytest.mark.parametrize(
        ("endpoint", "message"),
        [
            pytest.param(index, r"index' .* must be async; write async def view\(ws\)", id="sync"),
            pytest.param(7, "must be async", id="number"),
            pytest.param(Index, "must be async", id="class"),
        ],
    )
    def test_a_view_that_is_not_async_is_refused(self, endpoint, message):
        with pytest.raises(ViewError, match=message):
            make_route("/chat", endpoint, websocket=True)

    def test_a_view_with_the_wrong_parameters_is_refused(self):
        async def view(ws, *, room): ...

        with pytest.raises(ViewError, match=r"WebSocket view .*'room' comes from nowhere"):
            make_route("/chat", view, websocket=True)
