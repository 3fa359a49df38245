"""Mounting: options, conflicts, and what stands in route.facts."""

from __future__ import annotations

import pytest
from graphql import build_schema

from responder_core import (
    API,
    Depends,
    Problem,
    Query,
    RouteConflictError,
    Router,
    ViewError,
    abort,
)
from responder_core.errors import HTTPException
from responder_core.route import Route, WebSocketRoute
from responder_graphql import GraphQLView, QueryLimits, mount

SCHEMA = build_schema("type Query { a: Int }")
GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


def options_of(name, value):
    return {"schema": SCHEMA, name: value}


class TestOptions:
    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("query_limits", {"depth": 7}, "query_limits= is QueryLimits"),
            ("trusted", {"a": "b"}, "trusted= is TrustedDocuments"),
            ("context", 7, "context= is a function or None"),
            ("observe", 7, "observe= is a function or None"),
            ("on_connect", 7, "on_connect= is a function or None"),
            ("graphiql", "yes", "graphiql= is True, False or None"),
            ("dependencies", "db", r"dependencies= is a list; write \['db'\]"),
            ("dependencies", [7], "dependencies= takes names and Depends"),
            ("max_deph", 7, r"has no option 'max_deph'; did you mean 'max_depth'\?"),
            ("nonsense", 7, "has no option 'nonsense'$"),
            ("limits", QueryLimits(), "has no option 'limits'"),
        ],
    )
    def test_one_of_another_type_is_refused(self, name, value, message):
        with pytest.raises(TypeError, match=message):
            GraphQLView(**options_of(name, value))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("batch", -1),
            ("batch", True),
            ("cache_size", -1),
            ("max_operations", 0),
            ("heartbeat", 0),
            ("init_timeout", None),
            ("ping_interval", "5"),
            ("partial_data_status", 400),
            ("max_depth", 0),
        ],
    )
    def test_one_that_cannot_work_is_refused(self, name, value):
        with pytest.raises(ValueError, match=r"= is |=\) is "):
            GraphQLView(**options_of(name, value))

    @pytest.mark.parametrize("name", ["items", "get", "copy", "connection_params"])
    def test_a_dependency_that_the_context_could_not_give_is_refused(self, name):
        with pytest.raises(ValueError, match=rf"info.context.{name} could not give"):
            GraphQLView(schema=SCHEMA, dependencies=[name])

    def test_the_view_tells_them(self):
        view = mount(API(), schema=SCHEMA, max_depth=3, query_limits=QueryLimits(aliases=1))

        assert (view.settings.limits.depth, view.settings.limits.aliases) == (3, 1)
        assert view.schema is SCHEMA


class TestRoutes:
    def test_there_are_two_by_one_name_and_the_files_of_graphiql(self):
        api = API()
        mount(api, "/g", schema=SCHEMA, tags=["data"])

        http, socket, files = api.routes
        assert files.path.startswith("/g/graphiql-")
        assert isinstance(http, Route)
        assert isinstance(socket, WebSocketRoute)
        assert http.methods == ("GET", "HEAD", "POST")
        assert (http.tags, socket.tags) == (("data",), ("data",))
        assert api.url_for("graphql") == "/g"

    def test_a_name_and_a_size_can_be_given(self):
        api = API()
        mount(
            api,
            "/g",
            schema=SCHEMA,
            name="data",
            max_request_size=20,
            websocket=False,
            graphiql=False,
        )

        assert api.url_for("data") == "/g"
        assert api.test_client().post("/g", json={"query": "{ a a a a a }"}).status_code == 413
        assert len(api.routes) == 1

    def test_a_context_that_a_websocket_cannot_have_is_refused_with_its_router(self):
        def context(req, resp):
            return {"resp": resp}

        router = Router("/v1")
        mount(router, schema=SCHEMA, context=context)
        api = API()

        with pytest.raises(ViewError, match="resp"):
            api.include_router(router)

        assert api.routes == ()

    def test_auth_holds_for_all(self):
        api = API()
        mount(api, schema=SCHEMA, auth=lambda req: abort(401))

        assert api.test_client().post("/graphql", json={"query": "{a}"}).status_code == 401
        http, socket, files = api.routes
        assert http.auth == socket.auth == files.auth

    def test_further_keywords_of_routes_can_be_given(self):
        api = API()
        mount(api, schema=SCHEMA, route_options={"request_timeout": 5.0})

        assert api.routes[0].request_timeout == 5.0

    def test_guards_among_them_are_refused(self):
        """They would be lost beside those of dependencies=."""
        options = {"dependencies": [Depends(abort)]}

        with pytest.raises(TypeError, match="give dependencies= to mount"):
            mount(API(), schema=SCHEMA, route_options=options)

    def test_a_conflict_leaves_nothing(self):
        api = API()

        @api.websocket_route("/graphql")
        async def other(ws): ...

        with pytest.raises(RouteConflictError):
            mount(api, schema=SCHEMA)

        assert len(api.routes) == 1

    def test_a_long_body_is_413(self):
        api = API()
        mount(api, schema=SCHEMA)
        headers = {"Content-Type": "application/json; charset=UTF-8"}

        answer = api.test_client().post("/graphql", content=b" " * 5_000_000, headers=headers)

        assert answer.status_code == 413
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


