"""Extensions: installed once, shown every route with their keywords, refused when they clash."""

from __future__ import annotations

from typing import TypedDict

import pytest

from responder_core import API, Extension, Request, Response, RouteOptions, Router


class Audience(TypedDict, total=False):
    audience: str


class Limits(TypedDict, total=False):
    rate_limit: str
    burst: int


class StrictLimits(Limits):
    """As Limits; what it adds must be given."""

    window: int


class Audiences(Extension[Audience]):
    options = Audience

    def bind(self, route, options):
        route.facts.append(("audience", options))


class RateLimits(Extension[StrictLimits]):
    options = StrictLimits

    def bind(self, route, options):
        route.facts.append(("limit", options))


class Watching(Extension):
    """Claims no keyword; notes every call."""

    def __init__(self):
        self.installed = []
        self.bound = []

    def install(self, api):
        self.installed.append(api)

    def bind(self, route, options):
        self.bound.append((route, options))


def view(req, resp):
    return "view"


def test_an_extension_that_does_nothing_changes_nothing(client_factory):
    api = API(extensions=[Extension()])
    api.add_route("/", view)

    assert client_factory(api).get("/").text == "view"


class TestInstall:
    def test_it_runs_once_in_the_order_given(self):
        log = []

        class Named(Extension):
            def __init__(self, name):
                self.name = name

            def install(self, api):
                log.append((self.name, api))

        api = API(extensions=(Named(name) for name in "ab"))
        api.add_route("/", view)
        api.requests.get("/")

        assert log == [("a", api), ("b", api)]

    def test_it_may_add_routes_hooks_wrappers_and_events(self, client_factory):
        log = []

        class Everything(Extension[Audience]):
            options = Audience

            def install(self, api):
                api.add_route("/added", view, audience="all")
                api.add_hook(lambda req, resp: log.append("hook"))
                api.add_event_handler("startup", lambda: log.append("startup"))
                api.add_exception_handler(404, lambda req, resp, exc: "mine")
                api.around("session", self.wrap)

            def wrap(self, route, exchange):
                async def around(req, resp):
                    log.append("around")
                    await exchange(req, resp)

                return around

            def bind(self, route, options):
                route.facts.append(options["audience"])

        api = API(extensions=[Everything()])

        with client_factory(api) as client:
            assert client.get("/added").text == "view"
            assert client.get("/nowhere").text == "mine"

        assert log == ["startup", "around", "hook", "around"]
        assert api.routes[0].fact(str) == "all"


class TestBind:
    def test_it_runs_once_for_each_route_with_and_without_keywords(self):
        watching = Watching()
        api = API(extensions=[watching, Audiences()])
        api.add_route("/a", view, audience="staff", name="a", methods=["GET"])
        api.add_route("/b", view)
        api.requests.get("/a")
        api.requests.get("/b")

        assert watching.installed == [api]
        assert watching.bound == [(api.routes[0], {}), (api.routes[1], {})]

    def test_each_extension_gets_its_own_keywords_alone(self):
        api = API(extensions=[Audiences(), RateLimits()])

        api.add_route("/", view, audience="staff", rate_limit="5/s", window=3, name="x")

        assert api.routes[0].facts == [
            ("audience", {"audience": "staff"}),
            ("limit", {"rate_limit": "5/s", "window": 3}),
        ]

    @pytest.mark.parametrize(
        "register",
        [
            lambda api, **options: api.route("/", **options)(view),
            lambda api, **options: api.get("/", **options)(view),
            lambda api, **options: api.query("/", **options)(view),
            lambda api, **options: api.add_route("/", view, **options),
        ],
        ids=["route", "get", "query", "add_route"],
    )
    def test_keywords_work_with_every_way_to_register(self, register):
        api = API(extensions=[Audiences()])

        register(api, audience="staff")

        assert api.routes[0].facts == [("audience", {"audience": "staff"})]

    def test_one_view_on_two_paths_keeps_the_facts_of_each(self):
        """The keywords of the second path must not rewrite those of the first."""
        api = API(extensions=[Audiences()])
        api.add_route("/admin", view, audience="staff")
        api.add_route("/open", view, audience="all")

        facts = {route.path: dict(route.facts) for route in api.routes}

        assert facts == {
            "/admin": {"audience": {"audience": "staff"}},
            "/open": {"audience": {"audience": "all"}},
        }

    def test_wrappers_see_the_facts(self, client_factory):
        api = API(extensions=[Audiences()])
        seen = []
        api.around("user", lambda route, exchange: seen.append(route and route.facts) or exchange)
        api.add_route("/", view, audience="staff")

        client_factory(api).get("/")

        assert seen == [[("audience", {"audience": "staff"})], None]

    def test_a_route_that_is_refused_is_not_shown(self):
        watching = Watching()
        api = API(extensions=[watching])
        api.add_route("/", view)

        with pytest.raises(ValueError, match="answered twice"):
            api.add_route("/", view)

        assert len(watching.bound) == 1

    def test_a_route_whose_keywords_are_refused_is_not_served(self, client_factory):
        """Without the facts that it asked for, a guarded route would stand open."""

        class Picky(Extension[Audience]):
            options = Audience

            def bind(self, route, options):
                if options.get("audience") not in ("staff", "all"):
                    raise ValueError(options)

        api = API(extensions=[Picky()])

        with pytest.raises(ValueError, match="nobody"):
            api.add_route("/admin", view, audience="nobody")

        assert api.routes == ()
        assert client_factory(api).get("/admin").status_code == 404

        api.add_route("/admin", view, audience="staff")

        assert client_factory(api).get("/admin").text == "view"


