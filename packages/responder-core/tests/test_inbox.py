"""Inbox: the messages of a client, for the reader of its body and for who waits for its end."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from responder_core.inbox import Inbox

GONE = {"type": "http.disconnect"}


def part(data, *, more=True):
    return {"type": "http.request", "body": data, "more_body": more}


class Line:
    """What a server has for ``receive()``; counts what was taken."""

    def __init__(self, *messages):
        self.messages = list(messages)
        self.taken = 0

    async def receive(self):
        await anyio.lowlevel.checkpoint()
        if self.taken == len(self.messages):
            await anyio.sleep_forever()
        self.taken += 1
        return self.messages[self.taken - 1]


def test_the_listener_leaves_the_body_to_the_reader(run):
    messages = [part(b"a"), part(b"b", more=False), GONE]

    async def main():
        inbox = Inbox(Line(*messages).receive)
        await inbox.listen()
        return inbox.gone, [await inbox.receive() for _ in messages]

    assert run(main) == (True, messages)


def test_the_reader_gets_what_it_waits_for_while_someone_listens(run):
    messages = [part(b"%d" % number) for number in range(9)] + [part(b"", more=False)]

    async def main():
        inbox = Inbox(Line(*messages).receive)
        async with anyio.create_task_group() as group:
            group.start_soon(inbox.listen)
            found = [await inbox.receive() for _ in messages]
            group.cancel_scope.cancel()
        return found

    assert run(main) == messages


def test_the_reader_learns_that_the_client_is_gone_and_so_does_the_listener(run):
    async def main():
        inbox = Inbox(Line(GONE, GONE).receive)
        message = await inbox.receive()
        gone = inbox.gone
        await inbox.listen()
        return message, gone

    assert run(main) == (GONE, True)


def test_the_listener_waits_for_a_reader_that_has_begun(run):
    """So that a long body is never in memory as a whole."""
    big = part(bytes(100_000))
    line = Line(part(b"first"), *[big] * 50, GONE)

    async def main():
        inbox = Inbox(line.receive)
        await inbox.receive()
        async with anyio.create_task_group() as group:
            group.start_soon(inbox.listen)
            await anyio.wait_all_tasks_blocked()
            before = line.taken
            found = [await inbox.receive() for _ in range(51)]
        return before, found

    before, found = run(main)

    assert before < 6
    assert found == [*[big] * 50, GONE]


@pytest.mark.parametrize("size", [100_000, 1, 0], ids=["big", "bytes", "empty"])
def test_a_long_body_that_nobody_reads_is_dropped(run, size):
    """A client cannot hide behind it, nor fill the memory, whatever the size of its parts."""
    line = Line(*[part(bytes(size))] * 2000, GONE)

    async def main():
        inbox = Inbox(line.receive)
        await inbox.listen()
        held = len(inbox._held)
        with pytest.raises(RuntimeError, match="read it before the first yield"):
            await inbox.receive()
        return inbox.gone, held

    assert run(main) == (True, 0)
