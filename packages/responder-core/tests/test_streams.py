"""Streams: the bodies of generators, server-sent events, and what clients missed of them."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from types import SimpleNamespace

import anyio
import anyio.lowlevel
import pytest

from responder_core import API, SSE, ReplayBuffer
from responder_core.drain import Drain
from responder_core.formats.json import encode as encode_json
from responder_core.streams import EventStream, Stream


@pytest.fixture
def collect(backend):
    """The pieces of a source, which is closed afterwards."""

    def collect(source):
        async def main():
            with anyio.fail_after(60):
                pieces = [piece async for piece in source]
                await source.aclose()
                return pieces

        return anyio.run(main, backend=backend)

    return collect


def request(last_event_id=None, **formats):
    api = SimpleNamespace(formats=formats, drain=Drain())
    return SimpleNamespace(last_event_id=last_event_id, api=api)


class TestStream:
    def test_it_has_bytes_of_what_is_yielded(self, collect):
        def pieces():
            yield b"a"
            yield "é"
            yield bytearray(b"c")
            yield memoryview(b"d")
            yield b""

        assert collect(Stream(pieces)) == [b"a", "é".encode(), b"c", b"d", b""]

    @pytest.mark.parametrize("value", [7, None, {"a": 1}, [b"a"]], ids=repr)
    def test_anything_else_is_refused(self, collect, value):
        kind = type(value).__name__

        with pytest.raises(TypeError, match=f"a stream yields bytes or str, not {kind}"):
            collect(Stream([value]))

    def test_the_function_gets_its_arguments(self, collect):
        async def repeat(data, *, times):
            for _ in range(times):
                yield data

        assert collect(Stream(repeat, (b"a",), {"times": 2})) == [b"a", b"a"]

    def test_what_yields_nothing_is_refused_at_once(self):
        with pytest.raises(TypeError, match=r"resp\.stream\(\) takes a generator function"):
            Stream(lambda: None)

    def test_it_waits_and_is_no_file(self):
        stream = Stream(iter([b"a"]))

        assert (stream.path, stream.prompt, stream.waits) == (None, False, True)

    def test_a_list_is_there_already(self):
        assert not Stream([b"a"]).waits


class TestEventStream:
    def test_it_has_an_event_of_each(self, collect):
        events = ["a", {"event": "tick", "data": 1}, SSE(data=[1]), b": raw\n\n", 7]

        assert collect(EventStream(events, req=request())) == [
            b"data: a\n\n",
            b"event: tick\ndata: 1\n\n",
            b"data: [1]\n\n",
            b": raw\n\n",
            b"data: 7\n\n",
        ]

    def test_the_app_says_how_json_is_written(self, collect):
        json = SimpleNamespace(encode=lambda value: b"<json>")

        assert collect(EventStream([1], req=request(json=json))) == [b"data: <json>\n\n"]

    def test_an_app_without_json_has_the_standard_one(self, collect):
        json = SimpleNamespace(encode=None)

        assert collect(EventStream([[1]], req=request(json=json))) == [b"data: [1]\n\n"]

    def test_the_function_gets_its_arguments(self, collect):
        def events(start, *, stop):
            yield from range(start, stop)

        stream = EventStream(events, (1,), {"stop": 3}, req=request())

        assert collect(stream) == [b"data: 1\n\n", b"data: 2\n\n"]

    def test_what_is_yielded_can_be_converted_first(self, collect):
        stream = EventStream([1, 2], req=request(), convert=lambda item: SSE(id=str(item)))

        assert collect(stream) == [b"id: 1\n\n", b"id: 2\n\n"]

    def test_it_is_prompt(self):
        stream = EventStream([], req=request(), heartbeat=15)

        assert (stream.path, stream.prompt, stream.waits) == (None, True, True)
        assert stream.heartbeat == 15.0

    @pytest.mark.parametrize("block", [b"data: a\n", b"data: a"], ids=["line", "half"])
    def test_it_knows_whether_an_event_is_over(self, collect, block):
        stream = EventStream([block], req=request())

        collect(stream)

        assert not stream.between

    @pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r\n"], ids=["LF", "CR", "CRLF"])
    def test_every_line_end_ends_an_event(self, collect, end):
        stream = EventStream([b"data: a\n", b"data: a" + end], req=request())

        collect(stream)

        assert stream.between

    @pytest.mark.parametrize("heartbeat", [0, -1, True, "15", float("nan"), float("inf")], ids=repr)
    def test_a_heartbeat_that_cannot_be_is_refused(self, heartbeat):
        with pytest.raises(ValueError, match="heartbeat= is a positive number of seconds"):
            EventStream([], req=request(), heartbeat=heartbeat)

    def test_a_replay_that_keeps_nothing_is_refused(self):
        with pytest.raises(TypeError, match=r"replay= is a ReplayBuffer, one .*, not 7"):
            EventStream([], req=request(), replay=7)


@pytest.fixture
def kept():
    """A buffer of five events with the ids 1 to 5."""
    buffer = ReplayBuffer(5)
    for number in range(1, 6):
        buffer.append(SSE(data=number, id=str(number)))
    return buffer


def ids(blocks):
    return [block.split(b"\n")[0].removeprefix(b"id: ").decode() for block in blocks]


class TestReplay:
    def stream(self, kept, last_event_id, live=()):
        return EventStream(list(live), req=request(last_event_id), replay=kept)

    @pytest.mark.parametrize(
        ("last_event_id", "expected"),
        [
            pytest.param(None, "", id="never-here"),
            pytest.param("", "", id="forgotten"),
            pytest.param("5", "", id="nothing-missed"),
            pytest.param("3", "45", id="some-missed"),
            pytest.param("0", "12345", id="too-long-away"),
            pytest.param("another-process", "12345", id="another-process"),
        ],
    )
    def test_a_client_gets_first_what_it_missed(self, collect, kept, last_event_id, expected):
        assert ids(collect(self.stream(kept, last_event_id))) == list(expected)
        assert [event.id for event in kept.since(last_event_id)] == list(expected)

    def test_then_it_gets_what_comes(self, collect, kept):
        live = [SSE(data="x", id="9"), "y"]

        blocks = collect(self.stream(kept, "4", live))

        assert blocks == [b"id: 5\ndata: 5\n\n", b"id: 9\ndata: x\n\n", b"data: y\n\n"]

    def test_what_was_sent_already_is_not_sent_again(self, collect, kept):
        """The generator began to follow before the replay was over."""
        live = [{"data": number, "id": str(number)} for number in (4, 5)] + ["new"]

        assert collect(self.stream(kept, "3", live))[2:] == [b"data: new\n\n"]

    def test_what_came_before_the_generator_began_is_sent(self, collect, kept):
        """Nothing is lost between the replay and the first event of the generator."""

        async def live():
            for number in (6, 7):
                kept.append(SSE(data=number, id=str(number)))
            yield kept.append(SSE(data=8, id="8"))

        assert ids(collect(self.stream(kept, "4", []))) == ["5"]
        stream = EventStream(live, req=request("4"), replay=kept)

        assert ids(collect(stream)) == ["5", "6", "7", "8"]

    def test_a_new_client_gets_what_comes_alone(self, collect, kept):
        async def live():
            yield kept.append(SSE(data=6, id="6"))
            kept.append(SSE(data=7, id="7"))
            yield kept.append(SSE(data=8, id="8"))

        stream = EventStream(live, req=request(None), replay=kept)

        assert ids(collect(stream)) == ["6", "7", "8"]

    def test_a_closed_stream_has_nothing_more(self, backend, kept):
        async def main():
            stream = self.stream(kept, "3", ["new"])
            await stream.aclose()
            return [piece async for piece in stream]

        assert anyio.run(main, backend=backend) == []


class TestReplayBuffer:
    def test_an_event_without_an_id_gets_one(self):
        buffer = ReplayBuffer()

        one, two = buffer.append("a"), buffer.append({"event": "tick", "data": 1})

        assert (one.data, two.event, two.data) == ("a", "tick", 1)
        assert one.id != two.id
        assert buffer.since(one.id) == [two]

    def test_two_buffers_give_different_ids(self):
        assert ReplayBuffer().append("a").id != ReplayBuffer().append("a").id

    def test_an_id_is_kept_as_it_is(self):
        assert ReplayBuffer().append(SSE(data="a", id="mine")).id == "mine"

    def test_an_id_that_is_kept_already_is_refused(self):
        buffer = ReplayBuffer()
        buffer.append(SSE(data="a", id="1"))

        with pytest.raises(ValueError, match="an event with the id '1' is kept already"):
            buffer.append(SSE(data="b", id="1"))

    def test_an_event_that_cannot_be_sent_is_refused_and_not_kept(self):
        buffer = ReplayBuffer()

        with pytest.raises(ValueError, match="the event of an event is one line"):
            buffer.append(SSE(data="a", event="a\nb"))

        assert len(buffer) == 0

    def test_the_oldest_goes_first(self):
        buffer = ReplayBuffer(3)
        for number in range(10):
            buffer.append(SSE(data=number, id=str(number)))

        assert [event.id for event in buffer.since("x")] == ["7", "8", "9"]

    def test_it_keeps_no_more_bytes_than_it_may(self):
        buffer = ReplayBuffer(1000, max_bytes=1000)
        for _ in range(50):
            buffer.append("x" * 300)

        assert len(buffer) == 3

    def test_an_event_that_is_too_long_is_not_kept(self):
        buffer = ReplayBuffer(max_bytes=100)

        buffer.append("x" * 300)
        buffer.append("y")

        assert [event.data for event in buffer.since("x")] == ["y"]

    def test_the_program_may_say_how_json_is_written(self, collect):
        buffer = ReplayBuffer(encode=lambda value: encode_json({"value": value}))
        event = buffer.append(1)

        (block,) = collect(EventStream([], req=request("x"), replay=buffer))

        assert block == f'id: {event.id}\ndata: {{"value":1}}\n\n'.encode()

    @pytest.mark.parametrize("options", [{"size": 0}, {"max_bytes": 0}, {"size": -1}], ids=str)
    def test_a_size_that_keeps_nothing_is_refused(self, options):
        with pytest.raises(ValueError, match="keeps nothing; both are above 0"):
            ReplayBuffer(**options)

    def test_threads_may_share_it(self):
        buffer = ReplayBuffer(1000)

        def publish():
            for _ in range(100):
                buffer.append("x")

        threads = [threading.Thread(target=publish) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(buffer) == 400


class TestThroughAnAPI:
    def test_a_stream_is_sent(self, client_factory):
        api = API()

        @api.route("/{count:int}")
        async def view(req, resp, *, count):
            @resp.stream
            def pieces():
                for number in range(count):
                    yield f"{number}\n"

        assert client_factory(api).get("/3").text == "0\n1\n2\n"

    def test_a_failure_before_the_first_piece_is_answered(self, client_factory):
        api = API()

        @api.route("/")
        async def view(req, resp):
            @resp.stream
            def pieces():
                raise LookupError("hunter2")
                yield b"never"

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.json()["status"]) == (500, 500)

    @pytest.mark.parametrize("kind", ["stream", "sse"])
    def test_a_generator_is_in_one_task_and_in_the_context_of_its_view(self, client_factory, kind):
        api = API()
        tasks, order = [], ContextVar("order")

        async def pieces():
            tasks.append(anyio.get_current_task().id)
            try:
                yield order.get()
                await anyio.lowlevel.checkpoint()
                tasks.append(anyio.get_current_task().id)
                yield order.get()
            finally:
                tasks.append(anyio.get_current_task().id)

        @api.get("/")
        async def view(req, resp):
            order.set("tea")
            getattr(resp, kind)(pieces)

        assert client_factory(api).get("/").text.count("tea") == 2
        assert len(tasks) == 3
        assert len(set(tasks)) == 1

    def test_events_are_sent_with_their_fields(self, client_factory):
        api = API()

        @api.route("/")
        async def view(req, resp):
            @resp.sse
            async def events():
                yield {"event": "tick", "data": 1}

        answer = client_factory(api).get("/")

        assert answer.text == "event: tick\ndata: 1\n\n"
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-accel-buffering"] == "no"
        assert "connection" not in answer.headers
        assert "content-encoding" not in answer.headers

    def test_a_client_that_comes_back_gets_what_it_missed(self, client_factory, kept):
        api = API()

        @api.route("/")
        async def view(req, resp):
            resp.sse(["now"], replay=kept)

        answer = client_factory(api).get("/", headers={"Last-Event-ID": "4"})

        assert answer.text == "id: 5\ndata: 5\n\ndata: now\n\n"

    def test_head_runs_no_generator(self, client_factory):
        ran = []
        api = API()

        @api.route("/")
        async def view(req, resp):
            @resp.sse(heartbeat=15)
            async def events():
                ran.append(True)
                yield "a"

        answer = client_factory(api).head("/")

        assert (answer.status_code, answer.content, ran) == (200, b"", [])
        assert answer.headers["content-type"].startswith("text/event-stream")
