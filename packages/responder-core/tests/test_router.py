"""Routers: routes that belong together, and what they share."""

from collections.abc import AsyncIterator

import pytest

from responder_core import API, RouteConflictError, Router


def text(value):
    return lambda req, resp: value


class TestInclusion:
    def test_prefixes_and_tags_are_joined(self, client_factory):
        api = API()
        users = Router("/users/", tags=["users", "all"])
        users.add_route("/{id}", lambda req, resp, *, id: id, tags=["one"])
        v1 = Router("/v1", tags=["v1"])
        v1.include_router(users, prefix="/in", tags=["all"])
        api.include_router(v1, prefix="/api", tags=["api"])

        assert client_factory(api).get("/api/v1/in/users/7").text == "7"
        [route] = api.routes
        assert route.path == "/api/v1/in/users/{id}"
        assert route.tags == ("api", "v1", "all", "users", "one")

    def test_what_is_registered_later_is_served_too(self, client_factory):
        api = API()
        inner, outer = Router("/in"), Router("/out")
        outer.include_router(inner)
        api.include_router(outer)
        client = client_factory(api)
        assert client.get("/out/in/x").status_code == 404

        inner.add_route("/x", text("late"))

        assert client.get("/out/in/x").text == "late"

    def test_a_router_may_be_included_twice(self, client_factory):
        api = API()
        router = Router()
        router.add_route("/x", text("x"))
        api.include_router(router, prefix="/a")
        api.include_router(router, prefix="/b")

        client = client_factory(api)
        assert client.get("/a/x").text == client.get("/b/x").text == "x"

    def test_url_for_knows_the_whole_path(self):
        api = API()
        group = api.group("/users")

        @group.get("/{id}")
        def user(req, resp, *, id): ...

        assert api.url_for(user, id=7) == "/users/7"

    def test_every_kind_of_route_can_be_registered(self, client_factory):
        api = API()
        group = api.group("/g")
        for verb in ("get", "post", "put", "patch", "delete", "query"):
            getattr(group, verb)(f"/{verb}")(text(verb))

        @group.sse("/events")
        async def events(req, resp) -> AsyncIterator[str]:
            yield "tick"

        client = client_factory(api)
        for verb in ("get", "post", "put", "patch", "delete", "query"):
            assert client.request(verb.upper(), f"/g/{verb}").text == verb
        assert client.get("/g/events").text == "data: tick\n\n"

    def test_groups_nest(self, client_factory):
        api = API()
        api.group("/a").group("/b").add_route("/c", text("deep"))

        assert client_factory(api).get("/a/b/c").text == "deep"

    def test_a_conflict_is_told(self):
        api = API()
        api.add_route("/g/x", text("1"))

        with pytest.raises(RouteConflictError):
            api.group("/g").add_route("/x", text("2"))

    def test_all_of_its_routes_are_taken_or_none(self, client_factory):
        api = API()
        api.add_route("/v1/b", text("mine"))
        router, around = Router("/v1"), Router()
        around.include_router(router)
        router.add_route("/a", text("a"))
        router.add_route("/b", text("b"))
        router.add_route("/c", text("c"), methods=["GET"])

        for _ in range(2):
            with pytest.raises(RouteConflictError):
                api.include_router(around)

        client = client_factory(api)
        answers = [client.get(f"/v1/{name}") for name in "abc"]
        assert [answer.status_code for answer in answers] == [404, 200, 404]
        assert answers[1].text == "mine"
        router.add_route("/d", text("d"))
        assert client.get("/v1/d").status_code == 404

    def test_a_router_in_a_router_takes_all_or_none_too(self, client_factory):
        api = API()
        api.add_route("/b", text("mine"))
        outer, inner = Router(), Router()
        api.include_router(outer)
        inner.add_route("/a", text("a"))
        inner.add_route("/b", text("b"))

        with pytest.raises(RouteConflictError):
            outer.include_router(inner)

        assert client_factory(api).get("/a").status_code == 404
        other = API()
        other.include_router(outer)
        assert client_factory(other).get("/a").status_code == 404


