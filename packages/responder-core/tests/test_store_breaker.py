"""The breaker: when what has failed is asked again."""

import pytest

from responder_core.stores.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(failures=2, pause=5, clock=clock)


def test_after_failures_in_a_row_nothing_is_asked_for_a_while(breaker, clock):
    assert breaker.allows()
    assert not breaker.fail()
    assert (breaker.count, breaker.allows()) == (1, True)
    assert breaker.fail()  # From here on.

    assert not breaker.allows()
    clock.now = 4.9
    assert not breaker.allows()


def test_a_success_between_them_begins_anew(breaker):
    breaker.fail()
    assert not breaker.succeed()
    breaker.fail()

    assert breaker.allows()


def test_then_one_decides_for_all(breaker, clock):
    breaker.fail()
    breaker.fail()
    clock.now = 5.0

    assert [breaker.allows(), breaker.allows()] == [True, False]
    assert breaker.succeed()
    assert [breaker.allows(), breaker.allows()] == [True, True]


def test_one_that_fails_again_lets_all_wait(breaker, clock):
    breaker.fail()
    breaker.fail()
    clock.now = 5.0
    assert breaker.allows()
    assert not breaker.fail()  # It was open before.

    clock.now = 9.9
    assert not breaker.allows()
    clock.now = 10.0
    assert breaker.allows()
