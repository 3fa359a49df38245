"""Compressed sources: a body that is sent piece by piece, compressed on its way."""

from __future__ import annotations

import gzip
import os

import anyio
import pytest

from responder_core.compressed import CompressedSource


class Pieces:
    """A source of these pieces, which knows whether it was closed."""

    path = "/somewhere"

    def __init__(self, *pieces, prompt=False, waits=False):
        self.pieces = pieces
        self.prompt = prompt
        self.waits = waits
        self.closed = 0

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece

    async def aclose(self):
        self.closed += 1


def collect(source, backend):
    async def main():
        return [piece async for piece in source]

    return anyio.run(main, backend=backend)


@pytest.mark.parametrize(
    "pieces",
    [(), (b"",), (b"tea",), (b"tea", b"", b"biscuits"), (os.urandom(100_000), b"end")],
    ids=["none", "empty", "one", "some", "long"],
)
def test_the_pieces_come_back(pieces, backend):
    sent = collect(CompressedSource(Pieces(*pieces), "gzip"), backend)

    assert gzip.decompress(b"".join(sent)) == b"".join(pieces)
    assert all(sent)


def test_it_is_no_file_any_more():
    """The server cannot send by itself what is made on the way."""
    assert CompressedSource(Pieces(), "gzip").path is None


@pytest.mark.parametrize("prompt", [True, False])
@pytest.mark.parametrize("waits", [True, False])
def test_it_waits_as_what_it_compresses_does(prompt, waits):
    source = CompressedSource(Pieces(prompt=prompt, waits=waits), "gzip")

    assert (source.prompt, source.waits) == (prompt, waits)


def test_closing_it_closes_what_it_compresses():
    pieces = Pieces(b"tea")
    anyio.run(CompressedSource(pieces, "gzip").aclose)

    assert pieces.closed == 1
