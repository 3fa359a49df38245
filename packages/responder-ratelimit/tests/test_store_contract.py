"""The contract of stores: the same counts from memory, SQLite and Redis."""

import asyncio

import pytest

from responder_ratelimit import Limit
from responder_ratelimit.limits import ALGORITHMS, MICROSECONDS
from responder_ratelimit.stores.store import Hit

# Long, as the windows of a server's clock end when they do.
LONG = 10_000_000


@pytest.fixture(params=ALGORITHMS)
def limit(request):
    return Limit(requests=3, period=LONG, algorithm=request.param)


def test_as_many_are_admitted_as_there_may_be(harness, limit):
    async def scenario(store):
        return [(await store.hit([Hit("a\nme", limit, 1)]))[0] for _ in range(5)]

    verdicts = harness.run(scenario)

    assert [verdict.allowed for verdict in verdicts] == [True] * 3 + [False] * 2
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 0]
    assert all(verdict.retry_after == 0 for verdict in verdicts[:3])
    assert all(0 < verdict.retry_after <= LONG for verdict in verdicts[3:])
    assert all(0 < verdict.reset_after <= LONG for verdict in verdicts)
    assert verdicts[0].limit is limit


def test_clients_and_limits_are_counted_apart(harness, limit):
    other = Limit(requests=3, period=2 * LONG, algorithm=limit.algorithm)

    async def scenario(store):
        for _ in range(3):
            await store.hit([Hit("a\nme", limit, 1)])
        asked = [Hit("a\nme", limit, 1)], [Hit("a\nyou", limit, 1)], [Hit("a\nme", other, 1)]
        return [(await store.hit(hits))[0].allowed for hits in asked]

    assert harness.run(scenario) == [False, True, True]


def test_all_limits_count_or_none(harness, limit):
    wide = Limit(requests=100, period=LONG, algorithm=limit.algorithm)

    async def scenario(store):
        hits = [Hit("a\nme", wide, 1), Hit("a\nme", limit, 1)]
        return [await store.hit(hits) for _ in range(5)]

    verdicts = harness.run(scenario)

    assert [[each.allowed for each in pair] for pair in verdicts[2:]] == [
        [True, True],
        [True, False],
        [True, False],
    ]
    assert verdicts[-1][0].remaining == 97


def test_a_client_is_counted_whoever_is_counted_with_it(harness, limit):
    wide = Limit(requests=100, period=LONG, algorithm=limit.algorithm)

    async def scenario(store):
        hits = [[Hit(f"a\n={who}", wide, 1), Hit("b\nme", limit, 1)] for who in "vwxyz"]
        return [[verdict.allowed for verdict in await store.hit(each)] for each in hits]

    assert harness.run(scenario) == [[True, True]] * 3 + [[True, False]] * 2


def test_a_cost_counts_so_often(harness, limit):
    async def scenario(store):
        first = await store.hit([Hit("a\nme", limit, 2)])
        second = await store.hit([Hit("a\nme", limit, 2)])
        third = await store.hit([Hit("a\nme", limit, 1)])
        never = await store.hit([Hit("a\nme", limit, 4)])
        return [each[0] for each in (first, second, third, never)]

    verdicts = harness.run(scenario)

    assert [each.allowed for each in verdicts] == [True, False, True, False]
    assert [each.remaining for each in verdicts] == [1, 1, 0, 0]
    assert verdicts[3].retry_after == float("inf")


def test_looking_counts_nothing(harness, limit):
    async def scenario(store):
        for _ in range(5):
            (verdict,) = await store.hit([Hit("a\nme", limit, 0)])
        return verdict

    verdict = harness.run(scenario)

    assert (verdict.allowed, verdict.remaining, verdict.reset_after) == (True, 3, 0)


def test_what_was_charged_is_owed_and_can_be_given_back(harness, limit):
    async def scenario(store):
        await store.charge([Hit("a\nme", limit, 4)])
        owed = await store.hit([Hit("a\nme", limit, 0)])
        await store.charge([Hit("a\nme", limit, -2)])
        back = await store.hit([Hit("a\nme", limit, 0)])
        return owed[0], back[0]

    owed, back = harness.run(scenario)

    assert (owed.allowed, owed.remaining) == (False, 0)
    assert (back.allowed, back.remaining) == (True, 1)


