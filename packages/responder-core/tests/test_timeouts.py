"""Timeouts: requests that are given up, and what goes on all the same."""

import threading

import anyio
import pytest
from starlette.testclient import WebSocketDenialResponse

from responder_core import API, Depends, Problem

SOON = 0.02


@pytest.fixture
def log():
    return []


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

    def test_a_sync_view_that_fails_is_a_500(self, client_factory):
        api = API(request_timeout=60)
        api.add_route("/", lambda req, resp: 1 / 0, after=lambda req, resp: None)

        assert client_factory(api).get("/").status_code == 500

    @pytest.mark.parametrize("late", [True, False])
    def test_a_dependency_may_hold_a_task_group(self, client_factory, log, late):
        api = API(request_timeout=SOON)

        async def group():
            async with anyio.create_task_group() as group:
                try:
                    yield group
                finally:
                    log.append("closed")

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
    def test_a_dependency_of_a_websocket_may_hold_a_task_group(self, client_factory, log, late):
        api = API(request_timeout=SOON)

        async def group():
            async with anyio.create_task_group() as group:
                try:
                    yield group
                finally:
                    log.append("closed")

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
