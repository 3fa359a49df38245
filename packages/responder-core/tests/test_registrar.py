"""Registration: every decorator, bare or called, and what each refuses."""

from __future__ import annotations

import threading

import pytest

from responder_core import API, PathTemplateError

VERBS = ["get", "post", "put", "patch", "delete", "head", "options", "query"]


def view(req, resp):
    resp.headers["X-Method"] = req.method


async def socket(ws): ...


class TestRoute:
    @pytest.mark.parametrize("verb", VERBS)
    def test_a_verb_registers_its_method_alone(self, client_factory, verb):
        api = API()
        decorate = getattr(api, verb)

        assert decorate("/", name="home")(view) is view
        assert api.routes[0].methods == (("GET", "HEAD") if verb == "get" else (verb.upper(),))
        assert api.routes[0].name == "home"
        answer = client_factory(api).request(verb.upper(), "/")
        assert answer.headers["X-Method"] == verb.upper()

    @pytest.mark.parametrize("verb", VERBS)
    def test_a_verb_takes_no_methods(self, verb):
        with pytest.raises(TypeError, match=rf"{verb}\(\) answers {verb.upper()}; use route\(\)"):
            getattr(API(), verb)("/", methods=["GET"])

    def test_route_gives_the_view_back(self):
        assert API().route("/")(view) is view

    def test_decorators_may_be_stacked(self, client_factory):
        api = API()

        @api.get("/a")
        @api.post("/b")
        def stacked(req, resp):
            return req.method

        client = client_factory(api)

        assert (client.get("/a").text, client.post("/b").text) == ("GET", "POST")
        assert (client.post("/a").status_code, client.get("/b").status_code) == (405, 405)

    def test_a_decorator_used_twice_is_two_registrations(self):
        decorate = API().route("/", methods=["GET"])
        decorate(view)

        with pytest.raises(ValueError, match="GET / is answered twice"):
            decorate(view)

    def test_route_without_a_path_is_refused(self):
        with pytest.raises(TypeError, match=r"route\(\) needs a path, as in route\('/users'\)"):
            API().route()(view)

    @pytest.mark.parametrize("name", ["route", "websocket_route", *VERBS])
    def test_a_decorator_without_its_path_is_refused(self, name):
        """``@api.route`` over a view would otherwise register nothing, and say nothing."""
        with pytest.raises(TypeError):
            getattr(API(), name)(socket if name == "websocket_route" else view)

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            pytest.param("users", "a route starts with a slash: 'users' does not", id="no-slash"),
            pytest.param("", "a route starts with a slash", id="empty"),
            pytest.param(
                "/{id:number}",
                "unknown convertor 'number'; known are: float, int, path, str, uuid",
                id="convertor",
            ),
            pytest.param("/{id}/{id}", "has the parameter 'id' twice", id="twice"),
            pytest.param("/{id", "a brace without its partner", id="brace"),
        ],
    )
    def test_a_path_that_cannot_work_is_refused(self, path, message):
        api = API()

        with pytest.raises(PathTemplateError, match=message):
            api.route(path)(view)

        assert api.routes == ()


class TestBeforeRequestOfRoute:
    def test_it_registers_a_hook_of_every_route(self, client_factory):
        api = API()

        @api.route(before_request=True)
        def tag(req, resp):
            resp.headers["X-Before"] = "ran"

        api.add_route("/", view)

        assert [route.path for route in api.routes] == ["/"]
        assert client_factory(api).get("/").headers["X-Before"] == "ran"

    @pytest.mark.parametrize(
        ("args", "options"),
        [(("/x",), {}), ((), {"name": "x"}), ((), {"methods": ["GET"]})],
        ids=["path", "name", "methods"],
    )
    def test_it_takes_nothing_else(self, args, options):
        with pytest.raises(TypeError, match="leave out the path and other options"):
            API().route(*args, before_request=True, **options)(view)

    def test_add_route_does_not_take_it(self):
        with pytest.raises(TypeError, match="before_request=True takes no path; use before= here"):
            API().add_route("/x", view, before_request=True)

    def test_false_is_an_ordinary_route(self, client_factory):
        api = API()
        api.route("/", before_request=False)(view)

        assert client_factory(api).get("/").status_code == 200


class TestHooks:
    @pytest.mark.parametrize("name", ["before_request", "after_request"])
    @pytest.mark.parametrize("called", [True, False], ids=["called", "bare"])
    def test_they_register_bare_and_called_and_give_the_function_back(
        self, client_factory, name, called
    ):
        api = API()
        log = []

        def hook(req, resp):
            log.append(name)

        decorate = getattr(api, name)

        assert (decorate()(hook) if called else decorate(hook)) is hook
        api.add_route("/", view)
        client_factory(api).get("/")
        assert log == [name]

    @pytest.mark.parametrize("name", ["before_request", "after_request"])
    @pytest.mark.parametrize("called", [True, False], ids=["called", "bare"])
    def test_sync_to_thread_is_heard_bare_and_called(self, client_factory, name, called):
        api = API()
        places = {}

        def hook(req, resp):
            places["hook"] = threading.get_ident()

        decorate = getattr(api, name)
        if called:
            decorate(sync_to_thread=False)(hook)
        else:
            decorate(hook, sync_to_thread=False)

        @api.route("/")
        async def on_loop(req, resp):
            places["loop"] = threading.get_ident()

        client_factory(api).get("/")

        assert places["hook"] == places["loop"]


def test_websocket_route_gives_the_view_back():
    api = API()

    assert api.websocket_route("/chat", name="talk")(socket) is socket
    assert (api.routes[0].path, api.routes[0].name) == ("/chat", "talk")