@pytest.mark.parametrize("algorithm", ["sliding-window", "fixed-window"])
def test_windows_give_nothing_back_that_is_over(harness, algorithm):
    limit = Limit(requests=3, period=LONG, algorithm=algorithm)

    async def scenario(store):
        (verdict,) = await store.hit([Hit("a\nme", limit, 1)])
        before = verdict.at - LONG * MICROSECONDS
        await store.charge([Hit("a\nme", limit, 1).back(before)])
        return (await store.hit([Hit("a\nme", limit, 0)]))[0].remaining

    assert harness.run(scenario) == 2


def test_a_sliding_window_gives_back_its_own(harness):
    """The first of three, and not the last: it tells until when that counts."""
    limit = Limit(requests=9, period=LONG, algorithm="sliding-window")

    async def scenario(store):
        hit = Hit("a\nme", limit, 2)
        verdicts = []
        for _ in range(3):
            verdicts += await store.hit([hit])
            if harness.advance:
                harness.advance(1)
        await store.charge([hit.back(verdicts[0].at), hit.back(verdicts[0].at)])
        (looked,) = await store.hit([hit._replace(cost=0)])
        await store.charge([hit.back(verdicts[2].at)])
        (then,) = await store.hit([hit._replace(cost=0)])
        return verdicts, looked, then

    verdicts, looked, then = harness.run(scenario)

    def ends(verdict):
        return round(verdict.at + verdict.reset_after * MICROSECONDS)

    assert len({verdict.at for verdict in verdicts}) == 3
    assert (looked.remaining, ends(looked)) == (5, ends(verdicts[2]))
    assert (then.remaining, ends(then)) == (7, ends(verdicts[1]))


def test_who_is_reset_begins_anew(harness, limit):
    async def scenario(store):
        await store.hit([Hit("a\nme", limit, 3)])
        await store.hit([Hit("a\nyou", limit, 3)])
        await store.reset([Hit("a\nme", limit, 1)])
        hits = [Hit("a\nme", limit, 1)], [Hit("a\nyou", limit, 1)]
        return [(await store.hit(each))[0].allowed for each in hits]

    assert harness.run(scenario) == [True, False]


def test_time_brings_it_back(harness, limit):
    if harness.advance is None:
        limit = Limit(requests=3, period=0.2, algorithm=limit.algorithm)

    async def scenario(store):
        (verdict,) = await store.hit([Hit("a\nme", limit, 3)])
        (refused,) = await store.hit([Hit("a\nme", limit, 3)])
        if harness.advance is None:
            (verdict,) = await store.hit([Hit("a\nme", limit, 0)])
            await asyncio.sleep(verdict.reset_after)
            return (await store.hit([Hit("a\nme", limit, 3)]))[0].allowed
        assert not refused.allowed
        harness.advance(verdict.reset_after)
        return (await store.hit([Hit("a\nme", limit, 3)]))[0].allowed

    assert harness.run(scenario)


def test_of_many_at_once_exactly_as_many_are_admitted(harness, limit):
    wide = Limit(requests=100, period=LONG, algorithm=limit.algorithm)

    async def scenario(store):
        calls = (store.hit([Hit("a\nme", wide, 1)]) for _ in range(400))
        return sum(verdict.allowed for (verdict,) in await asyncio.gather(*calls))

    assert harness.run(scenario) == 100


def test_many_in_a_long_time_are_counted_exactly(harness):
    limit = Limit("1000000000/day")

    async def scenario(store):
        verdicts = [
            (await store.hit([Hit("a\nme", limit, cost)]))[0]
            for cost in (999_999_999, 1, 1_000_000_000)
        ]
        return [(verdict.allowed, verdict.remaining) for verdict in verdicts]

    verdicts = harness.run(scenario)

    assert verdicts[0] == (True, 1)
    assert [allowed for allowed, _ in verdicts] == [True, True, False]
