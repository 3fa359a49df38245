"""Transfer: what is sent of a source, and how it ends when someone leaves."""

from __future__ import annotations

import http.client
import logging
import socket
import threading
from contextlib import closing, contextmanager
from types import SimpleNamespace

import anyio
import anyio.lowlevel
import pytest

from responder_core import API, Problem
from responder_core.drain import Drain
from responder_core.http.events import KEEPALIVE
from responder_core.live_server import LiveServer
from responder_core.streams import EventStream, Stream
from responder_core.transfer import send_stream

FIELDS = [(b"content-type", b"text/plain")]
START = {"type": "http.response.start", "status": 200, "headers": FIELDS}
END = {"type": "http.response.body", "body": b"", "more_body": False}
EMPTY = {"type": "http.request", "body": b"", "more_body": False}


def piece(data):
    return {"type": "http.response.body", "body": data, "more_body": True}


class Source:
    """A source of pieces that counts what was asked of it."""

    def __init__(self, *pieces, path=None, prompt=False, waits=False):
        self.pieces = pieces
        self.path, self.prompt, self.waits = path, prompt, waits
        self.asked = 0
        self.closed = 0

    async def __aiter__(self):
        for item in self.pieces:
            self.asked += 1
            if isinstance(item, Exception):
                raise item
            yield item

    async def aclose(self):
        self.closed += 1


class Wire:
    """A connection: what the client sends, and what it gets until it leaves."""

    def __init__(self, *messages, leave_after=None, send_error=None):
        self.waiting = list(messages or [EMPTY])
        self.sent = []
        self.failures = []
        self.left = anyio.Event()
        self.leave_after = leave_after
        self.send_error = send_error
        self.received = 0

    async def receive(self):
        self.received += 1
        if self.waiting:
            return self.waiting.pop(0)
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        await anyio.lowlevel.checkpoint()
        if self.left.is_set():
            if self.send_error is not None:
                raise self.send_error
            return  # As uvicorn does it.
        self.sent.append(message)
        if self.leave_after is not None and len(self.sent) >= self.leave_after:
            self.left.set()

    async def transfer(self, source, **options):
        scope = options.pop("scope", {})
        await send_stream(
            scope,
            self.receive,
            self.send,
            200,
            FIELDS,
            source,
            on_failure=self.failures.append,
            **options,
        )

    @property
    def bodies(self):
        return [message["body"] for message in self.sent[1:]]


@pytest.fixture
def send(run):
    """Send a source to a client; give the wire with what happened on it."""

    def send(source, *messages, leave_after=None, send_error=None, **options):
        async def main():
            wire = Wire(*messages, leave_after=leave_after, send_error=send_error)
            await wire.transfer(source, **options)
            return wire

        return run(main)

    return send


