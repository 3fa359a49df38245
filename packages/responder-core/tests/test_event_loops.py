"""Event loops: an app that is served on several, each in a thread of its own."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

import anyio
import pytest

from responder_core import API, Problem
from responder_core.background import BackgroundQueue
from responder_core.formats import json
from responder_core.formats.registry import Formats
from responder_core.serving.granian_server import Loader
from responder_core.settings import Settings


@pytest.fixture
def status_of(http_scope):
    """The status of an answer to a GET, on the event loop that runs here."""

    async def ask(api, path="/"):
        messages = []

        async def send(message):
            messages.append(message)

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        await api(http_scope(path=path), receive, send)
        return messages[0]["status"]

    return ask


@pytest.fixture
def ask_three(run, status_of):
    """Ask on three event loops, two while the first waits for *go*; their answers."""

    def ask(api, path, begun, go):
        async def main():
            with anyio.fail_after(10):
                return await status_of(api, path)

        with ThreadPoolExecutor(3) as pool:
            answers = [pool.submit(run, main)]
            assert begun.wait(30)
            answers += [pool.submit(run, main) for _ in range(2)]
            wait(answers, timeout=0.5)
            go.set()
        return [each.result() for each in answers]

    return ask


class TestFormats:
    def test_who_asks_while_they_are_loaded_waits_for_them(self, monkeypatch):
        begun, go = threading.Event(), threading.Event()
        make = json.make_format

        def make_slowly(settings):
            begun.set()
            assert go.wait(30)
            return make(settings)

        monkeypatch.setattr(json, "make_format", make_slowly)
        formats = Formats(Settings())
        with ThreadPoolExecutor(2) as pool:
            pool.submit(formats.load)
            assert begun.wait(30)
            found = pool.submit(formats.for_type, b"application/json")
            wait([found], timeout=0.2)
            go.set()

        assert found.result() is formats["json"]
        assert formats.for_type(b"application/json") is formats["json"]


class TestFirstCalls:
    def test_middleware_is_made_once(self, run, status_of, slowly_made):
        api, made = slowly_made
        begin = threading.Barrier(2)

        async def main():
            begin.wait(30)
            return await status_of(api)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(run, [main, main]))

        assert answers == [404, 404]
        assert len(made) == 1

    def test_there_is_one_background_queue(self, monkeypatch):
        begin = threading.Barrier(2)
        make = BackgroundQueue.__init__

        def make_slowly(self, **options):
            time.sleep(0.1)
            make(self, **options)

        monkeypatch.setattr(BackgroundQueue, "__init__", make_slowly)
        api = API()

        def ask(_number):
            begin.wait(30)
            return api.background

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(ask, range(2))

        assert first is second


class TestAppWideValues:
    def test_who_waits_on_another_event_loop_is_woken(self, ask_three):
        api = API()
        begun, go, made = threading.Event(), threading.Event(), []

        @api.dependency(scope="app")
        async def db():
            made.append("db")
            begun.set()
            await anyio.to_thread.run_sync(go.wait, 30)
            return "db"

        api.add_route("/", lambda req, resp, *, db: db)

        answers = ask_three(api, "/", begun, go)

        assert answers == [200] * 3
        assert made == ["db"]


class TestReadiness:
    def test_who_asks_on_another_event_loop_gets_the_same_results(self, ask_three):
        api = API()
        begun, go, made = threading.Event(), threading.Event(), []

        async def check():
            made.append("check")
            begun.set()
            await anyio.to_thread.run_sync(go.wait, 30)

        api.add_health_check("db", check, timeout=30)

        answers = ask_three(api, "/readyz", begun, go)

        assert answers == [200] * 3
        assert made == ["check"]


def test_background_work_is_never_more_than_its_limit(monkeypatch):
    class Slow(set):
        def __len__(self):
            found = super().__len__()
            time.sleep(0.05)
            return found

    monkeypatch.setattr("responder_core.background.start_soon", lambda function: None)
    queue = BackgroundQueue(limit=1)
    queue._tasks = Slow()
    begin = threading.Barrier(4)

    def start(_number):
        begin.wait(30)
        try:
            return queue.run(print)
        except Problem as problem:
            return problem.status_code

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(start, range(4)))

    assert sum(isinstance(each, Future) for each in found) == 1
    assert found.count(503) == 3


def test_a_drain_ends_background_work_of_another_event_loop(run):
    queue, begun = BackgroundQueue(), threading.Event()

    async def work():
        begun.set()
        await anyio.sleep(60)

    async def serve():
        done = anyio.Event()
        queue.run(work).add_done_callback(lambda _: done.set())
        with anyio.fail_after(30):
            await done.wait()

    async def stop():
        return await queue.drain(0.01), queue.pending

    with ThreadPoolExecutor(1) as pool:
        serving = pool.submit(run, serve)
        assert begun.wait(30)
        left, pending = run(stop)
        serving.result()

    assert (left, pending) == (1, 0)


def test_who_is_refused_at_once_by_pydantic_is_told_of_the_same_place(monkeypatch):
    pydantic = pytest.importorskip("pydantic")
    from responder_core import pydantic_validation

    begun, go = threading.Event(), threading.Event()
    collect = pydantic_validation._collect_names

    def collect_slowly(*args):
        begun.set()
        assert go.wait(30)
        collect(*args)

    monkeypatch.setattr(pydantic_validation, "_collect_names", collect_slowly)
    model = pydantic.create_model("Tea", name=(str, ...))
    validator = pydantic_validation.PydanticValidator(model, {})

    def refuse():
        try:
            validator.from_json(b'{"name": 5}')
        except ValueError as error:
            return error.args

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(refuse)
        assert begun.wait(30)
        second = pool.submit(refuse)
        wait([second], timeout=0.2)
        go.set()

    assert first.result() == second.result()
    assert first.result()[0][0] == ("name",)


def test_a_worker_of_granian_that_is_a_thread_leaves_the_process_in_its_group(monkeypatch):
    """Granian has threads for workers where there is no GIL."""
    api, moved = API(), []
    monkeypatch.setattr("os.setpgid", lambda *args: moved.append(args))

    class Here:
        def load(self):
            return api

    Loader(Here(), debug=False, interface="rsgi")()

    assert moved == []
