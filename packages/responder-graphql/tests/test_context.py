"""The context of resolvers, and what they can do with the response."""

from __future__ import annotations

import contextvars
import functools
import re
import threading

import anyio
import pytest
from graphql import GraphQLError, build_schema

import responder_graphql.documents
from responder_core import API, Depends, Router, ViewError, abort
from responder_graphql import Context, mount

SDL = "type Query { it: String other: String } type Mutation { it: String }"


def make(resolve, *, api=None, debug=False, path="/graphql", **options):
    """A client of an app whose field is resolved by a function."""
    api = api or API(debug=debug)
    schema = build_schema(SDL)
    schema.query_type.fields["it"].resolve = resolve
    schema.query_type.fields["other"].resolve = resolve
    schema.mutation_type.fields["it"].resolve = resolve
    mount(api, path, schema=schema, **options)
    return api.test_client(raise_server_exceptions=False)


def ask(client, query="{ it }"):
    answer = client.post("/graphql", json={"query": query})
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]["it"]


class TestContext:
    def test_request_and_response_are_items_and_attributes(self):
        def resolve(root, info):
            context = info.context
            assert context["request"] is context.request
            assert context.get("response") is context.response
            return context.request.url.path

        assert ask(make(resolve)) == "/graphql"

    def test_resolvers_can_put_something_there(self):
        def resolve(root, info):
            info.context.count = info.context.get("count", 0) + 1
            return str(info.context["count"])

        client = make(resolve)

        assert client.post("/graphql", json={"query": "{ it other }"}).json() == {
            "data": {"it": "1", "other": "2"}
        }

    def test_what_is_not_there_is_told(self):
        with pytest.raises(AttributeError, match=r"context has no 'user'; it has request"):
            Context(request=1).user  # noqa: B018 - reading it is the test

    def test_headers_cookies_and_the_status_are_sent(self):
        def resolve(root, info):
            info.context.response.headers["X-Seen"] = "yes"
            info.context.response.set_cookie("seen", "yes")
            info.context.response.status_code = 202

        client = make(resolve)
        answer = client.post("/graphql", json={"query": "mutation { it }"})

        assert answer.status_code == 202
        assert answer.headers["x-seen"] == "yes"
        assert answer.cookies["seen"] == "yes"
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["vary"] == "Accept"

    def test_hooks_that_read_the_body_change_nothing(self):
        api = API()
        seen = []

        @api.after_request
        def look(req, resp):
            seen.append(resp.content)

        client = make(lambda root, info: "x", api=api)
        answer = client.get("/graphql?query={it}")

        assert seen == [b'{"data":{"it":"x"}}']
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["vary"] == "Accept"

    def test_a_long_result_is_compressed(self):
        client = make(lambda root, info: "x" * 5000)

        answer = client.post(
            "/graphql", json={"query": "{ it }"}, headers={"Accept-Encoding": "gzip"}
        )

        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept, Accept-Encoding"


