"""Streams: bodies that a program makes while they are sent."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import replace
from os import urandom
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from responder_core.http.events import SSE, as_event, encode_event
from responder_core.items import call_generator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from typing_extensions import Self

    from responder_core.drain import Drain
    from responder_core.items import Items
    from responder_core.request import Request

MIB = 1024 * 1024

# What may be followed by a comment: the end of an event (WHATWG HTML §9.2.5).
_EVENT_ENDS = (b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r\n")


class Stream:
    """The bytes that a generator yields: a ``BodySource``, what ``resp.stream()`` sends.

    *function* is a generator function, sync or async, or what one returns: an iterator, an
    iterable or an asynchronous one. It yields bytes, or str, which is sent as UTF-8. A sync
    one runs in worker threads, an async one in a task of its own, from its beginning to its end,
    in the context of the view.

    It is closed when the body is over or nobody wants it any more, so its ``finally`` blocks
    run. An async one that waits for something then is cancelled there, once; it has 5 seconds
    for what it awaits in ``finally``. A sync one that blocks is waited for.

    Raises:
        TypeError: there is nothing to iterate over, or the function takes other arguments.
    """

    __slots__ = ("_items", "path", "prompt", "waits")

    def __init__(
        self, function: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> None:
        self._items = call_generator("resp.stream()", function, args, kwargs)
        self.path: str | None = None
        self.prompt: bool = False
        self.waits: bool = self._items.waits

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        piece: object = await self._items.__anext__()
        if isinstance(piece, bytes):
            return piece
        if isinstance(piece, str):
            return piece.encode("utf-8")
        if isinstance(piece, (bytearray, memoryview)):
            return bytes(cast("bytearray", piece))
        msg = f"a stream yields bytes or str, not {type(piece).__qualname__}"
        raise TypeError(msg)

    async def aclose(self) -> None:
        """End the generator."""
        await self._items.aclose()


class EventStream:
    """The events that a generator yields: a ``BodySource``, what ``resp.sse()`` sends.

    *function* is as that of ``Stream``; it yields what ``encode_event()`` takes. The stream
    ends when the generator does, or when the server is about to stop: then the client
    connects again, to another server.

    Args:
        req: the request, for its ``Last-Event-ID`` and its app's JSON and ``drain``.
        heartbeat: after so many seconds without an event, a comment is sent, so that proxies
            keep the connection and a client that is gone is noticed.
        replay: what the client missed while it was away is sent first.
        convert: applied to what the generator yields.

    Raises:
        TypeError: as ``Stream``; or *replay* is no ``ReplayBuffer``.
        ValueError: the heartbeat is no positive number.
    """

    __slots__ = (
        "_convert",
        "_encode_json",
        "_last_id",
        "_missed",
        "_replay",
        "between",
        "drain",
        "heartbeat",
        "items",
        "path",
        "prompt",
        "waits",
    )

    def __init__(
        self,
        function: object,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        req: Request,
        heartbeat: float | None = None,
        replay: ReplayBuffer | None = None,
        convert: Callable[[Any], Any] | None = None,
    ) -> None:
        self.heartbeat: float | None = check_heartbeat(heartbeat)
        check_replay(replay)
        self.items: Items = call_generator("resp.sse()", function, args, kwargs)
        self._convert = convert
        self._encode_json = json_encoder(req)
        self._replay = replay
        self._last_id = req.last_event_id
        self._missed = deque(replay.missed(self._last_id) if replay is not None else ())
        self.between: bool = True
        self.drain: Drain = req.api.drain
        self.path: str | None = None
        self.prompt: bool = True
        self.waits: bool = True

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._missed:
            item = await self.items.__anext__()
            if self._convert is not None:
                item = self._convert(item)
            if self._replay is None or not self._catch_up(self._replay, item):
                return self._frame(item)
        self._last_id, block = self._missed.popleft()
        return block

    @property
    def is_plain(self) -> bool:
        """Whether each of *items* is sent when it comes, and needs no more than ``frame()``."""
        return self._replay is None

    def frame(self, item: Any) -> bytes:  # noqa: ANN401 - whatever the generator yields
        """What was yielded as it stands in the stream."""
        return self._frame(item if self._convert is None else self._convert(item))

    def _frame(self, item: object) -> bytes:
        block = encode_event(item, self._encode_json)
        # Only bytes of the program's own may end otherwise.
        self.between = not isinstance(item, bytes) or block.endswith(_EVENT_ENDS)
        return block

    def _catch_up(self, replay: ReplayBuffer, item: object) -> bool:
        """Put an event that the buffer has in its place among those; whether it has it.

        Those that came between the last one sent and this one are sent first, and what was
        sent already is not sent again: so nothing is lost or doubled where the replay ends and
        the generator begins.
        """
        event = as_event(item)
        if event is None or event.id is None or not replay.has(event.id):
            return False
        missed = replay.missed(self._last_id, until=event.id) if self._last_id else None
        if missed is None:
            self._last_id = event.id
            return False
        self._missed.extend(missed)
        return True

    async def aclose(self) -> None:
        """End the generator."""
        self._missed.clear()
        await self.items.aclose()


class ReplayBuffer:
    """The latest events, for clients that were away: one for all clients of a stream.

    ::

        recent = ReplayBuffer(100)


        def publish(price):
            event = recent.append({"event": "price", "data": price})
            for queue in queues:
                queue.put_nowait(event)


        @api.get("/prices")
        async def prices(req, resp):
            resp.sse(follow_queue, replay=recent)

    A client that connects again with a ``Last-Event-ID`` gets what it missed, then what the
    generator yields. An id that the buffer has not, as after a restart, gets all it has.

    It can be used from any thread.

    Args:
        size: how many events it keeps.
        max_bytes: how many bytes they have together; a longer event is not kept.
        encode: JSON for data that is no str.

    Raises:
        ValueError: a size that keeps nothing.
    """

    __slots__ = ("_count", "_encode", "_kept", "_lock", "_prefix", "_room", "_size")

    def __init__(
        self,
        size: int = 100,
        *,
        max_bytes: int = MIB,
        encode: Callable[[Any], bytes] | None = None,
    ) -> None:
        if size < 1 or max_bytes < 1:
            msg = f"ReplayBuffer({size!r}, max_bytes={max_bytes!r}) keeps nothing; both are above 0"
            raise ValueError(msg)
        self._encode = encode or json_encoder()
        self._size = size
        self._room = max_bytes
        self._kept: OrderedDict[str, tuple[SSE[Any], bytes]] = OrderedDict()
        self._lock = Lock()
        # So that an id of another process or of an earlier run is never taken for one of ours.
        self._prefix = urandom(4).hex()
        self._count = 0

    def __len__(self) -> int:
        return len(self._kept)

    def append(self, event: object) -> SSE[Any]:
        """Keep an event, as ``yield`` takes it; the same event, with an id if it had none.

        Raises:
            ValueError, TypeError: as ``encode_event()``; or the id is kept already.
        """
        found = as_event(event)
        if found is None:
            found = SSE(data=event)
        with self._lock:
            if found.id is None:
                self._count += 1
                found = replace(found, id=f"{self._prefix}-{self._count}")
            if found.id in self._kept:
                msg = f"an event with the id {found.id!r} is kept already"
                raise ValueError(msg)
            block = encode_event(found, self._encode)
            self._kept[str(found.id)] = found, block
            self._room -= len(block)
            while len(self._kept) > self._size or self._room < 0:
                _, (_, oldest) = self._kept.popitem(last=False)
                self._room += len(oldest)
        return found

    def since(self, last_event_id: str | None) -> list[SSE[Any]]:
        """The events after one, the oldest first; all of them after one that is not kept.

        None after ``None`` or ``""``: such a client was never here.
        """
        with self._lock:
            return [self._kept[name][0] for name, _ in self._after(last_event_id)]

    def has(self, event_id: str) -> bool:
        """Whether an event is kept."""
        return event_id in self._kept

    def missed(
        self, last_event_id: str | None, *, until: str | None = None
    ) -> list[tuple[str, bytes]]:
        """As ``since()``, with ids and as bytes; none after *until*, when that is among them."""
        with self._lock:
            found = self._after(last_event_id)
        if until is not None:
            ids = [name for name, _ in found]
            del found[ids.index(until) + 1 if until in ids else 0 :]
        return found

    def _after(self, last_event_id: str | None) -> list[tuple[str, bytes]]:
        found: list[tuple[str, bytes]] = []
        if not last_event_id:
            return found
        for name, (_, block) in reversed(self._kept.items()):
            if name == last_event_id:
                break
            found.append((name, block))
        found.reverse()
        return found


def json_encoder(req: Request | None = None) -> Callable[[Any], bytes]:
    """What writes JSON: that of the request's app, else the standard one."""
    own = req.api.formats.get("json") if req is not None else None
    if own is not None and own.encode is not None:
        return own.encode
    from responder_core.formats.json import encode

    return encode


def check_replay(replay: object) -> None:
    """Refuse what keeps no events.

    Raises:
        TypeError: it is neither a ReplayBuffer nor None.
    """
    if replay is not None and not isinstance(replay, ReplayBuffer):
        msg = f"replay= is a ReplayBuffer, one for all clients, not {replay!r}"
        raise TypeError(msg)


def check_heartbeat(heartbeat: object) -> float | None:
    """The seconds of a heartbeat, or None for no heartbeat.

    Raises:
        ValueError: it is no positive, finite number.
    """
    if heartbeat is None:
        return None
    if (
        isinstance(heartbeat, bool)
        or not isinstance(heartbeat, (int, float))
        or not 0 < heartbeat < math.inf
    ):
        msg = f"heartbeat= is a positive number of seconds, or None, not {heartbeat!r}"
        raise ValueError(msg)
    return float(heartbeat)
