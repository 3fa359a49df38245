"""Schemas: those of graphene, strawberry, ariadne and graphql-core are served alike."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncGenerator

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    build_schema,
)

from responder_core import API
from responder_core.testing import parse_sse
from responder_graphql import GraphQLView, mount


def make_plain():
    def greet(root, info, name="world"):
        info.context["response"].headers["X-Seen"] = info.context["request"].method
        return f"hello, {name}"

    async def slow(root, info):
        return "slow"

    async def count(root, info):
        for number in range(2):
            yield {"count": str(number)}

    return GraphQLSchema(
        GraphQLObjectType(
            "Query",
            {
                "hello": GraphQLField(
                    GraphQLString, {"name": GraphQLArgument(GraphQLString)}, resolve=greet
                ),
                "slow": GraphQLField(GraphQLString, resolve=slow),
            },
        ),
        subscription=GraphQLObjectType(
            "Subscription", {"count": GraphQLField(GraphQLString, subscribe=count)}
        ),
    )


def make_graphene():
    graphene = pytest.importorskip("graphene")

    class Query(graphene.ObjectType):
        hello = graphene.String(name=graphene.String(default_value="world"))
        slow = graphene.String()

        def resolve_hello(root, info, name):
            info.context["response"].headers["X-Seen"] = info.context["request"].method
            return f"hello, {name}"

        async def resolve_slow(root, info):
            return "slow"

    class Subscription(graphene.ObjectType):
        count = graphene.String()

        async def subscribe_count(root, info):
            for number in range(2):
                yield str(number)

    return graphene.Schema(query=Query, subscription=Subscription)


def make_ariadne():
    ariadne = pytest.importorskip("ariadne")
    query, subscription = ariadne.QueryType(), ariadne.SubscriptionType()

    @query.field("hello")
    def hello(root, info, name="world"):
        info.context["response"].headers["X-Seen"] = info.context["request"].method
        return f"hello, {name}"

    @query.field("slow")
    async def slow(root, info):
        return "slow"

    @subscription.source("count")
    async def source(root, info):
        for number in range(2):
            yield str(number)

    @subscription.field("count")
    def count(value, info):
        return value

    sdl = """
        type Query { hello(name: String): String slow: String }
        type Subscription { count: String }
    """
    return ariadne.make_executable_schema(sdl, query, subscription)


def make_strawberry():
    strawberry = pytest.importorskip("strawberry")

    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self, info: strawberry.Info, name: str = "world") -> str:
            info.context["response"].headers["X-Seen"] = info.context["request"].method
            return f"hello, {name}"

        @strawberry.field
        async def slow(self) -> str:
            return "slow"

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def count(self) -> AsyncGenerator[str, None]:
            for number in range(2):
                yield str(number)

    Query.__annotations__  # noqa: B018 - they are read where they are written
    return strawberry.Schema(query=Query, subscription=Subscription)


LIBRARIES = [make_plain, make_graphene, make_ariadne, make_strawberry]


@pytest.fixture(params=LIBRARIES, ids=[make.__name__.removeprefix("make_") for make in LIBRARIES])
def schema(request):
    return request.param()


@pytest.mark.parametrize("in_threads", [False, True])
class TestLibrary:
    @pytest.fixture
    def client(self, schema, in_threads):
        api = API(debug=True)
        mount(api, schema=schema, resolvers_in_threads=in_threads)
        return api.test_client()

    def test_queries_are_executed(self, client):
        answer = client.post(
            "/graphql",
            json={
                "query": "query($n: String!) { hello(name: $n) slow }",
                "variables": {"n": "you"},
            },
        )

        assert answer.json() == {"data": {"hello": "hello, you", "slow": "slow"}}
        assert answer.headers["x-seen"] == "POST"

    def test_subscriptions_are_streamed(self, client):
        answer = client.post(
            "/graphql",
            json={"query": "subscription { count }"},
            headers={"Accept": "text/event-stream"},
        )

        *events, end = parse_sse(answer.text)
        assert [event.json() for event in events] == [
            {"data": {"count": "0"}},
            {"data": {"count": "1"}},
        ]
        assert end.event == "complete"

    def test_introspection_tells_the_schema(self, client):
        answer = client.post("/graphql", json={"query": '{ __type(name: "Query") { name } }'})

        assert answer.json() == {"data": {"__type": {"name": "Query"}}}

    def test_mistakes_have_their_place(self, client):
        (error,) = client.post("/graphql", json={"query": "{ nothing }"}).json()["errors"]

        assert error["locations"] == [{"line": 1, "column": 3}]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("schema", [None, "type Query { a: Int }", object(), GraphQLSchema])
def test_what_is_no_schema_is_refused(schema):
    with pytest.raises(TypeError, match="schema= is a schema of graphene, strawberry"):
        GraphQLView(schema=schema)


def test_a_schema_that_is_not_valid_is_refused():
    schema = build_schema("type Query { a: Int } interface Named { name: String }")
    schema.query_type = None

    with pytest.raises(TypeError, match="the schema is not valid: Query root type must be"):
        GraphQLView(schema=schema)


def test_nothing_is_imported_that_the_schema_does_not_need():
    program = """
import sys, responder_graphql
assert "graphql" not in sys.modules
from graphql import build_schema
from responder_core import API
responder_graphql.mount(API(), schema=build_schema("type Query { a: Int }"))
assert not {"graphene", "strawberry", "ariadne"} & sys.modules.keys()
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
