"""Algorithms: each admits what it says, no more and no less, against a count of all that was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_ratelimit import Limit
from responder_ratelimit.algorithms import COUNTING, NEVER, judge, judge_debt
from responder_ratelimit.limits import MICROSECONDS

START = 1_700_000_000_000_000


def even(limit, admitted, now, cost):
    """Whether GCRA may admit: in no time does more come than the burst and what that pays off."""
    at, total = [*admitted, (now, cost)], 0
    for time, each in reversed(at):
        total += each
        if total * limit.ticks > limit.burst * limit.ticks + (now - time) * limit.requests:
            return False
    return True


def sliding(limit, admitted, now, cost):
    return sum(each for time, each in admitted if time > now - limit.ticks) + cost <= limit.requests


def fixed(limit, admitted, now, cost):
    window = now // limit.ticks
    counted = sum(each for time, each in admitted if time // limit.ticks == window)
    return counted + cost <= limit.requests


ORACLES = {
    "gcra": even,
    "token-bucket": even,
    "sliding-window": sliding,
    "fixed-window": fixed,
}


@st.composite
def limits(draw):
    algorithm = draw(st.sampled_from(sorted(ORACLES)))
    requests = draw(st.integers(1, 12))
    burst = None if "window" in algorithm else draw(st.none() | st.integers(1, 15))
    period = draw(st.sampled_from([0.000_007, 0.01, 1, 7, 60]))
    return Limit(requests=requests, period=period, burst=burst, algorithm=algorithm)


# How long after the one before, in thousandths of the period, and how much.
ARRIVALS = st.lists(st.tuples(st.integers(0, 1500), st.integers(1, 4)), max_size=60)


@given(limits(), ARRIVALS)
def test_what_is_admitted_is_what_may_be(limit, arrivals):
    counting, oracle = COUNTING[limit.algorithm], ORACLES[limit.algorithm]
    state, admitted, now = None, [], START

    for gap, cost in arrivals:
        now += gap * limit.ticks // 1000
        wait = counting.wait(limit, state, now, cost)
        assert (wait == 0) is oracle(limit, admitted, now, cost)
        if not wait:
            state = counting.take(limit, state, now, cost)
            admitted.append((now, cost))


@given(limits(), ARRIVALS, st.integers(1, 15))
def test_who_waits_as_long_as_is_said_is_admitted_and_not_before(limit, arrivals, cost):
    counting = COUNTING[limit.algorithm]
    state, now = None, START
    for gap, each in arrivals:
        now += gap * limit.ticks // 1000
        if not counting.wait(limit, state, now, each):
            state = counting.take(limit, state, now, each)

    wait = counting.wait(limit, state, now, cost)

    if wait == NEVER:
        assert cost > (limit.requests if "window" in limit.algorithm else limit.burst)
    else:
        if wait > 1:
            assert counting.wait(limit, state, now + wait - 1, cost) != 0
        assert counting.wait(limit, state, now + wait, cost) == 0


@given(limits(), ARRIVALS)
def test_what_is_left_is_what_would_be_admitted(limit, arrivals):
    counting = COUNTING[limit.algorithm]
    state, now = None, START
    for gap, each in arrivals:
        now += gap * limit.ticks // 1000
        if not counting.wait(limit, state, now, each):
            state = counting.take(limit, state, now, each)

    left, reset = counting.left(limit, state, now)

    assert left == 0 or counting.wait(limit, state, now, left) == 0
    assert counting.wait(limit, state, now, left + 1) != 0
    most = limit.requests if "window" in limit.algorithm else limit.burst
    assert counting.left(limit, state, now + reset) == (most, 0)


@given(limits(), st.lists(st.integers(1, 3), max_size=6), st.integers(0, 999))
def test_what_is_given_back_was_never_counted(limit, costs, gap):
    counting = COUNTING[limit.algorithm]
    state = None
    for cost in costs:
        state = counting.take(limit, state, START, cost)
    before = counting.left(limit, state, START)

    state = counting.take(limit, state, START, 2)
    state = counting.take(limit, state, START, -2)

    assert counting.left(limit, state, START) == before


@given(
    limits().filter(lambda limit: "window" in limit.algorithm),
    ARRIVALS.filter(bool),
    st.integers(0, 59),
)
def test_a_window_gives_back_as_if_it_never_came(limit, arrivals, chosen):
    counting = COUNTING[limit.algorithm]
    chosen %= len(arrivals)
    with_it = without_it = None
    now, at = START, START
    for index, (gap, cost) in enumerate(arrivals):
        now += gap * limit.ticks // 1000
        with_it = counting.take(limit, with_it, now, cost)
        if index == chosen:
            at = now
        else:
            without_it = counting.take(limit, without_it, now, cost)

    with_it = counting.back(limit, with_it, now, arrivals[chosen][1], at)

    assert counting.left(limit, with_it, now) == counting.left(limit, without_it, now)


@pytest.mark.parametrize("algorithm", sorted(ORACLES))
def test_what_costs_more_than_there_ever_is_waits_in_vain(algorithm):
    limit = Limit(requests=3, period=1, algorithm=algorithm)

    assert COUNTING[algorithm].wait(limit, None, START, 4) == NEVER


@pytest.mark.parametrize("algorithm", sorted(ORACLES))
def test_what_was_charged_beyond_the_limit_is_owed(algorithm):
    limit = Limit(requests=2, period=10, algorithm=algorithm)
    state = COUNTING[algorithm].take(limit, None, START, 5)

    assert COUNTING[algorithm].left(limit, state, START)[0] == 0
    assert COUNTING[algorithm].wait(limit, state, START, 1) > 0


@pytest.mark.parametrize("algorithm", sorted(ORACLES))
def test_who_was_away_for_long_gets_no_more_than_others(algorithm):
    limit = Limit(requests=2, period=10, algorithm=algorithm)
    counting = COUNTING[algorithm]
    now = START + 100 * limit.ticks

    state = counting.take(limit, None, START, 1)
    state = counting.take(limit, state, now, 2)

    assert counting.left(limit, state, now)[0] == 0
    assert counting.wait(limit, state, now, 1) > 0


def test_a_sliding_window_forgets_each_request_at_its_own_time():
    limit = Limit(requests=3, period=10, algorithm="sliding-window")
    counting = COUNTING["sliding-window"]
    state = None
    for second in (0, 3, 6):
        state = counting.take(limit, state, START + second * MICROSECONDS, 1)

    now = START + 6 * MICROSECONDS
    assert [counting.wait(limit, state, now, cost) for cost in (1, 2, 3)] == [
        4 * MICROSECONDS,
        7 * MICROSECONDS,
        10 * MICROSECONDS,
    ]
    assert [
        counting.left(limit, state, START + second * MICROSECONDS)[0] for second in (9, 10, 13)
    ] == [0, 1, 2]


@pytest.mark.parametrize("algorithm", sorted(ORACLES))
def test_of_the_shortest_period_nothing_is_left_once_it_is_taken(algorithm):
    limit = Limit(requests=1, period=0.000_001, algorithm=algorithm)
    state = COUNTING[algorithm].take(limit, None, START, 1)

    assert COUNTING[algorithm].left(limit, state, START) == (0, 1)


@pytest.mark.parametrize("algorithm", sorted(ORACLES))
def test_what_is_given_back_by_its_time_is_admitted_again(algorithm):
    limit = Limit(requests=3, period=10, algorithm=algorithm)
    counting = COUNTING[algorithm]
    state = counting.take(limit, None, START, 1)
    state = counting.take(limit, state, START + 1, 2)

    left = []
    for _ in range(2):
        state = counting.back(limit, state, START + 2, 1, START + 1)
        left.append(
            [cost for cost in (1, 2, 3) if not counting.wait(limit, state, START + 2, cost)]
        )

    assert left == [[1], [1, 2]]


@pytest.mark.parametrize("algorithm", sorted(ORACLES))
def test_no_more_is_given_back_than_was_counted(algorithm):
    limit = Limit(requests=2, period=10, algorithm=algorithm)
    state = COUNTING[algorithm].take(limit, None, START, 1)
    state = COUNTING[algorithm].take(limit, state, START, -2)

    assert COUNTING[algorithm].left(limit, state, START) == (2, 0)
    assert COUNTING[algorithm].wait(limit, state, START, 3) == NEVER


def test_a_sliding_window_has_nothing_of_what_costs_nothing():
    limit = Limit(requests=2, period=10, algorithm="sliding-window")
    state = COUNTING["sliding-window"].take(limit, None, START, 0)

    assert COUNTING["sliding-window"].left(limit, state, START) == (2, 0)


def test_a_fixed_window_that_was_counted_in_holds_for_a_clock_that_goes_back():
    limit = Limit(requests=2, period=10, algorithm="fixed-window")
    state = COUNTING["fixed-window"].take(limit, None, START, 2)

    assert COUNTING["fixed-window"].wait(limit, state, START - limit.ticks, 1) > 0


@pytest.mark.parametrize(
    ("debt", "wait", "verdict"),
    [
        (0, 0, (True, 4, 0, 0)),
        (2, 0, (True, 2, 1.0, 0)),
        (4, 500_000, (False, 0, 2.0, 0.5)),
        (1, NEVER, (False, 3, 0.5, float("inf"))),
    ],
)
def test_a_verdict_on_a_debt_is_that_on_its_state(debt, wait, verdict):
    limit = Limit("2/second; burst 4")
    debt *= limit.ticks

    assert judge_debt(limit, debt, wait)[1:5] == verdict
    assert judge(limit, START * limit.requests + debt, START, wait)[1:5] == verdict
