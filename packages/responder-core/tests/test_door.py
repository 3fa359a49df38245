"""The door: what a view is given, what becomes of what it returns, and what is sent."""

from __future__ import annotations

import gc
import json
import sys
from asyncio import CancelledError
from collections.abc import Coroutine
from contextlib import suppress
from contextvars import copy_context
from inspect import CORO_CLOSED, CORO_SUSPENDED, getcoroutinestate
from traceback import format_exc
from types import MappingProxyType
from warnings import catch_warnings, simplefilter
from weakref import ref

import pytest
from anyio import Event, create_task_group, sleep_forever
from anyio.lowlevel import checkpoint
from msgspec import Struct

from responder_core import API, Depends, Request, Response, assembly, door, speedups
from responder_core.context import current_request

PROBLEM = "application/problem+json"


def slots(kind):
    """The names of all that an instance of a class may hold."""
    return sorted({name for each in kind.__mro__ for name in getattr(each, "__slots__", ())})


class Plain(Request):
    """A request of the program's own, made as ours are."""

    mark = "plain"


class Counted(Request):
    """One that makes itself in a way of its own."""

    made = 0

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        type(self).made += 1
        self.number = self.made


class Marked(Response):
    """A response that makes itself in a way of its own."""

    def __new__(cls, *args):
        made = super().__new__(cls)
        made.mark = "new"
        return made


class Counting(type):
    """Counts what it makes."""

    made = 0

    def __call__(cls, *args, **kwargs):
        Counting.made += 1
        return super().__call__(*args, **kwargs)


class Metered(Response, metaclass=Counting):
    """A response whose class makes it in a way of its own."""


class TestRequestAndResponse:
    @pytest.mark.parametrize("kind", [Request, Plain, Counted])
    def test_they_hold_what_their_constructors_would_have_given_them(self, ask, http_scope, kind):
        api, held = API(request_class=kind), {}

        @api.route("/items/{id:int}")
        async def view(req, resp, *, id):
            made = kind(req.scope, req.receive, api, req.route, {"id": 7})
            made.send = req.send
            held["req"] = [(getattr(req, each), getattr(made, each)) for each in slots(Request)]
            fresh = Response(req)
            held["resp"] = [(getattr(resp, each), getattr(fresh, each)) for each in slots(Response)]

        assert ask(api, http_scope(path="/items/7")).status == 200

        assert len(held["req"]) > 10
        assert len(held["resp"]) > 5
        assert [one for one, _ in held["req"]] == [other for _, other in held["req"]]
        assert [one for one, _ in held["resp"]] == [other for _, other in held["resp"]]

    def test_a_class_of_the_programs_own_is_made_as_it_says(self, ask, http_scope):
        api = API(request_class=Counted, response_class=Marked)

        @api.route("/")
        async def view(req, resp):
            return {"number": req.number, "mark": resp.mark}

        first, second = (json.loads(ask(api, http_scope()).body) for _ in range(2))

        assert second["number"] == first["number"] + 1
        assert first["mark"] == second["mark"] == "new"

    def test_a_class_whose_own_class_makes_it_is_called(self, ask, http_scope):
        api, before = API(response_class=Metered), Counting.made
        api.add_route("/", lambda req, resp: type(resp).__name__)

        assert ask(api, http_scope()).body == b"Metered"
        assert Counting.made > before

    def test_a_class_that_adds_to_ours_is_what_a_view_is_given(self, ask, http_scope):
        api = API(request_class=Plain)

        @api.route("/")
        async def view(req, resp):
            req.note = "kept"
            return f"{req.mark} {req.note}"

        assert ask(api, http_scope()).body == b"plain kept"


