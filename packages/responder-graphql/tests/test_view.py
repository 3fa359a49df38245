"""The view: the statuses, media types and header fields of GraphQL over HTTP."""

from __future__ import annotations

import json
from contextlib import contextmanager

import anyio
import pytest
from graphql import build_schema

from responder_core import API, Router
from responder_graphql import GraphQLView, QueryLimits, mount

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"

ADMITTED = [
    pytest.param(GRAPHQL, GRAPHQL, id="graphql"),
    pytest.param(JSON, JSON, id="json"),
    pytest.param("*/*", JSON, id="anything"),
    pytest.param("", JSON, id="nothing"),
    pytest.param("application/*", JSON, id="application"),
    pytest.param(f"{GRAPHQL}, {JSON}", GRAPHQL, id="both"),
    pytest.param(f"{JSON}, {GRAPHQL}", GRAPHQL, id="both-the-other-way"),
    pytest.param(f"{GRAPHQL};q=0.5, {JSON}", JSON, id="json-rather"),
    pytest.param(f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL, id="recommended"),
    pytest.param(f"{JSON};q=0, */*", GRAPHQL, id="anything-but-json"),
]

# What a well-formed request leads to that cannot be executed.
REQUEST_ERRORS = [
    pytest.param({"query": "{"}, "GRAPHQL_PARSE_FAILED", id="syntax"),
    pytest.param({"query": ""}, "GRAPHQL_PARSE_FAILED", id="empty"),
    pytest.param({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED", id="validation"),
    pytest.param(
        {"query": "query A { number }", "operationName": "B"},
        "OPERATION_RESOLUTION_FAILURE",
        id="unknown-operation",
    ),
    pytest.param(
        {"query": "query A { number } query B { number }"},
        "OPERATION_RESOLUTION_FAILURE",
        id="several-operations",
    ),
    pytest.param(
        {"query": "fragment A on Query { number } "}, "GRAPHQL_VALIDATION_FAILED", id="no-operation"
    ),
    pytest.param(
        {"query": "query($id: ID!) { number }", "variables": {"id": None}},
        "GRAPHQL_VALIDATION_FAILED",
        id="unused-variable",
    ),
    pytest.param(
        {"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": None}},
        "BAD_USER_INPUT",
        id="variables",
    ),
    pytest.param({"documentId": "sha256:00"}, "PERSISTED_QUERY_NOT_FOUND", id="no-such-document"),
]

# What is no GraphQL request.
MALFORMED = [
    pytest.param(b"", id="empty"),
    pytest.param(b"{", id="no-json"),
    pytest.param(b"\xff", id="no-utf-8"),
    pytest.param(b"[]", id="empty-array"),
    pytest.param(b'[{"query":"{number}"}]', id="batch"),
    pytest.param(b"7", id="number"),
    pytest.param(b"{}", id="no-query"),
    pytest.param(b'{"query":null}', id="null"),
    pytest.param(b'{"qeury":"{number}"}', id="typo"),
    pytest.param(b'{"query":7}', id="query-number"),
    pytest.param(b'{"query":["{number}"]}', id="query-array"),
    pytest.param(b'{"query":"{number}","operationName":7}', id="operation-name"),
    pytest.param(b'{"query":"{number}","operationName":false}', id="operation-name-false"),
    pytest.param(b'{"query":"{number}","variables":[7]}', id="variables-array"),
    pytest.param(b'{"query":"{number}","variables":"{}"}', id="variables-text"),
    pytest.param(b'{"query":"{number}","extensions":0}', id="extensions"),
    pytest.param(b'{"query":"{number}","query":"{hello}"}', id="twice"),
    pytest.param(b'{"query":"{number}","variables":' + b"[" * 200 + b"]" * 200 + b"}", id="deep"),
]


class TestPost:
    @pytest.mark.parametrize(("accept", "media_type"), ADMITTED)
    def test_accept_chooses_the_media_type(self, ask, accept, media_type):
        answer = ask("{ hello }", accept=accept)

        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert answer.headers["vary"] == "Accept"
        assert answer.content == b'{"data":{"hello":"hello, world"}}'

    def test_what_a_client_does_not_take_is_406(self, ask):
        answer = ask("{ hello }", accept="text/csv")

        assert answer.status_code == 406
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"

    def test_variables_and_the_operation_are_chosen(self, ask):
        answer = ask(
            "query A { number } query B($n: String) { hello(name: $n) }",
            operationName="B",
            variables={"n": "you"},
            extensions={"some": "value"},
        )

        assert answer.json() == {"data": {"hello": "hello, you"}}

    @pytest.mark.parametrize("name", ["operationName", "variables", "extensions"])
    def test_null_is_as_left_out(self, ask, name):
        assert ask("{ number }", **{name: None}).json() == {"data": {"number": 7}}

    def test_a_mutation_is_executed(self, ask):
        assert ask('mutation { touch(id: "7") }').json() == {"data": {"touch": "touched 7"}}

    @pytest.mark.parametrize(("members", "code"), REQUEST_ERRORS)
    @pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)], ids=["g", "j"])
    def test_a_request_error_has_no_data(self, client, members, code, accept, status):
        answer = client.post("/graphql", json=members, headers={"Accept": accept})

        assert answer.status_code == status
        assert answer.headers["content-type"].startswith(accept)
        assert list(answer.json()) == ["errors"]
        assert answer.json()["errors"][0]["extensions"]["code"] == code

    @pytest.mark.parametrize("body", MALFORMED)
    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    def test_what_is_no_request_is_400_in_the_negotiated_type(self, client, body, accept):
        headers = {"Accept": accept, "Content-Type": JSON}

        answer = client.post("/graphql", content=body, headers=headers)

        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith(accept)
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"

    @pytest.mark.parametrize(
        "media_type",
        [
            None,
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/graphql",
            "application/json; charset=latin-1",
            "application/yaml",
            "nonsense",
        ],
    )
    def test_what_is_not_json_is_415(self, client, media_type):
        headers = {} if media_type is None else {"Content-Type": media_type}

        answer = client.post("/graphql", content=b'{"query":"{number}"}', headers=headers)

        assert answer.status_code == 415
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"

    @pytest.mark.parametrize(
        "media_type",
        [JSON, "application/json; charset=UTF-8", 'Application/JSON;charset="utf-8"', GRAPHQL],
    )
    def test_json_in_utf_8_is_read(self, client, media_type):
        content = json.dumps({"query": '{ hello(name: "Zoë") }'}, ensure_ascii=False).encode()

        answer = client.post("/graphql", content=content, headers={"Content-Type": media_type})

        assert answer.json() == {"data": {"hello": "hello, Zoë"}}

    def test_a_compressed_body_is_415(self, client):
        headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}

        answer = client.post("/graphql", content=b"...", headers=headers)

        assert answer.status_code == 415
        assert answer.headers["accept-encoding"] == "identity"
        assert "errors" in answer.json()

    def test_a_field_that_fails_leaves_the_others(self, ask):
        answer = ask("{ number\n  fails }")

        assert answer.status_code == 200
        assert list(answer.json()) == ["data", "errors"]
        assert answer.json()["data"] == {"number": 7, "fails": None}
        (error,) = answer.json()["errors"]
        assert error["path"] == ["fails"]
        assert error["locations"] == [{"line": 2, "column": 3}]

    def test_a_failure_that_takes_everything_is_still_a_result(self, ask):
        answer = ask("{ fails_hard }")

        assert answer.status_code == 200
        assert answer.json()["data"] is None
        assert answer.json()["errors"][0]["path"] == ["fails_hard"]

    @pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 294), (JSON, 200)])
    def test_partial_data_may_have_a_status_of_its_own(self, client_factory, ask, accept, status):
        client = client_factory(partial_data_status=294)

        assert ask("{ number fails }", client=client, accept=accept).status_code == status
        assert ask("{ number }", client=client, accept=accept).status_code == 200


