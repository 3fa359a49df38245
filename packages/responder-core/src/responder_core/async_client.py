"""The async client: calls an app in process, on the event loop of the test, live.

What is streamed arrives as it is sent, so that a test can read an event, do something, and read
the next one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import httpx2
from anyio import (
    BrokenResourceError,
    ClosedResourceError,
    Event,
    create_memory_object_stream,
    create_task_group,
    current_effective_deadline,
    get_cancelled_exc_class,
)

from responder_core.async_websocket import LiveWebSocket
from responder_core.conversation import Conversation
from responder_core.problems import RAISE_EXCEPTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from types import TracebackType

    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from typing_extensions import Self

    from responder_core.types import ASGIApp, Message, Scope

_OUTSIDE = "open the client first: async with api.async_client() as client: ..."


class LiveTransport(httpx2.AsyncBaseTransport):
    """Sends requests to an ASGI app, within its lifespan.

    Args:
        app: the app.
        raise_exceptions: raise what no handler answers in the test; else it is a 500.
        peer: the address that requests come from.
    """

    def __init__(self, app: ASGIApp, *, raise_exceptions: bool, peer: tuple[str, int]) -> None:
        self._app = app
        self._raises = raise_exceptions
        self._peer = peer
        self._group: TaskGroup | None = None
        self._state: dict[str, Any] = {}
        self._lifespan = Conversation(app, self._state)
        self._calls: set[_Call] = set()

    async def __aenter__(self) -> Self:
        self._group = group = create_task_group()
        await group.__aenter__()
        try:
            group.start_soon(self._lifespan.run)
            await self._lifespan.started.wait()
        except BaseException as error:
            self._group = None
            group.cancel_scope.cancel()
            await group.__aexit__(type(error), error, error.__traceback__)
            raise  # pragma: no cover - the group has raised it
        if self._lifespan.failed:
            await self.aclose()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Leave the lifespan; what is still streamed ends, as its client is gone."""
        group, self._group = self._group, None
        if group is None:
            return
        for call in list(self._calls):
            await call.aclose()
        lifespan = self._lifespan
        lifespan.stop()
        try:
            await lifespan.ended.wait()
        finally:
            group.cancel_scope.cancel()
            await group.__aexit__(None, None, None)
        if lifespan.error is not None:
            raise lifespan.error
        if lifespan.told is not None:
            msg = f"the lifespan of the app failed: {lifespan.told}"
            raise RuntimeError(msg)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer of the app, as soon as it has begun.

        Raises:
            RuntimeError: the client is not open, or the app did not answer.
        """
        if self._group is None:
            raise RuntimeError(_OUTSIDE)
        call = _Call(self._app, request, raises=self._raises)
        scope = self._make_scope(request)
        self._calls.add(call)
        self._group.start_soon(self._run, call, scope)
        try:
            await call.begun.wait()
        except BaseException:
            await call.aclose()
            raise
        return call.response()

    def open_socket(self, request: httpx2.Request, subprotocols: Sequence[str]) -> LiveWebSocket:
        """A WebSocket that begins with a request.

        Raises:
            RuntimeError: the client is not open.
        """
        group = self._group
        if group is None:
            raise RuntimeError(_OUTSIDE)
        scope = self._make_scope(request)
        scope.update(
            type="websocket",
            scheme="wss" if scope["scheme"] == "https" else "ws",
            subprotocols=list(subprotocols),
            extensions={"websocket.http.response": {}},
        )
        del scope["method"]
        return LiveWebSocket(self._app, scope, group, raises=self._raises)

    async def _run(self, call: _Call, scope: Scope) -> None:
        try:
            await call.run(scope)
        finally:
            self._calls.discard(call)

    def _make_scope(self, request: httpx2.Request) -> Scope:
        raw = request.url.raw_path.partition(b"?")[0]
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": raw,
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": self._peer,
            "server": (request.url.host, request.url.port),
            "state": dict(self._state),
        }
        if self._raises:
            scope[RAISE_EXCEPTIONS] = True
        return scope


class _Call(httpx2.AsyncByteStream):
    """One request, and the body of its answer."""

    def __init__(self, app: ASGIApp, request: httpx2.Request, *, raises: bool) -> None:
        self.begun = Event()
        self._app = app
        self._raises = raises
        self._request = request
        self._pieces = aiter(_as_stream(request))
        self._sent = False
        self._gone = Event()
        self._start: Message | None = None
        self._failure: Exception | None = None
        # Without room: what the app sends waits until the test reads it.
        streams = create_memory_object_stream[bytes](0)
        self._into: MemoryObjectSendStream[bytes] = streams[0]
        self._from: MemoryObjectReceiveStream[bytes] = streams[1]

    async def run(self, scope: Scope) -> None:
        """Run the app for the request."""
        try:
            await self._app(scope, self._receive, self._send)
        except get_cancelled_exc_class():
            if current_effective_deadline() == -math.inf:
                raise
            # Not this client's doing: the app cancelled itself.
            self._failure = RuntimeError("the app was cancelled before it had answered")
        except Exception as error:  # noqa: BLE001 - raised where the answer is read
            self._failure = error
        finally:
            self._into.close()
            self.begun.set()

    def response(self) -> httpx2.Response:
        """The answer, whose body is read from here.

        Raises:
            Exception: what the app failed with before it answered.
        """
        if self._start is None:
            self._from.close()
            if self._failure is not None and self._raises:
                raise self._failure
            if self._failure is not None:
                return httpx2.Response(500, request=self._request)
            msg = (
                f"the app returned without an answer to {self._request.method} {self._request.url}"
            )
            raise RuntimeError(msg)
        return httpx2.Response(
            self._start["status"],
            headers=list(self._start.get("headers", ())),
            stream=self,
            request=self._request,
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._from:
            yield piece
        if self._failure is not None and self._raises:
            raise self._failure

    async def aclose(self) -> None:
        """Go away: the app is told that its client is gone."""
        self._gone.set()
        self._from.close()

    async def _receive(self) -> Message:
        if not self._sent:
            try:
                piece = await anext(self._pieces)
            except StopAsyncIteration:
                self._sent = True
                return {"type": "http.request", "body": b"", "more_body": False}
            return {"type": "http.request", "body": piece, "more_body": True}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            self.begun.set()
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            try:
                if body and self._request.method != "HEAD":
                    await self._into.send(body)
                if not message.get("more_body"):
                    self._into.close()
            except (BrokenResourceError, ClosedResourceError):
                # As servers say it since ASGI 2.4.
                msg = "the client is gone"
                raise OSError(msg) from None


async def _as_stream(request: httpx2.Request) -> AsyncIterator[bytes]:
    async for piece in request.stream:  # type: ignore[union-attr]
        yield piece


class LiveClient(httpx2.AsyncClient):
    """A client whose ``async with`` is the lifespan of the app; it opens WebSockets, too.

    Args:
        transport: what calls the app.
        options: the client's own settings.
    """

    def __init__(self, transport: LiveTransport, **options: Any) -> None:  # noqa: ANN401 - as above
        super().__init__(transport=transport, **options)
        self._live = transport

    async def __aenter__(self) -> Self:
        """Enter the lifespan; declared here, as checkers take what httpx2 says for anything."""
        await super().__aenter__()  # pyright: ignore[reportUnknownMemberType]
        return self

    def websocket_connect(
        self,
        url: str,
        subprotocols: Sequence[str] = (),
        **options: Any,  # noqa: ANN401 - of a request
    ) -> LiveWebSocket:
        """Open a WebSocket: ``async with client.websocket_connect("/ws") as socket: ...``.

        *options* are those of ``client.build_request()``: ``headers=``, ``params=``, ``cookies=``.
        """
        return self._live.open_socket(self.build_request("GET", url, **options), subprotocols)


def open_client(
    app: ASGIApp,
    base_url: str,
    *,
    raise_server_exceptions: bool = True,
    client: tuple[str, int] = ("testclient", 50000),
    **options: Any,  # noqa: ANN401 - the client's own settings
) -> LiveClient:
    """A client whose ``async with`` is the lifespan of the app."""
    transport = LiveTransport(app, raise_exceptions=raise_server_exceptions, peer=client)
    return LiveClient(transport, base_url=base_url, **options)