class TestViewsAlone:
    """An async view with nothing around it is called by the door itself."""

    @pytest.mark.parametrize("path", ["/", "/{id:int}"], ids=["static", "parameter"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_message_about_one_names_it(self, ask, http_scope, caplog, path, method):
        api = API()

        @api.route(path, methods=[method])
        async def odd_one(req, resp, **params):
            return object()

        assert ask(api, http_scope(method, path=path.replace("{id:int}", "7"))).status == 500

        (record,) = caplog.records
        assert "odd_one' (test_door.py:" in str(record.exc_info[1])
        assert "returned builtins.object" in str(record.exc_info[1])

    @pytest.mark.parametrize("path", ["/", "/{id:int}"], ids=["static", "parameter"])
    def test_what_one_raises_is_answered(self, ask, http_scope, path):
        api = API()

        @api.exception_handler(KeyError)
        async def found_none(req, resp, exc):
            return {"missing": exc.args[0]}, 404

        @api.route(path)
        async def view(req, resp, **params):
            raise KeyError("tea")

        answer = ask(api, http_scope(path=path.replace("{id:int}", "7")))

        assert (answer.status, json.loads(answer.body)) == (404, {"missing": "tea"})

    @pytest.mark.parametrize(
        ("result", "status", "body"),
        [
            pytest.param(None, 200, b"set before", id="none"),
            pytest.param("text", 200, b"text", id="text"),
            pytest.param(("text", 201), 201, b"text", id="tuple"),
            pytest.param(False, 200, b"false", id="false"),
            pytest.param({}, 200, b"{}", id="empty"),
        ],
    )
    def test_what_one_returns_is_the_body(self, ask, http_scope, result, status, body):
        api = API()

        @api.route("/")
        async def view(req, resp):
            resp.text = "set before"
            return result

        answer = ask(api, http_scope())

        assert (answer.status, answer.body) == (status, body)

    def test_one_that_is_an_object_is_called_with_its_parameters(self, ask, http_scope):
        class Greeter:
            def __init__(self):
                self.word = "Hello"

            async def __call__(self, req, resp, *, name):
                return f"{self.word}, {name}!"

        api = API()
        api.add_route("/{name}", Greeter())

        assert ask(api, http_scope(path="/ada")).body == b"Hello, ada!"


class TestMessages:
    def test_an_answer_is_one_start_and_one_body(self, talk, http_scope):
        api = API()
        api.add_route("/", lambda req, resp: "Hello, world!")
        request = {"type": "http.request", "body": b"", "more_body": False}

        start, body = talk(api, http_scope(), request)

        assert start == {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"13"),
            ],
        }
        assert body == {"type": "http.response.body", "body": b"Hello, world!"}

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            pytest.param("media", object(), "JSON has no form for builtins.object", id="media"),
            pytest.param("text", b"bytes", "resp.text takes a str, not bytes", id="text"),
            pytest.param("html", 7, "resp.html takes a str, not int", id="html"),
            pytest.param(
                "content", [1], "resp.content takes bytes or a str, not list", id="content"
            ),
            pytest.param(
                "status_code", "200", "resp.status_code is an int, not '200'", id="status"
            ),
            pytest.param("status_code", 99, "resp.status_code is 200 to 599, not 99", id="range"),
            pytest.param("text", "\ud800", "surrogates not allowed", id="surrogate"),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_response_that_cannot_be_encoded_is_a_500_with_a_clear_log(
        self, ask, http_scope, caplog, method, name, value, message
    ):
        api = API()

        @api.after_request
        def note(req, resp):
            resp.headers["X-After"] = "ran"

        @api.route("/")
        def view(req, resp):
            resp.headers["ETag"] = '"half"'
            setattr(resp, name, value)

        answer = ask(api, http_scope(method))

        assert answer.status == 500
        assert answer.headers["content-type"] == PROBLEM
        assert answer.headers["x-after"] == "ran"
        assert "etag" not in answer.headers
        assert message.encode() not in answer.body
        (record,) = caplog.records
        assert message in str(record.exc_info[1])
        assert "test_door.py" in record.getMessage()

    def test_a_response_that_cannot_be_encoded_is_raised_in_tests(self):
        api = API()
        api.add_route("/", lambda req, resp: {"x": object()})

        with pytest.raises(TypeError, match="JSON has no form for"):
            api.requests.get("/")


class Pause:
    """Something to await that is no coroutine: it yields a word, and gives what is sent."""

    def __init__(self, word):
        self.word = word

    def __await__(self):
        return (yield self.word)


