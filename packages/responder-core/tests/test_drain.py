"""Drain: who waits for the server to stop, and learns of it."""

from __future__ import annotations

import threading

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


def test_it_is_told_on_every_event_loop(run):
    """An app may be served on several, each in a thread of its own."""
    drain, learned = Drain(), []
    waits = threading.Barrier(3)

    async def main():
        async def wait():
            await drain.wait()
            learned.append(threading.get_ident())

        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                group.start_soon(wait)
                await anyio.wait_all_tasks_blocked()
                waits.wait(30)

    loops = [threading.Thread(target=run, args=[main]) for _ in range(2)]
    for each in loops:
        each.start()
    waits.wait(30)
    drain.start()
    for each in loops:
        each.join()

    assert len(set(learned)) == 2


def test_an_event_loop_that_has_ended_keeps_nobody_from_learning():
    drain, learned = Drain(), []

    async def leave():
        waiting = drain.wait()
        waiting.send(None)
        kept.append(waiting)

    async def stay():
        async with anyio.create_task_group() as group:
            group.start_soon(drain.wait)
            await anyio.wait_all_tasks_blocked()
            drain.start()
        learned.append(1)

    kept = []
    anyio.run(leave)
    anyio.run(stay)

    assert learned == [1]
    kept.pop().close()


def test_every_api_has_its_own():
    one, other = API(), API()

    one.drain.start()

    assert (one.drain.is_set(), other.drain.is_set()) == (True, False)