class TestEverySource:
    @pytest.fixture(params=[False, True], ids=["steady", "waits"])
    def waits(self, request):
        return request.param

    def test_the_pieces_go_out_one_by_one_and_then_the_end(self, send, waits):
        source = Source(b"a", b"b", waits=waits)

        wire = send(source)

        assert wire.sent == [START, piece(b"a"), piece(b"b"), END]
        assert source.closed == 1

    def test_an_empty_piece_sends_the_head_alone(self, send, waits):
        assert send(Source(b"", b"a", b"", waits=waits)).sent == [START, piece(b"a"), END]

    def test_a_body_without_pieces_is_empty(self, send, waits):
        assert send(Source(waits=waits)).sent == [START, END]

    @pytest.mark.parametrize("prompt", [False, True])
    def test_the_head_waits_for_the_first_piece_unless_the_source_is_prompt(
        self, run, waits, prompt
    ):
        async def main():
            wire = Wire()
            seen = []

            class Watched(Source):
                async def __aiter__(self):
                    seen.extend(wire.sent)
                    yield b"a"

            await wire.transfer(Watched(prompt=prompt, waits=waits))
            return seen

        assert run(main) == ([START] if prompt else [])

    def test_a_failure_before_the_first_piece_is_raised(self, run, waits):
        source = Source(LookupError("gone"), waits=waits)

        async def main():
            wire = Wire()
            with pytest.raises(LookupError, match="gone"):
                await wire.transfer(source)
            return wire

        wire = run(main)

        assert (wire.sent, wire.failures) == ([], [])
        assert source.closed == 1

    def test_a_later_failure_is_told_once_and_leaves_the_body_without_its_end(self, send, waits):
        error = LookupError("gone")
        source = Source(b"a", error, waits=waits)

        wire = send(source)

        assert wire.sent == [START, piece(b"a")]
        assert wire.failures == [error]
        assert source.closed == 1

    def test_a_failure_after_a_prompt_head_is_told(self, send, waits):
        error = LookupError("gone")

        wire = send(Source(error, prompt=True, waits=waits))

        assert wire.sent == [START]
        assert wire.failures == [error]

    def test_a_failure_of_closing_is_told(self, send, waits):
        class Sticky(Source):
            async def aclose(self):
                raise LookupError("sticky")

        wire = send(Sticky(b"a", waits=waits))

        assert [str(error) for error in wire.failures] == ["sticky"]

    def test_an_oserror_of_the_source_is_a_failure_and_no_departure(self, send, waits):
        error = OSError("disk")

        assert send(Source(b"a", error, waits=waits)).failures == [error]

    @pytest.mark.parametrize("leave_after", [1, 2, 3])
    def test_a_client_that_is_gone_ends_it_without_a_word(self, send, waits, leave_after):
        source = Source(b"a", b"b", b"c", waits=waits)

        wire = send(source, leave_after=leave_after, send_error=BrokenPipeError())

        assert (len(wire.sent), wire.failures) == (leave_after, [])
        assert source.asked <= leave_after
        assert source.closed == 1

    def test_a_client_that_is_gone_before_the_end_ends_it_without_a_word(self, send, waits):
        wire = send(Source(b"a", waits=waits), leave_after=2, send_error=BrokenPipeError())

        assert (wire.sent, wire.failures) == ([START, piece(b"a")], [])

    def test_head_sends_no_body_and_runs_nothing(self, send, waits):
        source = Source(b"a", waits=waits)

        wire = send(source, head=True)

        assert wire.sent == [START, END]
        assert (source.asked, source.closed) == (0, 1)

    def test_nothing_is_asked_for_before_the_piece_before_was_sent(self, run, waits):
        """The sending is held up; the source may be one piece ahead at most."""

        async def main():
            wire = Wire()
            source = Source(*[b"%d" % number for number in range(20)], waits=waits)
            ahead = []

            async def send(message):
                ahead.append(source.asked - len(wire.sent))
                await Wire.send(wire, message)

            await send_stream(
                {}, wire.receive, send, 200, FIELDS, source, on_failure=wire.failures.append
            )
            return ahead

        assert max(run(main)) <= 1

    def test_an_iterator_that_cannot_be_closed_is_left(self, send, waits):
        class Bare(Source):
            def __aiter__(self):
                return Bare.Iterator()

            class Iterator:
                left = 2

                async def __anext__(self):
                    if not self.left:
                        raise StopAsyncIteration
                    self.left -= 1
                    return b"a"

                def __aiter__(self):
                    return self

        source = Bare(waits=waits)

        assert send(source).bodies == [b"a", b"a", b""]
        assert source.closed == 1


