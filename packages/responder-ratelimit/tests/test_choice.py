"""The choice of a store: by name, by URL, or as it is."""

from types import SimpleNamespace
from typing import ClassVar

import pytest

from responder_ratelimit import MemoryStore, RedisStore, SQLiteStore
from responder_ratelimit.stores.choice import choose_store
from responder_ratelimit.stores.threaded import Backend


def test_by_name_and_url(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stores = [choose_store(each).inner for each in ("memory", "sqlite", "sqlite:///a%20b.db")]

    assert [type(store) for store in stores] == [MemoryStore, SQLiteStore, SQLiteStore]
    assert [str(store.path) for store in stores[1:]] == ["ratelimits.sqlite3", "a b.db"]


@pytest.mark.parametrize("url", ["redis://localhost", "valkey://localhost:1/2"])
def test_redis_and_valkey(url):
    pytest.importorskip("redis")

    assert isinstance(choose_store(url), RedisStore)


@pytest.mark.parametrize(
    ("wanted", "error", "message"),
    [
        ("mongodb://x", ValueError, "there is no store of rate limits 'mongodb'; write 'memory'"),
        ("sqlite://a.db", ValueError, "names a host; write 'sqlite:///a.db'"),
        (7, TypeError, "7 has no hit, charge, reset, close"),
    ],
)
def test_what_is_no_store_is_refused(wanted, error, message):
    with pytest.raises(error, match=message):
        choose_store(wanted)


def test_methods_of_both_kinds_are_refused():
    class Half:
        async def hit(self, hits): ...

        def charge(self, hits): ...

        def reset(self, hits): ...

        def close(self): ...

    with pytest.raises(TypeError, match="some methods with async and some without"):
        choose_store(Half())


class TestBackends:
    def test_what_it_is_charged_it_is_hit(self, run):
        class Counter:
            count = 0

            def hit(self, key, max_requests, period):
                self.count += 1
                return True, 1

            def reset(self, key):
                self.count = 0

        from responder_ratelimit import Limit
        from responder_ratelimit.stores.store import Hit

        counter = Counter()
        store = choose_store(counter)
        assert isinstance(store, Backend)
        hits = [Hit("me", Limit("5/minute"), 3)]
        run(store.charge, hits)
        assert counter.count == 3
        run(store.reset, hits)
        run(store.close)

        assert counter.count == 0

    def test_an_async_one_is_awaited(self, run):
        class Counter:
            keys: ClassVar[list[str]] = []

            async def ahit(self, key, max_requests, period):
                return True, 1

            async def reset(self, key):
                self.keys.append(key)

        from responder_ratelimit import Limit
        from responder_ratelimit.stores.store import Hit

        run(choose_store(Counter()).reset, [Hit("me", Limit("5/minute"), 1)])

        assert Counter.keys == ["5/minute\n\nme"]

    def test_one_that_cannot_reset_says_so(self, run):
        class Counter:
            async def hit(self, key, max_requests, period):
                return True, 1

        from responder_ratelimit import Limit
        from responder_ratelimit.stores.store import Hit

        store = choose_store(Counter())
        hits = [Hit("me", Limit("5/minute"), 1)]

        assert run(store.hit, hits)[0].allowed
        with pytest.raises(TypeError, match=r"forgets nobody; give it a reset\(key\)"):
            run(store.reset, hits)

    def test_limits_and_costs_are_counted_one_by_one(self, run):
        from responder_ratelimit import Limit
        from responder_ratelimit.stores.store import Hit

        class Counter:
            def __init__(self):
                self.counts = {}

            def hit(self, key, max_requests, period):
                self.counts[key] = self.counts.get(key, 0) + 1
                return self.counts[key] <= max_requests, max_requests - self.counts[key]

        store = choose_store(Counter())
        hits = [Hit("me", Limit("3/minute"), 1), Hit("me", Limit("100/hour"), 1)]
        found = [[each.allowed for each in run(store.hit, hits)] for _ in range(4)]
        dear = [run(store.hit, [Hit("you", Limit("6/minute"), 3)])[0].allowed for _ in range(3)]
        (looked,) = run(store.hit, [Hit("me", Limit("3/minute"), 0)])

        assert found == [[True, True]] * 3 + [[False, True]]
        assert dear == [True, True, False]
        assert looked.allowed

    @pytest.mark.parametrize("name", ["hit", "ahit"])
    def test_one_with_async_is_known_from_the_start(self, run, monkeypatch, name):
        from responder_ratelimit import Limit
        from responder_ratelimit.stores.store import Hit

        async def count(key, max_requests, period):
            return True, 1

        store = choose_store(SimpleNamespace(**{name: count}))
        monkeypatch.setattr("responder_ratelimit.stores.threaded.is_async", None)

        assert run(store.hit, [Hit("me", Limit("5/minute"), 1)])[0].allowed
