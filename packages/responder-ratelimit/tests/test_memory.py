"""The memory store: exact under threads, small, bounded, and never forgetting who is refused."""

import sys
import threading
from array import array
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_ratelimit import Limit, MemoryStore
from responder_ratelimit.algorithms import COUNTING, NEVER, judge_debt
from responder_ratelimit.limits import ALGORITHMS, MICROSECONDS
from responder_ratelimit.stores.store import Hit


@pytest.fixture
def store_factory(clock):
    def make(**options):
        return MemoryStore(clock=clock, **options)

    return make


def hit(store, who, limit, cost=1):
    return store.hit([Hit(who, limit, cost)])[0]


@pytest.fixture
def quick_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.usefixtures("quick_switches")
def test_of_1600_from_8_threads_exactly_100_are_admitted(store_factory, algorithm):
    store = store_factory()
    limit = Limit(requests=100, period=60, algorithm=algorithm)
    admitted = []
    barrier = threading.Barrier(8)

    def ask():
        barrier.wait()
        admitted.append(sum(hit(store, "me", limit).allowed for _ in range(200)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(admitted) == 100


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_is_over_leaves_with_the_next_request(store_factory, clock, algorithm):
    store = store_factory()
    limit = Limit(requests=100, period=60, algorithm=algorithm)
    for each in range(1000):
        hit(store, str(each), limit)
    assert len(store) == 1000

    clock.advance(61)
    hit(store, "new", limit)
    clock.advance(61)
    hit(store, "new", limit)

    assert len(store) <= 2
    assert repr(store) == f"<MemoryStore of {len(store)} clients>"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_who_is_refused_stays_refused_over_generations(store_factory, clock, algorithm):
    """What is kept of a client moves on while others begin new generations."""
    store = store_factory()
    limit = Limit(requests=4, period=60, algorithm=algorithm)
    admitted = 0
    for _ in range(600):
        hit(store, "other", limit)
        admitted += hit(store, "me", limit).allowed
        clock.advance(1)

    # 600 seconds are ten periods: those, and the burst, or one turn of a window, more.
    assert 40 <= admitted <= 44


@pytest.mark.parametrize("algorithm", ["gcra", "token-bucket"])
def test_what_was_charged_is_owed_longer_than_generations_last(store_factory, clock, algorithm):
    store = store_factory()
    limit = Limit(requests=1, period=60, algorithm=algorithm)
    store.charge([Hit("me", limit, 10)])

    for _ in range(9):
        assert not hit(store, "me", limit).allowed
        hit(store, "other", limit)
        clock.advance(60)
    assert not hit(store, "me", limit).allowed
    clock.advance(60)

    assert hit(store, "me", limit).allowed
    clock.advance(600)
    hit(store, "other", limit)
    assert len(store) <= 2


def test_more_clients_than_there_is_room_for_make_room(store_factory):
    store = store_factory(max_keys=4096)
    limit = Limit("10/minute")
    blocked = [f"blocked {each}" for each in range(100)]
    for who in blocked:
        hit(store, who, limit, 10)

    for each in range(20_000):
        assert hit(store, f"passing {each}", limit).allowed

    assert len(store) <= 4096 + 256
    assert not any(hit(store, who, limit).allowed for who in blocked)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_where_all_are_refused_none_is_forgotten_and_the_new_share(store_factory, algorithm):
    store = store_factory(max_keys=8192)
    limit = Limit(requests=1, period=60, algorithm=algorithm)
    first = [f"first {each}" for each in range(500)]
    for who in first:
        assert hit(store, who, limit).allowed

    for each in range(40_000):
        hit(store, f"new {each}", limit)

    assert len(store) <= 8192 + 4096
    assert not any(hit(store, who, limit).allowed for who in first)


def test_it_begins_anew_with_the_time_of_each_generation(store_factory, clock):
    """What is kept is a difference, which stays small however long it goes on."""
    store = store_factory()
    limit = Limit("10000000/second")
    clock.now = 0.0

    for _ in range(5):
        assert hit(store, "me", limit).allowed
        clock.advance(1e9)
        assert hit(store, "me", limit).remaining == limit.requests - 1


def test_limits_too_large_for_arrays_are_counted_too(store_factory):
    limit = Limit(requests=2**40, period=86_400)

    assert hit(store_factory(), "me", limit, 2**40).remaining == 0


def test_a_million_clients_take_little(store_factory):
    """16 bytes for each place of the tables, which are a third to two thirds full."""
    store = store_factory()
    limit = Limit("100/minute")
    for each in range(20_000):
        hit(store, str(each), limit)

    (table,) = store._tables.values()
    arrays = [
        each
        for shard in table._young.shards
        for each in (shard.keys, shard.values)
        if isinstance(each, array)
    ]

    assert sum(map(sys.getsizeof, arrays)) < 50 * 20_000


def test_no_room_at_all_is_refused():
    with pytest.raises(ValueError, match="max_keys= is 1 or more, not 0"):
        MemoryStore(max_keys=0)


# Who, how many thousandths of the period after the one before, how much, and whether it is charged.
CALLS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2500), st.integers(1, 4), st.booleans()),
    max_size=40,
)