class TestFiles:
    def test_a_server_that_sends_files_itself_gets_the_path(self, send):
        source = Source(b"a", path="/srv/report.pdf")

        wire = send(source, scope={"extensions": {"http.response.pathsend": {}}})

        assert wire.sent == [START, {"type": "http.response.pathsend", "path": "/srv/report.pdf"}]
        assert (source.asked, source.closed) == (0, 1)

    @pytest.mark.parametrize(
        "scope", [{}, {"extensions": None}, {"extensions": {"tls": {}}}], ids=["-", "none", "other"]
    )
    def test_other_servers_get_the_pieces(self, send, scope):
        assert send(Source(b"a", path="/f"), scope=scope).sent == [START, piece(b"a"), END]

    def test_a_part_of_a_file_is_not_sent_whole(self, send):
        scope = {"extensions": {"http.response.pathsend": {}}}

        assert send(Source(b"a"), scope=scope).sent == [START, piece(b"a"), END]

    def test_a_small_file_asks_nothing_of_the_client(self, send):
        assert send(Source(b"a", b"b", b"c")).received == 0

    def test_a_long_file_is_not_read_to_its_end_for_a_client_that_is_gone(self, send):
        """The server says nothing of it when it is sent more, as uvicorn does."""
        source = Source(*[bytes(1024 * 1024)] * 100)

        wire = send(source, leave_after=3)

        assert source.asked < 10
        assert wire.failures == []
        assert source.closed == 1

    def test_nor_are_many_small_pieces_sent_to_their_end(self, send):
        source = Source(*[b"a"] * 10_000)

        wire = send(source, leave_after=3)

        assert source.asked < 200
        assert wire.failures == []
        assert source.closed == 1

    @pytest.mark.parametrize("prompt", [False, True])
    def test_a_long_file_reaches_a_client_that_stays(self, send, prompt):
        pieces = [bytes([number]) * 1024 * 1024 for number in range(9)]
        source = Source(*pieces, prompt=prompt)

        wire = send(source)

        assert wire.sent == [START, *map(piece, pieces), END]
        assert (source.closed, wire.failures) == (1, [])


def request(drain=None):
    """What an event stream asks of a request."""
    return SimpleNamespace(
        last_event_id=None, api=SimpleNamespace(formats={}, drain=drain or Drain())
    )