class Burst(TypedDict, total=False):
    burst: int


class Rooms(Extension[Limits]):
    """Claims two keywords, one of which means something to WebSockets."""

    options = Limits
    socket_options = Burst

    def bind(self, route, options):
        route.facts.append(options)

    def bind_socket(self, route, options):
        route.facts.append({"socket": options})


class Title(TypedDict, total=False):
    title: str


class Look(Title, total=False):
    color: str


class Titles(Extension[Look]):
    """Claims two keywords, one of which is of one route alone."""

    options = Look
    single_options = Title

    def bind(self, route, options):
        route.facts.append(options)


async def socket(ws):
    await ws.accept()


class TestWebSockets:
    def test_an_extension_is_shown_them_with_what_it_claims_there(self):
        api = API(extensions=[Rooms(), Watching()])

        api.add_route("/ws", socket, websocket=True, burst=3)
        api.websocket_route("/none")(socket)

        assert [route.facts for route in api.routes] == [
            [{"socket": {"burst": 3}}],
            [{"socket": {}}],
        ]

    @pytest.mark.parametrize("extensions", [[Rooms()], [RateLimits()]])
    def test_what_means_nothing_there_is_refused(self, extensions):
        api = API(extensions=extensions)

        message = r"^route\('/ws'\): rate_limit means nothing to a WebSocket$"
        with pytest.raises(TypeError, match=message):
            api.websocket_route("/ws", rate_limit="5/s")(socket)

        assert api.routes == ()


class TestRouters:
    def test_their_keywords_are_those_of_their_routes(self):
        api = API(extensions=[Rooms()])
        router = Router("/a", burst=1, rate_limit="1/s")
        router.get("/one")(view)
        router.get("/two", burst=2)(view)
        api.include_router(router)
        router.get("/later")(view)

        assert [route.facts for route in api.routes] == [
            [{"burst": 1, "rate_limit": "1/s"}],
            [{"burst": 2, "rate_limit": "1/s"}],
            [{"burst": 1, "rate_limit": "1/s"}],
        ]

    def test_the_innermost_hold(self):
        api = API(extensions=[Rooms()])
        inner = api.group("/a", burst=1, rate_limit="1/s").group("/b", burst=2)
        inner.get("/c")(view)

        assert api.routes[0].facts == [{"burst": 2, "rate_limit": "1/s"}]

    def test_websockets_have_those_that_mean_something_there(self):
        api = API(extensions=[Rooms()])
        api.group("/a", burst=1, rate_limit="1/s").websocket_route("/ws")(socket)

        assert api.routes[0].facts == [{"socket": {"burst": 1}}]

    def test_a_keyword_of_the_core_is_refused(self):
        with pytest.raises(TypeError, match="takes no methods, name; give it to the routes"):
            Router("/a", name="a", methods=["GET"])

    @pytest.mark.parametrize("has_route", [True, False], ids=["route", "empty"])
    def test_one_that_nothing_claims_is_refused_where_the_router_meets_an_app(self, has_route):
        api = API(extensions=[Rooms()])
        router = Router("/a", rate_limt="5/s")
        if has_route:
            router.get("/")(view)

        message = r"^Router\('/a'\) has no option 'rate_limt'; did you mean 'rate_limit'\?$"
        with pytest.raises(TypeError, match=message):
            api.include_router(router)

        assert api.routes == ()

    @pytest.mark.parametrize(
        ("keyword", "hint"),
        [
            pytest.param("dependency", r"; did you mean 'dependencies'\?", id="core"),
            pytest.param("method", "", id="core-of-routes"),
            pytest.param("burt", r"; did you mean 'burst'\?", id="extension"),
            pytest.param("titel", "", id="single"),
        ],
    )
    def test_what_is_suggested_are_keywords_of_routers(self, keyword, hint):
        api = API(extensions=[Rooms(), Titles()])

        with pytest.raises(TypeError, match=rf"has no option '{keyword}'{hint}$"):
            api.group("/a", **{keyword: 1})

    def test_a_router_below_is_refused_with_the_one_around_it(self, client_factory):
        inner = Router("/inner", rate_limt="5/s")
        outer = Router("/outer")
        outer.get("/")(view)
        outer.include_router(inner)
        api = API(extensions=[Rooms()])

        with pytest.raises(TypeError, match=r"^Router\('/inner'\) has no option 'rate_limt'"):
            api.include_router(outer)

        assert api.routes == ()
        assert client_factory(api).get("/outer/").status_code == 404

    def test_a_router_that_an_app_has_takes_no_other_that_the_app_refuses(self, client_factory):
        api = API(extensions=[Rooms()])
        outer = api.group("/outer").group("/middle")
        inner = Router("/inner", rate_limt="5/s")
        inner.get("/")(view)

        with pytest.raises(TypeError, match=r"^Router\('/inner'\) has no option 'rate_limt'"):
            outer.include_router(inner)
        outer.get("/")(view)
        inner.get("/later")(view)

        assert [route.path for route in api.routes] == ["/outer/middle/"]
        # What was refused is forgotten: the next app is not asked for it.
        other = API(extensions=[Rooms()])
        other.include_router(outer)
        assert [route.path for route in other.routes] == ["/middle/"]

    def test_one_router_is_refused_by_an_app_and_taken_by_another(self):
        router = Router("/a", audience="staff")

        with pytest.raises(TypeError, match="has no option 'audience'"):
            API(extensions=[Rooms()]).include_router(router)
        api = API(extensions=[Audiences()])
        api.include_router(router)
        router.get("/")(view)

        assert api.routes[0].facts == [("audience", {"audience": "staff"})]

    def test_what_is_of_one_route_alone_is_refused(self):
        api = API(extensions=[Titles()])
        group = api.group("/a", color="red")
        group.get("/", title="One")(view)

        with pytest.raises(
            TypeError, match=r"^Router\('/b'\) takes no title=; give it to the routes themselves$"
        ):
            group.group("/b", title="All")
        assert api.routes[0].facts == [{"color": "red", "title": "One"}]


