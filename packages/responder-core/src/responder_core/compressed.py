"""Compressed sources: a body that is sent piece by piece, compressed on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.compression import Compressor
from responder_core.threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from responder_core.types import BodySource

# From so many bytes on, a piece is compressed in a thread; below, the hop costs more.
_THREADED = 32 * 1024


class CompressedSource:
    """A source whose pieces are compressed; each can be read as soon as it is there."""

    __slots__ = ("_coding", "_source", "path", "prompt", "waits")

    def __init__(self, source: BodySource, coding: str) -> None:
        self._source = source
        self._coding = coding
        self.path: str | None = None
        self.prompt: bool = source.prompt
        self.waits: bool = source.waits

    async def __aiter__(self) -> AsyncIterator[bytes]:
        compressor = Compressor(self._coding)
        async for piece in self._source:
            if len(piece) > _THREADED:
                data = await run_in_thread(compressor.feed, piece)
            else:
                data = compressor.feed(piece)
            if data:
                yield data
        yield compressor.finish()

    async def aclose(self) -> None:
        """Release what the source holds."""
        await self._source.aclose()
