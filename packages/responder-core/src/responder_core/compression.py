"""Compression: the content codings that bodies are sent in (RFC 9110 §8.4.1).

gzip is always there; br and zstd where their library is.
"""

from __future__ import annotations

import sys
import zlib
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from responder_core.http.media_types import parse_media_type

if TYPE_CHECKING:
    from collections.abc import Callable

# Beyond these levels each per cent of length costs twice the time.
_GZIP_LEVEL = 5
_BROTLI_QUALITY = 4
_ZSTD_LEVEL = 3

# zlib: a window of 32 KiB, in gzip's frame; its header has no time and no name, so that equal
# bodies are equal when they are compressed.
_GZIP_WINDOW = 31

_TYPES = frozenset(
    {
        "application/graphql",
        "application/javascript",
        "application/json",
        "application/manifest+json",
        "application/problem+json",
        "application/problem+yaml",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/x-ndjson",
        "application/x-yaml",
        "application/xml",
        "application/yaml",
        "font/otf",
        "font/ttf",
        "image/bmp",
        "image/svg+xml",
        "image/x-icon",
    }
)
_SUFFIXES = ("+json", "+xml", "+yaml")


class _Coder(Protocol):
    """A coder of one body: a piece that can be read at once, a last piece, the end."""

    def feed(self, data: bytes, /) -> bytes: ...
    def close(self, data: bytes, /) -> bytes: ...


class _Gzip:
    __slots__ = ("_coder",)

    def __init__(self) -> None:
        self._coder = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)

    def feed(self, data: bytes) -> bytes:
        return self._coder.compress(data) + self._coder.flush(zlib.Z_SYNC_FLUSH)

    def close(self, data: bytes) -> bytes:
        return self._coder.compress(data) + self._coder.flush(zlib.Z_FINISH)


class _Brotli:
    __slots__ = ("_coder",)

    def __init__(self) -> None:
        self._coder: Any = _brotli().Compressor(quality=_BROTLI_QUALITY)

    def feed(self, data: bytes) -> bytes:
        piece: bytes = self._coder.process(data) + self._coder.flush()
        return piece

    def close(self, data: bytes) -> bytes:
        rest: bytes = self._coder.process(data) + self._coder.finish()
        return rest


class _Zstd:
    __slots__ = ("_coder",)

    def __init__(self) -> None:
        self._coder: Any = _zstd().ZstdCompressor(level=_ZSTD_LEVEL)

    def feed(self, data: bytes) -> bytes:
        piece: bytes = self._coder.compress(data, self._coder.FLUSH_BLOCK)
        return piece

    def close(self, data: bytes) -> bytes:
        # In one call: the frame then tells its length, and small bodies need small tables.
        rest: bytes = self._coder.compress(data, self._coder.FLUSH_FRAME)
        return rest


@lru_cache(maxsize=1)
def _brotli() -> Any:  # noqa: ANN401 - the library has no types
    return import_module("brotli")


# Remembered, as Python looks through every directory again for what is not there.
@lru_cache(maxsize=1)
def _zstd() -> Any:  # noqa: ANN401 - one of two modules
    # Before 3.14 a module of the name "compression" is the program's own: leave it alone.
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


_CODERS: dict[str, tuple[Callable[[], Any], type[_Coder]]] = {
    "zstd": (_zstd, _Zstd),
    "br": (_brotli, _Brotli),
    "gzip": (lambda: zlib, _Gzip),
}


@lru_cache(maxsize=1)
def available() -> tuple[str, ...]:
    """The codings whose library is installed, the best first: ``("zstd", "br", "gzip")``."""
    found: list[str] = []
    for coding, (load, _) in _CODERS.items():
        try:
            load()
        except ImportError:
            continue
        found.append(coding)
    return tuple(found)


class Compressor:
    """Compresses one body, piece by piece.

    What ``feed()`` gave can be read by the client at once: every piece is flushed.

    Raises:
        KeyError: there is no such coding.
        ImportError: its library is not installed.
    """

    __slots__ = ("_coder",)

    def __init__(self, coding: str) -> None:
        self._coder: _Coder | None = _CODERS[coding][1]()

    def feed(self, data: bytes) -> bytes:
        """A piece, compressed; nothing for an empty one."""
        if not data or self._coder is None:
            return b""
        return self._coder.feed(data)

    def finish(self) -> bytes:
        """What is left to be sent, once; the memory is released."""
        coder, self._coder = self._coder, None
        return b"" if coder is None else coder.close(b"")


def compress(data: bytes, coding: str) -> bytes:
    """A whole body in a coding: ``compress(b"tea", "gzip")``. Equal bodies stay equal."""
    return _CODERS[coding][1]().close(data)


@lru_cache(maxsize=256)
def is_compressible(media_type: str) -> bool:
    """Whether bodies of a media type gain by compression; parameters do not matter.

    Event streams are left alone: they are many small pieces, sent at once.
    """
    main, sub = parse_media_type(media_type)
    if main == "text":
        return sub != "event-stream"
    return f"{main}/{sub}" in _TYPES or sub.endswith(_SUFFIXES)
