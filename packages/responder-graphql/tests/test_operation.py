"""What an observer is told of each operation, whatever it came over."""

from __future__ import annotations

import contextvars
from contextlib import contextmanager, suppress

import pytest
from graphql import build_schema

from responder_core import API, abort
from responder_graphql import Operation, mount

SDL = """
    type Query { hello: String fails: String }
    type Subscription { count(to: Int): Int refuses: Int }
"""
span = contextvars.ContextVar("span", default=None)


class Root:
    def hello(self, info):
        return span.get()

    def fails(self, info):
        raise KeyError

    async def count(self, info, to=2):
        for number in range(to):
            yield {"count": number}

    def refuses(self, info):
        abort(403, detail="Not for you.")


@pytest.fixture
def told():
    return []


@pytest.fixture
def client(told):
    @contextmanager
    def observe(operation: Operation):
        token = span.set(operation.name)
        try:
            yield
        finally:
            span.reset(token)
            told.append(operation)

    api = API()
    mount(api, schema=build_schema(SDL), root_value=Root(), observe=observe)
    return api.test_client()


def test_a_query_is_told_of_when_it_has_ended(client, told):
    answer = client.post("/graphql", json={"query": "query Ask { hello }", "variables": {"a": 1}})

    assert answer.json() == {"data": {"hello": "Ask"}}
    (operation,) = told
    assert (operation.name, operation.kind, operation.transport) == ("Ask", "query", "http")
    assert operation.variables == {"a": 1}
    assert operation.req.method == "POST"
    assert operation.errors == []


def test_errors_are_told_as_they_were_sent(client, told):
    answer = client.post("/graphql", json={"query": "{ fails }"})

    assert told[0].errors == answer.json()["errors"]


def test_a_request_error_is_told_too(client, told):
    query = "query($to: Int!) { __typename @skip(if: false) hello @include(if: true) }"
    client.post("/graphql", json={"query": query})
    client.post("/graphql", json={"query": "query($a: Boolean!) { hello @skip(if: $a) }"})

    assert told[0].errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert told[1].errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ hello " * 20 + "}" * 20, "LIMIT_EXCEEDED"),
        ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
def test_one_that_is_refused_is_told_of(client, told, query, code):
    client.post("/graphql", json={"query": query, "operationName": "Ask"})

    (operation,) = told
    assert (operation.name, operation.kind, operation.document) == ("Ask", "unknown", None)
    assert operation.errors[0]["extensions"]["code"] == code


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_so_is_one_over_another_transport(client, told, transport):
    query = {"query": "{ nothing }"}
    if transport == "sse":
        client.post("/graphql", json=query, headers={"Accept": "text/event-stream"})
    else:
        with client.websocket_connect("/graphql", ["graphql-transport-ws"]) as ws:
            ws.send_json({"type": "connection_init"})
            ws.receive_json()
            ws.send_json({"type": "subscribe", "id": "1", "payload": query})
            assert ws.receive_json()["type"] == "error"

    assert [operation.transport for operation in told] == [transport]


def test_a_subscription_is_told_of_at_its_end(client, told):
    client.post(
        "/graphql",
        json={"query": "subscription Count { count }"},
        headers={"Accept": "text/event-stream"},
    )

    (operation,) = told
    assert (operation.name, operation.kind, operation.transport) == (
        "Count",
        "subscription",
        "sse",
    )


def test_a_socket_s_operations_are_told_of(client, told):
    with client.websocket_connect("/graphql", ["graphql-transport-ws"]) as ws:
        ws.send_json({"type": "connection_init"})
        ws.receive_json()
        ws.send_json({"type": "subscribe", "id": "1", "payload": {"query": "{ hello }"}})
        ws.receive_json()
        ws.receive_json()

    assert told[0].transport == "websocket"


@pytest.mark.parametrize(
    ("query", "accept", "code"),
    [
        ("query($a: Boolean!) { hello @skip(if: $a) }", "application/json", "BAD_USER_INPUT"),
        ("subscription($to: Int!) { count(to: $to) }", "text/event-stream", "BAD_USER_INPUT"),
        ("subscription { refuses }", "text/event-stream", "FORBIDDEN"),
    ],
)
def test_an_observer_that_swallows_exceptions_hides_no_refusal(query, accept, code):
    told = []

    @contextmanager
    def observe(operation: Operation):
        with suppress(Exception):
            yield
        told.extend(operation.errors)

    api = API()
    mount(api, schema=build_schema(SDL), root_value=Root(), observe=observe)

    answer = api.test_client().post("/graphql", json={"query": query}, headers={"Accept": accept})

    (error,) = told
    assert error["extensions"]["code"] == code
    assert error["message"] in answer.text.replace("\\", "")


class TestBrokenObservers:
    """An observer that fails is a masked error of the operation, and of no other."""

    @pytest.fixture(params=["enter", "exit"])
    def client(self, request):
        @contextmanager
        def observe(operation):
            if request.param == "enter":
                raise KeyError("secret")
            yield
            raise KeyError("secret")

        api = API()
        mount(api, schema=build_schema(SDL), root_value=Root(), observe=observe)
        return api.test_client(raise_server_exceptions=False)

    @pytest.mark.parametrize(
        ("accept", "status"),
        [("application/json", 200), ("application/graphql-response+json", 500)],
    )
    def test_over_http(self, client, caplog, accept, status):
        answer = client.post("/graphql", json={"query": "{ hello }"}, headers={"Accept": accept})

        assert answer.status_code == status
        assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in answer.text
        assert "KeyError: 'secret'" in caplog.text

    def test_where_the_operation_is_refused(self, client, caplog):
        answer = client.post("/graphql", json={"query": "{ nothing }"})

        assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in answer.text
        assert "KeyError: 'secret'" in caplog.text

    def test_as_an_event_stream(self, client, caplog):
        query = {"query": "subscription { count }"}
        answer = client.post("/graphql", json=query, headers={"Accept": "text/event-stream"})

        assert "INTERNAL_SERVER_ERROR" in answer.text
        assert "secret" not in answer.text
        assert answer.text.endswith("event: complete\ndata: \n\n")
        assert "KeyError: 'secret'" in caplog.text

    def test_over_a_socket_that_goes_on(self, client, caplog):
        with client.websocket_connect("/graphql", ["graphql-transport-ws"]) as ws:
            ws.send_json({"type": "connection_init"})
            ws.receive_json()
            for name in "ab":
                payload = {"query": "subscription { count }"}
                ws.send_json({"type": "subscribe", "id": name, "payload": payload})
                while (told := ws.receive_json())["type"] == "next":
                    pass
                assert (told["type"], told["id"]) == ("error", name)
                assert told["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "KeyError: 'secret'" in caplog.text