@pytest.fixture(params=["C", "Python"])
def begin(request, monkeypatch, http_scope):
    """Begin a request of a view, by the steps of either: what is to be awaited, and what is sent.

    *send* is called for each message, and may give something to await.
    """
    if request.param == "Python":
        monkeypatch.setattr(speedups, "_steps", None)
        monkeypatch.setattr(assembly, "send_whole", door._send_whole)
    elif not speedups.is_built:
        pytest.skip("the steps in C are not built")

    def run(view, send=None, path="/", handler=None, hooks=(), body=b"", receive=None, **options):
        api = API(**options)
        for hook in hooks:
            api.before_request(hook)
        method = "POST" if body else "GET"
        api.route("/", methods=[method])(view)
        if handler is not None:
            api.exception_handler(Exception)(handler)
        sent = []
        fields = [(b"host", b"testserver")]
        if body:
            length = (b"content-length", b"%d" % len(body))
            fields += [(b"content-type", b"application/json"), length]

        async def receive_all():
            return {"type": "http.request", "body": body, "more_body": False}

        async def note(message):
            sent.append(message)
            if send is not None:
                await send(message)

        def start(take=note):
            scope = {**http_scope(method=method, path=path), "headers": fields}
            return api(scope, receive or receive_all, take)

        start(ignore).close()  # The first call makes the app.
        return start, sent

    # Without an event loop all requests are of one context, which is that of the other tests.
    token = current_request.set(None)
    yield run
    current_request.reset(token)


async def ignore(message): ...


def finish(awaited):
    """Drive to its end what waits for nothing."""
    with pytest.raises(StopIteration):
        copy_context().run(awaited.send, None)


def status_of(sent):
    return [message.get("status", message.get("body")) for message in sent]