class TestWaitingSources:
    """The client is listened for while a generator waits."""

    def test_a_generator_that_waits_is_ended_when_the_client_leaves(self, run):
        """What it awaits in its finally block is waited for, too."""
        log = []

        async def main():
            wire = Wire()

            async def events():
                try:
                    yield "first"
                    wire.left.set()
                    await anyio.sleep_forever()
                finally:
                    await anyio.lowlevel.checkpoint()
                    await anyio.lowlevel.checkpoint()
                    log.append("closed")

            await wire.transfer(Stream(events))
            return wire

        wire = run(main)

        assert log == ["closed"]
        assert (wire.sent, wire.failures) == ([START, piece(b"first")], [])

    def test_a_generator_that_waits_for_its_first_piece_is_ended_too(self, run):
        log = []

        async def main():
            wire = Wire()

            async def events():
                try:
                    wire.left.set()
                    await anyio.sleep_forever()
                    yield "never"
                finally:
                    log.append("closed")

            await wire.transfer(Stream(events))
            return wire

        wire = run(main)

        assert log == ["closed"]
        assert (wire.sent, wire.failures) == ([], [])

    def test_an_endless_generator_is_closed_where_it_yields(self, run):
        """The server takes what is sent to a client that is gone, as uvicorn does."""
        log = []

        async def main():
            wire = Wire(leave_after=3)

            async def numbers():
                try:
                    while True:
                        yield b"1"
                finally:
                    await anyio.lowlevel.checkpoint()
                    log.append("closed")

            await wire.transfer(Stream(numbers))
            return wire

        wire = run(main)

        assert log == ["closed"]
        assert wire.failures == []

    @pytest.mark.parametrize("waiting", [False, True], ids=["at-yield", "waiting"])
    def test_a_generator_may_hold_a_task_group_open(self, run, waiting):
        log = []

        async def main():
            wire = Wire(leave_after=None if waiting else 2)

            async def merged():
                try:
                    async with anyio.create_task_group() as group:
                        group.start_soon(anyio.sleep_forever)
                        yield b"1"
                        if waiting:
                            wire.left.set()
                            await anyio.sleep_forever()
                        try:
                            while True:
                                yield b"1"
                        finally:
                            await anyio.lowlevel.checkpoint()
                            log.append("inner")
                            group.cancel_scope.cancel()
                finally:
                    await anyio.lowlevel.checkpoint()
                    log.append("outer")

            await wire.transfer(Stream(merged))
            return wire

        wire = run(main)

        assert log == (["outer"] if waiting else ["inner", "outer"])
        assert wire.failures == []

    def test_a_sync_generator_is_closed_in_a_thread(self, run):
        log = []

        def numbers():
            try:
                while True:
                    yield b"1"
            finally:
                log.append(threading.current_thread())

        async def main():
            wire = Wire(leave_after=3)
            await wire.transfer(Stream(numbers))
            return wire

        wire = run(main)

        assert len(log) == 1
        assert log[0] is not threading.current_thread()
        assert wire.failures == []

    def test_a_generator_that_hangs_in_finally_is_left_after_the_grace(self, run, monkeypatch):
        monkeypatch.setattr("responder_core.transfer.GRACE", 0.01)
        log = []

        async def main():
            wire = Wire()

            async def events():
                try:
                    wire.left.set()
                    await anyio.sleep_forever()
                    yield "never"
                finally:
                    try:
                        await anyio.sleep_forever()
                    finally:
                        log.append("left")

            await wire.transfer(Stream(events))
            return wire

        assert run(main).failures == []
        assert log == ["left"]

    def test_a_generator_that_goes_on_after_it_was_ended_is_closed(self, run):
        log = []

        async def main():
            wire = Wire()

            async def stubborn():
                wire.left.set()
                try:
                    await anyio.sleep_forever()
                except BaseException:  # noqa: BLE001 - what stubborn programs do
                    log.append("ended")
                try:
                    yield "more"
                finally:
                    log.append("closed")

            await wire.transfer(Stream(stubborn))
            return wire

        wire = run(main)

        assert log == ["ended", "closed"]
        assert (wire.sent, wire.failures) == ([], [])

    def test_a_failure_of_a_finally_block_is_told(self, run):
        async def main():
            wire = Wire()

            async def events():
                try:
                    yield "first"
                    wire.left.set()
                    await anyio.sleep_forever()
                finally:
                    raise LookupError("in finally")

            await wire.transfer(Stream(events))
            return wire

        assert [str(error) for error in run(main).failures] == ["in finally"]

    def test_who_cancels_the_request_closes_the_generator(self, run):
        log = []

        async def main():
            wire = Wire()

            async def events():
                try:
                    yield "first"
                    scope.cancel()
                    await anyio.sleep_forever()
                finally:
                    log.append("closed")

            with anyio.CancelScope() as scope:
                await wire.transfer(Stream(events))
            return wire, scope.cancelled_caught

        wire, caught = run(main)

        assert caught
        assert log == ["closed"]
        assert wire.failures == []

    def test_a_request_that_is_cancelled_already_closes_its_source(self, run):
        source = Source(b"a", waits=True)

        async def main():
            with anyio.fail_after(30), anyio.CancelScope() as scope:
                scope.cancel()
                await Wire().transfer(source)
            return scope.cancelled_caught

        assert run(main)
        assert source.closed == 1

    def test_a_server_that_fails_to_listen_is_a_failure(self, run):
        async def main():
            wire = Wire()

            async def receive():
                raise LookupError("no messages")

            wire.receive = receive

            async def events():
                yield "first"
                await anyio.sleep_forever()

            await wire.transfer(Stream(events))
            return wire

        assert [str(error) for error in run(main).failures] == ["no messages"]

    def test_a_server_whose_connection_is_broken_has_no_client(self, run):
        log = []

        async def main():
            wire = Wire()

            async def receive():
                raise ConnectionResetError

            wire.receive = receive

            async def events():
                try:
                    yield "first"
                    await anyio.sleep_forever()
                finally:
                    log.append("closed")

            await wire.transfer(Stream(events))
            return wire

        assert run(main).failures == []
        assert log == ["closed"]