class TestGet:
    def get(self, client, query, accept=GRAPHQL, **params):
        return client.get("/graphql", params={"query": query, **params}, headers={"Accept": accept})

    def test_a_query_is_executed(self, client):
        answer = self.get(
            client,
            "query A { number } query B($n: String) { hello(name: $n) }",
            operationName="B",
            variables='{"n":"you"}',
            extensions="{}",
        )

        assert answer.json() == {"data": {"hello": "hello, you"}}
        assert answer.headers["vary"] == "Accept"

    def test_an_empty_operation_name_is_none(self, client):
        assert self.get(client, "{ number }", operationName="").status_code == 200

    @pytest.mark.parametrize("accept", [GRAPHQL, JSON, "*/*"])
    def test_a_mutation_is_405_and_not_executed(self, client, accept):
        answer = self.get(client, 'mutation { touch(id: "7") }', accept)

        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
        assert answer.json()["errors"][0]["message"] == "A mutation is sent by POST."

    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"query": ""},
            {"query": "{number}", "variables": "{"},
            {"query": "{number}", "variables": "[]"},
            {"query": "{number}", "extensions": "7"},
            {"query": ["{number}", "{hello}"]},
        ],
    )
    def test_what_is_no_request_is_400(self, client, params):
        answer = client.get("/graphql", params=params, headers={"Accept": GRAPHQL})

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"

    def test_head_is_as_get_without_the_body(self, client):
        answer = client.head("/graphql", params={"query": "{ number }"})

        assert (answer.status_code, answer.content) == (200, b"")

    def test_no_page_is_shown_outside_debug(self, client):
        accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

        answer = self.get(client, "{ number }", accept)

        assert answer.json() == {"data": {"number": 7}}