class TestWhatIsAwaited:
    """What an app gives to a server is a coroutine, whichever the steps are."""

    def test_it_is_one_to_every_event_loop(self, begin, run):
        async def view(req, resp):
            await checkpoint()
            resp.text = "tea"

        start, sent = begin(view)

        async def main():
            await start()
            async with create_task_group() as group:
                group.start_soon(start)
                group.start_soon(start)

        run(main)

        fresh = start()
        assert isinstance(fresh, Coroutine)
        fresh.close()
        assert status_of(sent).count(b"tea") == 3

    def test_who_delegates_to_it_and_who_refers_to_it_weakly_may(self, begin):
        async def view(req, resp):
            resp.text = await Pause("milk?")

        class Delegate:
            def __init__(self, awaited):
                self.awaited = awaited

            def __await__(self):
                return (yield from self.awaited.__await__())

        async def wait(awaited):
            await Delegate(awaited)

        start, sent = begin(view)
        awaited = start()
        weak = ref(awaited)
        waiting = wait(awaited)

        assert waiting.send(None) == "milk?"
        with pytest.raises(StopIteration):
            waiting.send("yes")
        assert status_of(sent) == [200, b"yes"]
        del awaited
        assert weak() is None

    @pytest.mark.parametrize("path", ["/", "/none"])
    def test_a_server_that_raises_a_stop_has_failed(self, begin, path):
        async def view(req, resp):
            resp.text = "tea"

        def stop(message):
            raise StopIteration(7)

        start, _ = begin(view, path=path)

        with pytest.raises(RuntimeError, match="coroutine raised StopIteration"):
            start(stop).send(None)

    def test_what_it_yields_is_the_views_and_what_it_is_sent_too(self, begin):
        async def view(req, resp):
            resp.text = await Pause("milk?") + await Pause("sugar?")

        start, sent = begin(view)
        awaited = start()

        assert awaited.send(None) == "milk?"
        assert getcoroutinestate(awaited) == CORO_SUSPENDED
        assert awaited.cr_await is not None
        assert awaited.send("yes") == "sugar?"
        assert sent == []
        with pytest.raises(StopIteration) as stopped:
            awaited.send("no")
        assert stopped.value.value is None
        assert status_of(sent) == [200, b"yesno"]
        assert getcoroutinestate(awaited) == CORO_CLOSED
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            awaited.send(None)
        awaited.close()

    def test_a_server_that_takes_its_time_is_waited_for(self, begin):
        async def view(req, resp):
            resp.text = "tea"

        async def slow(message):
            assert await Pause(message["type"]) == "go on"

        start, sent = begin(view, slow)
        awaited = start()

        assert awaited.send(None) == "http.response.start"
        assert awaited.send("go on") == "http.response.body"
        with pytest.raises(StopIteration):
            awaited.send("go on")
        assert status_of(sent) == [200, b"tea"]

    def test_a_server_may_give_what_is_no_coroutine(self, begin):
        async def view(req, resp):
            resp.text = "tea"

        start, _ = begin(view)
        awaited = start(lambda message: Pause(message["type"]))

        assert [awaited.send(None), awaited.send(None)] == [
            "http.response.start",
            "http.response.body",
        ]
        with pytest.raises(TypeError, match="await"):
            start(lambda message: None).send(None)

    @pytest.mark.parametrize("path", ["/", "/none"])
    @pytest.mark.parametrize("last", ["http.response.start", "http.response.body"])
    def test_a_server_that_fails_is_told_so(self, begin, path, last):
        async def view(req, resp):
            resp.text = "tea"

        async def broken(message):
            if message["type"] == last:
                raise OSError("gone")

        start, sent = begin(view, broken, path)

        with pytest.raises(OSError, match="gone"):
            start().send(None)
        assert sent[-1]["type"] == last

    def test_what_is_thrown_in_may_be_caught_by_the_view(self, begin):
        async def view(req, resp):
            try:
                await Pause("tea?")
            except LookupError:
                resp.text = "none"

        start, sent = begin(view)
        for how in [(LookupError("no"),), (LookupError,), (LookupError, "no", None)]:
            awaited = start()
            awaited.send(None)
            with catch_warnings():
                simplefilter("ignore", DeprecationWarning)
                with pytest.raises(StopIteration):
                    awaited.throw(*how)

        assert status_of(sent) == [200, b"none"] * 3

    def test_what_it_does_not_catch_is_answered(self, begin, caplog):
        async def view(req, resp):
            await Pause("tea?")

        start, sent = begin(view)
        awaited = start()
        awaited.send(None)
        with pytest.raises(StopIteration):
            awaited.throw(LookupError("no tea"))

        assert sent[0]["status"] == 500
        assert "no tea" in caplog.text

    @pytest.mark.parametrize("kind", [CancelledError, KeyboardInterrupt, GeneratorExit])
    def test_what_ends_a_request_ends_it_whatever_is_awaited(self, begin, kind):
        async def view(req, resp):
            resp.text = await Pause("view")

        async def slow(message):
            await Pause(message["type"])

        start, _ = begin(view, slow)
        for steps in range(3):
            awaited = start()
            seen = [awaited.send(None)] + [awaited.send("tea") for _ in range(steps)]
            with pytest.raises(kind):
                awaited.throw(kind())
            assert seen == ["view", "http.response.start", "http.response.body"][: steps + 1]
            assert getcoroutinestate(awaited) == CORO_CLOSED

    @pytest.mark.parametrize("last", ["view", "http.response.start", "http.response.body"])
    @pytest.mark.parametrize("how", ["cancelled", "answered"])
    def test_what_was_opened_for_a_request_is_closed(self, begin, run, how, last):
        told = []

        async def teapot():
            try:
                yield "pot"
            finally:
                told.append("closed")

        async def wait_at(place):
            told.append(place)
            if place == last:
                reached.set()
                if how == "cancelled":
                    await sleep_forever()

        async def view(req, resp, *, pot=Depends(teapot)):
            await wait_at("view")
            resp.text = pot

        async def send(message):
            await wait_at(message["type"])

        start, _ = begin(view, send)

        async def main():
            nonlocal reached
            reached = Event()
            async with create_task_group() as group:
                group.start_soon(start)
                await reached.wait()
                if how == "cancelled":
                    group.cancel_scope.cancel()

        reached = None
        run(main)

        places = ["view", "http.response.start", "http.response.body"]
        seen = places if how == "answered" else places[: places.index(last) + 1]
        assert told == [*seen, "closed"]

    def test_it_is_closed_as_its_view_is(self, begin):
        ended = []

        async def view(req, resp):
            try:
                await Pause("tea?")
            finally:
                ended.append(True)

        start, sent = begin(view)
        closed, dropped = start(), start()
        closed.send(None)
        dropped.send(None)
        closed.close()
        assert len(ended) == 1
        del dropped
        assert len(ended) == 2
        assert sent == []
        with pytest.raises(RuntimeError, match="cannot reuse"):
            closed.send(None)

    def test_a_view_that_would_wait_when_it_is_closed_has_failed(self, begin, caplog):
        async def view(req, resp):
            try:
                await Pause("tea?")
            finally:
                await Pause("more tea?")

        start, sent = begin(view)
        awaited = start()
        awaited.send(None)
        awaited.close()

        assert sent[0]["status"] == 500
        assert "coroutine ignored GeneratorExit" in caplog.text

    def test_a_server_that_would_wait_when_it_is_closed_fails(self, begin):
        async def view(req, resp):
            resp.text = "tea"

        async def send(message):
            try:
                await Pause("tea?")
            finally:
                await Pause("more tea?")

        start, _ = begin(view, send)
        awaited = start()
        awaited.send(None)

        with pytest.raises(RuntimeError, match="coroutine ignored GeneratorExit"):
            awaited.close()

    def test_one_that_has_not_begun_calls_nothing(self, begin):
        called = []

        async def view(req, resp):
            called.append(req)

        start, sent = begin(view)
        closed, thrown, sent_to = start(), start(), start()
        closed.close()
        with pytest.raises(LookupError):
            thrown.throw(LookupError())
        for each in (closed, thrown):
            with pytest.raises(RuntimeError, match="cannot reuse"):
                each.send(None)
        with pytest.raises(TypeError, match="just-started coroutine"):
            sent_to.send("tea")
        sent_to.close()

        assert (called, sent) == ([], [])

    def test_it_is_not_run_within_itself(self, begin):
        awaited = None

        async def view(req, resp):
            for call in (
                lambda: awaited.send(None),
                lambda: awaited.throw(OSError()),
                awaited.close,
            ):
                with pytest.raises(ValueError, match="coroutine already executing"):
                    call()
            assert awaited.cr_running
            resp.text = "tea"

        start, sent = begin(view)
        awaited = start()
        finish(awaited)

        assert status_of(sent) == [200, b"tea"]

    def test_only_an_exception_is_thrown(self, begin):
        async def view(req, resp): ...

        start, _ = begin(view)
        awaited = start()
        with pytest.raises(TypeError, match="exceptions"):
            awaited.throw("tea")
        awaited.close()

    @pytest.mark.parametrize("how", ["view", "body", "value"])
    def test_a_handler_sees_what_failed_and_nothing_of_it_is_left(self, begin, how):
        requests, told = [], []

        class Kept(Request):
            __slots__ = ("__weakref__",)

        async def view(req, resp):
            requests.append(ref(req))
            if how == "view":
                raise LookupError("no tea")
            resp.text = 7 if how == "body" else "tea"
            return object() if how == "value" else None

        async def tell(req, resp, exc):
            told.append((type(exc), sys.exc_info()[0], "door.py" in format_exc()))
            resp.status_code = 418
            resp.text = "told"

        start, sent = begin(view, request_class=Kept, handler=tell)
        gc.collect()
        gc.disable()
        try:
            finish(start())
            assert requests[0]() is None
        finally:
            gc.enable()
        assert told == [(told[0][0], told[0][0], True)]
        assert status_of(sent) == [418, b"told"]


