"""Timeouts: requests that are given up, and what goes on all the same."""

import gc
import threading
import weakref

import anyio
import anyio.lowlevel
import pytest
from starlette.testclient import WebSocketDenialResponse

from responder_core import API, Depends, Problem
from responder_core.body import ClientDisconnect

SOON = 0.02


@pytest.fixture
def log():
    return []


@pytest.fixture
def group(log):
    """A provider that holds a task group as long as the request takes."""

    async def provide():
        async with anyio.create_task_group() as opened:
            try:
                yield opened
            finally:
                log.append("closed")

    return provide


class TestRequestTimeout:
    @pytest.mark.parametrize(
        ("app", "route"), [({"request_timeout": SOON}, {}), ({}, {"request_timeout": SOON})]
    )
    def test_what_takes_too_long_is_a_504(self, client_factory, log, app, route):
        api = API(**app)

        @api.get("/", **route)
        async def view(req, resp):
            resp.headers["X-Set"] = "before"
            resp.set_cookie("kept", "yes")
            try:
                await anyio.sleep_forever()
            finally:
                log.append("cancelled")

        answer = client_factory(api).get("/")

        assert answer.status_code == 504
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-set"] == "before"
        assert answer.cookies["kept"] == "yes"
        assert log == ["cancelled"]

    def test_a_route_may_take_its_time(self, client_factory):
        api = API(request_timeout=SOON)

        @api.get("/", request_timeout=None)
        async def view(req, resp):
            with anyio.move_on_after(2 * SOON):
                await anyio.sleep_forever()
            resp.text = "slow"

        assert client_factory(api).get("/").text == "slow"

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_timeout_of_the_program_s_own_is_no_504(self, client_factory, kind):
        api = API(request_timeout=60)

        def view(req, resp):
            raise TimeoutError

        async def view_async(req, resp):
            with anyio.fail_after(0):
                await anyio.sleep_forever()

        api.add_route("/", view if kind == "sync" else view_async)

        assert client_factory(api).get("/").status_code == 500

    @pytest.mark.parametrize("stage", ["hook", "body", "dependency"])
    def test_it_covers_all_that_comes_before_the_view(self, backend, http_scope, log, stage):
        api = API(request_timeout=SOON)

        async def wait(req=None, resp=None):
            await anyio.sleep_forever()

        options = {
            "hook": {"before": wait},
            "dependency": {"dependencies": [Depends(wait)]},
        }.get(stage, {})

        @api.post("/", **options)
        async def view(req, resp):
            log.append(await req.content)

        sent = []

        async def send(message):
            sent.append(message)

        async def main():
            await api(http_scope("POST"), anyio.sleep_forever, send)

        anyio.run(main, backend=backend)

        assert sent[0]["status"] == 504
        assert log == []

    def test_it_covers_the_hooks_after_the_view(self, client_factory, log):
        api = API(request_timeout=SOON)

        async def wait(req, resp):
            log.append(resp.status_code)
            await anyio.sleep_forever()

        async def note(req, resp):
            await anyio.lowlevel.checkpoint()
            log.append(resp.status_code)

        @api.get("/", after=[wait, note])
        async def view(req, resp):
            resp.status_code = 201

        assert client_factory(api).get("/").status_code == 504
        assert log == [201, 504]

    def test_after_hooks_see_the_504_and_dependencies_the_failure(self, client_factory, log):
        api = API(request_timeout=SOON)

        def provide():
            try:
                yield
            except Problem as error:
                log.append(error.status_code)

        @api.get("/", after=lambda req, resp: log.append(resp.status_code))
        async def view(req, resp, *, x=Depends(provide)):
            await anyio.sleep_forever()

        assert client_factory(api).get("/").status_code == 504
        assert log == [504, 504]

    def test_a_sync_view_is_given_up_and_keeps_its_thread_until_it_ends(self, client_factory, log):
        api = API(request_timeout=SOON, sync_threads=1, sync_queue=0)
        go = threading.Event()

        @api.get("/slow")
        def slow(req, resp, *, x=Depends(dict)):
            assert go.wait(30)
            resp.text = "too late"
            resp.headers["X-Late"] = "yes"
            log.append("ended")

        @api.get("/quick")
        def quick(req, resp):
            resp.text = "quick"

        @api.get("/async")
        async def unaffected(req, resp):
            resp.text = "async"

        with client_factory(api) as client:
            answer = client.get("/slow")
            assert answer.status_code == 504
            assert "x-late" not in answer.headers
            assert api.threads.pending == 1
            refused = client.get("/quick")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert client.get("/async").text == "async"
            go.set()
            while api.threads.pending:
                client.get("/async")
            assert log == ["ended"]
            assert client.get("/quick").text == "quick"

    def test_a_sync_view_that_is_in_time_answers_as_ever(self, client_factory, log):
        api = API(request_timeout=60)

        @api.before_request
        async def before(req, resp):
            resp.headers["X-Before"] = "hook"
            resp.set_cookie("a", "1")

        def provide(resp):
            resp.headers["X-Provider"] = "provider"

        @api.get("/", after=lambda req, resp: log.append(resp.text))
        def view(req, resp, *, x=Depends(provide)):
            resp.set_cookie("b", "2")
            resp.status_code = 201
            return "text"

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.text) == (201, "text")
        assert answer.headers["x-before"] == "hook"
        assert answer.headers["x-provider"] == "provider"
        assert dict(answer.cookies) == {"a": "1", "b": "2"}
        assert log == ["text"]

    def test_a_hook_that_answers_ends_it_there(self, client_factory):
        api = API(request_timeout=60)

        @api.before_request
        async def before(req, resp):
            resp.status_code = 202

        @api.get("/")
        def view(req, resp):
            raise AssertionError

        assert client_factory(api).get("/").status_code == 202

    def test_a_sync_view_that_fails_leaves_nothing_behind(self, client_factory, backend):
        """Its request is freed at once, not by the next collection of cycles."""
        if backend == "trio":
            pytest.skip("AnyIO's hand-over keeps the failure until the next collection")
        api = API(request_timeout=60)
        kept = []

        class Body:
            pass

        @api.get("/")
        def view(req, resp):
            body = Body()
            kept.append(weakref.ref(body))
            req.state.body = body
            raise Problem(404)

        with client_factory(api) as client:
            gc.disable()
            try:
                assert client.get("/").status_code == 404
                # The thread lets go of it when it is called once more.
                client.get("/nowhere")
                found = kept[0]()
            finally:
                gc.enable()

        assert found is None

    def test_a_sync_view_that_fails_is_a_500(self, client_factory):
        api = API(request_timeout=60)
        api.add_route("/", lambda req, resp: 1 / 0, after=lambda req, resp: None)

        assert client_factory(api).get("/").status_code == 500

    @pytest.mark.parametrize("late", [True, False])
    def test_a_dependency_may_hold_a_task_group(self, client_factory, log, group, late):
        api = API(request_timeout=SOON)

        @api.get("/")
        async def view(req, resp, *, group=Depends(group)):
            if late:
                await anyio.sleep_forever()
            resp.text = "x"

        assert client_factory(api).get("/").status_code == (504 if late else 200)
        assert log == ["closed"]

    def test_what_a_given_up_thread_works_with_is_torn_down_when_it_ends(
        self, client_factory, log, caplog
    ):
        api = API(request_timeout=SOON)
        go = threading.Event()

        def provide():
            try:
                yield
            finally:
                log.append("closed")

        @api.get("/")
        def view(req, resp, *, x=Depends(provide)):
            assert go.wait(30)
            log.append("ended")
            raise KeyError("late")

        @api.get("/other", request_timeout=None)
        async def other(req, resp):
            await anyio.lowlevel.checkpoint()

        with client_factory(api) as client:
            assert client.get("/").status_code == 504
            assert log == []
            go.set()
            while "closed" not in log:
                client.get("/other")

        assert log == ["ended", "closed"]
        assert isinstance(caplog.records[0].exc_info[1], KeyError)

    def test_what_has_not_begun_when_it_is_given_up_never_does(self, client_factory, log):
        api = API(sync_threads=1)
        go = threading.Event()

        @api.get("/slow", request_timeout=SOON)
        def slow(req, resp):
            log.append("began")
            assert go.wait(30)

        with client_factory(api) as client:
            assert [client.get("/slow").status_code for _ in range(3)] == [504] * 3
            go.set()
            while api.threads.pending:
                client.get("/nowhere")

        assert log == ["began"]

    @pytest.mark.parametrize("stage", ["hook", "dependency"])
    def test_the_handshake_of_a_websocket(self, client_factory, stage):
        api = API(request_timeout=SOON)

        async def wait(ws):
            await anyio.sleep_forever()

        options = {"before": wait} if stage == "hook" else {"dependencies": [Depends(wait)]}

        @api.websocket_route("/", **options)
        async def view(ws): ...

        socket = client_factory(api).websocket_connect("/")
        with pytest.raises(WebSocketDenialResponse) as caught, socket:
            raise AssertionError
        assert caught.value.status_code == 504

    @pytest.mark.parametrize("late", [True, False])
    def test_a_dependency_of_a_websocket_may_hold_a_task_group(
        self, client_factory, log, group, late
    ):
        api = API(request_timeout=SOON)

        async def wait(ws, group=Depends(group)):
            if late:
                await anyio.sleep_forever()

        @api.websocket_route("/", dependencies=[Depends(wait)])
        async def view(ws):
            await ws.accept()
            await ws.send_text("open")

        socket = client_factory(api).websocket_connect("/")
        if late:
            with pytest.raises(WebSocketDenialResponse) as caught, socket:
                raise AssertionError
            assert caught.value.status_code == 504
        else:
            with socket as ws:
                assert ws.receive_text() == "open"
        assert log == ["closed"]

    def test_an_open_websocket_may_stay(self, client_factory):
        api = API(request_timeout=SOON)

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            with anyio.move_on_after(2 * SOON):
                await anyio.sleep_forever()
            await ws.send_text("still here")

        with client_factory(api).websocket_connect("/") as ws:
            assert ws.receive_text() == "still here"

    @pytest.mark.parametrize("value", [0, -1, "1", True])
    def test_no_time_at_all_is_refused(self, value):
        with pytest.raises(ValueError, match="request_timeout= is a number of seconds above 0"):
            API(request_timeout=value)
        with pytest.raises(ValueError, match="request_timeout= is a number of seconds above 0"):
            API().add_route("/", lambda req, resp: None, request_timeout=value)


