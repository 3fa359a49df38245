"""Turns: who waits for a key that somebody has, on whatever event loop."""

import anyio
import pytest

from responder_core.turns import Turns


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def take(turns):
    """Have the key for a moment, and note who had it."""

    async def take(name, order):
        async with turns.take("key"):
            order.append(name)

    return take


def test_who_gives_up_lets_the_others_have_theirs(run, turns, take):
    order = []

    async def main():
        async def give_up(scope):
            with scope:
                await take("impatient", order)

        scope = anyio.CancelScope()
        async with anyio.create_task_group() as group, turns.take("key"):
            group.start_soon(give_up, scope)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(take, "patient", order)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
            await anyio.wait_all_tasks_blocked()
        await take("later", order)

    run(main)

    assert order == ["patient", "later"]


def test_a_turn_that_comes_as_it_is_given_up_is_passed_on(run, turns, take):
    order = []

    async def main():
        async with anyio.create_task_group() as group:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as first:
                    async with turns.take("key"):
                        first.start_soon(take, "gone", order)
                        await anyio.wait_all_tasks_blocked()
                        group.start_soon(take, "next", order)
                        await anyio.wait_all_tasks_blocked()
                    scope.cancel()
        await take("later", order)

    run(main)

    assert order == ["next", "later"]


def test_keys_do_not_wait_for_each_other(run, turns, take):
    order = []

    async def main():
        async with turns.take("other"):
            await take("first", order)

    run(main)

    assert order == ["first"]


def test_an_event_loop_that_has_ended_is_passed_over(run, turns, take, monkeypatch):
    order, wakers = [], []

    def find_ended():
        # As that of asyncio is, once its loop is closed.
        def wake(_function):
            wakers.append(wake)
            raise RuntimeError

        return wake

    async def main():
        async with anyio.create_task_group() as group:
            async with turns.take("key"):
                with monkeypatch.context() as patch:
                    patch.setattr("responder_core.turns.find_waker", find_ended)
                    group.start_soon(take, "gone", order)
                    await anyio.wait_all_tasks_blocked()
                group.start_soon(take, "next", order)
                await anyio.wait_all_tasks_blocked()
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

    run(main)

    assert order == ["next"]
    assert len(wakers) == 1
