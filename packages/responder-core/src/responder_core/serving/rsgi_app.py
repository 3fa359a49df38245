"""An app as granian serves it by RSGI: it drains before its worker stops."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from responder_core.serving.shutdown import drain_at_sigterm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from responder_core.api import API
    from responder_core.rsgi_channel import HTTPProtocol, StreamTransport, TextField
    from responder_core.rsgi_scope import RawScope

_CLOSE: TextField = ("connection", "close")


class RSGIApp:
    """An API behind RSGI that drains for a moment when its worker is told to stop."""

    def __init__(self, api: API) -> None:
        self._api = api
        self._serve = api.rsgi_door.serve
        self._drain = api.drain
        self._running = 0
        self._idle: asyncio.Event | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start; the worker ends where that fails."""
        loop.run_until_complete(self._hear(loop))
        self._api.__rsgi_init__(loop)

    async def _hear(self, loop: asyncio.AbstractEventLoop) -> None:
        # uvloop takes no handler away while it does not run, and would call granian's, too.
        drain_at_sigterm(self._drain, loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stop, once what runs after answers has ended."""
        loop.run_until_complete(self._wait())
        self._api.__rsgi_del__(loop)

    async def _wait(self) -> None:
        # Granian has what it sends, and does not wait for what comes after.
        while self._running:
            self._idle = asyncio.Event()
            await self._idle.wait()

    async def __rsgi__(self, scope: RawScope, protocol: Any) -> None:  # noqa: ANN401 - of two kinds
        """Serve one connection."""
        self._running += 1
        try:
            if self._drain.is_set() and scope.proto == "http" and scope.http_version[:1] == "1":
                protocol = ClosingProtocol(protocol)
            await self._serve(scope, protocol)
        finally:
            self._running -= 1
            if self._idle is not None:
                self._idle.set()


class ClosingProtocol:
    """A request whose answer ends the connection (RFC 9112 §9.6)."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: HTTPProtocol) -> None:
        self._protocol = protocol

    async def __call__(self) -> bytes:
        """The whole body."""
        return await self._protocol()

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body piece by piece."""
        return self._protocol.__aiter__()

    async def client_disconnect(self) -> None:
        """Wait until the client is gone."""
        await self._protocol.client_disconnect()

    def response_bytes(self, status: int, headers: list[TextField], body: bytes) -> None:
        """Answer with a body."""
        self._protocol.response_bytes(status, [*headers, _CLOSE], body)

    def response_file(self, status: int, headers: list[TextField], file: str) -> None:
        """Answer with a file."""
        self._protocol.response_file(status, [*headers, _CLOSE], file)

    def response_file_range(
        self, status: int, headers: list[TextField], file: str, start: int, end: int
    ) -> None:
        """Answer with the bytes of a file from *start* up to *end*."""
        self._protocol.response_file_range(status, [*headers, _CLOSE], file, start, end)

    def response_stream(self, status: int, headers: list[TextField]) -> StreamTransport:
        """Answer piece by piece."""
        return self._protocol.response_stream(status, [*headers, _CLOSE])
