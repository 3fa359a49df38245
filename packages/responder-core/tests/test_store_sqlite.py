"""SQLite: a connection to a file that workers share."""

import gc
import os
import sqlite3
import stat
from contextlib import closing

import pytest

from responder_core.stores.sqlite import Connection

SETUP = ["CREATE TABLE IF NOT EXISTS teas (name TEXT PRIMARY KEY) WITHOUT ROWID"]


@pytest.fixture
def connect(tmp_path):
    made = []

    def make(**options):
        made.append(Connection(tmp_path / "deep" / "teas.db", 0.02, SETUP, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def names(connection):
    with connection.use() as opened:
        return [name for (name,) in opened.execute("SELECT name FROM teas ORDER BY name")]


def add(connection, name):
    with connection.transaction() as opened:
        opened.execute("INSERT INTO teas VALUES (?)", (name,))


def test_what_one_writes_another_reads(connect, tmp_path):
    one, other = connect(), connect()
    add(one, "assam")

    assert names(other) == ["assam"]
    assert stat.S_IMODE((tmp_path / "deep" / "teas.db").stat().st_mode) == 0o600


def test_a_transaction_that_fails_changes_nothing(connect):
    connection = connect()

    def add_twice():
        with connection.transaction() as opened:
            opened.execute("INSERT INTO teas VALUES ('assam')")
            opened.execute("INSERT INTO teas VALUES ('assam')")

    with pytest.raises(sqlite3.IntegrityError):
        add_twice()

    assert names(connection) == []


def test_a_transaction_that_has_ended_by_itself_tells_why(connect):
    def fail():
        with connect().transaction() as opened:
            opened.execute("ROLLBACK")  # As SQLite does when the disk is full.
            raise LookupError("full")

    with pytest.raises(LookupError, match="full"):
        fail()


def test_who_reads_does_not_wait_for_who_writes(connect):
    reader, writer = connect(), connect()
    add(writer, "assam")

    with writer.transaction() as opened:
        opened.execute("INSERT INTO teas VALUES ('ceylon')")
        assert names(reader) == ["assam"]


def test_who_waits_too_long_is_told(connect):
    one, other = connect(), connect()
    with one.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        add(other, "assam")
    with one.use(), pytest.raises(sqlite3.OperationalError, match="by another thread"):
        names(one)


def test_a_file_that_is_gone_is_made_anew(connect, tmp_path):
    connection = connect()
    add(connection, "assam")
    for file in (tmp_path / "deep").iterdir():
        file.unlink()

    assert names(connection) == []


@pytest.mark.parametrize(("is_durable", "level"), [(True, 1), (False, 0)])
def test_durability_is_chosen(connect, is_durable, level):
    with connect(is_durable=is_durable).use() as opened:
        assert opened.execute("PRAGMA synchronous").fetchone() == (level,)
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_setup_that_fails_leaves_nothing_open(tmp_path):
    connection = Connection(tmp_path / "x.db", 0.02, ["nonsense"])

    with pytest.raises(sqlite3.OperationalError), connection.use():
        pass
    gc.collect()  # An open one would be warned of.


def test_one_that_is_forgotten_is_closed(tmp_path):
    path = tmp_path / "x.db"
    connection = Connection(path, 0.02, SETUP)
    add(connection, "assam")
    del connection
    gc.collect()

    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM teas").fetchall() == [("assam",)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_that_forked_has_a_connection_of_its_own(connect):
    connection = connect()
    add(connection, "assam")
    child = os.fork()
    if child == 0:
        add(connection, "ceylon")
        os._exit(len(names(connection)))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 2
    assert names(connection) == ["assam", "ceylon"]


def test_one_that_was_never_opened_is_closed_as_well(connect, tmp_path):
    connection = connect()

    connection.close()
    connection.close()

    assert list(tmp_path.iterdir()) == []
