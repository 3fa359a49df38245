"""The SQLite store: one count for the workers of a machine."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

from responder_ratelimit import Limit, SQLiteStore
from responder_ratelimit.limits import ALGORITHMS
from responder_ratelimit.stores.store import Hit
from responder_ratelimit.stores.threaded import adapt

WORKER = """
import sys
from responder_ratelimit import Limit, SQLiteStore
from responder_ratelimit.stores.store import Hit

store = SQLiteStore(sys.argv[1], timeout=60)
limit = Limit("100/week")
sys.stdin.readline()
print(sum(store.hit([Hit("me", limit, 1)])[0].allowed for _ in range(400)))
"""


def test_of_1600_from_4_processes_exactly_100_are_admitted(tmp_path):
    command = [sys.executable, "-c", WORKER, str(tmp_path / "limits.sqlite3")]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [worker.communicate("\n", timeout=120)[0] for worker in workers]

    assert sum(map(int, answers)) == 100


@pytest.fixture
def store(tmp_path, clock):
    store = SQLiteStore(tmp_path / "deep" / "limits.sqlite3", clock=clock, timeout=0.02)
    yield store
    store.close()


def rows(store):
    with closing(sqlite3.connect(store.path)) as connection:
        return connection.execute("SELECT count(*) FROM responder_ratelimits").fetchone()[0]


def test_event_loops_of_several_threads_share_a_store(tmp_path, run_threads):
    store = adapt(SQLiteStore(tmp_path / "limits.sqlite3", timeout=60))
    limit = Limit("50/week")

    async def hit_many():
        async def hit():
            (verdict,) = await store.hit([Hit("me", limit, 1)])
            admitted.append(verdict.allowed)

        admitted = []
        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(hit)
        return admitted

    found = run_threads(4, lambda _: anyio.run(hit_many))

    assert [len(each) for each in found] == [40] * 4
    assert sum(map(sum, found)) == 50


def test_the_file_is_its_owners_alone(store):
    store.hit([Hit("me", Limit("1/minute"), 1)])

    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert repr(store) == f"<SQLiteStore {str(store.path)!r}>"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_clock_that_is_set_back_blocks_nobody_for_as_long(store, clock, algorithm):
    limit = Limit(requests=3, period=60, algorithm=algorithm)
    hit, look = Hit("me", limit, 1), Hit("me", limit, 0)
    store.hit([hit, hit._replace(key="you")])
    store.hit([hit])
    clock.advance(-86_400)

    (before,) = store.hit([look])
    (after,) = store.hit([hit])
    (refused,) = store.hit([hit])
    clock.advance(60)
    (then,) = store.hit([look])

    assert (before.remaining, after.remaining, refused.allowed) == (1, 0, False)
    assert 0 < refused.retry_after <= 60
    assert then.remaining == 3


def test_what_is_over_is_taken_away(store, clock):
    limit = Limit("1/minute")
    for each in range(50):
        store.hit([Hit(f"old {each}", limit, 1)])
    clock.advance(61)
    for each in range(20):
        store.hit([Hit(f"new {each}", limit, 1)])

    assert rows(store) == 20


def test_a_file_that_is_gone_is_made_anew(store):
    limit = Limit("1/minute")
    store.hit([Hit("me", limit, 1)])
    for file in store.path.parent.iterdir():
        file.unlink()

    assert store.hit([Hit("me", limit, 1)])[0].allowed


def test_one_that_is_in_use_is_an_error_in_time_and_changes_nothing(store):
    limit = Limit("5/minute")
    store.hit([Hit("me", limit, 1)])
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        store.hit([Hit("me", limit, 1)])
    other.execute("ROLLBACK")
    other.close()

    assert store.hit([Hit("me", limit, 1)])[0].remaining == 3


def test_what_cannot_be_a_file_is_an_error(tmp_path):
    (tmp_path / "file").write_text("tea")
    store = SQLiteStore(tmp_path / "file")

    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        store.hit([Hit("me", Limit("1/minute"), 1)])


def test_a_call_that_fails_half_way_counts_nothing(store):
    limit = Limit("5/minute")
    with pytest.raises(AttributeError):
        store.charge([Hit("me", limit, 1), Hit("me", None, 1)])

    assert store.hit([Hit("me", limit, 0)])[0].remaining == 5


def test_threads_take_turns_and_wait_no_longer_than_they_may(store):
    store.hit([Hit("me", Limit("5/minute"), 1)])
    with store._file.use(), pytest.raises(sqlite3.OperationalError, match="another thread"):
        store.hit([Hit("me", Limit("5/minute"), 1)])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_that_forked_has_a_connection_of_its_own(store):
    limit = Limit("5/week")
    store.hit([Hit("me", limit, 1)])
    child = os.fork()
    if child == 0:
        os._exit(store.hit([Hit("me", limit, 1)])[0].remaining)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 3
    assert store.hit([Hit("me", limit, 1)])[0].remaining == 2


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_of_1600_requests_at_once_exactly_100_are_admitted(store, loop):
    """They wait for one thread and few transactions, and not for a thread each."""
    adapted = adapt(store)
    found = []

    async def ask():
        found.extend(await adapted.hit([Hit("me", Limit("100/week"), 1)]))

    async def main():
        async with anyio.create_task_group() as group:
            for _ in range(1600):
                group.start_soon(ask)

    anyio.run(main, backend=loop)

    assert (len(found), sum(verdict.allowed for verdict in found)) == (1600, 100)


def test_who_goes_while_it_waits_keeps_nobody_waiting(store):
    adapted, found = adapt(store), []
    hits = [Hit("me", Limit("9/week"), 1)]

    async def ask():
        found.extend(await adapted.hit(hits))

    async def main():
        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await anyio.lowlevel.checkpoint()
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as inner:
                    inner.start_soon(ask)
                    await anyio.lowlevel.checkpoint()
                    group.start_soon(ask)
                    await anyio.lowlevel.checkpoint()
                    scope.cancel()
        await ask()

    anyio.run(main)

    assert len(found) == 3


class Gated(SQLiteStore):
    """A file whose transactions tell when they begin and end, and wait until they may."""

    def __init__(self, path, clock):
        super().__init__(path, clock=clock)
        self.begun, self.ended = anyio.Semaphore(0), anyio.Semaphore(0)
        self.gate = threading.Semaphore(0)

    def hit_each(self, requests):
        anyio.from_thread.run_sync(self.begun.release)
        assert self.gate.acquire(timeout=60)
        found = super().hit_each(requests)
        anyio.from_thread.run_sync(self.ended.release)
        return found


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("goes", "left"),
    [
        pytest.param("second", {"first": [8], "third": [7], "last": [6]}, id="who-is-to-work"),
        pytest.param("third", {"first": [8], "second": [7], "last": [5]}, id="who-is-counted"),
    ],
)
def test_who_goes_takes_nobody_along(tmp_path, clock, loop, goes, left):
    """While the first is counted two others come, for both of whom the second is to work."""
    told = {}

    async def main():
        store = Gated(tmp_path / "limits.sqlite3", clock)
        adapted, hits = adapt(store), [Hit("me", Limit("9/week"), 1)]
        scopes = {name: anyio.CancelScope() for name in ("first", "second", "third", "last")}

        async def ask(name):
            with scopes[name]:
                told[name] = [verdict.remaining for verdict in await adapted.hit(hits)]
                if (name, goes) == ("first", "second"):
                    scopes[goes].cancel()  # Its turn has come, and it does not know that yet.

        async with anyio.create_task_group() as group:
            for name in ("first", "second", "third"):
                group.start_soon(ask, name)
                await anyio.wait_all_tasks_blocked()
            store.gate.release()
            await store.begun.acquire()
            await store.begun.acquire()
            scopes[goes].cancel()
            await anyio.wait_all_tasks_blocked()
            store.gate.release(2)
        await ask("last")
        store.close()

    anyio.run(main, backend=loop)

    assert told == left


@pytest.mark.parametrize("moment", ["its turn has come", "it works"])
def test_a_task_that_is_cancelled_takes_nobody_along(tmp_path, clock, moment):
    """As asyncio itself does it, which AnyIO shields nobody from; another one goes with it."""

    async def main():
        store = Gated(tmp_path / "limits.sqlite3", clock)
        adapted, hits = adapt(store), [Hit("me", Limit("9/week"), 1)]

        async def ask():
            await adapted.hit(hits)
            if moment == "its turn has come":
                second.cancel()

        first = asyncio.create_task(ask())
        await anyio.wait_all_tasks_blocked()
        second, other, third = (asyncio.create_task(adapted.hit(hits)) for _ in range(3))
        await anyio.wait_all_tasks_blocked()
        store.gate.release()
        await first
        await anyio.wait_all_tasks_blocked()
        other.cancel()
        second.cancel()
        await anyio.wait_all_tasks_blocked()
        store.gate.release(2)
        for _ in range(3):
            await store.ended.acquire()
        (verdict,) = await third
        store.close()
        return second.cancelled(), other.cancelled(), verdict.allowed

    assert asyncio.run(asyncio.wait_for(main(), 60)) == (True, True, True)


def test_a_failure_is_that_of_all_who_wait(store):
    adapted = adapt(store)
    store.path.parent.mkdir()
    store.path.write_text("tea")
    failed = []

    async def ask():
        try:
            await adapted.hit([Hit("me", Limit("9/week"), 1)])
        except sqlite3.DatabaseError as error:
            failed.append(error)

    async def main():
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(ask)

    anyio.run(main)

    assert len(failed) == 5


def test_limits_that_differ_in_the_name_alone_are_counted_apart(store):
    one, other = (Limit("1/minute", name=name) for name in ("a", "b"))

    assert [store.hit([Hit("me", limit, 1)])[0].allowed for limit in (one, other, one)] == [
        *(True, True, False)
    ]
