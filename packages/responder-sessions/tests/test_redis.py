"""The Redis store on a server: round trips, keys, clients."""

from __future__ import annotations

import asyncio

import pytest

from responder_sessions import Change, RedisStore

pytestmark = pytest.mark.redis

KEY, NEW = "aa:" + "1" * 64, "aa:" + "2" * 64


@pytest.fixture
def trips(monkeypatch):
    """Count what is sent to the server: each is a round trip."""
    from redis.asyncio.connection import AbstractConnection

    sent = []
    send = AbstractConnection.send_packed_command

    async def count(self, command, *args, **options):
        sent.append(command)
        return await send(self, command, *args, **options)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", count)
    return sent


@pytest.mark.parametrize("principal", [None, "ada"])
def test_one_round_trip_loads_one_saves_one_rotates(redis_url, trips, principal, run_with):
    change = Change(100, written={"a": b"1"}, principal=principal)

    async def scenario(store):
        await store.save(KEY, Change(100, creates=True, principal=principal))
        await store.rotate(KEY, KEY[:-1] + "9", Change(100, principal=principal), 10)
        await store.load(KEY)
        counts = []
        for step in (
            store.load(KEY),
            store.save(KEY, change),
            store.rotate(KEY, NEW, change, 10),
            store.delete(KEY),
        ):
            trips.clear()
            await step
            counts.append(len(trips))
        return counts[:3]

    assert run_with(scenario, RedisStore(redis_url)) == [1, 1, 1]


def test_all_keys_of_one_session_have_one_hash_tag(redis_url, run_with):
    async def scenario(store):
        await store.save(KEY, Change(100, creates=True))
        await store.rotate(KEY, NEW, Change(100), 10)
        return sorted([each.decode() async for each in store._clients.connect().scan_iter()])

    assert run_with(scenario, RedisStore(redis_url, prefix="s[1]:")) == [
        f"s[1]:{{aa}}:{'1' * 64}",
        f"s[1]:{{aa}}:{'2' * 64}",
    ]


def test_other_keys_of_the_server_are_left_alone(redis_url, run_with):
    async def scenario(store):
        client = store._clients.connect()
        await client.set("other", "1")
        await client.set("sx1:{aa}:1", "1")
        await store.save(KEY, Change(100, creates=True, principal="ada"))
        found = [each.key for each in await store.find()]
        count = await store.clear()
        return found, count, sorted([each async for each in client.scan_iter()])

    found, count, left = run_with(scenario, RedisStore(redis_url, prefix="s?1:"))

    assert (found, count) == ([KEY], 1)
    assert left == [b"other", b"sx1:{aa}:1"]


def test_a_client_of_the_programs_is_used_and_not_closed(redis_url):
    import redis.asyncio

    async def main():
        client = redis.asyncio.Redis.from_url(redis_url)
        store = RedisStore(client=client)
        await store.save(KEY, Change(100, written={"a": b"1"}, creates=True))
        await store.close()
        record = await store.load(KEY)
        assert await client.ping()
        await client.aclose()
        return record.values

    assert asyncio.run(main()) == {"a": b"1"}


def test_a_cluster_keeps_sessions_too(redis_cluster):
    from redis.asyncio.cluster import RedisCluster

    async def main():
        client = RedisCluster.from_url(redis_cluster)
        store = RedisStore(client=client)
        await store.save(KEY, Change(100, written={"a": b"1"}, principal="ada", creates=True))
        await store.rotate(KEY, NEW, Change(100, written={"b": b"2"}, principal="ada"), 10)
        await store.save(KEY, Change(100, deltas={"a": 1}, principal="ada"))
        await store.save("bb:1", Change(100, creates=True))
        mine = [(each.key, each.values) for each in await store.find("ada")]
        everything = len(await store.find())
        await store.delete(KEY)
        left = await store.find("ada")
        cleared = await store.clear()
        await client.aclose()
        return mine, everything, left, cleared

    assert asyncio.run(main()) == ([(NEW, {"a": b"2", "b": b"2"})], 2, [], 1)


def test_a_server_that_forgot_the_scripts_gets_them_again(redis_url, run_with):
    async def scenario(store):
        await store.save(KEY, Change(100, creates=True, principal="ada"))
        await store._clients.connect().script_flush()
        await store.save(KEY, Change(100, written={"a": b"1"}, principal="ada"))
        return (await store.load(KEY)).values

    assert run_with(scenario, RedisStore(redis_url)) == {"a": b"1"}


def test_more_sessions_than_are_asked_for_at_once_are_found(redis_url, run_with):
    keys = {f"{number:02d}:{number}" for number in range(450)}

    async def scenario(store):
        change = Change(100, creates=True, principal="ada")
        await asyncio.gather(*(store.save(key, change) for key in keys))
        return {each.key for each in await store.find()}, {
            each.key for each in await store.find("ada")
        }

    assert run_with(scenario, RedisStore(redis_url)) == (keys, keys)


def test_what_is_gone_leaves_the_index(redis_url, run_with):
    async def scenario(store):
        await store.save(KEY, Change(100, creates=True, principal="ada"))
        await store.delete(KEY)
        await store.find("ada")
        return [each async for each in store._clients.connect().scan_iter()]

    assert run_with(scenario, RedisStore(redis_url)) == []


def test_a_sum_that_no_integer_holds_is_none(redis_url, run_with):
    async def scenario(store):
        await store.save(KEY, Change(100, written={"n": b"9223372036854775807"}, creates=True))
        await store.save(KEY, Change(100, deltas={"n": 1}))
        return float((await store.load(KEY)).values["n"])

    assert run_with(scenario, RedisStore(redis_url)) == 2.0**63


def test_an_error_of_the_server_is_told(redis_url, run_with):
    from redis.exceptions import ResponseError

    async def scenario(store):
        await store._clients.connect().set(store._key(KEY), "no hash")
        with pytest.raises(ResponseError):
            await store.load(KEY)
        with pytest.raises(ResponseError):
            await store.save(KEY, Change(100, principal="ada"))

    run_with(scenario, RedisStore(redis_url))


def test_closing_what_was_never_opened_is_no_error(redis_url, run_with):
    run_with(lambda store: store.close(), RedisStore(redis_url))
