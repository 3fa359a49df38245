"""The pool of worker threads: what a call in a thread sees, and what becomes of the threads."""

import asyncio
import contextvars
import subprocess
import sys
import threading

import anyio
import anyio.lowlevel
import pytest

from responder_core import API
from responder_core.thread_pool import ThreadPool

name = contextvars.ContextVar("name", default="none")


async def until(condition):
    """Let others go on until something is so."""
    while not condition():
        await anyio.lowlevel.checkpoint()


class TestAView:
    def test_calls_the_event_loop(self, client_factory):
        api = API()

        @api.get("/")
        def view(req, resp):
            resp.text = anyio.from_thread.run(req.state.later)

        async def later():
            await anyio.lowlevel.checkpoint()
            return threading.current_thread().name

        @api.before_request
        async def prepare(req, resp):
            req.state.later = later

        @api.get("/loop")
        async def loop(req, resp):
            resp.text = threading.current_thread().name

        with client_factory(api) as client:
            assert client.get("/").text == client.get("/loop").text

    def test_sees_the_context_of_its_request_and_leaves_none(self, client_factory):
        api = API(sync_threads=1)

        @api.before_request
        async def give_name(req, resp):
            name.set(req.params.get("name", "nobody"))

        @api.get("/")
        def view(req, resp):
            resp.text = name.get()
            name.set("changed")

        client = client_factory(api)
        with client:
            assert [client.get("/", params={"name": x}).text for x in "ab"] == ["a", "b"]
            assert client.get("/").text == "nobody"

    def test_runs_an_event_loop_of_its_own(self, client_factory):
        api = API()

        @api.get("/")
        def view(req, resp):
            async def main():
                return "from within"

            resp.text = anyio.run(main)

        assert client_factory(api).get("/").text == "from within"

    def test_that_lets_stop_iteration_out_is_a_failure(self, client_factory, caplog):
        api = API()

        @api.get("/")
        def view(req, resp):
            next(iter(()))

        assert client_factory(api).get("/").status_code == 500
        assert "StopIteration" in caplog.text

    def test_needs_no_sniffio(self, run_asyncio, monkeypatch):
        """Not every AnyIO imports it."""
        monkeypatch.delitem(sys.modules, "sniffio", raising=False)

        async def main():
            pool = ThreadPool()
            return await pool.run(pool.limiter, abs, -3)

        assert run_asyncio(main) == 3

    @pytest.mark.parametrize("times", [1, 2, 3])
    def test_that_is_cancelled_ends_first(self, run_asyncio, http_scope, times):
        api = API(sync_threads=1)
        log = []
        began, go = threading.Event(), threading.Event()

        @api.get("/")
        def view(req, resp):
            began.set()
            assert go.wait(30)
            log.append("view")

        async def main():
            task = asyncio.create_task(api(http_scope(), None, None))
            await until(began.is_set)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
            log.append(api.threads.pending)
            go.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            log.append("cancelled")

        run_asyncio(main)
        assert log == [1, "view", "cancelled"]
        assert api.threads.pending == 0


class TestCancellation:
    """What a thread opened is not lost when a scope around is cancelled."""

    def test_a_scope_lets_the_result_through_first(self, run_asyncio):
        results = []

        async def main():
            pool = ThreadPool()
            began, go = threading.Event(), threading.Event()

            def opens():
                began.set()
                assert go.wait(30)
                return "handle"

            async def ask():
                results.append(await pool.run(pool.limiter, opens))
                await anyio.sleep_forever()

            async with anyio.create_task_group() as group:
                group.start_soon(ask)
                await until(began.is_set)
                group.cancel_scope.cancel()
                go.set()

        run_asyncio(main)
        assert results == ["handle"]

    def test_may_come_when_the_thread_has_ended(self, run_asyncio):
        """Between the end of the function and the turn of the event loop that learns of it."""

        async def main():
            pool = ThreadPool()
            loop = asyncio.get_running_loop()
            began, go, told = threading.Event(), threading.Event(), threading.Event()
            tell = loop.call_soon_threadsafe

            def opens():
                began.set()
                assert go.wait(30)
                loop.call_soon_threadsafe = tell_loudly

            def tell_loudly(*args, **kwargs):
                tell(*args, **kwargs)
                told.set()

            task = asyncio.create_task(pool.run(pool.limiter, opens))
            await until(began.is_set)
            go.set()
            assert told.wait(30)  # Nothing else runs on the event loop meanwhile.
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await pool.run(pool.limiter, abs, -3)

        assert run_asyncio(main) == 3

    def test_who_waits_for_a_thread_need_not_wait(self, run_asyncio):
        log = []

        async def main():
            pool, limiter = ThreadPool(), anyio.CapacityLimiter(1)
            began, go = threading.Event(), threading.Event()

            def block():
                began.set()
                assert go.wait(30)

            async with anyio.create_task_group() as group:
                group.start_soon(pool.run, limiter, block)
                await until(began.is_set)
                async with anyio.create_task_group() as waiting:
                    waiting.start_soon(pool.run, limiter, log.append, "never")
                    await until(lambda: limiter.statistics().tasks_waiting)
                    waiting.cancel_scope.cancel()
                go.set()

        run_asyncio(main)
        assert log == []


