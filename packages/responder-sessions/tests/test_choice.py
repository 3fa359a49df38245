"""Stores by a name or a URL."""

from __future__ import annotations

import asyncio
import sys

import pytest

from responder_sessions import MemoryStore, PostgreSQLStore, RedisStore, Sessions, SQLiteStore
from responder_sessions.stores.choice import choose_store


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("sqlite", "sessions.sqlite3"),
        ("sqlite://", "sessions.sqlite3"),
        ("sqlite:///data/my%20sessions", "data/my sessions"),
        ("sqlite:////var/lib/sessions", "/var/lib/sessions"),
    ],
)
def test_sqlite_has_a_path(name, path):
    store = choose_store(name).inner

    assert isinstance(store, SQLiteStore)
    assert repr(store) == f"<SQLiteStore {path!r}>"


def test_memory_is_of_this_process():
    assert isinstance(choose_store("memory").inner, MemoryStore)


@pytest.mark.parametrize("url", ["redis://localhost", "rediss://h:1/2", "unix:///a", "valkey://h"])
def test_redis_and_valkey_have_urls(url):
    pytest.importorskip("redis")

    assert isinstance(choose_store(url), RedisStore)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("valkey://h/1", "redis://h/1"),
        ("valkeys://h/1", "rediss://h/1"),
        ("redis://valkey:6379/0", "redis://valkey:6379/0"),
        ("unix:///run/valkey.sock", "unix:///run/valkey.sock"),
    ],
)
def test_the_scheme_of_valkey_is_that_of_redis_and_nothing_else_is(url, asked, monkeypatch):
    asyncio_of_redis = pytest.importorskip("redis.asyncio")
    asked_for = []

    def make_pool(url, **options):
        asked_for.append(url)
        raise ConnectionError

    monkeypatch.setattr(asyncio_of_redis.BlockingConnectionPool, "from_url", make_pool)
    store = choose_store(url)

    with pytest.raises(ConnectionError):
        asyncio.run(store.load("aa:1"))
    assert asked_for == [asked]


def test_a_file_has_no_host():
    with pytest.raises(ValueError, match="write 'sqlite:///data/sessions' for a file"):
        choose_store("sqlite://data/sessions")


@pytest.mark.parametrize("url", ["postgresql://h/d", "postgres://h/d"])
def test_postgresql_has_urls(url):
    pytest.importorskip("psycopg_pool")

    assert isinstance(choose_store(url), PostgreSQLStore)


@pytest.mark.parametrize("name", ["mysql://h", "disk", ""])
def test_another_name_is_refused_with_those_there_are(name):
    with pytest.raises(ValueError, match=r"there is no session store .* write 'memory'"):
        Sessions(store=name)


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [("redis://h", "redis.asyncio", "redis"), ("postgresql://h", "psycopg_pool", "postgresql")],
)
def test_what_is_not_installed_is_said_with_the_command(url, module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ModuleNotFoundError, match=rf"pip install 'responder-sessions\[{extra}\]'"):
        choose_store(url)


@pytest.mark.parametrize("options", [{}, {"url": "redis://h", "client": object()}])
def test_redis_takes_a_url_or_a_client(options):
    pytest.importorskip("redis")

    with pytest.raises(ValueError, match="takes a URL"):
        RedisStore(**options)


def test_a_client_that_gives_text_is_refused():
    redis = pytest.importorskip("redis.asyncio")

    with pytest.raises(ValueError, match="without decode_responses=True"):
        RedisStore(client=redis.Redis(decode_responses=True))


def test_memory_has_room_for_something():
    with pytest.raises(ValueError, match="max_keys= is above 0"):
        MemoryStore(max_keys=0)
