"""A store that fails or hangs: quick answers, where sessions are used, and nowhere else."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time

import pytest

from responder_core.stores.breaker import Breaker
from responder_sessions import (
    Change,
    MemoryStore,
    RedisStore,
    SQLiteStore,
    StoreUnavailableError,
)
from responder_sessions.ids import make_id, store_key
from responder_sessions.stores.guarded import GuardedStore
from responder_sessions.stores.threaded import adapt


class Broken:
    """A store with async that fails while it is told to, or hangs."""

    def __init__(self):
        self.inner = adapt(MemoryStore())
        self.failure = None
        self.calls = 0

    async def _meet(self):
        self.calls += 1
        if self.failure == "hangs":
            from anyio import sleep_forever

            await sleep_forever()
        if self.failure is not None:
            raise self.failure

    async def load(self, key):
        await self._meet()
        return await self.inner.load(key)

    async def save(self, key, change):
        await self._meet()
        return await self.inner.save(key, change)

    async def rotate(self, key, new_key, change, grace):
        await self._meet()
        return await self.inner.rotate(key, new_key, change, grace)

    async def delete(self, key):
        await self._meet()
        await self.inner.delete(key)

    async def find(self, principal=None):
        return await self.inner.find(principal)

    async def clear(self, *, expired=False):
        return await self.inner.clear(expired=expired)

    async def close(self):
        pass


@pytest.fixture
def store():
    return Broken()


def add_views(api):
    @api.route("/set/{value}")
    async def write(req, resp, *, value):
        req.session["a"] = value

    @api.route("/get")
    async def read(req, resp):
        resp.media = {"value": req.session.get("a")}

    @api.route("/plain")
    async def plain(req, resp):
        resp.text = "plain"

    @api.route("/out")
    async def out(req, resp):
        req.session.destroy()

    return api


@pytest.fixture
def client(api_factory, client_factory, store):
    client = client_factory(add_views(api_factory(store=store, store_timeout=0.2)))
    client.get("/set/tea")
    return client


@pytest.mark.parametrize("failure", [OSError("refused"), "hangs"], ids=["fails", "hangs"])
class TestError:
    def test_it_is_503_where_the_session_is_used(self, client, store, failure):
        store.failure = failure

        answer = client.get("/get")

        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["detail"] == "Sessions are not available; try again soon."

    def test_it_is_nothing_elsewhere(self, client, store, failure):
        store.failure = failure

        assert client.get("/plain").status_code == 200

    def test_what_cannot_be_kept_is_not_called_kept(self, client, store, failure):
        client.cookies.clear()
        store.failure = failure

        answer = client.get("/set/milk")

        assert answer.status_code == 503
        assert "set-cookie" not in answer.headers
        assert answer.headers["vary"] == "Cookie, Accept"

    def test_a_logout_that_failed_is_none(self, client, store, failure):
        store.failure = failure
        assert client.get("/out").status_code == 503
        store.failure = None


def test_it_is_asked_no_more_after_failures_in_a_row(client, store, caplog):
    store.failure = OSError("refused")
    store.calls = 0
    begun = time.monotonic()

    answers = [client.get("/get").status_code for _ in range(20)]

    assert answers == [503] * 20
    # Twice a second from then on, on a machine that takes so long.
    assert 3 <= store.calls <= 3 + (time.monotonic() - begun) / 0.5
    assert [each.message for each in caplog.records if each.name == "responder.sessions"] == [
        "a call of the session store failed: OSError('refused')",
        "the session store does not answer: OSError('refused')",
    ]


def test_one_failure_is_told_though_others_do_well(client, store, caplog):
    for _ in range(2):
        store.failure = ValueError("too large")
        assert client.get("/set/milk").status_code == 503
        store.failure = None
        assert client.get("/get").status_code == 200

    assert [each.message for each in caplog.records if each.name == "responder.sessions"] == [
        "a call of the session store failed: ValueError('too large')"
    ] * 2


class TestAnonymous:
    @pytest.fixture
    def client(self, api_factory, client_factory, store):
        api = api_factory(store=store, store_timeout=0.2, on_error="anonymous")
        client = client_factory(add_views(api))
        client.get("/set/tea")
        return client

    def test_the_session_is_empty_and_not_kept(self, client, store):
        store.failure = OSError("refused")

        assert client.get("/get").json() == {"value": None}
        answer = client.get("/set/milk")
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
        store.failure = None

    @pytest.mark.parametrize("fails", ["at once", "when it is kept"])
    def test_a_logout_is_known_by_the_client_at_least(
        self, api_factory, client_factory, store, fails
    ):
        api = add_views(api_factory(store=store, store_timeout=0.2, on_error="anonymous"))

        @api.route("/logout")
        async def log_out(req, resp):
            req.session.destroy()
            store.failure = OSError("refused")

        client = client_factory(api)
        client.get("/set/tea")
        if fails == "at once":
            store.failure = OSError("refused")

        answer = client.get("/logout")

        store.failure = None
        assert "Max-Age=0" in answer.headers["set-cookie"]

    def test_neither_is_one_that_would_begin(self, client, store):
        client.cookies.clear()
        store.failure = OSError("refused")

        answer = client.get("/set/milk")

        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)


def test_a_quick_store_that_fails_is_unavailable_too(tmp_path, api_factory, client_factory):
    path = tmp_path / "sessions.sqlite3"
    client = client_factory(add_views(api_factory(store=SQLiteStore(path, timeout=0.01))))
    client.get("/set/tea")
    path.unlink()
    path.mkdir()

    answers = [
        client.get(each).status_code for each in ("/get", "/plain", "/set/a", "/get", "/get")
    ]

    assert answers == [503, 200, 503, 503, 503]
    path.rmdir()


class TestSQLite:
    def test_a_file_that_is_locked_is_503_and_nothing_is_half_written(
        self, tmp_path, api_factory, client_factory
    ):
        path = tmp_path / "sessions.sqlite3"
        client = client_factory(add_views(api_factory(store=SQLiteStore(path, timeout=0.01))))
        client.get("/set/tea")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        assert client.get("/set/milk").status_code == 503
        assert client.get("/get").json() == {"value": "tea"}

        other.execute("ROLLBACK")
        other.close()
        assert client.get("/set/milk").status_code == 200
        assert client.get("/get").json() == {"value": "milk"}

    def test_a_file_that_is_gone_is_made_anew(self, tmp_path, api_factory, client_factory):
        path = tmp_path / "sessions.sqlite3"
        client = client_factory(add_views(api_factory(store=SQLiteStore(path))))
        client.get("/set/tea")
        client.get("/get")
        for each in tmp_path.iterdir():
            each.unlink()

        assert client.get("/get").json() == {"value": None}
        client.get("/set/milk")
        assert client.get("/get").json() == {"value": "milk"}


class Failing(MemoryStore):
    """A store that never waits, and fails while it is told to."""

    failure = None
    calls = 0

    def meet(self):
        self.calls += 1
        if self.failure is not None:
            raise self.failure

    def load(self, key):
        self.meet()
        return super().load(key)

    def save(self, key, change):
        self.meet()
        return super().save(key, change)


class TestInPlace:
    """A store that is asked without waiting is watched as the others are."""

    @pytest.mark.parametrize("on_error", ["error", "anonymous"])
    def test_one_that_fails_is_503_or_an_empty_session(self, api_factory, client_factory, on_error):
        store = Failing()
        client = client_factory(add_views(api_factory(store=store, on_error=on_error)))
        client.get("/set/tea")
        store.failure = OSError("gone")

        answer = client.get("/get")

        assert answer.status_code == (503 if on_error == "error" else 200)
        assert client.get("/plain").status_code == 200

    @pytest.mark.parametrize("on_error", ["error", "anonymous"])
    def test_so_is_one_that_fails_when_it_saves(self, api_factory, client_factory, on_error):
        store = Failing()
        api = add_views(api_factory(store=store, on_error=on_error))

        @api.route("/late")
        async def late(req, resp):
            req.session["a"] = "milk"
            store.failure = OSError("gone")

        client = client_factory(api)
        client.get("/set/tea")

        answer = client.get("/late")
        store.failure = None

        assert answer.status_code == (503 if on_error == "error" else 200)
        assert "set-cookie" not in answer.headers
        assert client.get("/get").json() == {"value": "tea"}

    @pytest.mark.parametrize("method", ["load", "save"])
    def test_it_is_asked_no_more_while_it_fails_and_again_after_a_pause(self, clock, method):
        store = Failing()
        breaker = Breaker(failures=3, pause=1, clock=clock)
        guarded = GuardedStore(adapt(store), timeout=1, breaker=breaker)
        calls = {
            "load": lambda: guarded.load_now("aa:1"),
            "save": lambda: guarded.save_now("aa:1", Change(100)),
        }
        store.failure = OSError("gone")
        for _ in range(5):
            with pytest.raises(StoreUnavailableError):
                calls[method]()
        assert store.calls == 3

        store.failure = None
        clock.advance(1)

        assert not calls[method]()
        assert not calls[method]()
        assert store.calls == 5

    @pytest.mark.parametrize("method", ["load", "save"])
    def test_a_fault_of_the_program_is_raised_as_it_is(self, method):
        store = Failing()
        store.failure = TypeError("ours")
        guarded = GuardedStore(adapt(store), timeout=1)
        calls = {
            "load": lambda: guarded.load_now("aa:1"),
            "save": lambda: guarded.save_now("aa:1", Change(100)),
        }

        for _ in range(5):
            with pytest.raises(TypeError, match="ours"):
                calls[method]()


@pytest.mark.redis
class TestRedis:
    """A server that is killed, and one that hangs: what the page on security promises."""

    @pytest.fixture
    def drive(self, api_factory, redis_server):
        """Run an async function of a client whose session is in the store already."""

        def run(function):
            async def main():
                store = RedisStore(redis_server.url)
                # As users have it, who say nothing of a timeout; a loaded machine may need more.
                api = add_views(api_factory(store=store, store_timeout=0.4))
                async with api.async_client("https://testserver") as client:
                    for _ in range(50):
                        if (await client.get("/set/tea")).status_code == 200:
                            break
                        await asyncio.sleep(0.1)
                    return await function(client)

            return asyncio.run(main())

        return run

    def test_while_it_is_dead_only_what_uses_sessions_is_503(self, drive, redis_server):
        async def scenario(client):
            redis_server.end(signal.SIGKILL)
            began = time.monotonic()
            answers = [
                (await client.get(each)).status_code for each in ("/get", "/plain", "/set/a")
            ]
            spent = time.monotonic() - began
            redis_server.start()
            back = time.monotonic()
            while (await client.get("/get")).status_code != 200:
                assert time.monotonic() - back < 30
                await asyncio.sleep(0.02)
            return answers, spent, (await client.get("/get")).json()

        answers, spent, value = drive(scenario)

        assert answers == [503, 200, 503]
        assert spent < 10
        assert value == {"value": "tea"}

    def test_while_it_hangs_answers_come_in_time(self, drive, redis_server):
        async def scenario(client):
            redis_server.send(signal.SIGSTOP)
            try:
                times = []
                for _ in range(6):
                    began = time.monotonic()
                    assert (await client.get("/get")).status_code == 503
                    times.append(time.monotonic() - began)
                return times
            finally:
                redis_server.send(signal.SIGCONT)

        times = drive(scenario)

        assert max(times) < 5  # Nobody waits until it goes on.
        # Once it is known, nobody waits for it.
        assert min(times) < 0.05


def test_listing_takes_as_long_as_it_takes(store):
    guarded = GuardedStore(store, timeout=0.05)

    async def main():
        assert await guarded.find() == []
        assert await guarded.clear() == 0
        return await guarded.load(store_key(make_id()))

    assert asyncio.run(main()) is None