@given(
    st.sampled_from([Limit("4/second"), Limit("3/minute; burst 7"), Limit("5/7 seconds; burst 2")]),
    CALLS,
)
def test_the_short_way_decides_as_the_functions_do(limit, calls):
    """It is written out, for speed; generations come and go meanwhile."""
    counting = COUNTING[limit.algorithm]
    now = 1_800_000_000_000_000
    store = MemoryStore(clock=lambda: now / MICROSECONDS)
    states = {}

    for who, gap, cost, is_charged in calls:
        now += gap * limit.ticks // 1000
        key, state = str(who), states.get(who)
        if is_charged:
            states[who] = counting.take(limit, state, now, cost)
            store.charge([Hit(key, limit, cost)])
            continue
        wait = counting.wait(limit, state, now, cost)
        if not wait:
            states[who] = counting.take(limit, state, now, cost)
        after, reset = counting.left(limit, states.get(who), now)
        found, debt = store.counter(limit)(key, cost)

        assert found == wait
        assert -(-debt // limit.requests) == reset
        assert max(0, limit.burst * limit.ticks - debt) // limit.ticks == after


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2_500_000), st.booleans()), max_size=40)
)
def test_several_limits_at_once_decide_as_one_after_the_other(calls):
    """By all of them, or by none; also where more is charged than there is."""
    now = 1_800_000_000_000_000
    limits = [Limit("3/second"), Limit("9/minute; cost 2"), Limit("5/7 seconds; burst 2")]
    quick, long = [MemoryStore(clock=lambda: now / MICROSECONDS) for _ in range(2)]
    count = quick.joint_counter([(limit, "/ {}".format) for limit in limits])

    for who, gap, is_charged in calls:
        now += gap
        hits = [Hit(f"/ {who}", limit, limit.cost) for limit in limits]
        if is_charged:
            quick.charge(hits[1:])
            long.charge(hits[1:])
            continue
        verdicts = long.hit(hits)
        debts = count(str(who))

        assert (debts is not None) == all(verdict.allowed for verdict in verdicts)
        if debts is not None:
            found = [judge_debt(*each, 0) for each in zip(limits, debts, strict=True)]
            assert [(each.remaining, ceil(each.reset_after)) for each in found] == [
                (each.remaining, ceil(each.reset_after)) for each in verdicts
            ]
        looks = [hit._replace(cost=0) for hit in hits]
        assert quick.hit(looks) == long.hit(looks)


