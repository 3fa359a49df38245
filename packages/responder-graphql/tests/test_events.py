"""Event streams: graphql-sse, distinct connections mode."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from responder_core import API
from responder_core.testing import collect_sse, iter_sse, parse_sse
from responder_graphql import mount

EVENTS = "text/event-stream"


@pytest.fixture
def api(streams, streams_schema):
    api = API()
    mount(api, schema=streams_schema, root_value=streams)
    return api


@pytest.fixture
def stream(api):
    """The events of an operation that is sent by POST."""

    def run(query, accept=EVENTS, **members):
        answer = api.test_client().post(
            "/graphql", json={"query": query, **members}, headers={"Accept": accept}
        )
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(EVENTS)
        events = [
            (each.event, each.json() if each.data else None) for each in parse_sse(answer.text)
        ]
        assert events.pop() == ("complete", None)
        assert {name for name, _ in events} <= {"next"}
        return [data for _, data in events]

    return run


def test_each_result_is_an_event(stream):
    found = stream("subscription($n: Int!) { count(to: $n) }", variables={"n": 3})

    assert found == [{"data": {"count": number}} for number in range(3)]


def test_a_long_document_is_read_beside_the_event_loop(streams, streams_schema, gate):
    api = API()
    mount(api, schema=streams_schema, root_value=streams, rules=[gate.rule])
    query = "subscription { count(to: 2) }" + "\n#" * 60

    async def main():
        events = []

        async def follow():
            answer = await client.post("/graphql", json={"query": query}, headers=headers)
            events.extend(parse_sse(answer.text))

        headers = {"Accept": EVENTS}
        async with api.async_client() as client, anyio.create_task_group() as group:
            group.start_soon(follow)
            await gate.wait_until_reached()
            other = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)
            gate.opened.set()
        return other, events

    other, events = anyio.run(main)

    assert parse_sse(other.text)[0].json() == {"data": {"hello": "world"}}
    assert [each.json() for each in events[:2]] == [{"data": {"count": n}} for n in range(2)]


@pytest.mark.parametrize("query", ["{ hello }", "mutation { touch }"])
def test_other_operations_are_a_stream_of_one(stream, query):
    assert [list(each) for each in stream(query)] == [["data"]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { refuses }", "FORBIDDEN"),
        ("{ " + "a: hello " * 40 + "}", "LIMIT_EXCEEDED"),
        ("subscription($n: Int!) { count(to: $n) }", "BAD_USER_INPUT"),
    ],
)
def test_a_request_error_is_told_in_the_stream(stream, query, code):
    (told,) = stream(query)

    assert list(told) == ["errors"]
    assert told["errors"][0]["extensions"]["code"] == code


def test_a_source_that_fails_is_the_last_result(stream):
    first, last = stream("subscription { breaks }")

    assert first == {"data": {"breaks": 1}}
    assert last["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in str(last)


def test_a_field_that_fails_is_masked(stream):
    (told,) = stream("{ fails }")

    assert told["data"] == {"fails": None}
    assert "secret" not in str(told)


def test_a_value_without_a_form_in_json_is_masked(stream):
    (told,) = stream("{ odd }")

    assert told["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


def test_values_are_written_as_the_app_writes_them(stream):
    assert stream("{ day }") == [{"data": {"day": "2026-11-21"}}]


def test_where_both_are_taken_only_subscriptions_are_streams(api, stream):
    accept = f"application/json, {EVENTS}"
    answer = api.test_client().post(
        "/graphql", json={"query": "{ hello }"}, headers={"Accept": accept}
    )

    assert answer.json() == {"data": {"hello": "world"}}
    assert len(stream("subscription { count(to: 2) }", accept)) == 2


def test_what_is_no_request_is_400_as_json(api):
    answer = api.test_client().post("/graphql", json={}, headers={"Accept": EVENTS})

    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/graphql-response+json"])
def test_a_subscription_needs_a_stream(api, accept):
    answer = api.test_client().post(
        "/graphql", json={"query": "subscription { forever }"}, headers={"Accept": accept}
    )

    assert answer.status_code == 406
    assert "text/event-stream" in answer.json()["errors"][0]["message"]


class TestGet:
    def get(self, api, query):
        return api.test_client().get(
            "/graphql", params={"query": query}, headers={"Accept": EVENTS}
        )

    def test_an_event_source_can_subscribe(self, api):
        answer = self.get(api, "subscription { late }")

        assert [each.event for each in parse_sse(answer.text)] == ["next", "complete"]
        assert answer.headers["vary"] == "Accept"
        assert "x-late" not in answer.headers

    def test_a_mutation_is_405(self, api):
        assert self.get(api, "mutation { touch }").status_code == 405


def test_a_client_that_leaves_ends_the_generator(api, streams):
    async def main():
        async with (
            api.async_client() as client,
            client.stream(
                "POST",
                "/graphql",
                json={"query": "subscription { forever }"},
                headers={"Accept": EVENTS},
            ) as response,
        ):
            (event,) = await collect_sse(response, 1)
            assert event.json() == {"data": {"forever": 1}}
        with anyio.fail_after(30):
            while not streams.ended:
                await anyio.lowlevel.checkpoint()

    anyio.run(main)

    assert streams.ended == ["forever"]


def test_a_drain_ends_the_stream(api, streams):
    async def main():
        async with (
            api.async_client() as client,
            client.stream(
                "POST",
                "/graphql",
                json={"query": "subscription { forever }"},
                headers={"Accept": EVENTS},
            ) as response,
        ):
            found = []
            async for event in iter_sse(response):
                found.append(event.json())
                api.drain.start()

        assert found == [{"data": {"forever": 1}}]

    anyio.run(main)

    assert streams.ended == ["forever"]
