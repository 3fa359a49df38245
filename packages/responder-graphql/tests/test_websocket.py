"""WebSockets: graphql-transport-ws, message by message, and its close codes."""

from __future__ import annotations

import asyncio
import json
import logging
import types

import anyio
import anyio.lowlevel
import pytest
from graphql import ExecutionResult, GraphQLError, build_schema
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

import responder_graphql.binding
import responder_graphql.documents
from responder_core import API, Depends, Problem, Router, abort
from responder_core.errors import HTTPException
from responder_graphql import QueryLimits, mount
from responder_graphql.engine import Engine

PROTOCOL = "graphql-transport-ws"
LONG = "{ hello }" + "\n#" * 60


@pytest.fixture
def open_socket(streams, streams_schema):
    """Open a socket of an app; initialised unless it is asked not to be."""

    def run(
        api=None,
        *,
        init=True,
        subprotocols=(PROTOCOL,),
        headers=None,
        backend="asyncio",
        **options,
    ):
        if api is None:
            api = API()
        mount(api, **{"schema": streams_schema, "root_value": streams, **options})
        client = api.test_client(raise_server_exceptions=False, backend=backend)
        socket = client.websocket_connect("/graphql", [*subprotocols], headers=headers or {})
        return Dialogue(socket, init=init)

    return run


class Dialogue:
    def __init__(self, socket, *, init):
        self.socket = socket
        self.init = init

    def __enter__(self):
        self.ws = self.socket.__enter__()
        if self.init:
            assert self.say({"type": "connection_init"}) == {"type": "connection_ack"}
        return self

    def __exit__(self, *exc):
        return self.socket.__exit__(*exc)

    def send(self, message):
        self.ws.send_json(message)

    def say(self, message):
        self.send(message)
        return self.ws.receive_json()

    def subscribe(self, query, name="1", **members):
        self.send({"type": "subscribe", "id": name, "payload": {"query": query, **members}})

    def receive(self):
        return self.ws.receive_json()

    def closed(self):
        """How the server closed it, once everything else was received."""
        try:
            while True:
                self.ws.receive_json()
        except WebSocketDisconnect as end:
            return end.code, end.reason