class Tea(Struct):
    name: str


class TestTheStepsOfAnExchange:
    """Hooks before a view and what it is called with, whichever the steps are."""

    def test_hooks_are_awaited_in_their_order_and_then_the_view(self, begin):
        async def first(req, resp):
            req.state.told = [await Pause("first")]

        async def second(req, resp):
            req.state.told.append(await Pause("second"))

        async def view(req, resp):
            resp.text = " ".join([*req.state.told, await Pause("view")])

        start, sent = begin(view, hooks=[first, second])
        awaited = start()

        assert [awaited.send(word) for word in (None, "milk", "and")] == ["first", "second", "view"]
        with pytest.raises(StopIteration):
            awaited.send("sugar")
        assert status_of(sent) == [200, b"milk and sugar"]

    @pytest.mark.parametrize("answers", [0, 1])
    def test_one_that_answers_is_the_last(self, begin, answers):
        called = []

        def hook(number):
            async def each(req, resp):
                called.append(number)
                if number == answers:
                    resp.status_code = 403
                    resp.text = "no"

            return each

        async def view(req, resp):
            called.append("view")

        start, sent = begin(view, hooks=[hook(0), hook(1)])
        finish(start())

        assert called == [*range(answers + 1)]
        assert status_of(sent) == [403, b"no"]

    @pytest.mark.parametrize("how", ["raises", "is thrown at"])
    @pytest.mark.parametrize("place", ["hook", "provider", "view"])
    def test_what_fails_is_answered(self, begin, place, how):
        async def wait_at(here):
            if here == place and how == "raises":
                raise LookupError("no tea")
            if here == place:
                await Pause("tea?")

        async def hook(req, resp):
            await wait_at("hook")

        async def provide():
            await wait_at("provider")

        async def view(req, resp, *, tea=Depends(provide)):
            await wait_at("view")

        async def tell(req, resp, exc):
            resp.status_code = 418
            resp.text = str(exc)

        start, sent = begin(view, hooks=[hook], handler=tell)
        awaited = start()
        if how == "raises":
            finish(awaited)
        else:
            awaited.send(None)
            with pytest.raises(StopIteration):
                awaited.throw(LookupError("no tea"))

        assert status_of(sent) == [418, b"no tea"]

    @pytest.mark.parametrize("hooked", [False, True])
    def test_a_handler_that_fails_is_answered_alike_with_hooks_and_without(self, begin, hooked):
        async def hook(req, resp): ...

        async def view(req, resp, *, size: int = 3):
            raise LookupError("no tea")

        async def fail(req, resp, exc):
            raise KeyError("no handler") from exc

        start, sent = begin(view, hooks=[hook] if hooked else [], handler=fail)
        with suppress(KeyError):
            finish(start())

        assert sent[0]["status"] == 500

    @pytest.mark.parametrize("place", ["hook", "receive", "provider", "view"])
    def test_what_ends_a_request_ends_it_at_each_step(self, begin, place):
        async def wait_at(here):
            if here == place:
                await Pause("tea?")

        async def hook(req, resp):
            await wait_at("hook")

        async def provide():
            await wait_at("provider")

        async def receive():
            await wait_at("receive")
            return {"type": "http.request", "body": b'{"name":"green"}', "more_body": False}

        async def with_provider(req, resp, *, tea=Depends(provide)):
            await wait_at("view")

        async def with_body(req, resp, *, tea: Tea): ...

        view = with_body if place == "receive" else with_provider
        hooks = [hook] if place == "hook" else []
        body = b'{"name":"green"}' if place == "receive" else b""
        start, sent = begin(view, hooks=hooks, body=body, receive=receive)
        awaited = start()
        assert awaited.send(None) == "tea?"
        with pytest.raises(CancelledError):
            awaited.throw(CancelledError())

        assert sent == []
        assert getcoroutinestate(awaited) == CORO_CLOSED

    @pytest.mark.parametrize("hooked", [False, True])
    def test_a_body_is_what_the_view_is_called_with(self, begin, hooked):
        async def hook(req, resp): ...

        async def receive():
            assert await Pause("body?") == "here"
            return {"type": "http.request", "body": b'{"name":"green"}', "more_body": False}

        async def view(req, resp, *, tea: Tea):
            return await Pause(tea.name)

        hooks = [hook] if hooked else []
        start, sent = begin(view, hooks=hooks, body=b'{"name":"green"}', receive=receive)
        awaited = start()

        assert [awaited.send(None), awaited.send("here")] == ["body?", "green"]
        with pytest.raises(StopIteration):
            awaited.send("tea")
        assert status_of(sent) == [200, b"tea"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [(b'{"name":7}', 422), (b'{"name":', 400), (b"[" * 200 + b"]" * 200, 400)],
        ids=["of another type", "broken", "too deep"],
    )
    def test_a_body_that_is_not_one_is_refused(self, begin, body, status):
        async def view(req, resp, *, tea: Tea):
            resp.text = tea.name

        start, sent = begin(view, body=body)
        finish(start())

        assert sent[0]["status"] == status

    def test_what_is_no_coroutine_is_awaited(self, begin):
        class Message:
            def __await__(self):
                yield "waiting"
                return {"type": "http.request", "body": b'{"name":"green"}', "more_body": False}

        async def view(req, resp, *, tea: Tea) -> Tea:
            return tea

        start, sent = begin(view, body=b'{"name":"green"}', receive=Message)
        awaited = start()

        assert awaited.send(None) == "waiting"
        with pytest.raises(StopIteration):
            awaited.send(None)
        assert status_of(sent) == [200, b'{"name":"green"}']

    def test_a_contract_is_held_to(self, begin, caplog):
        async def view(req, resp) -> Tea:
            return {"name": 7}

        start, sent = begin(view)
        finish(start())

        assert sent[0]["status"] == 500

    def test_what_a_hook_makes_of_the_parameters_is_what_the_view_gets(self, begin):
        async def hook(req, resp):
            req.path_params = MappingProxyType({"tea": "green"})

        async def view(req, resp, **params):
            resp.text = params["tea"]

        start, sent = begin(view, hooks=[hook])
        finish(start())

        assert status_of(sent) == [200, b"green"]

    @pytest.mark.parametrize("owner", ["req", "resp"])
    def test_a_request_without_its_parts_is_a_failure(self, begin, owner):
        async def hook(req, resp):
            if owner == "req":
                del req.path_params
            else:
                del resp.status_code

        async def view(req, resp): ...

        start, sent = begin(view, hooks=[hook])
        finish(start())

        assert sent[0]["status"] == 500