class TestRequestBodies:
    """A generator may read the request's body while its own is sent."""

    @staticmethod
    def upload(*pieces, more=False):
        last = len(pieces) - 1
        return [
            {"type": "http.request", "body": data, "more_body": more or index < last}
            for index, data in enumerate(pieces)
        ]

    def test_it_gets_every_piece(self, run):
        pieces = [b"%d" % number * 100_000 for number in range(10)]

        async def main():
            wire = Wire(*self.upload(*pieces))
            way = []

            async def echo():
                more = True
                while more:
                    message = await way[0]()
                    more = message["more_body"]
                    yield message["body"]

            await wire.transfer(Stream(echo), reroute=way.append)
            return wire

        wire = run(main)

        assert b"".join(wire.bodies) == b"".join(pieces)
        assert wire.failures == []

    def test_it_is_told_of_a_client_that_leaves(self, run):
        """Its exception for that is no failure."""

        async def main():
            wire = Wire(*self.upload(b"1", more=True), leave_after=2)
            way = []

            async def echo():
                while True:
                    message = await way[0]()
                    if message["type"] == "http.disconnect":
                        raise Problem(400, "gone")
                    yield message["body"]

            await wire.transfer(Stream(echo), reroute=way.append)
            return wire

        wire = run(main)

        assert (wire.bodies, wire.failures) == ([b"1"], [])

    @pytest.mark.parametrize("sizes", [[10], [10, 10, 10], [200_000] * 9], ids=["one", "3", "long"])
    def test_one_that_nobody_reads_does_not_hide_that_the_client_left(self, run, sizes):
        log = []

        async def main():
            wire = Wire(*self.upload(*map(bytes, sizes)))

            async def events():
                try:
                    yield "first"
                    wire.left.set()
                    await anyio.sleep_forever()
                finally:
                    log.append("closed")

            await wire.transfer(Stream(events), reroute=lambda receive: None)
            return wire

        assert run(main).failures == []
        assert log == ["closed"]


