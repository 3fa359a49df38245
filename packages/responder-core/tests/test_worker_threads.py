"""Worker threads: so many at once, so many that wait, and no more."""

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from starlette.testclient import WebSocketDenialResponse

from responder_core import API, Depends


@pytest.fixture
def run(backend, http_scope):
    """Send several requests at once, and give the statuses of what was answered."""

    def send_all(api, paths, meanwhile=None):
        statuses = []

        async def ask(path):
            async def send(message):
                if message["type"] == "http.response.start":
                    statuses.append((path, message["status"]))

            await api(http_scope(path=path), None, send)

        async def main():
            async with anyio.create_task_group() as group:
                for path in paths:
                    group.start_soon(ask, path)
                if meanwhile is not None:
                    await meanwhile(statuses)

        anyio.run(main, backend=backend)
        return statuses

    return send_all


class TestLimits:
    def test_no_more_run_than_there_are_threads(self, run):
        api = API(sync_threads=3)
        running, most = 0, 0
        lock = threading.Lock()
        all_there = threading.Barrier(3)

        @api.get("/")
        def view(req, resp):
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            all_there.wait(30)
            with lock:
                running -= 1

        statuses = run(api, ["/"] * 12)

        assert [status for _, status in statuses] == [200] * 12
        assert most == 3
        assert api.threads.pending == 0

    def test_who_finds_the_queue_full_is_refused_and_others_are_served(self, run):
        api = API(sync_threads=2, sync_queue=3)
        go = threading.Event()

        @api.get("/sync")
        def view(req, resp):
            assert go.wait(30)

        @api.get("/async")
        async def unaffected(req, resp): ...

        async def meanwhile(statuses):
            while len(statuses) < 6:
                await anyio.lowlevel.checkpoint()
            assert sorted(statuses) == [("/async", 200)] * 2 + [("/sync", 503)] * 4
            go.set()

        statuses = run(api, ["/sync"] * 9 + ["/async"] * 2, meanwhile)

        assert sorted(statuses)[2:] == [("/sync", 200)] * 5 + [("/sync", 503)] * 4

    def test_after_hooks_run_though_the_queue_is_full(self, run):
        api = API(sync_threads=1, sync_queue=0)
        go = threading.Event()
        seen = []

        @api.after_request
        def note(req, resp):
            seen.append(resp.status_code or 200)
            go.set()

        @api.get("/")
        def view(req, resp):
            assert go.wait(30)

        statuses = run(api, ["/", "/"])

        assert sorted(statuses) == [("/", 200), ("/", 503)]
        assert sorted(seen) == [200, 503]

    def test_they_count_for_each_event_loop(self, http_scope):
        """An app may be called on one of asyncio and then on one of trio."""
        api = API()
        statuses = []

        @api.get("/")
        def view(req, resp): ...

        async def send(message):
            statuses.extend([message["status"]] if "status" in message else [])

        for backend in ("asyncio", "trio", "asyncio"):
            anyio.run(api, http_scope(), None, send, backend=backend)

        assert statuses == [200] * 3

    @pytest.mark.parametrize("stage", ["hook", "dependency"])
    def test_what_runs_before_a_socket_counts(self, client_factory, stage):
        api = API(sync_threads=1, sync_queue=0)
        go, began = threading.Event(), threading.Event()

        @api.get("/")
        def view(req, resp):
            began.set()
            assert go.wait(30)

        def check(ws): ...

        options = {"before": check} if stage == "hook" else {"dependencies": [Depends(check)]}

        @api.websocket_route("/ws", **options)
        async def socket(ws):
            await ws.accept()

        with client_factory(api) as client, ThreadPoolExecutor(1) as other:
            answer = other.submit(client.get, "/")
            assert began.wait(30)
            with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/ws"):
                raise AssertionError
            go.set()
            assert answer.result().status_code == 200
            with client.websocket_connect("/ws"):
                pass

        assert caught.value.status_code == 503
        assert api.threads.pending == 0

    @pytest.mark.parametrize(
        ("option", "value"), [("sync_threads", 0), ("sync_threads", True), ("sync_queue", -1)]
    )
    def test_sizes_are_checked(self, option, value):
        with pytest.raises(ValueError, match=f"{option}= is an int of"):
            API(**{option: value})
