"""Guards: what runs before a route for what it refuses."""

import inspect

import pytest

from responder_core import API, Depends, Extension, Router, abort


def login(req):
    if req.headers.get("authorization") != "token":
        abort(401, headers={"WWW-Authenticate": "Bearer"})


def never():
    abort(403)


LOGGED_IN = {"Authorization": "token"}


class TestOnTheApp:
    @pytest.fixture
    def client(self, client_factory, tmp_path):
        (tmp_path / "a.txt").write_text("static")
        api = API(dependencies=[Depends(login)], public=["/health", "named"], static_dir=tmp_path)

        @api.get("/private")
        async def private(req, resp):
            resp.text = "private"

        @api.get("/health")
        def health(req, resp):
            resp.text = "well"

        @api.get("/named", name="named")
        def view(req, resp):
            resp.text = "named"

        async def mounted(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"mounted"})

        api.mount("/mounted", mounted)
        return client_factory(api)

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PURGE"])
    @pytest.mark.parametrize(
        "path", ["/private", "/private/", "/nowhere", "/static/a.txt", "/mounted/x"]
    )
    def test_they_cover_everything(self, client, method, path):
        answer = client.request(method, path)

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert client.request(method, path, headers=LOGGED_IN).status_code != 401

    def test_a_route_is_opened_by_its_path_or_its_name(self, client):
        assert client.get("/health").text == "well"
        assert client.get("/named").text == "named"

    def test_the_name_of_a_function_opens_nothing(self, client_factory):
        api = API(dependencies=[Depends(login)], public=["index"])

        @api.get("/admin")
        def index(req, resp): ...

        assert client_factory(api).get("/admin").status_code == 401


class TestOrder:
    def test_they_run_from_the_outside_in_before_anything_is_read(self, client_factory):
        log = []

        def note(name):
            def guard():
                log.append(name)

            return guard

        view_needs = Depends(note("view"))
        api = API(dependencies=[Depends(note("app"))], auth=note("app auth"))
        inner = Router("/in", dependencies=[Depends(note("router"))], auth=note("router auth"))
        outer = Router(dependencies=Depends(note("outer")))
        outer.include_router(inner, dependencies=[Depends(note("included"))])
        api.include_router(outer)

        @inner.post("/", dependencies=[Depends(note("route")), Depends(never)])
        def view(req, resp, *, item=view_needs, q: int): ...

        answer = client_factory(api).post("/in/", content=b"{")

        assert answer.status_code == 403
        assert log == ["app", "router auth", "outer", "included", "router", "route"]

    def test_before_hooks_come_first(self, client_factory):
        api = API()

        @api.before_request
        def answer(req, resp):
            resp.status_code = 202

        @api.get("/", dependencies=[Depends(never)])
        def view(req, resp): ...

        assert client_factory(api).get("/").status_code == 202

    def test_a_fault_of_a_guard_comes_before_those_of_the_view(self, client_factory):
        api = API()

        def guard(token: int): ...

        @api.get("/", dependencies=[Depends(guard)])
        def view(req, resp, *, q: int): ...

        errors = client_factory(api).get("/").json()["errors"]
        assert [each["parameter"] for each in errors] == ["token"]


class TestAuth:
    @pytest.mark.parametrize(
        ("app", "router", "route", "status"),
        [
            (login, ..., ..., 401),
            (login, ..., None, 200),
            (login, None, ..., 200),
            (login, None, never, 403),
            (login, never, ..., 403),
            (login, never, [login], 401),
            (..., ..., Depends(login), 401),
            (..., ..., ..., 200),
        ],
    )
    def test_the_innermost_holds(self, client_factory, app, router, route, status):
        def option(value):
            return {} if value is ... else {"auth": value}

        api = API(**option(app))
        group = api.group("/x", **option(router))
        group.add_route("/", lambda req, resp: "in", **option(route))

        assert client_factory(api).get("/x/").status_code == status

    def test_one_view_on_two_paths_keeps_two_policies(self, client_factory):
        api = API()

        def view(req, resp):
            resp.text = "in"

        api.add_route("/open", view)
        api.add_route("/closed", view, auth=login)
        api.add_route("/shut", view, dependencies=[Depends(never)])

        client = client_factory(api)
        statuses = [client.get(path).status_code for path in ("/open", "/closed", "/shut")]
        assert statuses == [200, 401, 403]


class TestParametersOfThePath:
    @pytest.mark.parametrize("kind", ["plain", "typed"])
    def test_a_view_may_leave_them_to_its_guards(self, client_factory, kind):
        api = API()
        seen = []

        def guard(org: int):
            seen.append(org)

        if kind == "plain":

            @api.get("/{org}/x", dependencies=[Depends(guard)])
            def view(req, resp): ...

        else:

            @api.get("/{org}/x", dependencies=[Depends(guard)])
            def typed(req, resp, *, q: int = 1): ...

        assert client_factory(api).get("/7/x").status_code == 200
        assert seen == [7]


class TestFacts:
    def test_a_guard_that_describes_itself_is_a_fact_of_the_route(self):
        class Bearer:
            def __call__(self, req): ...
            def describe_operation(self, operation): ...

        app, own = Bearer(), Bearer()
        seen = []

        class Reader(Extension):
            def bind(self, route, options):
                seen.append(list(route.facts))

        api = API(dependencies=[Depends(app)], extensions=[Reader()])
        api.add_route("/", lambda req, resp: None, dependencies=[Depends(own), Depends(never)])

        assert seen[-1] == [app, own]

    def test_so_is_a_view_that_does_in_an_app_and_in_a_router(self):
        class View:
            def __call__(self, req, resp): ...
            def describe_operation(self, operation): ...

        class Resource:
            def on_get(self, req, resp): ...
            def describe_operation(self, operation): ...

        view, router = View(), Router("/below")
        router.add_route("/", view)
        api = API()
        api.add_route("/", view)
        api.add_route("/resource", Resource)
        api.include_router(router)

        assert [route.facts for route in api.routes] == [[view], [], [view]]


class TestRefused:
    @pytest.mark.parametrize(
        "guards",
        [login, [login], "login", [Depends()], [7]],
        ids=["function", "functions", "text", "no provider", "number"],
    )
    def test_what_is_no_depends(self, guards):
        with pytest.raises(TypeError, match=r"dependencies= takes Depends\(guard\)"):
            API().add_route("/", lambda req, resp: None, dependencies=guards)

    @pytest.mark.parametrize("auth", ["login", 7, [7]])
    def test_what_is_no_guard(self, auth):
        with pytest.raises(TypeError, match="auth= takes a guard, a list of these or None"):
            API(auth=auth)


def test_what_nobody_said_is_shown_as_a_word():
    """As ``help(Router)`` has it."""
    assert "= INHERITED" in str(inspect.signature(Router))
