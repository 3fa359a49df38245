"""Testing: what the clients raise, what they show, what they need; and what they got."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, asynccontextmanager
from unittest.mock import ANY

import anyio
import anyio.lowlevel
import pytest

from responder_core import API
from responder_core.testing import (
    SSEEvent,
    assert_problem,
    collect_sse,
    iter_sse,
    make_async_client,
    make_client,
    parse_sse,
)


async def plain(scope, receive, send):
    """An app that is not ours: says whether the client asked for exceptions."""
    asked = b"yes" if "responder.raise_exceptions" in scope else b"no"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": asked})


@pytest.mark.parametrize(
    ("options", "asked"),
    [({}, "yes"), ({"raise_server_exceptions": False}, "no")],
    ids=["default", "off"],
)
def test_exceptions_are_asked_for_unless_told_otherwise(options, asked):
    assert make_client(plain, **options).get("/").text == asked


def test_a_failing_view_is_raised_from_the_client(backend):
    api = API()
    api.add_route("/", lambda req, resp: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        api.test_client(backend=backend).get("/")


def test_what_a_handler_answers_is_not_raised(backend):
    api = API()
    api.add_route("/", lambda req, resp: 1 / 0)
    api.add_exception_handler(ZeroDivisionError, lambda req, resp, exc: ("handled", 400))

    assert api.test_client(backend=backend).get("/").text == "handled"


@pytest.mark.parametrize("place", ["before", "after", "around", "handler"])
def test_a_failure_anywhere_is_raised(backend, place):
    api = API()

    def fail(req, resp, exc=None):
        raise ArithmeticError(place)

    def view(req, resp):
        if place == "handler":
            raise LookupError

    def wrap(route, exchange):
        async def around(req, resp):
            fail(req, resp)

        return around

    options = {place: fail} if place in ("before", "after") else {}
    if place == "around":
        api.around("user", wrap)
    if place == "handler":
        api.add_exception_handler(LookupError, fail)
    api.add_route("/", view, **options)

    with pytest.raises(ArithmeticError, match=place):
        api.test_client(backend=backend).get("/")


@pytest.mark.parametrize("raising", [True, False], ids=["raising", "not-raising"])
def test_problems_are_answers_for_every_client(raising):
    api = API()

    answer = api.test_client(raise_server_exceptions=raising).get("/nowhere")

    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


def test_the_lifespan_runs_with_the_client_as_a_context_manager(backend):
    api = API()
    log = []
    api.add_event_handler("startup", lambda: log.append("up"))
    api.add_event_handler("shutdown", lambda: log.append("down"))
    api.add_route("/", lambda req, resp: log.append("request"))

    api.test_client(backend=backend).get("/")
    with api.test_client(backend=backend) as client:
        client.get("/")

    assert log == ["request", "up", "request", "down"]


@pytest.mark.parametrize(
    "headers", [{"User-Agent": "tea"}, [("USER-AGENT", "tea")]], ids=["mapping", "pairs"]
)
def test_a_client_sends_the_header_fields_it_was_given(backend, headers):
    api = API()

    @api.get("/")
    async def view(req, resp):
        resp.media = req.headers.get_list("user-agent")

    client = api.test_client(backend=backend, headers=headers)

    assert client.get("/").json() == ["tea"]


def test_without_its_http_client_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "starlette.testclient", None)

    with pytest.raises(ModuleNotFoundError, match=r"pip install 'responder-core\[test\]'"):
        API().test_client()


class TestAssertProblem:
    @pytest.fixture
    def client(self):
        api = API()
        api.add_route("/plain", lambda req, resp: ("text", 404))
        api.add_route("/", lambda req, resp: resp.problem(409, "There is no tea.", item=7))
        return make_client(api)

    def test_a_problem_is_given(self, client):
        document = assert_problem(client.get("/"), 409, detail="There is no tea.", item=7)

        assert document["title"] == "Conflict"
        assert assert_problem(client.get("/")) == {**document, "instance": ANY}

    @pytest.mark.parametrize(
        ("path", "status", "expected", "message"),
        [
            ("/plain", 404, {}, "the answer is no problem: 404 text/plain; charset=utf-8, 'text'"),
            ("/", 404, {}, "the answer has the status 409, not 404"),
            ("/", 409, {"item": 8}, r"the problem has {'item': 7}, not {'item': 8}"),
            ("/", None, {"other": 1}, r"the problem has {'other': None}, not {'other': 1}"),
        ],
    )
    def test_anything_else_is_told(self, client, path, status, expected, message):
        with pytest.raises(AssertionError, match=message):
            assert_problem(client.get(path), status, **expected)


class TestParseSse:
    @pytest.mark.parametrize(
        ("text", "events"),
        [
            ("data: a\n\n", [SSEEvent("a")]),
            ("data: a\r\rdata: b\r\n\r\n", [SSEEvent("a"), SSEEvent("b")]),
            ("data: a\ndata: b\n\n", [SSEEvent("a\nb")]),
            ("event: tick\ndata:a\nid: 7\nretry: 10\n\n", [SSEEvent("a", "tick", "7", 10)]),
            ("id: 7\ndata: a\n\ndata: b\n\n", [SSEEvent("a", id="7"), SSEEvent("b", id="7")]),
            ("data:  a\n\n", [SSEEvent(" a")]),
            ("data\n\n", [SSEEvent("")]),
            (": comment\n\n", []),
            ("event: tick\n\ndata: a\n\n", [SSEEvent("a")]),
            ("data: a\u2028b\n\n", [SSEEvent("a\u2028b")]),
            ("\ufeffdata: a\n\n", [SSEEvent("a")]),
            ("retry: x\nid: a\0b\ndata: a\n\n", [SSEEvent("a")]),
            ("data: cut off\n", []),
            ("data: cut off", []),
            ("", []),
        ],
    )
    def test_as_browsers_read_it(self, text, events):
        assert parse_sse(text) == events

    def test_data_may_be_json(self):
        assert parse_sse('data: {"a": 7}\n\n')[0].json() == {"a": 7}


# httpx2 leaves its inner generators open when its outer ones are closed; trio says so.
@pytest.mark.filterwarnings("ignore:.*aiter_bytes:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:.*httpx2:ResourceWarning")
class TestAsyncClient:
    def test_it_runs_the_lifespan(self, run):
        log = []

        @asynccontextmanager
        async def lifespan(app):
            log.append("up")
            yield {"db": "there"}
            log.append("down")

        api = API(lifespan=lifespan)

        @api.post("/{name}")
        async def view(req, resp, *, name):
            log.append("view")
            resp.media = [name, req.state.db, req.params["q"], await req.media()]

        async def main():
            async with api.async_client() as client:
                answer = await client.post("/t%C3%A9a", params={"q": "x"}, json={"a": 7})
                return answer.status_code, answer.json()

        assert run(main) == (200, ["téa", "there", "x", {"a": 7}])
        assert log == ["up", "view", "down"]

    @pytest.mark.parametrize("moment", ["up", "down"])
    def test_a_lifespan_that_fails_is_raised(self, run, moment):
        @asynccontextmanager
        async def lifespan(app):
            if moment == "up":
                raise KeyError("up")
            yield
            raise KeyError("down")

        async def main():
            async with API(lifespan=lifespan).async_client():
                pass

        with pytest.raises(KeyError, match=moment):
            run(main)

    def test_what_is_streamed_arrives_as_it_is_sent(self, run):
        api = API()
        closed = []

        async def main():
            go = anyio.Event()

            @api.get("/events")
            async def view(req, resp):
                @resp.sse
                async def events():
                    try:
                        yield {"data": "first"}
                        await go.wait()
                        yield {"data": "second", "id": "2"}
                        await anyio.sleep_forever()
                    finally:
                        closed.append(True)

            async with api.async_client() as client:
                async with (
                    client.stream("GET", "/events") as answer,
                    aclosing(iter_sse(answer)) as events,
                ):
                    first = await anext(events)
                    go.set()
                    second = await anext(events)
                await anyio.wait_all_tasks_blocked()
                return first, second, list(closed)

        assert run(main) == (SSEEvent("first"), SSEEvent("second", id="2"), [True])

    @pytest.mark.parametrize("count", [0, 2, None])
    def test_events_are_collected(self, run, count):
        api = API()

        @api.get("/events")
        async def view(req, resp):
            @resp.sse
            async def events():
                for number in range(3):
                    yield {"data": str(number)}

        async def main():
            async with (
                api.async_client() as client,
                client.stream("GET", "/events") as answer,
            ):
                return [event.data for event in await collect_sse(answer, count)]

        assert run(main) == ["0", "1", "2"][:count]

    @pytest.mark.parametrize("cut", range(1, 12))
    def test_events_may_be_cut_anywhere(self, run, cut):
        text = b"data: a\r\n\r\nid: 7\rdata: b\r\r"
        api = API()

        @api.get("/")
        async def view(req, resp):
            @resp.stream
            async def pieces():
                for start in range(0, len(text), cut):
                    yield text[start : start + cut]

        async def main():
            async with api.async_client() as client, client.stream("GET", "/") as answer:
                return await collect_sse(answer)

        assert run(main) == [SSEEvent("a"), SSEEvent("b", id="7")]

    def test_a_body_is_sent_as_it_is_made(self, run):
        api = API()
        log = []

        @api.post("/")
        async def view(req, resp):
            async for piece in req.stream():
                log.append(("got", piece))

        async def body():
            for piece in (b"a", b"b"):
                log.append(("made", piece))
                yield piece

        async def main():
            async with api.async_client() as client:
                return (await client.post("/", content=body())).status_code

        assert run(main) == 200
        assert log == [(what, piece) for piece in (b"a", b"b") for what in ("made", "got")]

    def test_what_still_streams_ends_with_the_client(self, run):
        api = API()
        closed = []

        @api.get("/")
        async def view(req, resp):
            @resp.stream
            async def endless():
                try:
                    while True:
                        yield b"more"
                finally:
                    closed.append(True)

        async def main():
            async with api.async_client() as client:
                request = client.build_request("GET", "/")
                await client.send(request, stream=True)

        run(main)
        assert closed == [True]

    @pytest.mark.parametrize("raises", [True, False])
    def test_a_failure_is_raised_unless_told_otherwise(self, run, raises):
        api = API()
        api.add_route("/", lambda req, resp: 1 / 0)

        async def main():
            async with api.async_client(raise_server_exceptions=raises) as client:
                return (await client.get("/")).status_code

        if raises:
            with pytest.raises(ZeroDivisionError):
                run(main)
        else:
            assert run(main) == 500

    def test_a_failure_in_a_stream_is_raised_where_it_is_read(self, run):
        api = API()

        @api.get("/")
        async def view(req, resp):
            @resp.stream
            async def fails():
                yield b"first"
                raise KeyError("tea")

        async def main():
            async with api.async_client() as client, client.stream("GET", "/") as answer:
                async for _ in answer.aiter_bytes():
                    pass

        with pytest.raises(KeyError, match="tea"):
            run(main)

    def test_a_start_that_takes_too_long_is_given_up(self, run):
        api = API()
        api.on_event("startup")(anyio.sleep_forever)

        async def main():
            with anyio.move_on_after(0.02) as limit:
                async with api.async_client():
                    raise AssertionError
            await anyio.lowlevel.checkpoint()
            return limit.cancelled_caught

        assert run(main)

    def test_a_start_that_is_cancelled_from_outside_is_given_up(self):
        """As ``asyncio.wait_for()`` does it, which knows nothing of the scopes of anyio."""
        api = API()
        begun = asyncio.Event()

        @api.on_event("startup")
        async def wait():
            begun.set()
            await anyio.sleep_forever()

        async def main():
            client = api.async_client()
            entering = asyncio.ensure_future(client.__aenter__())
            await begun.wait()
            entering.cancel()
            with pytest.raises(asyncio.CancelledError):
                await entering
            with pytest.raises(RuntimeError, match="async with"):
                await client.get("/")

        asyncio.run(main())

    def test_a_client_that_is_closed_early_is_closed_once(self, run):
        api = API()
        stopped = []
        api.on_event("shutdown")(lambda: stopped.append(True))

        async def main():
            async with api.async_client() as client:
                await client.aclose()
                assert stopped == [True]
            return stopped

        assert run(main) == [True]

    def test_an_app_that_says_that_it_failed_to_start_is_believed(self, run):
        async def app(scope, receive, send):
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no tea"})

        async def main():
            async with make_async_client(app):
                raise AssertionError

        with pytest.raises(RuntimeError, match="the lifespan of the app failed: no tea"):
            run(main)

    def test_a_request_that_is_given_up_is_a_client_that_left(self, run):
        api = API()
        ended = []

        @api.get("/", cancel_on_disconnect=True)
        async def view(req, resp):
            try:
                await anyio.sleep_forever()
            finally:
                ended.append(True)

        async def main():
            async with api.async_client() as client:
                with anyio.move_on_after(0.02):
                    await client.get("/")
                await anyio.wait_all_tasks_blocked()
                return list(ended)

        assert run(main) == [True]

    def test_a_view_that_cancels_itself_fails_alone(self):
        api = API()
        api.add_route("/other", lambda req, resp: "there")

        @api.get("/")
        async def view(req, resp):
            lost = asyncio.get_running_loop().create_future()
            lost.cancel()
            await lost

        async def main():
            async with api.async_client() as client:
                with pytest.raises(RuntimeError, match="the app was cancelled"):
                    await client.get("/")
                return (await client.get("/other")).text

        assert asyncio.run(main()) == "there"

    def test_an_app_that_does_not_answer_is_told(self, run):
        async def app(scope, receive, send): ...

        async def main():
            async with make_async_client(app) as client:
                await client.get("/")

        with pytest.raises(RuntimeError, match="returned without an answer to GET"):
            run(main)

    def test_an_app_that_fails_before_it_answers_is_a_500_where_that_is_asked_for(self, run):
        async def app(scope, receive, send):
            if scope["type"] == "http":
                raise LookupError("no tea")

        async def main():
            async with make_async_client(app, raise_server_exceptions=False) as client:
                return (await client.get("/")).status_code

        assert run(main) == 500

    def test_what_follows_the_body_is_passed_over(self, run):
        """Trailers, as apps send them with an extension of ASGI."""

        async def app(scope, receive, send):
            if scope["type"] == "http":
                await plain(scope, receive, send)
                await send({"type": "http.response.trailers", "headers": []})

        async def main():
            async with make_async_client(app) as client:
                return (await client.get("/")).text

        assert run(main) == "yes"

    def test_a_client_that_is_not_open_says_how_to_open_it(self, run):
        async def main():
            await API().async_client().get("/")

        with pytest.raises(RuntimeError, match=r"async with api\.async_client"):
            run(main)

    def test_head_has_no_body(self, run):
        api = API()
        api.add_route("/", lambda req, resp: "text")

        async def main():
            async with api.async_client() as client:
                answer = await client.head("/")
                return answer.headers["content-length"], answer.content

        assert run(main) == ("4", b"")

    def test_a_missing_library_is_told(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "responder_core.async_client", None)

        with pytest.raises(ModuleNotFoundError, match=r"pip install 'responder-core\[test\]'"):
            API().async_client()
