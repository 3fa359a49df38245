"""The PostgreSQL store on a server: its table, and what becomes of it."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from responder_sessions import Change, PostgreSQLStore
from responder_sessions.stores import postgresql

pytestmark = pytest.mark.postgres

KEYS = [f"aa:{number:064d}" for number in range(12)]


@pytest.fixture
def server(postgres_server):
    postgres_server.execute("DROP TABLE IF EXISTS responder_sessions")
    return postgres_server


def run(scenario, store):
    async def main():
        try:
            return await scenario(store)
        finally:
            await store.close()

    return asyncio.run(main())


def test_many_that_begin_at_once_make_one_table(server):
    async def scenario(store):
        change = Change(100, creates=True)
        await asyncio.gather(*(store.save(key, change) for key in KEYS))
        return len(await store.find())

    assert run(scenario, PostgreSQLStore(server.url)) == len(KEYS)


def test_what_is_over_goes_by_and_by(server, monkeypatch):
    monkeypatch.setattr(postgresql, "_SWEPT_EVERY", 2)

    async def scenario(store):
        await store.save(KEYS[0], Change(100, creates=True))
        server.execute("UPDATE responder_sessions SET ends = now() - interval '1 s'")
        await store.save(KEYS[1], Change(100, creates=True))

    run(scenario, PostgreSQLStore(server.url))

    assert server.execute("SELECT key FROM responder_sessions") == [(KEYS[1],)]


def test_a_session_that_went_on_and_on_is_not_followed_for_ever(server):
    async def scenario(store):
        await store.save(KEYS[0], Change(100, creates=True))
        for before, after in itertools.pairwise(KEYS):
            await store.rotate(before, after, Change(100), 50)
        return await store.save(KEYS[0], Change(100, written={"a": b"1"}))

    assert run(scenario, PostgreSQLStore(server.url)) is False


def test_a_key_that_is_there_already_is_changed(server):
    async def scenario(store):
        await store.save(KEYS[0], Change(100, written={"a": b"1"}, creates=True))
        await store.save(KEYS[0], Change(100, written={"b": b"2"}, creates=True))
        return (await store.load(KEYS[0])).values

    assert run(scenario, PostgreSQLStore(server.url)) == {"a": b"1", "b": b"2"}


def test_closing_what_was_never_opened_is_no_error(server):
    run(lambda store: store.close(), PostgreSQLStore(server.url))
