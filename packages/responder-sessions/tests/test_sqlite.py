"""The file of the SQLite store: whose it is, what becomes of it, who shares it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

from responder_sessions import Change, SQLiteStore

KEY, OTHER = "aa:1", "bb:2"

ADD = """
import sys
from responder_sessions import Change, SQLiteStore

store = SQLiteStore(sys.argv[1], timeout=30)
for number in range(100):
    name = f"{sys.argv[2]}-{number}"
    assert store.save("aa:1", Change(1000, written={name: b"1"}, deltas={"count": 1}))
store.close()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sessions.sqlite3"


@pytest.fixture
def store(path, clock):
    store = SQLiteStore(path, clock=clock)
    yield store
    store.close()


def test_the_file_is_its_owners_alone(store, path):
    store.save(KEY, Change(100, creates=True))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_has_a_write_ahead_log(store, path):
    store.save(KEY, Change(100, creates=True))

    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_processes_that_write_at_once_lose_nothing_of_each_other(path):
    store = SQLiteStore(path)
    store.save(KEY, Change(1000, creates=True))
    command = [sys.executable, "-c", ADD, str(path)]
    workers = [subprocess.Popen([*command, str(number)]) for number in range(3)]

    assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0]

    values = store.load(KEY).values
    assert values["count"] == b"300"
    assert {f"{worker}-{number}" for worker in range(3) for number in range(100)} <= values.keys()
    store.close()


def test_what_is_over_goes_by_and_by(store, path, clock):
    for number in range(20):
        store.save(f"aa:{number}", Change(10, creates=True))
    clock.advance(11)
    for _ in range(256):
        store.save(OTHER, Change(100, creates=True))

    assert [key for key, _ in store.rows(None)] == [OTHER]


def test_a_failure_within_a_transaction_is_rolled_back(store):
    def fail():
        with store.transaction() as rows:
            rows.remove([KEY])
            raise LookupError

    store.save(KEY, Change(100, creates=True))
    with pytest.raises(LookupError):
        fail()

    assert store.load(KEY) is not None


def test_one_that_was_rolled_back_already_tells_why(store):
    """As SQLite does by itself where the disk is full."""

    def fail():
        with store.transaction() as rows:
            rows._connection.execute("ROLLBACK")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert store.save(KEY, Change(100, creates=True))


def test_who_lists_many_keeps_nobody_waiting_who_reads_one(path):
    store = SQLiteStore(path, timeout=0.01)
    store.save(KEY, Change(100, creates=True))

    with store._lister.use():
        assert store.load(KEY) is not None
        assert store.save(KEY, Change(100))
    store.close()


def test_threads_wait_for_each_other_but_not_for_ever(path):
    store = SQLiteStore(path, timeout=0.01)
    store.save(KEY, Change(100, creates=True))
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with store.transaction():
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(30)
    try:
        with pytest.raises(sqlite3.OperationalError, match="locked by another thread"):
            store.save(KEY, Change(100))
    finally:
        leave.set()
        thread.join()
    assert store.save(KEY, Change(100))
    store.close()


def test_a_file_that_is_no_database_is_an_error_and_leaks_nothing(store, path):
    path.write_text("no database" * 1000)

    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        store.load(KEY)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_process_that_was_forked_opens_the_file_itself(path):
    program = f"""
import os
from responder_sessions import Change, SQLiteStore

store = SQLiteStore({str(path)!r})
store.save("aa:1", Change(1000, written={{"a": b"1"}}, creates=True))
child = os.fork()
if not child:
    ok = store.save("aa:1", Change(1000, written={{"b": b"2"}}))
    store.close()
    os._exit(0 if ok else 1)
assert os.waitpid(child, 0)[1] == 0
assert store.load("aa:1").values == {{"a": b"1", "b": b"2"}}
store.close()
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)

    assert done.returncode == 0


def test_the_connection_of_a_parent_is_left_to_it(store, monkeypatch):
    store.save(KEY, Change(100, creates=True))
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)

    assert store.load(KEY) is not None
    assert store.save(KEY, Change(100))

    from responder_core.stores import sqlite

    while sqlite._OF_PARENTS:
        sqlite._OF_PARENTS.pop().close()
