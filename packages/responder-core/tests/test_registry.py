"""The registry: what a program registered on an API, kept until the app is built."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from responder_core.convertors import BUILT_IN
from responder_core.errors import RouteConflictError, RouteNotFoundError
from responder_core.paths import PathTemplate, parse_template
from responder_core.registry import TIERS, Registry
from responder_core.route import Route, WebSocketRoute


def make_view(*parameters):
    """A view that takes these path parameters."""
    source = f"def view(req, resp, *, {', '.join(parameters)}): ..."
    names = {}
    exec(source if parameters else "def view(req, resp): ...", names)
    return names["view"]


def make_route(path, endpoint=None, types=BUILT_IN, **options):
    template = parse_template(path, types)
    endpoint = endpoint or make_view(*(item.name for item in template.parameters))
    return Route(template, endpoint, **options)


async def talk_to(ws): ...


def make_socket(path, **options):
    return WebSocketRoute(parse_template(path, BUILT_IN), talk_to, **options)


class Slug:
    regex = "[a-z]+"

    def convert(self, value):
        return value

    def to_string(self, value):
        return value


class TestRoutes:
    def test_a_new_one_is_empty(self):
        registry = Registry()

        assert registry.routes == []
        assert registry.before == []
        assert registry.after == []
        assert registry.arounds == []
        assert registry.types == BUILT_IN

    def test_routes_are_kept_in_order(self):
        registry = Registry()
        routes = [make_route("/b"), make_socket("/a"), make_route("/{c}")]

        for route in routes:
            registry.add_route(route)

        assert registry.routes == routes

    @pytest.mark.parametrize(
        ("one", "other", "methods", "method"),
        [
            pytest.param("/a", "/a", (None, None), "DELETE", id="same"),
            pytest.param("/a", "/a", (["GET"], ["GET"]), "GET", id="same-method"),
            pytest.param("/a", "/a", (["GET", "PUT"], ["POST", "PUT"]), "PUT", id="one-of-two"),
            pytest.param("/{a}", "/{b}", (["GET"], ["GET"]), "GET", id="other-name"),
            pytest.param("/{a}", "/{a:str}", (["GET"], ["GET"]), "GET", id="type-in-full"),
            pytest.param("/{a}.x", "/{b}.x", (["GET"], ["GET"]), "GET", id="text-and-parameter"),
            pytest.param("/{a:path}", "/{b:path}", (["GET"], ["GET"]), "GET", id="path"),
        ],
    )
    def test_two_that_answer_alike_are_refused(self, one, other, methods, method):
        registry = Registry()
        registry.add_route(make_route(one, methods=methods[0]))
        late = make_route(other, methods=methods[1])

        with pytest.raises(RouteConflictError, match=f"{method} .* is answered twice") as raised:
            registry.add_route(late)

        assert f"registered as {one!r}" in str(raised.value)
        assert "give one of them another path or other methods" in str(raised.value)
        assert len(registry.routes) == 1

    @pytest.mark.parametrize(
        ("one", "other", "methods"),
        [
            pytest.param("/a", "/a", (["GET"], ["POST"]), id="other-method"),
            pytest.param("/a", "/a/", (None, None), id="final-slash"),
            pytest.param("/a", "/A", (None, None), id="case"),
            pytest.param("/a", "/{a}", (None, None), id="literal-and-parameter"),
            pytest.param("/{a}", "/{a:int}", (None, None), id="other-type"),
            pytest.param("/{a}", "/{a:path}", (None, None), id="str-and-path"),
            pytest.param("/{a}.x", "/{a}.y", (None, None), id="other-text"),
            pytest.param("/a", "/a", (["GET"], ["HEAD"]), id="head-of-its-own"),
        ],
    )
    @pytest.mark.parametrize("turn", [1, -1], ids=["forwards", "backwards"])
    def test_two_that_can_be_told_apart_are_kept(self, one, other, methods, turn):
        registry = Registry()
        routes = [make_route(one, methods=methods[0]), make_route(other, methods=methods[1])]

        for route in routes[::turn]:
            registry.add_route(route)

        assert registry.routes == routes[::turn]

    def test_a_head_that_follows_from_get_gives_way_to_one_of_its_own(self):
        registry = Registry()
        get, head = make_route("/", methods=["GET"]), make_route("/", methods=["HEAD"])
        registry.add_route(get)
        assert registry.serves(get, "HEAD")

        registry.add_route(head)

        assert not registry.serves(get, "HEAD")
        assert registry.serves(get, "GET")
        assert registry.serves(head, "HEAD")

    def test_threads_that_add_the_same_route_conflict_as_well(self, monkeypatch):
        """Each look at the path lets the others have their turn."""
        look = PathTemplate.key.fget

        def look_slowly(template):
            time.sleep(0)
            return look(template)

        monkeypatch.setattr(PathTemplate, "key", property(look_slowly))
        registry, barrier = Registry(), Barrier(4)

        def add(_):
            route = make_route("/")
            barrier.wait()
            try:
                registry.add_route(route)
            except RouteConflictError:
                return "refused"
            return "added"

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(add, range(4))) == ["added", "refused", "refused", "refused"]

        assert len(registry.routes) == 1

    def test_two_heads_of_their_own_are_refused(self):
        registry = Registry()
        registry.add_route(make_route("/", methods=["GET", "HEAD"]))

        with pytest.raises(RouteConflictError, match="HEAD / is answered twice"):
            registry.add_route(make_route("/", methods=["HEAD"]))

    def test_two_sockets_are_refused_and_a_view_beside_one_is_kept(self):
        registry = Registry()
        registry.add_route(make_socket("/{a}"))
        registry.add_route(make_route("/{a}"))

        with pytest.raises(RouteConflictError, match=r"WebSocket /\{b\} is answered twice"):
            registry.add_route(make_socket("/{b}"))

    def test_a_refused_one_claims_nothing(self):
        """Of its methods another may still be registered: it was refused as a whole."""
        registry = Registry()
        registry.add_route(make_route("/", methods=["PUT"]))
        with pytest.raises(RouteConflictError):
            registry.add_route(make_route("/", methods=["DELETE", "PUT"]))

        registry.add_route(make_route("/", methods=["DELETE"]))

        assert len(registry.routes) == 2

    def test_to_check_is_not_to_keep(self):
        registry = Registry()
        route = make_route("/")

        registry.check(route)
        registry.check(route)

        assert registry.routes == []


class TestConvertors:
    def test_a_word_is_made_known(self):
        registry = Registry()

        registry.add_convertor("slug", Slug())

        assert parse_template("/{a:slug}", registry.types).parameters[0].type.parse("a") == "a"

    @pytest.mark.parametrize("name", ["str", "int", "float", "uuid", "path", "slug"])
    def test_a_word_that_is_known_is_refused(self, name):
        registry = Registry()
        registry.add_convertor("slug", Slug())
        before = registry.types[name]

        with pytest.raises(ValueError, match=f"there is a convertor '{name}' already"):
            registry.add_convertor(name, Slug())

        assert registry.types[name] is before

    def test_one_that_cannot_work_leaves_no_trace(self):
        registry = Registry()

        with pytest.raises(TypeError):
            registry.add_convertor("slug", object())

        assert "slug" not in registry.types

    def test_each_registry_has_its_own(self):
        Registry().add_convertor("slug", Slug())

        assert "slug" not in Registry().types
        assert "slug" not in BUILT_IN

    def test_templates_of_two_types_do_not_conflict(self):
        registry = Registry()
        registry.add_convertor("slug", Slug())
        registry.add_convertor("other", Slug())

        registry.add_route(make_route("/{a:slug}", types=registry.types))
        registry.add_route(make_route("/{a:other}", types=registry.types))

        assert len(registry.routes) == 2


def wrapper():
    return lambda route, exchange: exchange


class TestArounds:
    def test_the_tiers_are_named_from_the_outside_in(self):
        assert TIERS == ("limit", "session", "csrf", "user")

    @pytest.mark.parametrize("order", [*itertools.permutations(TIERS)][::5], ids="-".join)
    def test_they_stand_in_the_order_of_the_tiers(self, order):
        registry = Registry()
        wraps = {tier: [wrapper(), wrapper()] for tier in TIERS}

        for position in range(2):
            for tier in order:
                registry.add_around(tier, wraps[tier][position])

        assert registry.arounds == [wrap for tier in TIERS for wrap in wraps[tier]]

    @pytest.mark.parametrize("tier", ["", "User", "cors", None], ids=repr)
    def test_an_unknown_tier_is_refused(self, tier):
        registry = Registry()

        with pytest.raises(ValueError, match=f"there is no tier {tier!r}; the tiers are limit"):
            registry.add_around(tier, wrapper())

        assert registry.arounds == []

    @pytest.mark.parametrize("wrap", [None, "wrap", 5], ids=repr)
    def test_what_cannot_be_called_is_refused(self, wrap):
        registry = Registry()

        with pytest.raises(TypeError, match="a wrapper is a function of"):
            registry.add_around("user", wrap)

        assert registry.arounds == []


class TestFindRoute:
    def test_it_is_found_by_view_by_its_name_and_by_the_routes_name(self):
        registry = Registry()
        route = make_route("/{a}", name="page")
        registry.add_route(make_route("/other", name="other", endpoint=lambda req, resp: None))
        registry.add_route(route)

        assert registry.find_route(route.endpoint, {"a": 1}) is route
        assert registry.find_route("page", {"a": 1}) is route
        assert registry.find_route("view", {"a": 1}) is route

    def test_a_class_and_its_instance_are_two_things(self):
        class Page:
            def on_get(self, req, resp): ...

        class Callable:
            def __call__(self, req, resp): ...

        registry = Registry()
        instance = Callable()
        routes = [make_route("/page", Page), make_route("/callable", instance)]
        for route in routes:
            registry.add_route(route)

        assert registry.find_route(Page, {}) is routes[0]
        assert registry.find_route("Page", {}) is routes[0]
        assert registry.find_route(instance, {}) is routes[1]
        assert registry.find_route("Callable", {}) is routes[1]
        with pytest.raises(RouteNotFoundError):
            registry.find_route(Callable(), {})

    @pytest.mark.parametrize(
        ("values", "path"),
        [
            pytest.param({}, "/users", id="none"),
            pytest.param({"id": 1}, "/users/{id}", id="one"),
            pytest.param({"id": 1, "page": 2}, "/users/{id}/{page}", id="both"),
            pytest.param({"page": 2}, "/users", id="the-other-alone"),
            pytest.param({"id": 1, "x": 2}, "/users/{id}", id="one-that-no-path-has"),
        ],
    )
    @pytest.mark.parametrize("turn", [1, -1], ids=["forwards", "backwards"])
    def test_of_several_the_one_that_uses_most_values_is_found(self, values, path, turn):
        registry = Registry()

        def view(req, resp, *, id=None, page=None): ...

        for text in ["/users", "/users/{id}", "/users/{id}/{page}"][::turn]:
            registry.add_route(make_route(text, view))

        assert registry.find_route("view", values).path == path

    def test_of_two_that_use_as_many_the_first_is_found(self):
        registry = Registry()
        for path in ("/b/{a}", "/a/{a}"):
            registry.add_route(make_route(path))

        assert registry.find_route("view", {"a": 1}).path == "/b/{a}"

    def test_where_none_is_complete_the_first_is_found_and_tells_what_is_missing(self):
        registry = Registry()
        for path in ("/{a}", "/{a}/{b}"):
            registry.add_route(make_route(path))

        route = registry.find_route("view", {})

        assert route.path == "/{a}"
        with pytest.raises(KeyError, match="needs a value for 'a'"):
            route.url({})

    def test_a_socket_is_found(self):
        registry = Registry()
        socket = make_socket("/{room}", name="room")
        registry.add_route(socket)

        assert registry.find_route("room", {"room": 1}) is socket
        assert registry.find_route(talk_to, {"room": 1}) is socket

    def test_what_has_no_route_is_told_by_name(self):
        registry = Registry()

        with pytest.raises(RouteNotFoundError, match="no route is named 'home'; register it"):
            registry.find_route("home", {})
        with pytest.raises(RouteNotFoundError, match=r"talk_to' \(test_registry\.py:\d+\)"):
            registry.find_route(talk_to, {})