class TestEventStreams:
    def test_the_heartbeat_fills_the_silence(self, run):
        async def main():
            wire = Wire()

            async def events():
                while wire.sent.count(piece(KEEPALIVE)) < 3:
                    await anyio.lowlevel.checkpoint()
                yield "at last"

            await wire.transfer(EventStream(events, req=request(), heartbeat=0.001))
            return wire

        wire = run(main)

        assert wire.sent[0] == START
        assert set(wire.bodies[:-2]) == {KEEPALIVE}
        assert wire.bodies[-2:] == [b"data: at last\n\n", b""]

    def test_the_heartbeat_waits_for_the_end_of_an_event(self, run):
        """Bytes are sent as they are, and need not be whole events."""

        async def main():
            wire = Wire()

            async def events():
                yield b"data: one\n"
                for _ in range(20):
                    await anyio.sleep(0.001)
                yield b"data: two\n\n"
                while piece(KEEPALIVE) not in wire.sent:
                    await anyio.lowlevel.checkpoint()

            await wire.transfer(EventStream(events, req=request(), heartbeat=0.001))
            return wire

        assert run(main).bodies[:2] == [b"data: one\n", b"data: two\n\n"]

    def test_no_heartbeat_is_sent_while_events_are(self, run):
        async def main():
            wire = Wire()

            async def events():
                for number in range(100):
                    yield str(number)

            await wire.transfer(EventStream(events, req=request(), heartbeat=30))
            return wire

        assert piece(KEEPALIVE) not in run(main).sent

    def test_nothing_is_sent_while_something_else_is(self, run):
        """A server that holds back what it is given has one message of a stream at a time."""

        class Slow(Wire):
            def __init__(self):
                super().__init__()
                self.log = []

            async def send(self, message):
                self.log.append("begin")
                for _ in range(20):
                    await anyio.lowlevel.checkpoint()
                await anyio.sleep(0.002)
                await super().send(message)
                self.log.append("end")

        async def main():
            wire = Slow()

            async def events():
                for number in range(9):
                    yield str(number)
                    # Until a heartbeat has begun, and not a turn longer.
                    begun = len(wire.log)
                    while len(wire.log) == begun:
                        await anyio.lowlevel.checkpoint()
                yield "9"

            await wire.transfer(EventStream(events, req=request(), heartbeat=0.001))
            return wire

        wire = run(main)

        assert wire.log == ["begin", "end"] * len(wire.sent)
        assert wire.bodies.count(KEEPALIVE) >= 9
        assert [each for each in wire.bodies if each != KEEPALIVE] == [
            *(b"data: %d\n\n" % number for number in range(10)),
            b"",
        ]

    def test_the_heartbeat_finds_out_that_the_client_is_gone(self, run):
        log = []

        async def main():
            wire = Wire(leave_after=1, send_error=BrokenPipeError())

            async def receive():
                await anyio.sleep_forever()

            wire.receive = receive

            async def events():
                try:
                    await anyio.sleep_forever()
                    yield "never"
                finally:
                    log.append("closed")

            await wire.transfer(EventStream(events, req=request(), heartbeat=0.001))
            return wire

        wire = run(main)

        assert (wire.sent, wire.failures) == ([START], [])
        assert log == ["closed"]

    def test_a_heartbeat_that_the_server_refuses_is_a_failure(self, run):
        async def main():
            wire = Wire(leave_after=1, send_error=LookupError("refused"))
            wire.receive = anyio.sleep_forever

            async def events():
                await anyio.sleep_forever()
                yield "never"

            await wire.transfer(EventStream(events, req=request(), heartbeat=0.001))
            return wire

        assert [str(error) for error in run(main).failures] == ["refused"]

    @pytest.mark.parametrize("before", [False, True], ids=["while-open", "before-it-opened"])
    def test_it_ends_when_the_server_drains(self, run, before):
        """The body is whole: the client connects again, and nothing was cut off."""
        log = []

        async def main():
            wire = Wire()
            drain = Drain()
            if before:
                drain.start()

            async def events():
                try:
                    if not before:
                        yield "first"
                        drain.start()
                    await anyio.sleep_forever()
                finally:
                    await anyio.lowlevel.checkpoint()
                    log.append("closed")

            await wire.transfer(EventStream(events, req=request(drain)))
            return wire

        wire = run(main)

        first = [] if before else [piece(b"data: first\n\n")]
        assert wire.sent == [START, *first, END]
        assert log == ["closed"]
        assert wire.failures == []

    def test_an_event_that_is_being_sent_is_sent_to_its_end_before_it_drains(self, run):
        async def main():
            wire = Wire()
            drain = Drain()
            send = wire.send

            async def slow_send(message):
                if message.get("body"):
                    drain.start()
                    for _ in range(5):
                        await anyio.lowlevel.checkpoint()
                await send(message)

            wire.send = slow_send

            async def events():
                while True:
                    yield "tick"

            await wire.transfer(EventStream(events, req=request(drain)))
            return wire

        assert run(main).sent == [START, piece(b"data: tick\n\n"), END]