class TestDependencies:
    def test_dependencies_are_there_by_name(self):
        api = API()
        log = []

        @api.dependency()
        async def db(req):
            log.append("open")
            yield f"db of {req.method}"
            log.append("closed")

        client = make(lambda root, info: info.context["db"], api=api, dependencies=["db"])

        assert ask(client) == "db of POST"
        assert log == ["open", "closed"]

    def test_a_guard_stands_before_everything(self):
        def login(req):
            if "authorization" not in req.headers:
                abort(401)

        client = make(lambda root, info: "in", dependencies=[Depends(login)])

        assert client.post("/graphql", json={"query": "{ it }"}).status_code == 401
        client.headers["Authorization"] = "x"
        assert ask(client) == "in"

    def test_context_is_a_function_like_a_provider(self):
        api = API()
        api.add_dependency("db", lambda: "db")

        def user(req):
            return req.headers.get("x-user")

        async def context(req, db, user=Depends(user)):
            return {"user": user, "db": db}

        client = make(
            lambda root, info: (
                f"{info.context.user} {info.context.db} {info.context.request.method}"
            ),
            api=api,
            context=context,
        )
        client.headers["X-User"] = "zoe"

        assert ask(client) == "zoe db POST"

    def test_a_context_of_one_s_own_takes_its_place(self):
        class Own:
            def __init__(self, req, resp=None):
                self.req = req

        def context(req):
            return Own(req)

        client = make(
            lambda root, info: f"{type(info.context).__name__} {info.context.req.method}",
            context=context,
        )

        assert ask(client) == "Own POST"

    def test_a_dependency_may_be_called_context(self):
        api = API()
        api.add_dependency("context", lambda: "of the program")

        for options in ({}, {"context": lambda: {"a": 1}}):
            client = make(
                lambda root, info: f"{info.context.context} {info.context.request.method}",
                api=api,
                path=f"/{len(options)}",
                dependencies=["context", "context"],
                **options,
            )
            answer = client.post(f"/{len(options)}", json={"query": "{ it }"})
            assert answer.json() == {"data": {"it": "of the program POST"}}

    def test_context_that_gives_nothing_leaves_the_standard_one(self):
        client = make(lambda root, info: info.context.request.method, context=lambda: None)

        assert ask(client) == "POST"

    def test_it_may_take_the_response_where_there_are_no_sockets(self):
        def context(req, resp):
            resp.headers["X-Context"] = "yes"
            return {}

        client = make(lambda root, info: "x", context=context, websocket=False)

        assert client.post("/graphql", json={"query": "{ it }"}).headers["x-context"] == "yes"

    def test_a_provider_that_is_not_registered_is_refused(self):
        with pytest.raises(ViewError, match="'db'"):
            make(lambda root, info: "x", dependencies=["db"])

    def test_a_context_that_sockets_cannot_have_is_refused_at_once(self):
        def context(req, resp):
            return {}

        with pytest.raises(ViewError, match="a response, which a WebSocket has not"):
            make(lambda root, info: "x", context=context)


class TestResolvers:
    def test_async_ones_run_beside_each_other(self):
        events = []

        def make_api():
            api = API()
            schema = build_schema("type Query { a: Int b: Int }")
            ready = anyio.Event()

            async def a(root, info):
                await ready.wait()
                events.append("a")
                return 1

            async def b(root, info):
                events.append("b")
                ready.set()
                return 2

            schema.query_type.fields["a"].resolve = a
            schema.query_type.fields["b"].resolve = b
            mount(api, schema=schema)
            return api

        async def main():
            async with make_api().async_client() as client:
                answer = await client.post("/graphql", json={"query": "{ a b }"})
            assert answer.json() == {"data": {"a": 1, "b": 2}}

        anyio.run(main)

        assert events == ["b", "a"]

    def test_sync_ones_run_on_the_loop(self):
        main = threading.get_ident

        async def where(root, info):
            return str(main())

        client = make(lambda root, info: str(main()))
        threads = {ask(client), ask(make(where))}

        assert len(threads) <= 2
        assert ask(client)

    def test_sync_ones_can_run_in_threads(self):
        seen = contextvars.ContextVar("seen", default="nothing")
        api = API()

        async def on_loop(root, info):
            return threading.current_thread().name

        @api.before_request()
        async def before(req, resp):
            seen.set("something")

        def resolve(root, info):
            return f"{threading.current_thread().name} {seen.get()}"

        client = make(resolve, api=api, resolvers_in_threads=True)
        other = make(on_loop, resolvers_in_threads=True)

        name, value = ask(client).rsplit(" ", 1)
        assert name != ask(other)
        assert value == "something"

    @pytest.mark.parametrize("is_table", [False, True])
    def test_so_can_methods_of_the_root_value(self, is_table):
        class Root:
            def it(self, info):
                return threading.current_thread().name

            async def other(self, info):
                return threading.current_thread().name

        root = Root()
        if is_table:
            root = {"it": root.it, "other": root.other}
        api = API()
        mount(api, schema=build_schema(SDL), root_value=root, resolvers_in_threads=True)
        answer = api.test_client().post("/graphql", json={"query": "{ it other }"})

        data = answer.json()["data"]
        assert data["it"] != data["other"]

    def test_in_threads_they_may_still_return_what_is_awaited(self):
        async def later():
            return "later"

        client = make(lambda root, info: later(), resolvers_in_threads=True)

        assert ask(client) == "later"

    def test_in_threads_errors_are_errors_of_their_field(self):
        def resolve(root, info):
            raise GraphQLError("No.")

        client = make(resolve, resolvers_in_threads=True)
        answer = client.post("/graphql", json={"query": "{ it }"})

        assert answer.json()["errors"][0]["path"] == ["it"]

    def test_in_threads_a_partial_is_called_too(self):
        def resolve(prefix, root, info):
            return prefix + threading.current_thread().name[:0]

        client = make(functools.partial(resolve, "x"), resolvers_in_threads=True)

        assert ask(client) == "x"

    def test_plain_attributes_are_read_on_the_loop(self, client_factory, ask):
        client = client_factory(resolvers_in_threads=True, root_value={"number": 7})

        assert ask("{ number }", client=client).json() == {"data": {"number": 7}}

    def test_middleware_stands_around_each(self):
        def shout(next_, root, info, **arguments):
            return next_(root, info, **arguments).upper()

        assert ask(make(lambda root, info: "x", middleware=[shout])) == "X"