class TestWorkers:
    def test_leave_and_come_again_without_losing_a_call(self, run_asyncio):
        # Workers that leave at once meet calls at every moment of their leaving.
        async def main():
            pool = ThreadPool(idle_time=0)
            results = []

            async def ask(numbers):
                for number in numbers:
                    results.append(await pool.run(pool.limiter, abs, -number))

            async with anyio.create_task_group() as group:
                for start in range(8):
                    group.start_soon(ask, range(start, 800, 8))
            return results

        assert sorted(run_asyncio(main)) == list(range(800))

    def test_one_that_is_cancelled_before_it_begins_loses_no_call(self, run_asyncio):
        """As where a program is interrupted in that moment."""

        async def main():
            pool = ThreadPool()
            before = asyncio.all_tasks()
            task = asyncio.create_task(pool.run(pool.limiter, abs, -3))
            await asyncio.sleep(0)
            for worker in asyncio.all_tasks() - before - {task}:
                worker.cancel()
            return await task

        assert run_asyncio(main) == 3

    def test_that_the_system_has_no_thread_for_fails_the_call(self, run_asyncio, monkeypatch):
        def start(thread):
            raise RuntimeError("can't start new thread")

        async def main():
            pool = ThreadPool()
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", start)
                with pytest.raises(RuntimeError, match="can't start new thread"):
                    await pool.run(pool.limiter, abs, -3)
            return await pool.run(pool.limiter, abs, -3)

        assert run_asyncio(main) == 3

    def test_that_the_system_has_no_thread_for_may_be_made_by_another(
        self, run_asyncio, monkeypatch, caplog
    ):
        began, go, made = threading.Event(), threading.Event(), threading.Event()

        def wait():
            began.set()
            assert go.wait(30)

        def start(thread):
            # Meanwhile the worker that there is ends its call, and takes the next.
            go.set()
            assert made.wait(30)
            raise RuntimeError("can't start new thread")

        async def main():
            pool = ThreadPool()
            first = asyncio.create_task(pool.run(pool.limiter, wait))
            await until(began.is_set)
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", start)
                await pool.run(pool.limiter, made.set)
            await first
            return await pool.run(pool.limiter, abs, -3)

        assert run_asyncio(main) == 3
        assert caplog.text == ""

    def test_as_many_as_calls_at_once_and_no_more(self, run_asyncio):
        async def main():
            pool = ThreadPool()
            names = set()

            def note():
                names.add(threading.current_thread())

            for _ in range(50):
                await pool.run(pool.limiter, note)
            return names

        assert len(run_asyncio(main)) == 1

    def test_end_with_their_event_loop(self, run_asyncio):
        threads = []

        async def main():
            pool = ThreadPool(idle_time=3600)
            threads.append(await pool.run(pool.limiter, threading.current_thread))

        run_asyncio(main)
        threads[0].join(30)
        assert not threads[0].is_alive()

    @pytest.mark.parametrize(
        "program",
        [
            pytest.param(
                "loop = asyncio.new_event_loop()\n"
                "print(loop.run_until_complete(run_in_thread(abs, -3)))\n",
                id="left",
            ),
            pytest.param(
                "async def main():\n"
                "    async def late():\n"
                "        try:\n"
                "            await asyncio.Event().wait()\n"
                "        finally:\n"
                "            print(await run_in_thread(abs, -3))\n"
                "    main.task = asyncio.create_task(late())\n"
                "    await asyncio.sleep(0)\n"
                "asyncio.run(main())\n",
                id="while it ends",
            ),
            pytest.param(
                "loop = asyncio.new_event_loop()\n"
                "async def main():\n"
                "    print(await run_in_thread(abs, -3))\n"
                "    loop.stop()\n"
                "task = loop.create_task(main())\n"
                "loop.run_forever()\n",
                id="stopped",
            ),
            pytest.param(
                "from threading import Event\n"
                "began, go = Event(), Event()\n"
                "def wait():\n"
                "    began.set()\n"
                "    go.wait()\n"
                "    print(3)\n"
                "async def main():\n"
                "    main.task = asyncio.create_task(run_in_thread(wait))\n"
                "    while not began.is_set():\n"
                "        await asyncio.sleep(0)\n"
                "    loop.stop()\n"
                "loop = asyncio.new_event_loop()\n"
                "task = loop.create_task(main())\n"
                "loop.run_forever()\n"
                "loop.close()\n"
                "go.set()\n",
                id="closed",
            ),
        ],
    )
    def test_let_a_program_end_whatever_becomes_of_its_event_loop(self, program):
        program = f"import asyncio\nfrom responder_core.threads import run_in_thread\n{program}"
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout == "3\n"


@pytest.fixture
def run_asyncio():
    """Run a coroutine function on a new event loop of asyncio."""
    return lambda main: asyncio.run(main())