class TestOtherMethods:
    @pytest.fixture(params=["app", "router", "view alone"])
    def client(self, request, schema):
        api = API()
        if request.param == "view alone":
            api.add_route("/graphql", GraphQLView(schema=schema))
        elif request.param == "router":
            router = Router()
            mount(router, schema=schema)
            api.include_router(router)
        else:
            mount(api, schema=schema)
        return api.test_client()

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [(GRAPHQL, GRAPHQL), (JSON, JSON), ("*/*", JSON), ("text/event-stream", JSON)],
    )
    @pytest.mark.parametrize("content", [b'{"query":"{number}"}', b"{", b""])
    def test_they_are_405_whatever_they_bring(self, client, method, accept, media_type, content):
        headers = {"Accept": accept, "Content-Type": JSON}

        answer = client.request(method, "/graphql?query={number}", content=content, headers=headers)

        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert answer.headers["vary"] == "Accept"
        assert list(answer.json()) == ["errors"]
        assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


def test_a_method_that_nobody_knows_is_405(client):
    answer = client.request("BREW", "/graphql", headers={"Accept": GRAPHQL})

    assert answer.status_code == 405
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


class TestBatch:
    def post(self, client, *queries):
        return client.post(
            "/graphql", json=[{"query": query} for query in queries], headers={"Accept": GRAPHQL}
        )

    def test_operations_are_answered_in_their_order(self, client_factory):
        client = client_factory(batch=3)

        answer = self.post(client, "{ number }", "{ nothing }", "{ fails }")

        assert answer.status_code == 200
        first, second, third = answer.json()
        assert first == {"data": {"number": 7}}
        assert list(second) == ["errors"]
        assert third["data"] == {"fails": None}

    @pytest.mark.parametrize("count", [0, 4, 1000])
    def test_too_many_are_400(self, client_factory, count):
        answer = self.post(client_factory(batch=3), *["{ number }"] * count)

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"] == "A batch has 1 to 3 operations."

    def test_one_that_is_malformed_refuses_all(self, client_factory):
        client = client_factory(batch=3)

        answer = client.post("/graphql", json=[{"query": "{ number }"}, 7])

        assert answer.status_code == 400

    def test_subscriptions_are_refused_one_by_one(self, client_factory):
        answer = self.post(client_factory(batch=3), "subscription { fails }", "{ number }")

        assert list(answer.json()[0]) == ["errors"]
        assert answer.json()[1] == {"data": {"number": 7}}

    def test_a_client_that_takes_no_json_gets_406(self, client_factory):
        client = client_factory(batch=3)

        answer = client.post("/graphql", json=[{"query": "{a}"}], headers={"Accept": "text/csv"})

        assert answer.status_code == 406

    def make(self, client_factory, resolve, seconds, **options):
        schema = build_schema("type Query { it: String }")
        schema.query_type.fields["it"].resolve = resolve
        limits = QueryLimits(seconds=seconds)
        return client_factory(schema=schema, batch=4, query_limits=limits, **options)

    def test_the_seconds_of_one_are_those_of_all(self, client_factory):
        began = []

        async def resolve(root, info):
            began.append(info.path.key)
            await anyio.sleep_forever()

        answer = self.post(self.make(client_factory, resolve, 0.05), *["{ it }"] * 4)

        codes = [each["errors"][0]["extensions"]["code"] for each in answer.json()]
        assert (answer.status_code, codes) == (200, ["TIMEOUT"] * 4)
        assert len(began) < 2

    @pytest.mark.parametrize("observed", [False, True])
    def test_one_that_comes_too_late_never_begins(self, client_factory, monkeypatch, observed):
        gone, told = [0.0], []

        @contextmanager
        def observe(operation):
            try:
                yield
            finally:
                told.append(len(operation.errors))

        def resolve(root, info):
            gone[0] += 20.0
            return info.path.key

        monkeypatch.setattr(
            "responder_graphql.engine.current_time", lambda: anyio.current_time() + gone[0]
        )
        options = {"observe": observe} if observed else {}
        client = self.make(client_factory, resolve, 39.0, **options)

        answer = self.post(client, "{ a: it }", "{ b: it }", "{ c: it }", "{ d: it }")

        *good, third, last = answer.json()
        assert good == [{"data": {"a": "a"}}, {"data": {"b": "b"}}]
        assert third["errors"][0]["message"] == "The answer took longer than 39.0 seconds."
        assert list(last) == ["errors"]
        assert told == ([0, 0, 1, 1] if observed else [])


def test_apps_of_several_threads_that_share_a_view_have_each_their_own(run_threads):
    """One that is debugged tells what failed, the other one never does."""
    view = GraphQLView(schema=build_schema("type Query { a: Int }"))
    apps = [API(debug=True), API()] * 2

    def ask(number):
        return all(view.engine_of(apps[number]).debug is apps[number].debug for _ in range(30_000))

    assert run_threads(4, ask) == [True] * 4
    assert view.engine_of(apps[0]) is view.engine_of(apps[2])
