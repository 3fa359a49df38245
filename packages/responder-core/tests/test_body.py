"""The body of a request: received piece by piece, counted while it comes in."""

from __future__ import annotations

import json

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API, Limits, Problem
from responder_core.body import Body, ClientDisconnect


def pieces(*chunks):
    """The messages of a body that comes in these pieces."""
    last = len(chunks) - 1
    return [
        {"type": "http.request", "body": chunk, "more_body": index < last}
        for index, chunk in enumerate(chunks)
    ]


def receiver(messages):
    """A ``receive`` that gives these messages, and no more."""
    waiting = list(messages)

    async def receive():
        assert waiting, "more was asked for than there is"
        return waiting.pop(0)

    return receive


def make_body(*chunks, limit=None, **fields):
    """A body of these pieces, with header fields like ``content_length="5"``."""
    headers = [
        (name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in fields.items()
    ]
    return Body(receiver(pieces(*chunks)), headers, limit)


@pytest.fixture
def run(backend):
    """Run a coroutine function on the event loop of the test."""

    def call(function, *args):
        return anyio.run(function, *args, backend=backend)

    return call


@pytest.fixture
def post(talk, http_scope):
    """Send a body to a view; give the status, the header fields and the document."""

    def send(view, *chunks, options=None, fields=(), messages=None, **settings):
        api = API(**settings)
        api.add_route("/", view, methods=["POST"], **(options or {}))
        headers = [(b"host", b"a.org"), *fields]
        sent = talk(api, http_scope("POST", headers=headers), *(messages or pieces(*chunks)))
        return sent[0]["status"], dict(sent[0]["headers"]), json.loads(sent[1]["body"])

    return send


async def read_content(req, resp):
    resp.media = len(await req.content)


async def stream_content(req, resp):
    resp.media = [len(chunk) async for chunk in req.stream()]


class TestContent:
    @pytest.mark.parametrize(
        "chunks",
        [
            pytest.param([b""], id="empty"),
            pytest.param([b"abc"], id="one-piece"),
            pytest.param([b"abc", b""], id="empty-last-piece"),
            pytest.param([b"", b"abc"], id="empty-first-piece"),
            pytest.param([bytes([number]) for number in range(256)], id="one-byte-each"),
            pytest.param([b"a", b"b", b"c" * 5000, b"d", b"e" * 5000, b"f"], id="short-and-long"),
        ],
    )
    def test_it_is_all_pieces_together(self, run, chunks):
        assert run(make_body(*chunks).read) == b"".join(chunks)

    def test_a_message_needs_neither_key(self, run):
        """ASGI: body and more_body are optional."""
        body = Body(
            receiver([{"type": "http.request", "more_body": True}, {"type": "http.request"}]), [], 1
        )

        assert run(body.read) == b""

    def test_it_is_read_once(self, run):
        body = make_body(b"abc")

        async def main():
            return await body.read() is await body.read()

        assert run(main)

    @pytest.mark.parametrize("chunks", [[b"abc"], [b"a", b"b", b"c"]], ids=["one", "three"])
    def test_several_readers_at_once_get_all_of_it(self, run, chunks):
        """A second reader must not take the messages of the first."""
        messages = pieces(*chunks)
        found = []

        async def receive():
            await anyio.lowlevel.checkpoint()
            return messages.pop(0)

        body = Body(receive, [], None)

        async def reader():
            found.append(await body.read())

        async def main():
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(reader)

        run(main)

        assert found == [b"abc"] * 3

    def test_a_reader_that_is_cancelled_loses_nothing(self, run):
        """Cancellation is an exception out of ``receive()``, like this one."""

        class Cancelled(BaseException):
            pass

        messages = pieces(b"a", b"b", b"c")
        messages.insert(1, Cancelled)

        async def receive():
            message = messages.pop(0)
            if message is Cancelled:
                raise Cancelled
            return message

        body = Body(receive, [], None)

        async def main():
            with pytest.raises(Cancelled):
                await body.read()
            return await body.read()

        assert run(main) == b"abc"

    def test_what_a_cancelled_reader_got_is_streamed_first(self, run):
        body = make_body(b"ab", b"cd", b"ef")

        async def main():
            with pytest.raises(Problem):
                await body.read(3)
            return [chunk async for chunk in body.stream()]

        assert run(main) == [b"abcd", b"ef"]

    @pytest.mark.parametrize("before", [[], pieces(b"abc", b"")[:1]], ids=["at-once", "later"])
    def test_a_client_that_goes_away_is_told_apart(self, run, before):
        body = Body(receiver([*before, {"type": "http.disconnect"}]), [], None)

        with pytest.raises(ClientDisconnect):
            run(body.read)

    def test_what_is_left_may_come_from_elsewhere(self, run):
        body = make_body(b"a", b"never")

        async def main():
            stream = body.stream()
            first = await anext(stream)
            body.receive_from(receiver(pieces(b"b", b"c")))
            return [first, *[chunk async for chunk in stream]]

        assert run(main) == [b"a", b"b", b"c"]

    def test_a_client_that_goes_away_is_answered_without_a_log_record(self, post, caplog):
        status, _, document = post(read_content, messages=[{"type": "http.disconnect"}])

        assert status == 400
        assert document["detail"] == "The client went away before the body was complete."
        assert caplog.records == []


class TestStream:
    def test_it_gives_the_pieces_as_they_come(self, post):
        assert post(stream_content, b"abc", b"", b"de", b"")[2] == [3, 2]

    def test_what_was_read_is_given_in_one_piece(self, post):
        async def view(req, resp):
            await req.content
            first = [len(chunk) async for chunk in req.stream()]
            resp.media = [first, [len(chunk) async for chunk in req.stream()]]

        assert post(view, b"abc", b"de")[2] == [[5], [5]]

    def test_an_empty_body_that_was_read_has_no_pieces(self, post):
        async def view(req, resp):
            await req.content
            resp.media = [len(chunk) async for chunk in req.stream()]

        assert post(view, b"")[2] == []

    @pytest.mark.parametrize(
        "again",
        [lambda body: anext(body.stream()), lambda body: body.read()],
        ids=["streamed", "read"],
    )
    def test_it_cannot_be_read_again(self, run, again):
        body = make_body(b"abc")

        async def main():
            async for _ in body.stream():
                pass
            with pytest.raises(RuntimeError, match=r"was streamed, .* await req\.content first"):
                await again(body)

        run(main)

    def test_it_cannot_be_streamed_while_it_is_read(self, run):
        async def receive():
            with pytest.raises(RuntimeError, match="is being read, so it cannot be streamed"):
                await anext(body.stream())
            return pieces(b"abc")[0]

        body = Body(receive, [], None)

        assert run(body.read) == b"abc"

    def test_a_client_that_goes_away_is_told_apart(self, run):
        body = Body(receiver([{"type": "http.disconnect"}]), [], None)

        async def main():
            with pytest.raises(ClientDisconnect):
                await anext(body.stream())

        run(main)


class TestLimits:
    @pytest.mark.parametrize("view", [read_content, stream_content], ids=["content", "stream"])
    @pytest.mark.parametrize(
        ("size", "status"), [(0, 200), (9, 200), (10, 200), (11, 413), (1000, 413)]
    )
    @pytest.mark.parametrize("step", [1, 4, 1000])
    def test_a_body_is_counted_while_it_comes_in(self, post, view, size, status, step):
        data = bytes(size)
        chunks = [data[start : start + step] for start in range(0, size, step)] or [b""]

        found, _, document = post(view, *chunks, max_request_size=10)

        assert found == status
        if status == 413:
            assert document["detail"] == (
                "The request body is larger than 10 bytes, the limit that max_request_size sets."
            )

    @pytest.mark.parametrize("view", [read_content, stream_content], ids=["content", "stream"])
    def test_a_length_above_the_limit_is_refused_before_anything_is_read(self, post, view):
        """RFC 9110 §15.5.14. The client may be waiting for 100 Continue (§10.1.1)."""
        fields = [(b"content-length", b"11")]
        never = [{"type": "never"}]

        status, _, _ = post(view, fields=fields, messages=never, max_request_size=10)

        assert status == 413

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ([b"3"], 200),
            ([b"3", b"3"], 200),
            ([b"3", b"4"], 400),
            ([b"x"], 400),
            ([b"9" * 5000], 413),
        ],
    )
    def test_a_malformed_length_is_a_400(self, post, fields, status):
        fields = [(b"content-length", field) for field in fields]

        assert post(read_content, b"abc", fields=fields)[0] == status

    def test_no_more_is_read_once_it_is_too_large(self, run):
        body = make_body(b"12345", b"678901", b"never", limit=10)

        async def main():
            with pytest.raises(Problem):
                await body.read()

        run(main)
        assert run(body._receive)["body"] == b"never"

    def test_a_route_may_have_its_own(self, post):
        options = {"max_request_size": 20}

        assert post(read_content, bytes(15), options=options, max_request_size=10)[0] == 200
        assert post(read_content, bytes(25), options=options, max_request_size=10)[0] == 413

    def test_none_is_any_size(self, post):
        options = {"max_request_size": None}

        assert post(read_content, bytes(15), options=options, max_request_size=10)[0] == 200

    def test_what_no_route_answers_has_the_limit_of_the_app(self, talk, http_scope):
        api = API(max_request_size=10)
        sizes = []

        @api.exception_handler(404)
        async def missing(req, resp, exc):
            sizes.append(req.limits == Limits())
            await req.content

        sent = talk(api, http_scope("POST", "/none"), *pieces(bytes(11)))

        assert sizes == [True]
        assert sent[0]["status"] == 413

    def test_a_smaller_limit_for_one_reading_leaves_the_body_to_others(self, run):
        body = make_body(b"12345", b"67890", limit=10)

        async def main():
            with pytest.raises(Problem, match=r"larger than 7 bytes, .* Limits\(media_size=\)"):
                await body.read(7)
            first = await body.read()
            with pytest.raises(Problem, match="larger than 7 bytes"):
                await body.read(7)
            return first

        assert run(main) == b"1234567890"

    def test_a_smaller_limit_counts_for_the_declared_length(self, run):
        body = make_body(limit=10, content_length="8")

        with pytest.raises(Problem, match="larger than 7 bytes"):
            run(body.read, 7)

    def test_a_stream_is_refused_by_the_declared_length(self, run):
        stream = make_body(b"12345", limit=4, content_length="5").stream()

        with pytest.raises(Problem, match="larger than 4 bytes"):
            run(stream.__anext__)

    def test_the_limit_of_the_request_is_named_when_it_is_smaller(self, run):
        body = make_body(b"12345", limit=4)

        with pytest.raises(Problem, match="larger than 4 bytes, the limit that max_request_size"):
            run(body.read, 7)

    @pytest.mark.parametrize("chunks", [[b"12345"], [b"123", b"45", b""]], ids=["one", "three"])
    def test_what_was_refused_is_not_streamed_either(self, run, chunks):
        body = make_body(*chunks, limit=4)

        async def main():
            with pytest.raises(Problem, match="larger than 4"):
                await body.read()
            with pytest.raises(Problem, match="larger than 4"):
                await anext(body.stream())

        run(main)

    @pytest.mark.parametrize("view", [read_content, stream_content], ids=["content", "stream"])
    def test_the_declared_length_is_only_a_claim(self, post, view):
        fields = [(b"content-length", b"1")]

        assert post(view, b"12345", b"678901", fields=fields, max_request_size=10)[0] == 413