@pytest.mark.usefixtures("quick_switches")
def test_of_1600_from_8_threads_each_of_several_limits_counts_the_100_that_are_admitted(
    store_factory,
):
    store = store_factory()
    wide, tight = Limit("150/minute"), Limit("100/minute")
    count = store.joint_counter([(wide, str), (tight, str)])
    admitted = []
    barrier = threading.Barrier(8)

    def ask():
        barrier.wait()
        admitted.append(sum(count("me") is not None for _ in range(200)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(admitted) == 100
    left = store.hit([Hit("me", limit, 0) for limit in (wide, tight)])
    assert [verdict.remaining for verdict in left] == [50, 0]


def test_several_limits_at_once_let_go_of_those_that_are_asked_no_more(store_factory, clock):
    store = store_factory()
    count = store.joint_counter([(Limit("5/second"), str), (Limit("9/second"), str)])
    count("me")
    for each in range(1000):
        hit(store, str(each), Limit("5/minute"))
    clock.advance(3600)
    for _ in range(1000):
        count("me")

    assert len(store) <= 4


def test_who_is_refused_stays_refused_on_the_short_way(store_factory, clock):
    store, limit = store_factory(max_keys=256), Limit("1/minute")
    first = [f"first {each}" for each in range(100)]
    admitted = [who for who in first if not store.counter(limit)(who, 1)[0]]

    for each in range(2000):
        store.counter(limit)(f"new {each}", 1)

    assert len(admitted) > 50
    assert all(store.counter(limit)(who, 1)[0] for who in admitted)


def test_who_comes_new_owes_nothing_of_those_of_the_horizon_before(store_factory, clock):
    """There are some of them in every shard of the older generation."""
    store, limit = store_factory(), Limit("2/minute")
    count = store.counter(limit)
    count("turn", 1)
    clock.advance(50)
    before = [f"before {each}" for each in range(5000)]
    assert not any(count(who, 2)[0] for who in before)

    clock.advance(15)

    assert not any(count(f"new {each}", 2)[0] for each in range(100))
    assert all(count(who, 2)[0] > 0 for who in before)


def test_limits_too_large_for_arrays_go_the_short_way_too(store_factory):
    store, limit = store_factory(), Limit(requests=2**40, period=86_400)

    assert store.counter(limit)("me", 2**40)[0] == 0
    assert store.counter(limit)("me", 1)[0] > 0
    assert store.counter(limit)("you", 2**41)[0] == NEVER


def test_a_client_that_is_charged_and_reset_begins_anew(store_factory):
    store, limit = store_factory(), Limit("1/minute")
    store.charge([Hit("me", limit, 9)])
    store.reset([Hit("me", limit, 1), Hit("nobody", limit, 1)])

    assert store.counter(limit)("me", 1)[0] == 0
    store.reset([Hit("me", limit, 1)])
    assert store.counter(limit)("me", 1)[0] == 0


def test_while_one_owes_more_than_there_is_others_are_counted_as_ever(store_factory):
    store, limit = store_factory(), Limit("2/minute")
    store.charge([Hit("debtor", limit, 9)])
    count = store.counter(limit)

    assert [count("me", 1)[0] > 0 for _ in range(3)] == [False, False, True]
    assert count("debtor", 1)[0] > 0


def test_both_ways_are_one_count_from_the_first_moment_of_the_clock(store_factory, clock):
    store, limit = store_factory(), Limit("3/minute")
    clock.now = 0.0

    assert store.counter(limit)("me", 1)[0] == 0
    assert hit(store, "me", limit).remaining == 1
    assert store.counter(limit)("me", 2)[0] > 0


def test_of_more_clients_than_it_remembers_each_has_a_count_of_its_own(store_factory):
    store, limit = store_factory(), Limit("2/minute")
    count = store.counter(limit, "/ {}".format)
    clients = [str(each) for each in range(5000)]

    assert not any(count(who, 1)[0] for _ in range(2) for who in clients)
    assert all(count(who, 1)[0] > 0 for who in clients)
    assert not any(hit(store, f"/ {who}", limit).allowed for who in clients)


def test_the_clients_that_it_remembers_are_few_however_many_limits_there_are(store_factory):
    store = store_factory()
    for requests in range(1, 21):
        count = store.counter(Limit(requests=requests, period=60))
        for each in range(500):
            count(str(each), 1)

    assert sum(map(len, store._known)) <= 4096


@pytest.mark.parametrize(
    "limit", [Limit("5/second"), Limit(requests=2**40, period=86_400)], ids=str
)
def test_the_short_way_counts_by_the_name_of_who_asks(store_factory, limit):
    """Also where a limit is too large for arrays."""
    store = store_factory()
    count = store.counter(limit, lambda who: who.lower())

    count("ME", 1)
    count("me", 1)

    assert hit(store, "me", limit).remaining == limit.requests - 3


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_who_is_refused_stays_so_in_a_crowd_of_the_next_horizon(store_factory, clock, algorithm):
    store = store_factory(max_keys=2048)
    limit = Limit(requests=1, period=60, algorithm=algorithm)
    clock.now = 1_800_000_030.0
    hit(store, "turn", limit)
    clock.advance(29 if algorithm == "fixed-window" else 50)
    blocked = [f"blocked {each}" for each in range(40)]
    for who in blocked:
        assert hit(store, who, limit).allowed

    clock.advance(0.5 if algorithm == "fixed-window" else 15)
    for each in range(9000):
        hit(store, f"new {each}", limit)

    assert not any(hit(store, who, limit).allowed for who in blocked)


def test_limits_of_plans_leave_when_nothing_is_left(store_factory, clock):
    store = store_factory()
    for each in range(500):
        hit(store, "me", Limit(requests=each + 1, period=1))
        clock.advance(3)

    assert len(store._tables) < 10


def test_limits_that_are_asked_no_more_leave_too(store_factory, clock):
    store = store_factory()
    for each in range(1000):
        hit(store, str(each), Limit("5/minute"))
    clock.advance(3600)
    for _ in range(1000):
        hit(store, "me", Limit("5/second"))

    assert len(store) <= 2


def test_they_leave_too_where_others_go_the_short_way(store_factory, clock):
    store = store_factory()
    count = store.counter(Limit("5/second"))
    count("me", 1)
    for each in range(1000):
        hit(store, str(each), Limit("5/minute"))
    clock.advance(3600)
    for _ in range(1000):
        count("me", 1)

    assert len(store) <= 2


def test_to_forget_who_was_never_counted_forgets_nobody(store_factory):
    store, limit = store_factory(), Limit("1/minute")
    counted = [str(each) for each in range(5000)]
    for who in counted:
        assert hit(store, who, limit).allowed

    store.reset([Hit("nobody", limit, 1), Hit("0", Limit("2/minute"), 1)])

    assert len(store) == 5000
    assert not any(hit(store, who, limit).allowed for who in counted)
