"""The engine: what graphql-core may do that schemas of tests do not make it do."""

from __future__ import annotations

import pytest
from graphql import ExecutionResult, GraphQLError, build_schema

import responder_graphql.engine
from responder_core import API
from responder_graphql import QueryLimits, mount

SDL = "type Query { a: Int } type Subscription { a: Int }"
EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def client_for(monkeypatch):
    """A client of an app for which graphql-core does something else."""

    def run(name, function, **options):
        monkeypatch.setattr(responder_graphql.engine, name, function)
        api = API()
        mount(api, schema=build_schema(SDL), root_value={"a": 1}, **options)
        return api.test_client()

    return run


def post(client, query="{ a }", **headers):
    return client.post("/graphql", json={"query": query}, headers=headers)


def raising(error):
    def function(schema, *args, root_value=None, hide_suggestions=False, **options):
        raise error

    return function


def test_an_error_that_is_raised_is_a_request_error(client_for):
    client = client_for("_execute", raising(GraphQLError("no @defer here")))

    answer = post(client, Accept="application/graphql-response+json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "no @defer here"


def test_extensions_of_a_result_are_sent(client_for):
    client = client_for(
        "_execute", lambda *args, **options: ExecutionResult({"a": 1}, None, {"x": 2})
    )

    assert post(client).json() == {"data": {"a": 1}, "extensions": {"x": 2}}


@pytest.mark.parametrize("seconds", [None, 5.0])
def test_a_result_may_be_awaited(client_for, seconds):
    async def result():
        return ExecutionResult({"a": 1}, None)

    client = client_for(
        "_execute", lambda *args, **options: result(), query_limits=QueryLimits(seconds=seconds)
    )

    assert post(client).json() == {"data": {"a": 1}}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (GraphQLError("no @stream here"), "no @stream here"),
        (SystemError("secret"), "The server failed to answer this."),
    ],
)
def test_a_subscription_that_does_not_begin_is_told_of(client_for, error, message):
    client = client_for("_subscribe", raising(error))

    answer = post(client, "subscription { a }", **EVENTS)

    assert message in answer.text
    assert "secret" not in answer.text


def test_a_subscription_that_begins_too_late_is_told_of(client_for):
    import anyio

    async def begin():
        await anyio.sleep_forever()

    client = client_for(
        "_subscribe", lambda *args, **options: begin(), query_limits=QueryLimits(seconds=0.001)
    )

    assert "TIMEOUT" in post(client, "subscription { a }", **EVENTS).text


def test_a_source_may_be_any_async_iterator():
    class Count:
        number = 0

        def __aiter__(self):
            return self

        async def __anext__(self):
            self.number += 1
            if self.number > 2:
                raise StopAsyncIteration
            return {"a": self.number}

    schema = build_schema(SDL)
    schema.subscription_type.fields["a"].subscribe = lambda root, info: Count()
    api = API()
    mount(api, schema=schema)

    text = post(api.test_client(), "subscription { a }", **EVENTS).text

    assert [f'{{"a":{number}}}' in text for number in (1, 2, 3)] == [True, True, False]


def test_an_event_without_data_is_the_last(client_for):
    async def events():
        yield ExecutionResult(None, [GraphQLError("no such variable")])

    client = client_for("_subscribe", lambda *args, **options: events())

    text = post(client, "subscription { a }", **EVENTS).text

    assert "no such variable" in text
    assert text.count("event: ") == 2
