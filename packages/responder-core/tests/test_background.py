"""Background work: functions that run beside the requests, and after them."""

import sys
import threading

import anyio
import pytest

from responder_core import API, Depends
from responder_core.background import BackgroundQueue


@pytest.fixture
def log():
    return []


class TestAfterTheAnswer:
    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_functions_run_in_order_once_the_answer_was_sent(self, talk, http_scope, log, kind):
        api = API()

        async def note_async(value, *, more=""):
            log.append(value + more)

        def provide():
            yield
            log.append("torn down")

        def start(resp):
            assert resp.background(note_async, "one", more="!") is note_async
            resp.background(log.append, "two")
            resp.text = "x"

        def view(req, resp, *, x=Depends(provide)):
            start(resp)

        async def view_async(req, resp, *, x=Depends(provide)):
            start(resp)

        api.add_route("/", view if kind == "sync" else view_async)

        sent = talk(api, http_scope())

        assert sent[-1]["body"] == b"x"
        assert log == ["one!", "two", "torn down"]

    def test_one_that_fails_is_logged_with_the_request_and_the_others_run(
        self, client_factory, log, caplog
    ):
        api = API()

        def fail():
            raise KeyError

        @api.get("/")
        def view(req, resp):
            resp.background(fail)
            resp.background(log.append, "ran")
            resp.media = req.id

        answer = client_factory(api).get("/")

        assert log == ["ran"]
        [record] = caplog.records
        assert "fail failed" in record.getMessage()
        assert answer.json() in record.getMessage()


class TestQueue:
    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_functions_run_from_views_of_each_kind(self, client_factory, log, kind):
        api = API()

        async def job(value):
            await anyio.lowlevel.checkpoint()
            log.append(value)

        @api.background.task
        def task(value):
            log.append((value, threading.current_thread() is threading.main_thread()))
            return value

        def start(resp):
            api.background.run(job, "async")
            future = task("sync")
            resp.media = task.__name__
            return future

        if kind == "sync":

            @api.get("/")
            def view(req, resp):
                assert start(resp).result() == "sync"

        else:

            @api.get("/")
            async def view_async(req, resp):
                start(resp)

        with client_factory(api) as client:
            assert client.get("/").json() == "task"

        assert sorted(log, key=str) == [("sync", False), "async"]
        assert api.background.pending == 0

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_call_waits_for_the_result(self, client_factory, kind):
        api = API()

        async def double_async(x):
            return 2 * x

        def double(x):
            return 2 * x

        @api.get("/")
        async def view(req, resp):
            resp.media = await api.background(double if kind == "sync" else double_async, x=4)

        assert client_factory(api).get("/").json() == 8

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_failure_is_logged_with_the_request_that_started_it(
        self, client_factory, caplog, kind
    ):
        api = API()
        futures = []

        def fail():
            raise KeyError("x")

        async def fail_async():
            raise KeyError("x")

        @api.get("/")
        async def view(req, resp):
            futures.append(api.background.run(fail if kind == "sync" else fail_async))
            resp.media = req.id

        with client_factory(api) as client:
            name = client.get("/").json()

        assert isinstance(futures[0].exception(), KeyError)
        [record] = caplog.records
        assert record.request_id == name
        assert isinstance(record.exc_info[1], KeyError)

    def test_too_many_are_refused_with_a_time_to_come_back(self, client_factory):
        api = API(background_limit=2, background_timeout=0)

        @api.get("/")
        async def view(req, resp):
            api.background.run(anyio.sleep_forever)

        with client_factory(api) as client:
            answers = [client.get("/") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 503]
        assert answers[-1].headers["retry-after"] == "1"

    def test_what_is_not_done_in_time_is_cancelled_and_counted(self, client_factory, caplog):
        api = API(background_timeout=0)
        ended = []

        async def forever():
            try:
                await anyio.sleep_forever()
            finally:
                ended.append(True)

        @api.get("/")
        async def view(req, resp):
            ended.append(api.background.run(forever))

        with client_factory(api) as client:
            client.get("/")

        future, closed = ended
        assert closed is True
        assert isinstance(future.exception(), TimeoutError)
        assert "1 background functions were not done in 0" in caplog.text

    def test_shutdown_waits_for_what_is_nearly_done(self, client_factory, log):
        api = API()
        go = threading.Event()

        @api.get("/")
        async def view(req, resp):
            api.background.run(lambda: (go.wait(), log.append("done")))

        @api.on_event("shutdown")
        def release():
            go.set()

        with client_factory(api) as client:
            client.get("/")
            assert log == []

        assert log == ["done"]

    def test_it_outlives_the_references_to_it(self, client_factory, log):
        import gc

        api = API()

        @api.get("/")
        async def view(req, resp):
            async def job():
                await anyio.lowlevel.checkpoint()
                gc.collect()
                await anyio.lowlevel.checkpoint()
                log.append("done")

            api.background.run(job)
            gc.collect()

        with client_factory(api) as client:
            client.get("/")

        assert log == ["done"]

    def test_a_future_that_is_cancelled_before_it_runs_never_does(self, client_factory, log):
        api = API()

        @api.get("/")
        async def view(req, resp):
            resp.media = api.background.run(log.append, "ran").cancel()

        with client_factory(api) as client:
            assert client.get("/").json() is True

        assert log == []

    def test_without_an_event_loop_it_says_so(self):
        queue = BackgroundQueue()

        with pytest.raises(RuntimeError, match="there is none here; start them in a view"):
            queue.run(print)

        assert queue.pending == 0

    @pytest.mark.parametrize("options", [{"limit": 0}, {"threads": 0}])
    def test_sizes_are_checked(self, options):
        with pytest.raises(ValueError, match="is 1 or more, not 0"):
            BackgroundQueue(**options)

    def test_one_that_exits_ends_nothing_but_itself(self, client_factory, caplog):
        api = API()
        futures = []

        @api.get("/")
        async def view(req, resp):
            futures.append(api.background.run(sys.exit, 3))

        with client_factory(api) as client:
            client.get("/")
            assert client.get("/").status_code == 200

        assert isinstance(futures[0].exception(), SystemExit)

    def test_what_runs_when_the_event_loop_ends_is_cancelled(self, run):
        queue = BackgroundQueue()

        async def main():
            future = queue.run(anyio.sleep_forever)
            await anyio.wait_all_tasks_blocked()
            return future, anyio.get_cancelled_exc_class()

        future, cancelled = run(main)

        assert isinstance(future.exception(), cancelled)
        assert queue.pending == 0
