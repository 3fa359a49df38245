"""Drain: who waits for the server to stop, and learns of it."""

from __future__ import annotations

import anyio

from responder_core import API
from responder_core.drain import Drain


def test_all_that_wait_learn_of_the_start(run):
    drain = Drain()
    log = []

    async def wait(number):
        await drain.wait()
        log.append(number)

    async def main():
        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(wait, number)
            await anyio.wait_all_tasks_blocked()
            assert log == []
            drain.start()

    run(main)

    assert sorted(log) == [0, 1, 2]


def test_who_comes_later_does_not_wait(run):
    drain = Drain()
    drain.start()

    run(drain.wait)

    assert drain.is_set()


def test_who_gave_up_is_forgotten(run):
    drain = Drain()

    async def main():
        with anyio.CancelScope() as scope:
            scope.cancel()
            await drain.wait()

    run(main)
    drain.start()

    assert drain._waiting == set()


def test_every_api_has_its_own():
    one, other = API(), API()

    one.drain.start()

    assert (one.drain.is_set(), other.drain.is_set()) == (True, False)
