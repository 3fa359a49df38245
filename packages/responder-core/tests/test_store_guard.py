"""The guard: what becomes of calls of a store that fails, hangs, and comes back."""

import logging

import anyio
import pytest

from responder_core.stores.breaker import Breaker
from responder_core.stores.guard import Guard

logger = logging.getLogger("responder.tests.guard")


class UnavailableError(Exception):
    pass


@pytest.fixture
def guard_factory():
    def make(**options):
        settings = {"timeout": 5.0, "breaker": Breaker(clock=lambda: 0.0), **options}
        return Guard("the tea store", logger, UnavailableError, **settings)

    return make


async def work():
    return "tea"


async def fail():
    raise LookupError("no tea")


def test_what_works_is_given(guard_factory, run):
    guard = guard_factory()

    assert run(lambda: guard.call(work)) == "tea"
    assert guard.call_now(lambda: "tea") == "tea"
    assert run(lambda: guard.wait(work())) == "tea"


@pytest.mark.parametrize("how", ["call", "call_now", "wait"])
def test_a_failure_is_the_cause_of_what_stands_for_it(guard_factory, run, how):
    guard = guard_factory()

    async def main():
        if how == "call":
            await guard.call(fail)
        elif how == "wait":
            await guard.wait(fail())
        else:
            guard.call_now(lambda: {}["tea"])

    with pytest.raises(UnavailableError) as raised:
        run(main)
    assert isinstance(raised.value.__cause__, LookupError)


@pytest.mark.parametrize("how", ["call", "call_now", "wait"])
def test_what_the_program_has_done_wrong_is_raised_as_it_is(guard_factory, run, how):
    guard = guard_factory()

    def mistake():
        return None + 1

    async def later():
        mistake()

    async def ask():
        if how == "call":
            await guard.call(later)
        elif how == "wait":
            await guard.wait(later())
        else:
            guard.call_now(mistake)

    async def main():
        for _ in range(5):
            with pytest.raises(TypeError):
                await ask()
        return await guard.call(work)

    assert run(main) == "tea"


def test_what_people_wait_for_says_nothing_of_requests(guard_factory, run, caplog):
    guard = guard_factory()

    async def main():
        for _ in range(5):
            with pytest.raises(UnavailableError):
                await guard.wait(fail())
        return await guard.call(work)

    assert run(main) == "tea"
    assert len(caplog.records) == 5


def test_what_hangs_ends_in_time(guard_factory, run):
    guard = guard_factory(timeout=0.001)

    with pytest.raises(UnavailableError) as raised:
        run(lambda: guard.call(anyio.sleep_forever))
    assert isinstance(raised.value.__cause__, TimeoutError)


def test_what_never_waits_is_not_timed(guard_factory, run):
    guard = guard_factory(timeout=1e-9, never_waits=True)

    async def slow():
        await anyio.sleep(0.001)
        return "tea"

    assert run(lambda: guard.call(slow)) == "tea"


def test_after_failures_it_is_not_asked_and_changes_are_logged(guard_factory, run, caplog):
    now = 0.0
    guard = guard_factory(breaker=Breaker(failures=3, clock=lambda: now))
    asked = []

    async def note():
        asked.append("once more")

    async def main():
        for function in (fail, fail, fail, note):
            with pytest.raises(UnavailableError):
                await guard.call(function)
        with pytest.raises(UnavailableError):
            guard.call_now(lambda: asked.append("now"))

    with caplog.at_level(logging.WARNING, logger.name):
        run(main)
        assert asked == []
        now = 1.0
        run(lambda: guard.call(note))

    assert asked == ["once more"]
    assert [record.getMessage() for record in caplog.records] == [
        "a call of the tea store failed: LookupError('no tea')",
        "the tea store does not answer: LookupError('no tea')",
        "the tea store answers again",
    ]


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_no_time_at_all_is_refused(guard_factory, timeout):
    with pytest.raises(ValueError, match="store_timeout= takes seconds above 0"):
        guard_factory(timeout=timeout)
