"""Facts: what the documentation of an app learns of an endpoint, and what a request has cost."""

from __future__ import annotations

import pytest
from graphql import build_schema

from responder_core import API, Extension, Router
from responder_graphql import GraphQLView, QueryLimits, TrustedDocuments, mount

SCHEMA = build_schema("type Query { a: Int }")


class TestDescription:
    def describe(self, method, **options):
        api = API()
        mount(api, schema=SCHEMA, **options)
        (view,) = api.routes[0].facts
        assert api.routes[0].fact(GraphQLView) is view
        operation = {}
        view.describe_operation(operation, method)
        return operation

    def test_post_has_a_body(self):
        operation = self.describe("POST")

        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert schema["required"] == ["query"]
        assert "parameters" not in operation
        assert sorted(operation["responses"]["200"]["content"]) == [
            "application/graphql-response+json",
            "application/json",
            "text/event-stream",
        ]

    def test_get_has_parameters(self):
        operation = self.describe("GET")

        assert [each["name"] for each in operation["parameters"]] == [
            "query",
            "operationName",
            "variables",
            "extensions",
        ]
        assert "requestBody" not in operation

    def test_trusted_documents_are_named(self):
        operation = self.describe("POST", trusted=TrustedDocuments({"a": "{ a }"}))

        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert "documentId" in schema["properties"]
        assert "required" not in schema

    @pytest.mark.parametrize(
        ("method", "options", "statuses"),
        [
            ("GET", {}, "200 400 405 406 500 503 504"),
            ("POST", {}, "200 400 406 413 415 500 503 504"),
            ("POST", {"partial_data_status": 294}, "200 294 400 406 413 415 500 503 504"),
            ("GET", {"query_limits": QueryLimits(seconds=None)}, "200 400 405 406 500 503"),
        ],
    )
    def test_every_status_is_told(self, method, options, statuses):
        operation = self.describe(method, **options)

        assert sorted(operation["responses"]) == statuses.split()

    def test_a_router_s_routes_have_them_too(self):
        router = Router()
        view = mount(router, schema=SCHEMA)
        api = API()
        api.include_router(router, prefix="/v1")
        api.include_router(router, prefix="/v2")

        found = [route.facts for route in api.routes if route.endpoint is view]
        assert found == [[view], [view]]


class Meter(Extension):
    """Asks what requests have cost, and knows no GraphQL: as a rate limiter may."""

    def __init__(self):
        self.costs = []

    def install(self, api):
        api.around("limit", self.surround)

    def surround(self, route, exchange):
        facts = [] if route is None else route.facts
        ask = next((each.request_cost for each in facts if hasattr(each, "request_cost")), None)
        if ask is None:
            return exchange

        async def measure(req, resp):
            await exchange(req, resp)
            self.costs.append(ask(req))

        return measure


class TestRequestCost:
    """What a request has cost, for who stands around it."""

    @pytest.fixture
    def meter(self):
        return Meter()

    @pytest.fixture
    def client_factory(self, api_factory, meter):
        def make(**options):
            api = api_factory(debug=True, app={"extensions": [meter]}, **options)
            return api.test_client(raise_server_exceptions=False)

        return make

    @pytest.mark.parametrize(
        ("query", "cost"),
        [
            ("{ number }", 1),
            ("{ me { name me { name } } number }", 5),
            ("{ me { ...F ...F } } fragment F on User { name me { name } }", 7),
            ("query A { number me { name } } query B { number }", 3),
            ("{ fails }", 1),
        ],
    )
    def test_each_field_is_1_and_fragments_are_written_out(
        self, client_factory, ask, meter, query, cost
    ):
        client = client_factory()

        for _ in range(2):  # The second is of a document that was kept.
            ask(query, client=client, operationName="A" if "query A" in query else None)

        assert meter.costs == [cost, cost]

    def test_a_cost_of_one_s_own_is_asked_with_the_variables(self, client_factory, ask, meter):
        limits = QueryLimits(cost=lambda field: 1 + field.arguments.get("first", 1))
        client = client_factory(query_limits=limits)

        for number in (3, 5, "x"):
            query = "query($n: Int) { users(first: $n) { name } }"
            ask(query, client=client, variables={"n": number})

        assert meter.costs == [4, 6, 0]

    def test_one_that_fails_is_the_asker_s_to_answer(self, client_factory, ask, meter):
        limits = QueryLimits(complexity=None, cost=lambda field: field.arguments["nothing"])

        answer = ask("{ number }", client=client_factory(query_limits=limits))

        assert answer.status_code == 500
        assert answer.json()["errors"][0]["extensions"]["exception"]["type"] == "KeyError"

    def test_trusted_documents_cost_something_too(self, client_factory, ask, meter):
        trusted = TrustedDocuments({"ask": "{ me { name } }"})

        ask(None, client=client_factory(trusted=trusted), documentId="ask")

        assert meter.costs == [2]

    def test_a_batch_costs_what_its_operations_cost(self, client_factory, meter):
        client = client_factory(batch=4)
        queries = ["{ number }", "{ nothing }", "subscription { fails }", "{ me { name } }"]

        client.post("/graphql", json=[{"query": query} for query in queries])

        assert meter.costs == [3]

    @pytest.mark.parametrize("query", ["subscription { count(to: 1) }", "{ number }"])
    @pytest.mark.parametrize("accept", ["text/event-stream", "application/json, text/event-stream"])
    def test_an_event_stream_costs_something(self, client_factory, ask, meter, accept, query):
        ask(query, client=client_factory(), accept=accept)

        assert meter.costs == [1]

    @pytest.mark.parametrize(
        ("method", "params", "body"),
        [
            ("GET", {}, None),
            ("GET", {"query": 'mutation { touch(id: "1") }'}, None),
            ("POST", {}, b"{"),
            ("POST", {}, b"{}"),
            ("POST", {}, b'{"query":"{ nothing }"}'),
            ("POST", {}, b'{"query":"subscription { fails }"}'),
        ],
    )
    def test_what_is_not_executed_costs_nothing(self, client_factory, meter, method, params, body):
        headers = {"Content-Type": "application/json"}

        client_factory().request(method, "/graphql", params=params, content=body, headers=headers)

        assert meter.costs == [None]

    def test_graphiql_costs_nothing(self, client_factory, meter):
        answer = client_factory().get("/graphql", headers={"Accept": "text/html"})

        assert "GraphiQL" in answer.text
        assert meter.costs == [None]