class TestPaths:
    """Parameters of the path, ``/{tenant}/graphql``, are part of the context."""

    @pytest.fixture(params=["plain", "context", "router"])
    def client(self, request):
        api = API(debug=True)
        schema = build_schema(SDL)
        resolve = lambda root, info: f"{info.context.tenant} {info.context['tenant'] + 1}"
        schema.query_type.fields["it"].resolve = resolve
        options = {"context": lambda tenant: {"own": tenant}} if request.param == "context" else {}
        if request.param == "router":
            router = Router("/{tenant:int}")
            mount(router, schema=schema)
            api.include_router(router)
        else:
            mount(api, "/{tenant:int}/graphql", schema=schema, **options)
        return api.test_client()

    def test_over_http(self, client):
        answer = client.post("/7/graphql", json={"query": "{ it }"})

        assert answer.json() == {"data": {"it": "7 8"}}

    def test_over_a_socket(self, client):
        with client.websocket_connect("/7/graphql", ["graphql-transport-ws"]) as ws:
            ws.send_json({"type": "connection_init"})
            ws.receive_json()
            ws.send_json({"type": "subscribe", "id": "1", "payload": {"query": "{ it }"}})

            assert ws.receive_json()["payload"] == {"data": {"it": "7 8"}}

    @pytest.mark.parametrize("name", ["context", "request", "response", "connection_params"])
    def test_one_takes_the_place_of_nothing(self, name):
        def resolve(root, info):
            return f"{info.context.request.method} {info.context.response is not None}"

        client = make(resolve, path=f"/{{{name}}}/graphql")
        answer = client.post("/x/graphql", json={"query": "{ it }"})

        assert answer.json() == {"data": {"it": "POST True"}}

    def test_graphiql_has_its_files(self, client):
        page = client.get("/7/graphql", headers={"Accept": "text/html"}).text
        (path,) = re.findall(r'src="(/7/graphql/graphiql-[^"]+/graphiql.js)"', page)

        assert client.get(path).status_code == 200


def test_sync_resolvers_run_under_trio_too():
    api = API()
    mount(api, schema=build_schema(SDL), root_value={"it": "x"})

    answer = api.test_client(backend="trio").post("/graphql", json={"query": "{ it }"})

    assert answer.json() == {"data": {"it": "x"}}


def test_a_router_can_have_an_endpoint():
    api = API()
    router = Router("/v1")
    mount(router, "/graphql", schema=build_schema(SDL), root_value={"it": "x"})
    api.include_router(router, prefix="/api")

    answer = api.test_client().post("/api/v1/graphql", json={"query": "{ it }"})

    assert answer.json() == {"data": {"it": "x"}}


def test_two_apps_can_share_a_view():
    from responder_graphql import GraphQLView

    view = GraphQLView(schema=build_schema(SDL), root_value={"it": "x"})
    for debug in (True, False):
        api = API(debug=debug)
        api.add_route("/graphql", view, methods=["GET", "POST"])
        answer = api.test_client().post(
            "/graphql", json={"query": "{ __schema { types { name } } }"}
        )
        assert ("errors" in answer.json()) is not debug


def test_each_app_of_a_view_keeps_its_documents(monkeypatch):
    router = Router()
    mount(router, schema=build_schema(SDL), root_value={"it": "x"})
    apps = [API(), API(debug=True)]
    for api in apps:
        api.include_router(router)
    parsed = []
    parse = responder_graphql.documents.parse
    monkeypatch.setattr(
        responder_graphql.documents, "parse", lambda text: parsed.append(text) or parse(text)
    )

    for _ in range(3):
        for api in apps:
            assert ask(api.test_client()) == "x"

    assert len(parsed) == 2
