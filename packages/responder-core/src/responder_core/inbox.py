"""Inbox: the messages of a client, shared between those that wait for them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from anyio import Event, Lock

if TYPE_CHECKING:
    from responder_core.types import Message, Receive

# How many bytes of a request that nobody reads are kept for a generator that may yet do so.
_HOLD = 256 * 1024
# What a message costs beside its bytes: a client could send single ones.
_OVERHEAD = 512


class Inbox:
    """The messages of a client, for two readers: one of its body, one that awaits its end.

    What the listener gets of the body too early is kept for the reader, up to 256 KiB. A
    reader that has begun is waited for then; without one the rest of the body is dropped, since a
    client could hide behind a long body that it has gone. A *patient* inbox drops nothing, and
    stops listening instead.

    Attributes:
        gone: whether the client is known to be gone.
    """

    __slots__ = (
        "_dropped",
        "_held",
        "_is_patient",
        "_lock",
        "_read",
        "_receive",
        "_room",
        "_size",
        "gone",
    )

    def __init__(self, receive: Receive, *, is_patient: bool = False) -> None:
        self._receive = receive
        self._is_patient = is_patient
        self._lock = Lock(fast_acquire=True)
        self._held: deque[Message] = deque()
        self._size = 0
        self._room: Event | None = None
        self._read = False
        self._dropped = False
        self.gone: bool = False

    async def receive(self) -> Message:
        """The next message, for the reader of the body.

        Raises:
            RuntimeError: the body was dropped.
        """
        self._read = True
        if not self._held:
            async with self._lock:
                if not self._held:
                    if self._dropped:
                        msg = "the body was not read while it came; read it before the first yield"
                        raise RuntimeError(msg)
                    return self._seen(await self._receive())
        message = self._held.popleft()
        self._size -= _size_of(message)
        if self._room is not None and self._size <= _HOLD:
            self._room.set()
        return message

    async def listen(self) -> None:
        """Wait until the client is gone."""
        while not self.gone:
            async with self._lock:
                message = self._seen(await self._receive())
                size = _size_of(message)
                waits = self._read or self._is_patient
                if self._dropped or (self._size + size > _HOLD and not waits):
                    self._dropped = True
                    self._held.clear()
                    continue
                self._held.append(message)
                self._size += size
            if self._size > _HOLD:
                self._room = Event()
                await self._room.wait()

    def _seen(self, message: Message) -> Message:
        self.gone = message["type"] == "http.disconnect"
        return message


def _size_of(message: Message) -> int:
    return len(message.get("body", b"")) + _OVERHEAD
