"""``responder sessions``: an administrator at the command line."""

from __future__ import annotations

import itertools
import json

import pytest
from click.testing import CliRunner

from responder_core.commands.program import program
from responder_sessions import Change, SQLiteStore
from responder_sessions.ids import store_key

APP = """
from responder_core import API
from responder_sessions import Sessions

api = API(extensions=[Sessions({options})])
"""

NUMBERS = itertools.count()
ADA, BOB = store_key("aa" + "1" * 43), store_key("bb" + "2" * 43)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the program in a directory with an app."""

    def invoke(*arguments, options='store="sqlite"', input=None):
        # Each has a name of its own, as modules stay imported.
        file = tmp_path / f"app_{next(NUMBERS)}.py"
        file.write_text(APP.format(options=options))
        monkeypatch.chdir(tmp_path)
        command = ["sessions", arguments[0], f"{file}:api", *arguments[1:]]
        return CliRunner().invoke(program, command, input=input)

    return invoke


@pytest.fixture
def store(tmp_path):
    store = SQLiteStore(tmp_path / "sessions.sqlite3")
    values = {"$agent": b'"Firefox"', "$address": b'"10.0.0.1"', "secret": b'"tea"'}
    store.save(ADA, Change(1000, written=values, principal="ada", creates=True))
    store.save(BOB, Change(1000, principal="bob", creates=True))
    yield store
    store.close()


def test_it_lists_the_sessions_and_nothing_that_is_in_them(run, store):
    result = run("list")

    assert result.exit_code == 0
    assert "principal" in result.output
    assert "ada" in result.output
    assert "Firefox" in result.output
    assert "2 sessions." in result.output
    assert "tea" not in result.output


def test_it_lists_those_of_one_as_json(run, store):
    rows = json.loads(run("list", "--principal", "ada", "--json").output)

    assert [(row["principal"], row["address"], row["id"]) for row in rows] == [
        ("ada", "10.0.0.1", ADA)
    ]


def test_it_ends_those_of_one(run, store):
    result = run("revoke", "--principal", "ada")

    assert result.output == "Ended 1 session.\n"
    assert [each.principal for each in store.find()] == ["bob"]


def test_it_ends_one(run, store):
    assert run("revoke", "--id", BOB).output == "Ended 1 session.\n"
    assert [each.principal for each in store.find()] == ["ada"]


def test_one_that_there_is_not_is_not_ended(run, store):
    assert run("revoke", "--id", "cc:1").output == "Ended 0 sessions.\n"
    assert len(store.find()) == 2


def test_what_a_client_calls_itself_does_not_command_the_terminal(run, store):
    agent = b'"a\\u001b[2Jb\\u009b2Jc"'
    store.save(BOB, Change(1000, written={"$agent": agent}))

    output = run("list").output

    assert "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}2Jc" in output
    assert "\x1b" not in output


def test_it_has_to_be_told_which(run, store):
    assert "--principal NAME" in run("revoke").output
    assert run("revoke", "--principal", "a", "--id", "b").exit_code == 2


def test_it_clears_what_is_over_and_asks_before(run, store):
    store.save("cc:1", Change(0, creates=True))

    assert "Cleared 1 session." in run("clear", input="y\n").output
    assert len(store.find()) == 2
    assert run("clear", input="n\n").exit_code == 1


def test_it_clears_all(run, store):
    assert run("clear", "--all", "--yes").output == "Cleared 2 sessions.\n"
    assert store.find() == []


def test_sessions_in_cookies_are_told_of(run):
    result = run("list", options='secret_key="a key that signs well 0123"')

    assert result.exit_code == 1
    assert "keep them in a store" in result.output


def test_an_app_without_sessions_is_told_of(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bare.py").write_text("from responder_core import API\napi = API()\n")

    result = CliRunner().invoke(program, ["sessions", "list", f"{tmp_path}/bare.py:api"])

    assert "this app has no sessions" in result.output


def test_a_store_that_fails_is_told_of(run, tmp_path):
    (tmp_path / "sessions.sqlite3").write_text("no database" * 1000)

    result = run("list")

    assert result.exit_code == 1
    assert "the session store does not answer: file is not a database" in result.output


def test_no_app_is_told_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(program, ["sessions", "list", "nothing.py"])

    assert result.exit_code == 1


def test_the_program_knows_the_command():
    assert "sessions" in CliRunner().invoke(program, ["--help"]).output
