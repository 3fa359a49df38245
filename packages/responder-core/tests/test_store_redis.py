"""Redis: clients and scripts of stores; those of packages are run against real servers."""

import asyncio
import sys
from hashlib import sha1

import anyio
import pytest

from responder_core.stores.redis import Clients, Script

MISSING = "Teas in Redis need redis: pip install 'teas[redis]'"


class Client:
    """Knows no script at first, as a server that was started anew."""

    def __init__(self, unknown):
        self.unknown = unknown
        self.known = set()
        self.calls = []

    async def evalsha(self, sha, count, *rest):
        self.calls.append("evalsha")
        if sha not in self.known:
            raise self.unknown
        return [count, *rest]

    async def eval(self, text, count, *rest):
        self.calls.append("eval")
        self.known.add(sha1(text.encode(), usedforsecurity=False).hexdigest())
        return [count, *rest]


def make(url=None, client=None):
    return Clients(url, client, pool_size=3, missing=MISSING)


@pytest.mark.parametrize(("url", "client"), [(None, None), ("redis://x", object())])
def test_a_url_or_a_client_is_needed(url, client):
    with pytest.raises(ValueError, match=r"takes a URL, as .* or client="):
        make(url, client)


def test_without_the_library_it_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "redis"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(ModuleNotFoundError, match=r"^Teas in Redis need redis: pip install"):
        make("redis://x")


class TestWithTheLibrary:
    @pytest.fixture(autouse=True)
    def library(self):
        pytest.importorskip("redis", reason="needs redis, which packages with stores have")

    def test_a_client_that_gives_text_is_refused(self):
        from redis.asyncio import Redis

        with pytest.raises(ValueError, match="without decode_responses=True"):
            make(client=Redis(decode_responses=True))

    def test_neither_does_one_of_a_cluster(self):
        from redis.asyncio.cluster import RedisCluster

        with pytest.raises(ValueError, match="without decode_responses=True"):
            make(client=RedisCluster("localhost", decode_responses=True))

    def test_a_synchronous_client_is_refused(self):
        from redis import Redis

        with pytest.raises(TypeError, match=r"takes a client of redis\.asyncio, not"):
            make(client=Redis())

    def test_other_event_loops_are_told(self):
        clients = make("redis://localhost")

        async def main():
            with pytest.raises(TypeError, match="runs on asyncio alone"):
                clients.connect()
            await clients.close()

        anyio.run(main, backend="trio")

    def test_each_event_loop_has_one_of_its_own(self):
        clients = make("valkey://localhost")

        async def connect():
            first, second = clients.connect(), clients.connect()
            await clients.close()
            third = clients.connect()
            return first, second, third

        (first, second, after), (other, _, _) = asyncio.run(connect()), asyncio.run(connect())

        assert first is second
        assert len({id(each) for each in (first, after, other)}) == 3
        assert not clients.is_cluster

    def test_one_of_another_event_loop_is_left_open(self):
        clients = make("valkey://localhost")
        loop = asyncio.new_event_loop()

        async def connect():
            return clients.connect()

        try:
            first = loop.run_until_complete(connect())
            asyncio.run(clients.close())

            assert loop.run_until_complete(connect()) is first
        finally:
            loop.run_until_complete(clients.close())
            loop.close()

    def test_a_script_that_the_server_does_not_know_is_sent_once_more(self):
        from redis.exceptions import NoScriptError

        client = Client(NoScriptError)
        clients = make(client=client)
        script = Script.of("local tea = 1", "return tea")

        async def main():
            found = [await clients.run(script, ["a"], [1, 2]) for _ in range(2)]
            await clients.close()  # Not what somebody else has made.
            return found

        assert asyncio.run(main()) == [[1, "a", 1, 2]] * 2
        assert client.calls == ["evalsha", "eval", "evalsha"]