class Client:
    """A client that sends a body in parts, and goes away when it is told to, or never."""

    def __init__(self, *parts):
        self.messages = [
            {"type": "http.request", "body": part, "more_body": number < len(parts)}
            for number, part in enumerate(parts or (b"",), start=1)
        ]
        self.leaves = anyio.Event()
        self.taken = 0
        self.sent = []

    async def receive(self):
        await anyio.lowlevel.checkpoint()
        if self.taken == len(self.messages):
            await self.leaves.wait()
            return {"type": "http.disconnect"}
        self.taken += 1
        return self.messages[self.taken - 1]

    async def send(self, message):
        self.sent.append(message)

    @property
    def answer(self):
        return self.sent[0]["status"], b"".join(each.get("body", b"") for each in self.sent)


class TestCancelOnDisconnect:
    @pytest.fixture
    def ask(self, backend, http_scope):
        """Send the request of a client; what it is then tells what came of it."""

        def send_request(api, make_client=Client):
            async def main():
                client = make_client()
                api.state.client = client
                with anyio.fail_after(60):
                    await api(http_scope("POST"), client.receive, client.send)
                return client

            return anyio.run(main, backend=backend)

        return send_request

    @pytest.mark.parametrize("cancels", [True, False])
    def test_the_view_ends_with_its_client(self, ask, log, caplog, cancels):
        api = API()

        async def provide():
            async with anyio.create_task_group():
                try:
                    yield
                except ClientDisconnect:
                    await anyio.lowlevel.checkpoint()
                    log.append("rolled back")

        def note(req, resp):
            log.append(resp.status_code)

        @api.post("/", cancel_on_disconnect=cancels, after=note)
        async def view(req, resp, *, given=Depends(provide)):
            api.state.client.leaves.set()
            await anyio.wait_all_tasks_blocked()
            await anyio.lowlevel.checkpoint()
            log.append("view")
            resp.status_code = 204

        ask(api)

        assert log == ([400, "rolled back"] if cancels else ["view", 204])
        assert caplog.records == []

    def test_a_sync_view_is_given_up(self, ask, log):
        api = API()
        go, ended = threading.Event(), threading.Event()

        @api.post("/", cancel_on_disconnect=True)
        def view(req, resp):
            anyio.from_thread.run_sync(api.state.client.leaves.set)
            assert go.wait(30)
            log.append("view")
            ended.set()

        def note(req, resp):
            log.append("answered")
            go.set()

        api.after_request(note)
        ask(api)

        assert ended.wait(30)
        assert log == ["answered", "view"]

    @pytest.mark.parametrize("size", [10, 100_000])
    def test_a_body_that_is_read_late_is_whole(self, ask, size):
        api = API()
        parts = [bytes([number]) * size for number in range(20)]

        @api.post("/", cancel_on_disconnect=True)
        async def view(req, resp):
            await anyio.wait_all_tasks_blocked()
            assert api.state.client.taken <= len(parts) / 4 or size == 10
            resp.content = await req.content

        assert ask(api, lambda: Client(*parts)).answer == (200, b"".join(parts))

    def test_a_body_that_a_stream_reads_is_whole(self, ask):
        api = API()
        parts = [bytes([number]) * 100_000 for number in range(20)]

        @api.post("/", cancel_on_disconnect=True)
        async def view(req, resp):
            await anyio.wait_all_tasks_blocked()

            @resp.stream
            async def echo():
                async for piece in req.stream():
                    yield piece

        assert ask(api, lambda: Client(*parts)).answer == (200, b"".join(parts))

    def test_who_reads_the_body_meanwhile_gets_it(self, ask):
        api = API()
        parts = [bytes([number]) * 100_000 for number in range(20)]

        @api.post("/", cancel_on_disconnect=True)
        async def view(req, resp):
            async for piece in req.stream():
                await anyio.lowlevel.checkpoint()
                resp.content = (resp.content or b"") + piece

        assert ask(api, lambda: Client(*parts)).answer == (200, b"".join(parts))

    def test_a_client_that_leaves_once_it_was_answered_ends_nothing(self, ask, log):
        api = API()

        @api.post("/", cancel_on_disconnect=True)
        async def view(req, resp):
            @resp.background
            async def task():
                api.state.client.leaves.set()
                await anyio.wait_all_tasks_blocked()
                log.append("background")

        assert ask(api).answer == (200, b"")
        assert log == ["background"]

    def test_a_client_that_leaves_in_the_moment_it_is_answered_ends_nothing(self, ask, log):
        api = API()

        @api.post("/", cancel_on_disconnect=True)
        async def view(req, resp):
            @resp.background
            async def task():
                await anyio.wait_all_tasks_blocked()
                log.append("background")

            await anyio.wait_all_tasks_blocked()
            api.state.client.leaves.set()

        assert ask(api).answer == (200, b"")
        assert log == ["background"]

    def test_a_failure_is_raised_in_tests(self):
        api = API()

        @api.get("/", request_timeout=60)
        async def view(req, resp):
            raise LookupError("no tea")

        with pytest.raises(LookupError, match="no tea"):
            api.requests.get("/")

    @pytest.mark.parametrize(
        ("options", "status"), [({"request_timeout": SOON}, 504), ({"response_model": int}, 500)]
    )
    def test_what_fails_is_answered_as_ever(self, ask, options, status):
        api = API()

        @api.post("/", cancel_on_disconnect=True, **options)
        async def view(req, resp):
            if status == 504:
                await anyio.sleep_forever()
            return "no number"

        assert ask(api).answer[0] == status

    def test_a_server_that_fails_is_no_client_that_left(self, backend, http_scope):
        api = API()

        @api.post("/", cancel_on_disconnect=True)
        async def view(req, resp):
            resp.text = "told"

        async def send(message):
            raise KeyError(message["type"])

        with pytest.raises(KeyError):
            anyio.run(api, http_scope("POST"), anyio.sleep_forever, send, backend=backend)

    def test_a_server_may_raise_in_place_of_telling(self, backend, http_scope, log):
        api = API()

        @api.post("/", cancel_on_disconnect=True, after=lambda req, resp: log.append("after"))
        async def view(req, resp):
            await anyio.sleep_forever()

        async def receive():
            raise OSError

        async def send(message): ...

        anyio.run(api, http_scope("POST"), receive, send, backend=backend)
        assert log == ["after"]