class TestRefusalsBeforeTheView:
    """What refuses a request before the view is asked is answered as what the view refuses."""

    def ask(self, accept=GRAPHQL, **options):
        api = API()
        mount(api, schema=SCHEMA, **options)
        client = api.test_client(raise_server_exceptions=False)
        answer = client.post("/graphql", json={"query": "{ a }"}, headers={"Accept": accept})
        assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
        assert answer.headers["vary"].startswith("Accept")
        (error,) = answer.json()["errors"]
        return answer, error

    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    def test_a_length_beyond_the_limit(self, accept):
        answer, error = self.ask(accept, max_request_size=5)

        assert answer.status_code == 413
        assert error["extensions"] == {"code": "BAD_REQUEST"}

    @pytest.mark.parametrize("place", ["auth", "dependencies", "context"])
    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    def test_a_guard(self, accept, place):
        def refuse(req):
            abort(401, detail="Sign in.", headers={"WWW-Authenticate": "Bearer"})

        given = {"auth": refuse, "dependencies": [Depends(refuse)], "context": refuse}
        answer, error = self.ask(accept, **{place: given[place]})

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert error == {"message": "Sign in.", "extensions": {"code": "UNAUTHENTICATED"}}

    def test_a_wrapper(self):
        api = API()
        mount(api, schema=SCHEMA)

        def limit(route, exchange):
            async def refuse(req, resp):
                raise Problem(429, "Slow down.", headers={"Retry-After": "7"}, policy="user")

            return refuse

        api.around("limit", limit)
        answer = api.test_client().post("/graphql", json={"query": "{ a }"})

        (error,) = answer.json()["errors"]
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
        assert error["extensions"] == {"code": "TOO_MANY_REQUESTS", "policy": "user"}

    def test_a_parameter_of_the_context_that_is_not_valid(self):
        def context(page: int = Query()):
            return {"page": page}

        answer, error = self.ask(context=context)

        assert answer.status_code == 422
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["extensions"]["errors"][0]["parameter"] == "page"

    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    def test_one_whose_words_json_has_no_form_for(self, accept):
        answer, error = self.ask(accept, auth=lambda req: abort(401, detail="half a \ud83d"))

        assert answer.status_code == 500
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"

    def test_one_without_words(self):
        def refuse(req):
            raise HTTPException(403, detail="")

        assert self.ask(auth=refuse)[1]["message"]


class TestFailuresBeforeTheView:
    """What fails before the view is asked is a masked error, as a failure of the view is."""

    MASKED = "The server failed to answer this."

    @pytest.fixture(params=["context", "dependencies", "guard", "hook"])
    def api_factory(self, request):
        def fail():
            raise KeyError("secret")

        def make(*, debug=False):
            api = API(debug=debug)
            api.add_dependency("db", fail)
            options = {
                "context": {"context": fail},
                "dependencies": {"dependencies": ["db"]},
                "guard": {"dependencies": [Depends(fail)]},
                "hook": {"route_options": {"before": lambda req, resp: fail()}},
            }
            mount(api, schema=SCHEMA, **options[request.param])
            return api

        return make

    def ask(self, api, accept, **options):
        client = api.test_client(raise_server_exceptions=False, **options)
        answer = client.post("/graphql", json={"query": "{ a }"}, headers={"Accept": accept})
        (error,) = answer.json()["errors"]
        assert list(answer.json()) == ["errors"]
        return answer, error

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [(GRAPHQL, GRAPHQL), (JSON, JSON), ("text/event-stream", JSON)],
    )
    def test_it_is_told_in_the_negotiated_type_and_logged_once(
        self, api_factory, caplog, backend, accept, media_type
    ):
        answer, error = self.ask(api_factory(), accept, backend=backend)

        assert answer.status_code == 500
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert answer.headers["vary"] == "Accept"
        (record,) = caplog.records
        assert "KeyError: 'secret'" in caplog.text
        code = "INTERNAL_SERVER_ERROR"
        extensions = {"code": code, "request_id": record.request_id}
        assert error == {"message": self.MASKED, "extensions": extensions}

    def test_debug_tells_what_failed(self, api_factory):
        _, error = self.ask(api_factory(debug=True), GRAPHQL)

        assert error["message"] == "'secret'"
        assert error["extensions"]["exception"]["type"] == "KeyError"

    @pytest.mark.parametrize("key", [KeyError, Exception])
    def test_a_handler_of_the_program_for_its_class_comes_first(self, api_factory, key):
        api = api_factory()

        @api.exception_handler(key)
        def answer_it(req, resp, exc):
            resp.status_code = 503
            resp.media = {"errors": [{"message": "Come back later."}]}

        answer, error = self.ask(api, GRAPHQL)

        assert answer.status_code == 503
        assert error == {"message": "Come back later."}

    def test_one_for_the_status_is_for_other_routes(self, api_factory):
        api = api_factory()

        @api.exception_handler(500)
        def answer_it(req, resp, exc):
            resp.html = "<p>Sorry."

        assert self.ask(api, GRAPHQL)[1]["message"] == self.MASKED

    def test_a_test_client_that_asks_for_failures_gets_it(self, api_factory, caplog):
        with pytest.raises(KeyError, match="secret"):
            api_factory().test_client().post("/graphql", json={"query": "{ a }"})

        assert caplog.records == []


def test_a_problem_of_the_server_keeps_its_words(caplog):
    api = API()
    mount(api, schema=SCHEMA, context=lambda: abort(500, detail="The disk is full."))

    answer = api.test_client().post("/graphql", json={"query": "{ a }"})

    assert answer.status_code == 500
    assert answer.json()["errors"][0]["message"] == "The disk is full."
    assert caplog.records == []