class TestHooks:
    def test_they_are_those_of_the_router_alone_from_the_outside_in(self, client_factory):
        log = []

        def note(name):
            return lambda req, resp: log.append(name)

        api = API()
        api.before_request(note("app"))
        api.after_request(note("app after"))
        outer = Router(before=note("outer"), after=[note("outer after")])
        inner = Router("/in", before=[note("inner")])
        inner.after_request(note("inner after"))
        inner.before_request()(note("inner late"))
        inner.add_route("/x", text(""), before=note("route"), after=note("route after"))
        outer.include_router(inner)
        api.include_router(outer)
        api.add_route("/other", text(""))

        client = client_factory(api)
        client.get("/in/x")

        before = ["app", "outer", "inner", "inner late", "route"]
        assert log == [*before, "route after", "inner after", "outer after", "app after"]
        log.clear()
        client.get("/other")
        assert log == ["app", "app after"]

    def test_one_that_is_added_after_the_inclusion_runs(self, client_factory):
        api = API()
        group = api.group("/g")
        group.add_route("/x", text("x"))
        client = client_factory(api)
        assert "x-late" not in client.get("/g/x").headers

        @group.before_request(sync_to_thread=False)
        def late(req, resp):
            resp.headers["X-Late"] = "yes"

        assert client.get("/g/x").headers["x-late"] == "yes"

    def test_they_take_parameters_of_the_path(self, client_factory):
        api = API()
        seen = []
        group = api.group("/{org}", before=lambda req, resp, *, org: seen.append(org))
        group.add_route("/x", lambda req, resp, *, org: org)

        client_factory(api).get("/acme/x")

        assert seen == ["acme"]


class TestExceptionHandlers:
    def test_the_innermost_that_has_one_answers(self, client_factory):
        api = API()
        outer, inner = Router("/out"), Router("/in")
        outer.include_router(inner)
        api.include_router(outer)

        def answer(name):
            def handler(req, resp, exc):
                resp.text = name
                resp.status_code = 418

            return handler

        def fail(req, resp, *, kind):
            raise {"key": KeyError, "lookup": LookupError, "value": ValueError}[kind]

        for registrar, path in ((inner, "/{kind}"), (outer, "/x/{kind}"), (api, "/y/{kind}")):
            registrar.add_route(path, fail)
        api.add_exception_handler(Exception, answer("app"))
        outer.exception_handler(LookupError)(answer("outer"))
        inner.add_exception_handler(KeyError, answer("inner"))

        client = client_factory(api)

        assert client.get("/out/in/key").text == "inner"
        assert client.get("/out/in/lookup").text == "outer"
        assert client.get("/out/in/value").text == "app"
        assert client.get("/out/x/key").text == "outer"
        assert client.get("/y/key").text == "app"

    def test_by_status(self, client_factory):
        api = API()
        group = api.group("/g")
        group.add_route("/x", lambda req, resp: 1 / 0)

        @group.exception_handler(500)
        def failed(req, resp, exc):
            resp.text = "sorry"

        assert client_factory(api).get("/g/x").text == "sorry"

    def test_a_405_is_of_the_router_whose_routes_the_path_has(self, client_factory):
        api = API()
        inner = api.group("/a").group("/b")
        for path, methods in (("/x/{id}", ["GET"]), ("/x/{id}", ["POST"]), ("/shared", ["GET"])):
            inner.add_route(path, lambda req, resp, **given: "x", methods=methods)
        api.post("/a/b/shared")(lambda req, resp: "y")
        api.get("/open")(lambda req, resp: "z")

        @inner.exception_handler(405)
        def refuse(req, resp, exc):
            resp.text = f"{exc.status_code} of the router"

        client = client_factory(api)
        answer = client.put("/a/b/x/7")

        assert (answer.status_code, answer.text) == (405, "405 of the router")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
        assert client.options("/a/b/x/7").status_code == 200
        for path in ("/a/b/shared", "/open"):
            assert client.put(path).json()["detail"].startswith("This resource answers ")

    def test_debug_that_is_turned_on_later_holds_for_them(self, client_factory):
        api = API()
        group = api.group("/g")
        group.add_exception_handler(KeyError, lambda req, resp, exc: None)
        group.add_route("/x", lambda req, resp: 1 / 0)
        client = client_factory(api)
        assert "ZeroDivisionError" not in client.get("/g/x").text

        api.debug = True

        assert "ZeroDivisionError" in client.get("/g/x").text

    @pytest.mark.parametrize("key", [200, "x", BaseException])
    def test_what_is_no_key_is_refused(self, key):
        with pytest.raises(TypeError, match="an Exception class or a status"):
            Router().exception_handler(key)


class TestRefused:
    def test_what_is_no_router(self):
        with pytest.raises(TypeError, match="takes a Router, not 7"):
            API().include_router(7)

    def test_a_router_in_itself(self):
        outer, inner = Router("/a"), Router("/b")
        outer.include_router(inner)

        with pytest.raises(ValueError, match=r"Router\('/b'\)|Router\('/a'\)"):
            inner.include_router(outer)
        with pytest.raises(ValueError, match="included in itself"):
            inner.include_router(inner)

    @pytest.mark.parametrize("make", [Router, API().group])
    def test_a_prefix_without_a_slash(self, make):
        with pytest.raises(ValueError, match="a prefix begins with a slash: '/users'"):
            make("users")
