"""Transfer: a body that is sent piece by piece (ASGI 3, HTTP message format 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import CancelScope, Lock, create_task_group, current_time, sleep
from anyio.lowlevel import checkpoint

from responder_core.errors import HTTPException
from responder_core.files import FileSource
from responder_core.http.events import KEEPALIVE
from responder_core.inbox import Inbox
from responder_core.streams import EventStream
from responder_core.threads import find_clock
from responder_core.types import RANGESEND

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from anyio.abc import TaskGroup, TaskStatus

    from responder_core.drain import Drain
    from responder_core.types import BodySource, Header, Message, Receive, Scope, Send

GRACE = 5.0
"""Seconds that a generator gets to end, once nobody wants what it yields."""

# A longer body is watched from here on, by its bytes or its pieces: uvicorn takes what is sent to
# a client that is gone without a word, and a file would be read to its end for nobody.
_UNWATCHED_BYTES = 4 * 1024 * 1024
_UNWATCHED_PIECES = 64

# After so many pieces others get a turn. Neither a generator nor what sends needs to wait for
# anything, and then nobody would ever learn that the client is gone, or of anything else.
_TURN = 16

_PATHSEND = "http.response.pathsend"


class Gone(Exception):  # noqa: N818 - no error
    """Raised when what is sent reaches nobody any more."""


class Transfer:
    """One answer on its way: the head goes with the first piece, unless it went before.

    Attributes:
        started: whether the head was sent; then no other answer can be given.
        send: what messages are sent by, for who looks out for OSError itself.
    """

    __slots__ = ("_start", "send", "started")

    def __init__(self, send: Send, start: Message) -> None:
        self.send: Send = send
        self._start = start
        self.started: bool = False

    async def start(self) -> None:
        """Send the head.

        Raises:
            Gone: the client went away.
        """
        self.started = True
        await self.put(self._start)

    async def write(self, piece: bytes) -> None:
        """Send a piece; one that is empty sends the head alone.

        Raises:
            Gone: the client went away.
        """
        if not self.started:
            await self.start()
        if piece:
            await self.put({"type": "http.response.body", "body": piece, "more_body": True})

    async def end(self) -> None:
        """Say that the body is complete.

        Raises:
            Gone: the client went away.
        """
        if not self.started:
            await self.start()
        await self.put({"type": "http.response.body", "body": b"", "more_body": False})

    async def put(self, message: Message) -> None:
        """Send a message; servers raise OSError for a client that went away (ASGI 2.4).

        Raises:
            Gone: the client went away.
        """
        try:
            await self.send(message)
        except OSError as error:
            raise Gone from error


async def send_stream(  # noqa: PLR0917 - those of ASGI and an answer
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    headers: list[Header],
    source: BodySource,
    *,
    head: bool = False,
    on_failure: Callable[[Exception], None],
    reroute: Callable[[Receive], None] | None = None,
) -> None:
    """Send an answer whose body comes from a source, and close the source, whatever happens.

    A piece is asked for when the one before was sent. When the client goes away, or the server
    drains, the source is closed; that is no failure. *head* sends the head alone.

    A source that waits is watched: *reroute* is told what the request has to receive from
    meanwhile, since the watcher may get a piece of the request's body that a generator reads.

    A failure before the head was sent is raised. Afterwards it is given to *on_failure*, and
    the body stays without its end, so that the client can tell it from a whole one: the server
    closes the connection, or resets the stream.
    """
    start: Message = {"type": "http.response.start", "status": status, "headers": headers}
    transfer = Transfer(send, start)
    failure: Exception | None = None
    try:
        extensions = scope.get("extensions") or ()
        if head or (source.path is not None and _PATHSEND in extensions):
            await _send_whole(transfer, source, head=head)
        elif isinstance(source, FileSource) and source.span and RANGESEND in extensions:
            await _send_span(transfer, source, *source.span)
        else:
            pieces = source.__aiter__() if source.waits else await _send_steadily(transfer, source)
            if pieces is not None:
                failure = await Watch(transfer, receive, source, reroute).run(pieces)
    except Gone:
        return
    except Exception as exc:  # noqa: BLE001 - whatever the source raised
        failure = exc
    if failure is not None:
        if not transfer.started:
            raise failure
        on_failure(failure)


async def _send_whole(transfer: Transfer, source: BodySource, *, head: bool) -> None:
    """Send the head alone, or let the server send the file that the source is."""
    try:
        await transfer.start()
        if head:
            await transfer.put({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await transfer.put({"type": _PATHSEND, "path": source.path})
    finally:
        with CancelScope(shield=True):
            await source.aclose()


async def _send_span(
    transfer: Transfer, source: BodySource, path: str, start: int, stop: int
) -> None:
    """Let the server send the part of a file that the source is."""
    try:
        await transfer.start()
        await transfer.put({"type": RANGESEND, "path": path, "start": start, "stop": stop})
    finally:
        with CancelScope(shield=True):
            await source.aclose()


async def _send_steadily(transfer: Transfer, source: BodySource) -> AsyncIterator[bytes] | None:
    """Send a source that waits for the disk at most; what is left of a long one."""
    pieces = source.__aiter__()
    rest: AsyncIterator[bytes] | None = None
    sent = count = 0
    try:
        if source.prompt:
            await transfer.start()
            # Servers write at the end of a turn of the loop: let the head go before the disk is
            # waited for.
            await checkpoint()
        async for piece in pieces:
            await transfer.write(piece)
            sent += len(piece)
            count += 1
            if sent >= _UNWATCHED_BYTES or count >= _UNWATCHED_PIECES:
                rest = pieces
                break
        else:
            await transfer.end()
    finally:
        if rest is None:
            with CancelScope(shield=True):
                await _close(pieces, source)
    return rest


async def _close(pieces: AsyncIterator[bytes], source: BodySource) -> None:
    """Close a source, and before it the generator that iterates over it, where that is another."""
    try:
        close: Callable[[], Awaitable[object]] | None = getattr(pieces, "aclose", None)
        if close is not None:
            await close()
    finally:
        await source.aclose()


class Watch:
    """A transfer of a source that may wait long for its next piece.

    Meanwhile someone listens whether the client is still there, event streams get their
    heartbeat, and end when the server drains.

    The generator is ended in one of two ways. Where it stands at a ``yield`` it is closed.
    Where it waits itself, that is cancelled: once, and behind a shield from then on, so that
    its ``finally`` blocks may await something, for ``GRACE`` seconds. No scope is entered or left
    between two pieces, since a generator may hold scopes of its own open across a ``yield``.
    """

    __slots__ = (
        "_asking",
        "_beating",
        "_busy",
        "_clock",
        "_failure",
        "_gone",
        "_group",
        "_inbox",
        "_last",
        "_lock",
        "_scope",
        "_source",
        "_stopped",
        "_transfer",
    )

    def __init__(
        self,
        transfer: Transfer,
        receive: Receive,
        source: BodySource,
        reroute: Callable[[Receive], None] | None,
    ) -> None:
        self._transfer = transfer
        self._source = source
        self._inbox = Inbox(receive)
        if reroute is not None:
            reroute(self._inbox.receive)
        # Of the heartbeat: its clock, when something was sent last, whether a piece is on its way,
        # and whether it is itself, who holds the lock then.
        self._clock: Callable[[], float] | None = None
        self._last = 0.0
        self._busy = self._beating = False
        self._lock: Lock | None = None
        self._asking = False
        self._stopped = False
        self._gone = False
        self._failure: Exception | None = None

    async def run(self, pieces: AsyncIterator[bytes]) -> Exception | None:
        """Send the pieces and the end, and close the source; what failed, if something did.

        Raises:
            Gone: the client went away before the end.
        """
        async with create_task_group() as group:
            self._group: TaskGroup = group
            # What is there already is sent before anybody listens.
            await group.start(self._work, pieces)
            await self._listen()
        if not self._gone and self._failure is None:
            await self._transfer.end()
        return self._failure

    async def _work(self, pieces: AsyncIterator[bytes], *, task_status: TaskStatus[None]) -> None:
        """Send the pieces, and close the source.

        It is a task of its own, since one that waits is resumed through every coroutine that awaits
        it: what serves the request stands outside.
        """
        task_status.started()
        source = self._source
        with CancelScope() as self._scope:
            try:
                if source.prompt and not self._transfer.started:
                    await self._transfer.start()
                if isinstance(source, EventStream):
                    self._attend(source)
                await self._relay(pieces)
            except Gone:
                self._gone = True
            except Exception as exc:  # noqa: BLE001 - whatever the generator raised
                self._fail(exc)
            finally:
                self._begin_grace()
                try:
                    await _close(pieces, source)
                except Exception as exc:  # noqa: BLE001 - whatever its finally blocks raised
                    self._fail(exc)
        self._group.cancel_scope.cancel()

    async def _relay(self, pieces: AsyncIterator[bytes]) -> None:
        count = 0
        transfer, clock, source = self._transfer, self._clock, self._source
        send, get, frame = transfer.send, pieces.__anext__, None
        if isinstance(source, EventStream) and source.is_plain:
            # As the source does, a coroutine less for each event.
            get, frame = source.items.__anext__, source.frame
        while not self._stopped:
            self._asking = True
            try:
                piece = await get()
            except StopAsyncIteration:
                return
            self._asking = False
            if frame is not None:
                piece = frame(piece)
            if self._beating and self._lock is not None:
                async with self._lock:
                    pass  # The piece goes after the heartbeat.
            if not self._gone:
                self._busy = True
                if transfer.started and piece:
                    # As Transfer.write(), without two coroutines for each piece.
                    try:
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                    except OSError as error:
                        raise Gone from error
                else:
                    await transfer.write(piece)
                self._busy = False
                if clock is not None:
                    self._last = clock()
            count += 1
            if count % _TURN == 0:
                await checkpoint()

    def _attend(self, source: EventStream) -> None:
        """Let an event stream have its heartbeat, and end with the server."""
        self._group.start_soon(self._follow, source.drain)
        if source.heartbeat is not None:
            self._clock = clock = find_clock()
            self._last = clock()
            self._lock = lock = Lock(fast_acquire=True)
            self._group.start_soon(self._beat, source, source.heartbeat, clock, lock)

    async def _beat(
        self, source: EventStream, heartbeat: float, clock: Callable[[], float], lock: Lock
    ) -> None:
        """Send a comment whenever nothing was sent for so many seconds."""
        try:
            while True:
                await sleep(max(0.0, self._last + heartbeat - clock()))
                if self._last + heartbeat > clock():
                    continue
                if source.between and not self._busy:
                    self._beating = True
                    async with lock:
                        await self._transfer.write(KEEPALIVE)
                    self._beating = False
                self._last = clock()
        except Gone:
            self._leave()
        except Exception as exc:  # noqa: BLE001 - the server's
            self._fail(exc)
            self._stop()

    async def _follow(self, drain: Drain) -> None:
        """End the body when the server is about to stop."""
        await drain.wait()
        self._stop()

    async def _listen(self) -> None:
        """Wait until the client is gone."""
        try:
            await self._inbox.listen()
        except OSError:
            self._leave()
        except Exception as exc:  # noqa: BLE001 - the server's
            self._fail(exc)
            self._stop()
        else:
            self._leave()

    def _leave(self) -> None:
        self._gone = True
        self._stop()

    def _stop(self) -> None:
        """End the generator: where it waits now, or where it yields, once its piece is sent."""
        self._stopped = True
        if self._asking:
            self._group.cancel_scope.cancel()
            self._begin_grace()

    def _begin_grace(self) -> None:
        self._scope.shield = True
        self._scope.deadline = current_time() + GRACE

    def _fail(self, exc: Exception) -> None:
        # A generator that read the request's body was told there that the client is gone.
        if self._failure is None and not (self._inbox.gone and isinstance(exc, HTTPException)):
            self._failure = exc
