"""The PostgreSQL store on a server: its table, and what becomes of it."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from responder_sessions import Change, PostgreSQLStore
from responder_sessions.stores import postgresql

pytestmark = pytest.mark.postgres

KEYS = [f"aa:{number:064d}" for number in range(12)]


def test_many_that_begin_at_once_make_one_table(postgres_url, run_with):
    async def scenario(store):
        change = Change(100, creates=True)
        await asyncio.gather(*(store.save(key, change) for key in KEYS))
        return len(await store.find())

    assert run_with(scenario, PostgreSQLStore(postgres_url)) == len(KEYS)


def test_what_is_over_goes_by_and_by(postgres_url, postgres_server, monkeypatch, run_with):
    monkeypatch.setattr(postgresql, "_SWEPT_EVERY", 2)

    async def scenario(store):
        await store.save(KEYS[0], Change(100, creates=True))
        postgres_server.execute("UPDATE responder_sessions SET ends = now() - interval '1 s'")
        await store.save(KEYS[1], Change(100, creates=True))

    run_with(scenario, PostgreSQLStore(postgres_url))

    assert postgres_server.execute("SELECT key FROM responder_sessions") == [(KEYS[1],)]


def test_a_session_that_went_on_and_on_is_not_followed_for_ever(postgres_url, run_with):
    async def scenario(store):
        await store.save(KEYS[0], Change(100, creates=True))
        for before, after in itertools.pairwise(KEYS):
            await store.rotate(before, after, Change(100), 50)
        return await store.save(KEYS[0], Change(100, written={"a": b"1"}))

    assert run_with(scenario, PostgreSQLStore(postgres_url)) is False


def test_a_key_that_is_there_already_is_changed(postgres_url, run_with):
    async def scenario(store):
        await store.save(KEYS[0], Change(100, written={"a": b"1"}, creates=True))
        await store.save(KEYS[0], Change(100, written={"b": b"2"}, creates=True))
        return (await store.load(KEYS[0])).values

    assert run_with(scenario, PostgreSQLStore(postgres_url)) == {"a": b"1", "b": b"2"}


def test_closing_what_was_never_opened_is_no_error(postgres_url, run_with):
    run_with(lambda store: store.close(), PostgreSQLStore(postgres_url))
