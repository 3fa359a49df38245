"""A store that fails or hangs: a quick answer, as the program has chosen it."""

import asyncio
import logging

import pytest

from responder_core.stores.breaker import Breaker
from responder_ratelimit import MemoryStore, StoreUnavailableError
from responder_ratelimit.stores.guarded import GuardedStore
from responder_ratelimit.stores.threaded import adapt


class Store:
    """One that fails, or hangs, when it is told to."""

    def __init__(self, clock):
        self.inner = adapt(MemoryStore(clock=clock))
        self.how = "works"
        self.calls = 0

    async def _go(self, name, hits):
        self.calls += 1
        if self.how == "fails":
            raise ConnectionError("no tea")
        if self.how == "hangs":
            import anyio

            await anyio.sleep_forever()
        return await getattr(self.inner, name)(hits)

    async def hit(self, hits):
        return await self._go("hit", hits)

    async def charge(self, hits):
        await self._go("charge", hits)

    async def reset(self, hits):
        await self._go("reset", hits)

    async def close(self):
        await self.inner.close()


@pytest.fixture
def store(clock):
    return Store(clock)


@pytest.fixture
def limited(api_factory, store):
    def make(**options):
        options.setdefault("store_timeout", 0.2)
        api = api_factory("2/minute", backend=store, **options)
        api.get("/")(lambda req, resp: "tea")
        api.get("/free", rate_limit=False)(lambda req, resp: "free")
        return api

    return make


@pytest.mark.parametrize("how", ["fails", "hangs"])
class TestModes:
    def test_deny_is_503(self, limited, client_factory, store, how):
        client = client_factory(limited())
        store.how = how
        answer = client.get("/")

        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["detail"] == "The store of rate limits does not answer."
        assert client.get("/free").text == "free"

    @pytest.mark.parametrize("options", [{"on_error": "allow"}, {"fail_open": True}])
    def test_allow_lets_all_through(self, limited, client_factory, store, how, options):
        client = client_factory(limited(**options))
        store.how = how

        answers = [client.get("/") for _ in range(4)]

        assert {answer.status_code for answer in answers} == {200}
        assert {answer.headers["x-ratelimit-mode"] for answer in answers} == {"allow"}

    def test_local_counts_in_this_process(self, limited, client_factory, store, how):
        client = client_factory(limited(on_error="local"))
        client.get("/")
        store.how = how

        answers = [client.get("/") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert {answer.headers["x-ratelimit-mode"] for answer in answers} == {"local"}

    def test_it_is_told(self, limited, client_factory, store, how, caplog):
        told = []
        client = client_factory(limited(observe=lambda what, rule, req: told.append(what)))
        store.how = how
        with caplog.at_level(logging.ERROR, "responder.ratelimit"):
            for _ in range(5):
                client.get("/")

        assert told == ["error"] * 5
        assert len(caplog.records) == 1
        assert "the store of rate limits does not answer" in caplog.text


def test_a_store_that_fails_is_left_alone_and_asked_again(store, clock, caplog):
    guarded = GuardedStore(store, timeout=1, breaker=Breaker(clock=clock))

    async def fails():
        with pytest.raises(StoreUnavailableError):
            await guarded.hit([])

    async def main():
        store.how = "fails"
        for _ in range(5):
            await fails()
        assert store.calls == 3  # The others were not made.
        store.how = "works"
        clock.advance(0.4)
        await fails()
        clock.advance(0.2)
        assert await guarded.hit([]) == []
        assert await guarded.hit([]) == []
        await guarded.charge([])
        await guarded.reset([])
        await guarded.close()

    with caplog.at_level(logging.WARNING, "responder.ratelimit"):
        asyncio.run(main())

    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR", "WARNING"]


def test_what_is_charged_while_it_fails_fails_nobody(limited, client_factory, store):
    from responder_ratelimit import Rule

    api = limited(on_error="allow")

    @api.get("/charged", rate_limit=Rule("5/minute", charge=lambda req, resp: 3))
    async def charged(req, resp):
        store.how = "fails"
        resp.text = "tea"

    assert client_factory(api).get("/charged").text == "tea"


def test_so_does_a_rule_in_its_shadow(limited, client_factory, store):
    client = client_factory(limited(shadow=True))
    store.how = "fails"

    assert client.get("/").status_code == 200


def test_what_does_not_count_is_given_back_where_it_was_counted(limited, client_factory, store):
    from responder_ratelimit import Rule

    api = limited(on_error="local")
    rule = Rule("1/minute", when=lambda req, resp: False)
    api.get("/when", rate_limit=rule)(lambda req, resp: "tea")
    client = client_factory(api)
    store.how = "fails"

    assert [client.get("/when").status_code for _ in range(2)] == [200, 200]


def test_a_violation_that_cannot_be_noted_is_refused_all_the_same(limited, client_factory, store):
    from responder_ratelimit import Ban, Rule

    async def charge(hits):
        raise ConnectionError

    store.charge = charge
    api = limited()
    rule = Rule("1/minute", ban=Ban(after=1, seconds=60))
    api.get("/ban", rate_limit=rule)(lambda req, resp: "tea")
    client = client_factory(api)

    assert [client.get("/ban").status_code for _ in range(2)] == [200, 429]


def test_the_error_says_what_it_is():
    assert str(StoreUnavailableError()) == "the store of rate limits does not answer"
    assert str(StoreUnavailableError("gone")) == "gone"


def test_it_bans_in_this_process_too(limited, client_factory, store):
    from responder_ratelimit import Ban, Rule

    api = limited(on_error="local")
    rule = Rule("1/minute", ban=Ban(after=1, seconds=600))
    api.get("/ban", rate_limit=rule)(lambda req, resp: "tea")
    client = client_factory(api)
    store.how = "fails"
    answers = [client.get("/ban") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert answers[2].json()["violated-policies"] == ["ban"]


def test_what_was_let_through_is_not_given_back(limited, client_factory, store):
    from responder_ratelimit import Rule

    api = limited(on_error="allow")
    rule = Rule("1/minute", when=lambda req, resp: resp.status_code == 401)

    @api.get("/{status:int}", rate_limit=rule)
    async def view(req, resp, *, status):
        resp.status_code = status
        store.how = "works"

    client = client_factory(api)
    store.how = "fails"
    assert client.get("/200").status_code == 200

    assert [client.get("/401").status_code for _ in range(2)] == [401, 429]


def test_what_the_program_has_done_wrong_is_no_fault_of_the_store(store):
    async def main():
        guarded = GuardedStore(store, timeout=1)
        for _ in range(5):
            with pytest.raises(TypeError):
                await guarded.hit(7)
        return await guarded.hit([])

    assert asyncio.run(main()) == []