class TestClashes:
    def test_two_that_claim_one_keyword_are_refused(self):
        class Other(Extension[Audience]):
            options = Audience

        with pytest.raises(
            ValueError, match="Other and Audiences both claim the route keyword 'audience'"
        ):
            API(extensions=[Audiences(), Other()])

    def test_the_keywords_that_a_typed_dict_inherits_count_too(self):
        class Bursts(Extension[Limits]):
            options = Limits

        with pytest.raises(ValueError, match="RateLimits and Bursts both claim"):
            API(extensions=[Bursts(), RateLimits()])

    @pytest.mark.parametrize("keyword", sorted(RouteOptions.__annotations__))
    def test_the_keywords_of_the_core_are_taken(self, keyword):
        class Thief(Extension):
            options = TypedDict("options", {keyword: str})

        with pytest.raises(ValueError, match=f"Thief and the core both claim .*{keyword!r}"):
            API(extensions=[Thief()])

    @pytest.mark.parametrize("name", ["socket_options", "single_options"])
    def test_more_of_a_keyword_that_is_not_claimed_is_refused(self, name):
        class Typo(Extension[Limits]):
            options = Limits

        setattr(Typo, name, TypedDict("more", {"burst": int, "rate_limt": str}))

        with pytest.raises(
            ValueError,
            match=rf"^Typo\.{name} has 'rate_limt', which is not in Typo\.options; "
            r"did you mean 'rate_limit'\?$",
        ):
            API(extensions=[Typo()])


class TestUnknownKeywords:
    @pytest.mark.parametrize(
        ("keyword", "message"),
        [
            pytest.param("rate_limt", "did you mean 'rate_limit'", id="extension"),
            pytest.param("method", "did you mean 'methods'", id="core"),
            pytest.param("before_requests", "did you mean 'before_request'", id="plural"),
        ],
    )
    def test_one_that_is_near_is_suggested(self, keyword, message):
        api = API(extensions=[RateLimits()])

        with pytest.raises(
            TypeError, match=rf"^route\('/x'\) has no option '{keyword}'; {message}\?$"
        ):
            api.add_route("/x", view, **{keyword: 1})

        assert api.routes == ()

    def test_one_that_is_near_nothing_is_only_named(self):
        with pytest.raises(TypeError, match=r"^route\('/x'\) has no option 'zzz'$"):
            API().route("/x", zzz=1)(view)

    def test_an_extensions_keyword_is_unknown_without_it(self):
        with pytest.raises(TypeError, match="has no option 'rate_limit'"):
            API().get("/x", rate_limit="5/s")(view)


class TestMixins:
    def test_request_and_response_classes_are_what_views_get(self, client_factory):
        class UserMixin:
            __slots__ = ()

            @property
            def user(self):
                return self.extras.setdefault(UserMixin, "ada")

        class MyRequest(UserMixin, Request):
            __slots__ = ()

        class MyResponse(Response):
            __slots__ = ()

            def teapot(self):
                self.status_code = 418

        api = API(request_class=MyRequest, response_class=MyResponse)

        @api.route("/")
        def index(req, resp):
            resp.text = req.user
            resp.teapot()

        @api.after_request
        def note(req, resp):
            resp.headers["X-Kinds"] = f"{type(req).__name__} {type(resp).__name__}"

        client = client_factory(api)
        found, missing = client.get("/"), client.get("/nowhere")

        assert (found.status_code, found.text) == (418, "ada")
        assert found.headers["X-Kinds"] == missing.headers["X-Kinds"] == "MyRequest MyResponse"