class Server(LiveServer):
    """uvicorn in a thread, which can be asked for a part of an answer."""

    def __init__(self, api, implementation):
        super().__init__(api, http=implementation, loop="asyncio", lifespan="off")

    @contextmanager
    def ask(self, path, method="GET", body=b"", length=None):
        """The answer to a request, as far as it came; the connection is closed afterwards."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            head = f"{method} {path} HTTP/1.1\r\nHost: a\r\n"
            if body:
                head += f"Content-Length: {length or len(body)}\r\n"
            connection.sendall(head.encode() + b"\r\n" + body)
            answer = http.client.HTTPResponse(connection, method=method)
            with closing(answer):  # Else its file would keep the socket open.
                answer.begin()
                yield answer


@pytest.mark.parametrize("implementation", ["h11", "httptools"])
class TestOverUvicorn:
    @pytest.fixture(autouse=True)
    def needs(self, implementation):
        pytest.importorskip(implementation, reason="uvicorn's HTTP implementation is an extra")

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_generator_that_waits_is_closed_when_the_client_leaves(self, implementation, method):
        closed = threading.Event()
        api = API()

        @api.route("/")
        async def view(req, resp):
            @resp.stream
            async def waits():
                try:
                    yield b"first"
                    await anyio.sleep_forever()
                finally:
                    await anyio.lowlevel.checkpoint()
                    closed.set()

        with Server(api, implementation) as server:
            body = b"unread" if method == "POST" else b""
            with server.ask("/", method, body) as answer:
                assert answer.read(5) == b"first"

            assert closed.wait(30)

    def test_a_view_ends_with_its_client_where_that_is_asked_for(self, implementation):
        began, cancelled = threading.Event(), threading.Event()
        api = API()

        @api.post("/", cancel_on_disconnect=True)
        async def view(req, resp):
            try:
                began.set()
                await anyio.sleep_forever()
            finally:
                cancelled.set()

        with Server(api, implementation) as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
                connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
                assert began.wait(30)
            assert cancelled.wait(30)

    @pytest.mark.parametrize("sync", [False, True], ids=["async", "sync"])
    def test_an_endless_generator_is_closed_when_the_client_leaves(self, implementation, sync):
        closed = threading.Event()
        api = API()

        @api.route("/")
        async def view(req, resp):
            def endless():
                try:
                    while True:
                        yield bytes(1000)
                finally:
                    closed.set()

            async def endless_async():
                try:
                    while True:
                        yield bytes(1000)
                finally:
                    closed.set()

            resp.stream(endless if sync else endless_async)

        with Server(api, implementation) as server:
            with server.ask("/") as answer:
                assert len(answer.read(5000)) == 5000

            assert closed.wait(30)

    def test_a_generator_is_not_asked_for_more_than_the_client_takes(self, implementation):
        """The buffers of the connection fill up, and then it waits."""
        yielded = []
        stopped = threading.Event()
        api = API()

        @api.route("/")
        async def view(req, resp):
            @resp.stream
            async def endless():
                try:
                    while True:
                        yielded.append(1)
                        yield bytes(1024 * 1024)
                finally:
                    stopped.set()

        @api.route("/yielded")
        async def count(req, resp):
            resp.text = str(len(yielded))

        with Server(api, implementation) as server:
            with server.ask("/") as answer:
                answer.read(1)
                seen = []
                while len(seen) < 3 or seen[-1] != seen[-3]:
                    with server.ask("/yielded") as other:
                        seen.append(int(other.read()))

            assert seen[-1] < 100
            assert stopped.wait(30)

    def test_a_failure_is_logged_once_and_cuts_the_body_off(self, implementation, caplog):
        api = API()

        @api.route("/")
        async def view(req, resp):
            @resp.stream
            async def fails():
                yield b"first"
                raise LookupError("hunter2")

        with Server(api, implementation) as server, server.ask("/") as answer:
            assert answer.status == 200
            with pytest.raises(http.client.IncompleteRead):
                answer.read()

        ours = [record for record in caplog.records if record.name == "responder"]
        assert [record.levelno for record in ours] == [logging.ERROR]
        assert caplog.text.count("LookupError: hunter2") == 1

    def test_a_failure_before_the_first_piece_is_a_500(self, implementation):
        api = API()

        @api.route("/")
        async def view(req, resp):
            @resp.stream
            async def fails():
                raise LookupError("hunter2")
                yield b"never"

        with Server(api, implementation) as server, server.ask("/") as answer:
            assert answer.status == 500
            assert b"hunter2" not in answer.read()

    def test_an_upload_can_be_answered_while_it_comes(self, implementation):
        api = API()

        @api.post("/")
        async def view(req, resp):
            @resp.stream
            async def echo():
                async for data in req.stream():
                    yield data.upper()

        body = b"abcdefgh" * 100_000
        with Server(api, implementation) as server, server.ask("/", "POST", body) as answer:
            assert answer.read() == body.upper()

    def test_event_streams_end_when_the_server_drains(self, implementation):
        api = API()

        @api.route("/")
        async def view(req, resp):
            @resp.sse
            async def events():
                yield "first"
                await anyio.sleep_forever()

        @api.route("/stop")
        async def stop(req, resp):
            api.drain.start()

        with Server(api, implementation) as server, server.ask("/") as answer:
            assert answer.readline() == b"data: first\n"
            with server.ask("/stop") as other:
                assert other.status == 200
            assert answer.read() == b"\n"