class TestCoding:
    @pytest.mark.parametrize(
        ("coding", "status"),
        [
            pytest.param(b"gzip", 415, id="rfc9110-8.4.1.3"),
            pytest.param(b"br", 415, id="rfc7932"),
            pytest.param(b"identity, gzip", 415, id="one-of-two"),
            pytest.param(b"unknown", 415, id="unknown"),
            pytest.param(b"identity", 200, id="rfc9110-12.5.3-identity"),
            pytest.param(b"Identity", 200, id="rfc9110-8.4-case"),
            pytest.param(b"", 200, id="empty"),
        ],
    )
    def test_an_encoded_body_is_a_415_that_says_why(self, post, coding, status):
        """RFC 9110 §12.5.3 and §15.5.16: Accept-Encoding in the answer."""
        found, headers, _ = post(read_content, b"abc", fields=[(b"content-encoding", coding)])

        assert found == status
        assert headers.get(b"accept-encoding") == (b"identity" if status == 415 else None)

    def test_it_can_be_streamed_as_it_was_sent(self, post):
        assert post(stream_content, b"abc", fields=[(b"content-encoding", b"gzip")])[0] == 200


class TestCharset:
    @pytest.mark.parametrize(
        ("kind", "content", "text"),
        [
            pytest.param("text/plain", "é".encode(), "é", id="utf-8-by-default"),
            pytest.param("text/plain; charset=latin-1", b"\xe9", "é", id="declared"),
            pytest.param('text/plain; Charset="ISO-8859-1"', b"\xe9", "é", id="rfc9110-8.3.1"),
            pytest.param("text/plain; charset=utf-16", "é".encode("utf-16"), "é", id="utf-16"),
            pytest.param("text/plain; charset=", "é".encode(), "é", id="empty"),
        ],
    )
    def test_text_is_decoded_by_the_charset(self, kind, content, text):
        assert make_body(content_type=kind).decode(content) == text
        assert make_body(content_type=kind).to_utf8(content) == text.encode()

    def test_what_is_utf_8_is_left_as_it_is(self):
        content = b"\xff"

        assert make_body(content_type="a/b; charset=utf-8").to_utf8(content) is content
        assert make_body(content_type="a/b").to_utf8(content) is content

    def test_without_a_type_it_is_utf_8(self):
        assert make_body().decode("é".encode()) == "é"
        assert make_body().declared_charset() is None

    def test_the_program_may_know_better(self):
        body = make_body(content_type="text/plain; charset=utf-8")
        body.encoding = "latin-1"

        assert body.decode(b"\xe9") == "é"
        assert body.to_utf8(b"\xe9") == "é".encode()

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            pytest.param("text/plain", b"\xff", id="no-utf-8"),
            pytest.param("text/plain; charset=utf-16", b"a", id="no-utf-16"),
            pytest.param("text/plain; charset=nonsense", b"a", id="unknown"),
            pytest.param("text/plain; charset=hex", b"00", id="no-charset"),
        ],
    )
    def test_what_cannot_be_decoded_is_a_400(self, kind, content):
        with pytest.raises(Problem) as caught:
            make_body(content_type=kind).decode(content)

        assert caught.value.status_code == 400


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(max_size=20), min_size=1, max_size=10), st.integers(0, 100))
def test_any_pieces_are_the_body_or_too_large(chunks, limit):
    body = make_body(*chunks, limit=limit)
    whole = b"".join(chunks)

    if len(whole) > limit:
        with pytest.raises(Problem):
            anyio.run(body.read)
    else:
        assert anyio.run(body.read) == whole
