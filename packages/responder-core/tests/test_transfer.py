"""Transfer: what is sent of a source, and how it ends when someone leaves."""

from __future__ import annotations

import anyio
import pytest

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
def run(backend):
    """Run a coroutine function on the event loop, within a minute."""

    def run(main):
        async def limited():
            with anyio.fail_after(60):
                return await main()

        return anyio.run(limited, backend=backend)

    return run


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

    @pytest.mark.parametrize("prompt", [False, True])
    def test_a_long_file_reaches_a_client_that_stays(self, send, prompt):
        pieces = [bytes([number]) * 1024 * 1024 for number in range(9)]
        source = Source(*pieces, prompt=prompt)

        wire = send(source)

        assert wire.sent == [START, *map(piece, pieces), END]
        assert (source.closed, wire.failures) == (1, [])