class TestOperations:
    @pytest.mark.parametrize(
        ("query", "data"),
        [("{ hello }", {"hello": "world"}), ("mutation { touch }", {"touch": "touched"})],
    )
    def test_one_with_a_single_result_is_completed(self, open_socket, query, data):
        with open_socket() as socket:
            socket.subscribe(query)

            assert socket.receive() == {"type": "next", "id": "1", "payload": {"data": data}}
            assert socket.receive() == {"type": "complete", "id": "1"}

    def test_a_subscription_sends_each_result(self, open_socket):
        with open_socket() as socket:
            socket.subscribe("subscription($n: Int!) { count(to: $n) }", variables={"n": 3})

            results = [socket.receive()["payload"]["data"]["count"] for _ in range(3)]

            assert results == [0, 1, 2]
            assert socket.receive() == {"type": "complete", "id": "1"}

    def test_operations_are_interleaved(self, open_socket):
        with open_socket() as socket:
            socket.subscribe("subscription { forever }", "a")
            assert socket.receive()["id"] == "a"
            socket.subscribe("{ hello }", "b")

            assert socket.receive()["id"] == "b"

    @pytest.mark.parametrize(
        ("payload", "code"),
        [
            ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
            ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
            ({}, "BAD_REQUEST"),
            ({"query": 7}, "BAD_REQUEST"),
            (
                {"query": "subscription($n: Int!) { count(to: $n) }", "variables": {}},
                "BAD_USER_INPUT",
            ),
            ({"query": "subscription { refuses }"}, "FORBIDDEN"),
        ],
    )
    def test_what_cannot_be_executed_is_an_error_of_its_own(self, open_socket, payload, code):
        with open_socket() as socket:
            told = socket.say({"type": "subscribe", "id": "1", "payload": payload})

            assert (told["type"], told["id"]) == ("error", "1")
            assert told["payload"][0]["extensions"]["code"] == code
            socket.subscribe("{ hello }")
            assert socket.receive()["type"] == "next"

    def test_a_failure_is_masked(self, open_socket, caplog):
        with open_socket() as socket, caplog.at_level(logging.ERROR):
            socket.subscribe("{ fails }")

            payload = socket.receive()["payload"]

        assert payload["data"] == {"fails": None}
        assert "secret" not in str(payload)
        assert "KeyError" in caplog.text

    def test_a_source_that_fails_is_the_last_result(self, open_socket):
        with open_socket() as socket:
            socket.subscribe("subscription { breaks }")

            assert socket.receive()["payload"] == {"data": {"breaks": 1}}
            payload = socket.receive()["payload"]
            assert payload["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
            assert "secret" not in str(payload)
            assert socket.receive() == {"type": "complete", "id": "1"}

    @pytest.mark.parametrize("kind", ["query", "subscription"])
    def test_a_value_without_a_form_in_json_is_an_error_of_its_field(
        self, open_socket, caplog, kind
    ):
        with open_socket() as socket:
            socket.subscribe(f"{kind} {{ odd }}")
            told = socket.receive()

            assert (told["type"], told["payload"]["data"]) == ("next", {"odd": None})
            assert told["payload"]["errors"][0]["path"] == ["odd"]
        assert len(caplog.records) == 1

    def test_a_result_without_a_form_in_json_is_an_error(self, open_socket, monkeypatch):
        result = ExecutionResult({"a": 1}, None, {"odd": object()})
        monkeypatch.setattr("responder_graphql.engine._execute", lambda *args, **options: result)

        with open_socket() as socket:
            socket.subscribe("{ hello }", "a")
            told = socket.receive()
            assert (told["type"], told["id"]) == ("error", "a")

            # Nothing follows of this one.
            socket.subscribe("{", "b")
            assert socket.receive()["id"] == "b"

    def test_an_error_without_a_form_in_json_is_masked(self, open_socket, caplog):
        def refuse(*args):
            raise GraphQLError("No.", extensions={"secret": object()})

        schema = build_schema("scalar Odd type Query { odd(odd: Odd): Odd }")
        schema.type_map["Odd"].parse_literal = refuse
        with open_socket(schema=schema) as socket:
            for name in "ab":
                socket.subscribe("{ odd(odd: 1) }", name)
                told = socket.receive()

                assert (told["type"], told["id"]) == ("error", name)
                assert told["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"

    def test_others_do_not_wait_while_a_long_document_is_read(self, open_socket, gate):
        with open_socket(rules=[gate.rule]) as socket:
            socket.subscribe(LONG, "long")
            socket.subscribe("{ hello }", "short")

            assert [socket.receive()["id"] for _ in range(2)] == ["short", "short"]
            gate.opened.set()
            assert socket.receive()["payload"] == {"data": {"hello": "world"}}

        assert gate.threads["{ hello }"] != gate.threads[LONG]

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_one_that_is_stopped_while_it_is_read_is_not_executed(
        self, open_socket, gate, streams, monkeypatch, backend
    ):
        asked = []
        monkeypatch.setattr(streams, "hello", asked.append)
        with open_socket(rules=[gate.rule], backend=backend) as socket:
            socket.subscribe(LONG, "1")
            socket.send({"type": "complete", "id": "1"})
            assert socket.say({"type": "ping"}) == {"type": "pong"}
            gate.opened.set()
            # The next one is read after it.
            socket.subscribe(f"query Next {LONG.replace('hello', 'seen')}", "2")

            assert socket.receive()["id"] == "2"

        assert asked == []

    def test_too_many_that_wait_to_be_read_are_an_error(self, open_socket, gate, monkeypatch):
        monkeypatch.setattr(responder_graphql.documents, "_MOST_WAITING", 0)
        with open_socket(rules=[gate.rule]) as socket:
            socket.subscribe(LONG, "1")
            socket.subscribe(LONG, "2")
            told = socket.receive()
            gate.opened.set()

            assert (told["type"], told["id"]) == ("error", "2")
            assert told["payload"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
            assert socket.receive()["id"] == "1"

    def test_a_limit_is_an_error(self, open_socket):
        with open_socket(query_limits=QueryLimits(aliases=1)) as socket:
            socket.subscribe("{ a: hello b: hello }")

            assert socket.receive()["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"

    def test_a_cost_that_fails_ends_its_operation_alone(self, open_socket, caplog):
        limits = QueryLimits(cost=lambda field: field.arguments["nothing"])
        with open_socket(query_limits=limits) as socket:
            for name in "ab":
                socket.subscribe("{ hello }", name)
                told = socket.receive()
                assert (told["type"], told["id"]) == ("error", name)
                assert told["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "KeyError" in caplog.text

    def test_whatever_else_fails_ends_its_operation_alone(self, open_socket, caplog):
        class Odd:
            keys = None

        with open_socket(context=Odd) as socket:
            for name in "ab":
                socket.subscribe("{ hello }", name)
                told = socket.receive()
                assert (told["type"], told["id"]) == ("error", name)
        assert "TypeError" in caplog.text

    def test_one_more_than_the_cap_is_refused(self, open_socket):
        with open_socket(max_operations=2) as socket:
            for name in "ab":
                socket.subscribe("subscription { forever }", name)
                assert socket.receive()["type"] == "next"
            socket.subscribe("subscription { forever }", "c")

            told = socket.receive()

            assert (told["type"], told["id"]) == ("error", "c")
            assert told["payload"][0]["extensions"]["limit"] == "max_operations"

    def test_those_that_are_ending_count(self, open_socket, streams):
        opened, closed, events = [], [], {}

        class Slow(type(streams)):
            async def forever(self, info):
                go = events.setdefault("go", asyncio.Event())
                events["loop"] = asyncio.get_running_loop()
                opened.append(1)
                try:
                    yield {"forever": 1}
                    await asyncio.sleep(3600)
                finally:
                    await go.wait()
                    closed.append(1)

        def begin_and_stop(name):
            socket.subscribe("subscription { forever }", name)
            told = socket.receive()
            socket.send({"type": "complete", "id": name})
            return told["type"]

        with open_socket(max_operations=3, root_value=Slow()) as socket:
            told = [begin_and_stop(str(number)) for number in range(2)]
            socket.subscribe("subscription { forever }", "kept")
            assert socket.receive()["type"] == "next"
            told += [begin_and_stop(str(number)) for number in range(20)]
            assert (len(opened), closed) == (3, [])

            socket.send({"type": "complete", "id": "kept"})
            events["loop"].call_soon_threadsafe(events["go"].set)

        assert told == ["next"] * 2 + ["error"] * 20
        assert len(closed) == 3


class TestEnds:
    def test_complete_ends_the_generator(self, open_socket, streams):
        with open_socket() as socket:
            socket.subscribe("subscription { forever }")
            assert socket.receive()["type"] == "next"
            socket.send({"type": "complete", "id": "1"})
            # The id is free again, and nothing more is said of what it was.
            socket.subscribe("{ hello }")

            assert socket.receive()["payload"] == {"data": {"hello": "world"}}
            assert socket.receive()["type"] == "complete"

        assert streams.ended == ["forever"]

    def test_a_client_that_leaves_ends_its_generators(self, open_socket, streams):
        with open_socket() as socket:
            for name in "abc":
                socket.subscribe("subscription { forever }", name)
                assert socket.receive()["type"] == "next"

        assert streams.ended == ["forever"] * 3

    def test_complete_of_what_is_unknown_is_passed_over(self, open_socket):
        with open_socket() as socket:
            socket.send({"type": "complete", "id": "9"})
            socket.subscribe("{ hello }")

            assert socket.receive()["type"] == "next"


INIT = {"type": "connection_init"}
STOP = {"type": "complete", "id": "1"}


def start(query):
    return {"type": "subscribe", "id": "1", "payload": {"query": query}}


async def checkpoint():
    """Let everything go on that can."""
    for _ in range(20):
        await anyio.lowlevel.checkpoint()


def converse_slowly(schema, init, start, steps, *, root=None, at_close=checkpoint):
    """Send messages between steps; the kinds of what the server said."""
    api = API()
    mount(api, schema=schema, root_value=root)
    sent = []

    async def main():
        begin, *rest = steps
        await begin()
        waiting = [init, start, *rest]

        async def receive():
            while waiting and callable(waiting[0]):
                await waiting.pop(0)()
            if waiting:
                return {"type": "websocket.receive", "text": json.dumps(waiting.pop(0))}
            return {"type": "websocket.disconnect", "code": 1000}

        first = [{"type": "websocket.connect"}]

        async def receive_first():
            return first.pop() if first else await receive()

        async def send(message):
            sent.append(message)
            if message["type"] == "websocket.close":
                await at_close()

        scope = {
            "type": "websocket",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(b"host", b"example.org")],
            "subprotocols": [PROTOCOL],
        }
        await api(scope, receive_first, send)

    anyio.run(main)
    told = [json.loads(each["text"]) for each in sent if each["type"] == "websocket.send"]
    return [each["type"] for each in told]


class TestLateResults:
    """What comes after the client has lost interest is not sent."""

    def test_one_that_is_stopped_before_it_began_never_begins(self, streams_schema):
        began = []
        streams_schema.query_type.fields["hello"].resolve = lambda root, info: began.append(1)

        said = converse_slowly(
            streams_schema, INIT, start("{ hello }"), [checkpoint, STOP, checkpoint]
        )

        assert said == ["connection_ack"]
        assert began == []

    @pytest.mark.parametrize("query", ["{ hello }", "subscription { forever }"])
    def test_a_result_that_could_not_be_stopped_is_dropped(
        self, monkeypatch, streams_schema, query
    ):
        events = {}

        async def hold():
            events["began"].set()
            with anyio.CancelScope(shield=True):
                await events["go"].wait()

        async def run(engine, *args):
            await hold()
            return {"data": {"hello": "late"}}

        async def subscribe(engine, *args):
            await hold()
            yield {"data": {"forever": 1}}
            raise AssertionError("nobody wants a second")

        async def begin():
            events.update(began=anyio.Event(), go=anyio.Event())

        async def wait():
            await events["began"].wait()

        async def go():
            events["go"].set()
            await checkpoint()

        monkeypatch.setattr(Engine, "_run", run)
        monkeypatch.setattr(Engine, "subscribe", subscribe)
        steps = [begin, wait, STOP, go]

        said = converse_slowly(streams_schema, INIT, start(query), steps)

        assert said == ["connection_ack"]

    def test_nothing_is_sent_on_a_socket_that_is_closing(self, streams_schema, caplog):
        events = {}

        class Ticks:
            async def forever(self, info):
                yield {"forever": 1}
                await events["closing"].wait()
                yield {"forever": 2}

        async def begin():
            events["closing"] = anyio.Event()

        async def go():
            events["closing"].set()
            await checkpoint()

        too_long = {"type": "ping", "payload": "x" * 2**20}
        said = converse_slowly(
            streams_schema,
            INIT,
            start("subscription { forever }"),
            [begin, checkpoint, too_long],
            root=Ticks(),
            at_close=go,
        )

        assert said == ["connection_ack", "next"]
        assert caplog.records == []


class TestConnection:
    def test_a_ping_is_answered_before_the_connection_is(self, open_socket):
        with open_socket(init=False) as socket:
            assert socket.say({"type": "ping"}) == {"type": "pong"}
            socket.send({"type": "pong", "payload": {}})
            assert socket.say({"type": "connection_init"})["type"] == "connection_ack"

    def test_the_server_pings_when_it_is_asked_to(self, open_socket):
        with open_socket(init=False, ping_interval=0.001) as socket:
            assert socket.receive() == {"type": "ping"}

    def test_another_subprotocol_is_4406(self, open_socket):
        with open_socket(init=False, subprotocols=["graphql-ws"]) as socket:
            assert socket.closed() == (4406, "Subprotocol not acceptable")

    def test_subscribe_before_init_is_4401(self, open_socket):
        with open_socket(init=False) as socket:
            socket.subscribe("{ hello }")

            assert socket.closed() == (4401, "Unauthorized")

    def test_no_init_in_time_is_4408(self, open_socket):
        with open_socket(init=False, init_timeout=0.001) as socket:
            assert socket.closed() == (4408, "Connection initialisation timeout")

    def test_a_second_init_is_4429(self, open_socket):
        with open_socket() as socket:
            socket.send({"type": "connection_init"})

            assert socket.closed() == (4429, "Too many initialisation requests")

    def test_two_with_one_id_are_4409(self, open_socket, streams):
        with open_socket() as socket:
            socket.subscribe("subscription { forever }")
            socket.receive()
            socket.subscribe("{ hello }")

            assert socket.closed() == (4409, "Subscriber for 1 already exists")
        assert streams.ended == ["forever"]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "7",
            "{}",
            '{"type":"start"}',
            '{"type":["subscribe"]}',
            '{"type":"subscribe"}',
            '{"type":"subscribe","id":7,"payload":{}}',
            '{"type":"subscribe","id":"","payload":{}}',
            '{"type":"subscribe","id":"' + "1" * 300 + '","payload":{}}',
            '{"type":"subscribe","id":"1"}',
            '{"type":"subscribe","id":"1","payload":"{ hello }"}',
            '{"type":"complete"}',
        ],
    )
    def test_what_is_no_message_is_4400(self, open_socket, text):
        with open_socket() as socket:
            socket.ws.send_text(text)

            assert socket.closed()[0] == 4400

    def test_bytes_are_4400(self, open_socket):
        with open_socket() as socket:
            socket.ws.send_bytes(b'{"type":"ping"}')

            assert socket.closed()[0] == 4400

    def test_a_payload_of_init_that_is_no_object_is_4400(self, open_socket):
        with open_socket(init=False) as socket:
            socket.send({"type": "connection_init", "payload": "token"})

            assert socket.closed()[0] == 4400

    def test_a_foreign_origin_is_refused(self, open_socket):
        with (
            pytest.raises(WebSocketDenialResponse) as caught,
            open_socket(headers={"Origin": "https://evil.example"}),
        ):
            raise AssertionError
        assert caught.value.status_code == 403

    def test_a_guard_refuses_before_the_socket_opens(self, open_socket):
        def login(req):
            abort(401)

        with (
            pytest.raises(WebSocketDenialResponse) as caught,
            open_socket(dependencies=[Depends(login)]),
        ):
            raise AssertionError
        assert caught.value.status_code == 401


class TestOnConnect:
    def test_it_sees_the_payload_and_answers(self, open_socket):
        async def on_connect(ws, payload):
            return {"hello": payload["name"], "path": ws.url.path}

        with open_socket(init=False, on_connect=on_connect) as socket:
            told = socket.say({"type": "connection_init", "payload": {"name": "you"}})

        assert told == {"type": "connection_ack", "payload": {"hello": "you", "path": "/graphql"}}

    @pytest.mark.parametrize("type_", [dict, types.MappingProxyType])
    def test_any_mapping_is_sent_back(self, open_socket, type_):
        with open_socket(init=False, on_connect=lambda ws, payload: type_({"a": 1})) as socket:
            told = socket.say({"type": "connection_init"})

        assert told == {"type": "connection_ack", "payload": {"a": 1}}

    def test_one_without_a_form_in_json_is_1011(self, open_socket):
        with open_socket(init=False, on_connect=lambda ws, payload: {"a": object()}) as socket:
            socket.send({"type": "connection_init"})

            assert socket.closed()[0] == 1011

    def test_false_is_4403(self, open_socket):
        with open_socket(init=False, on_connect=lambda ws, payload: False) as socket:
            socket.send({"type": "connection_init"})

            assert socket.closed() == (4403, "Forbidden")

    @pytest.mark.parametrize("kind", [Problem, HTTPException])
    def test_a_problem_is_4403_with_its_words(self, open_socket, kind):
        def on_connect(ws, payload):
            raise kind(401, "Sign in first.")

        with open_socket(init=False, on_connect=on_connect) as socket:
            socket.send({"type": "connection_init"})

            assert socket.closed() == (4403, "Sign in first.")

    def test_a_failure_is_1011(self, open_socket):
        def on_connect(ws, payload):
            raise KeyError("secret")

        with open_socket(init=False, on_connect=on_connect) as socket:
            socket.send({"type": "connection_init"})

            assert socket.closed()[0] == 1011


class TestContext:
    def test_it_has_the_socket_and_what_the_client_sent(self, open_socket):
        with open_socket(init=False) as socket:
            socket.say({"type": "connection_init", "payload": {"token": "t"}})
            socket.subscribe("{ seen }")

            assert socket.receive()["payload"]["data"]["seen"] == "GET None {'token': 't'}"

    def test_each_operation_has_dependencies_of_its_own(self, open_socket):
        api = API()
        opened, closed = [], []

        @api.dependency()
        def session(req):
            number = len(opened)
            opened.append(number)
            yield f"session {number}"
            closed.append(number)

        with open_socket(api, dependencies=["session"]) as socket:
            for number in range(2):
                socket.subscribe("{ session }")
                assert socket.receive()["payload"]["data"]["session"] == f"session {number}"
                assert socket.receive()["type"] == "complete"

        assert opened == closed == [0, 1]

    def test_what_gives_them_is_compiled_once_for_a_route(
        self, monkeypatch, streams, streams_schema
    ):
        compiled = []
        binding = responder_graphql.binding.Binding
        monkeypatch.setattr(
            responder_graphql.binding, "Binding", lambda *args: compiled.append(1) or binding(*args)
        )
        api = API()
        router = Router()
        context = {"session": "s"}
        mount(router, schema=streams_schema, root_value=streams, context=lambda: context)
        for prefix in ("/v1", "/v2"):
            api.include_router(router, prefix=prefix)

        for path in ("/v1/graphql", "/v2/graphql") * 2:
            socket = api.test_client().websocket_connect(path, [PROTOCOL])
            with Dialogue(socket, init=True) as dialogue:
                dialogue.subscribe("{ session }")
                assert dialogue.receive()["payload"] == {"data": {"session": "s"}}

        assert len(compiled) == 2

    def test_overrides_hold_here_too(self, open_socket):
        api = API()
        api.add_dependency("session", lambda: "real")

        with (
            api.dependency_overrides(session="fake"),
            open_socket(api, dependencies=["session"]) as socket,
        ):
            socket.subscribe("{ session }")

            assert socket.receive()["payload"]["data"]["session"] == "fake"

    def test_a_provider_that_refuses_is_an_error(self, open_socket, caplog):
        with open_socket(context=lambda: abort(403, detail="Not for you.")) as socket:
            socket.subscribe("{ hello }")

            (error,) = socket.receive()["payload"]

        assert error == {"message": "Not for you.", "extensions": {"code": "FORBIDDEN"}}
        assert caplog.records == []

    @pytest.mark.parametrize("debug", [False, True])
    def test_one_that_fails_is_masked_and_logged_once(self, open_socket, caplog, debug):
        def context():
            raise KeyError("secret")

        with open_socket(API(debug=debug), context=context) as socket:
            socket.subscribe("{ hello }")
            (error,) = socket.receive()["payload"]

        (record,) = caplog.records
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert error["extensions"]["request_id"] == record.request_id
        assert ("secret" in str(error)) is debug


def test_a_drain_closes_the_socket(streams, streams_schema):
    api = API()
    mount(api, schema=streams_schema, root_value=streams)
    client = api.test_client()

    with client, client.websocket_connect("/graphql", [PROTOCOL]) as ws:
        ws.send_json({"type": "connection_init"})
        ws.receive_json()
        ws.send_json(
            {"type": "subscribe", "id": "1", "payload": {"query": "subscription{forever}"}}
        )
        ws.receive_json()
        client.portal.call(api.drain.start)
        with pytest.raises(WebSocketDisconnect) as caught:
            ws.receive_json()

    assert caught.value.code == 1001


def test_endpoints_without_sockets_close_them(streams_schema):
    api = API()
    mount(api, schema=streams_schema, websocket=False)

    with (
        pytest.raises(WebSocketDisconnect),
        api.test_client().websocket_connect("/graphql", [PROTOCOL]),
    ):
        raise AssertionError
