"""Compression: the content codings that bodies are sent in (RFC 9110 §8.4.1)."""

from __future__ import annotations

import gc
import gzip
import random
import sys
import zlib

import pytest

from responder_core import compression
from responder_core.compression import Compressor, available, compress, is_compressible

TEXT = b"Earl Grey, hot. " * 1000


def decompress(data, coding):
    if coding == "gzip":
        return gzip.decompress(data)
    if coding == "br":
        return compression._brotli().decompress(data)
    return compression._zstd().decompress(data)


def read_so_far(data, coding):
    """What a client can read of a body that has not ended."""
    if coding == "gzip":
        return zlib.decompressobj(31).decompress(data)
    if coding == "br":
        return compression._brotli().Decompressor().process(data)
    return compression._zstd().ZstdDecompressor().decompress(data)


@pytest.fixture(params=["zstd", "br", "gzip"])
def coding(request):
    if request.param not in available():
        pytest.skip(f"needs the library of {request.param}")
    return request.param


def test_gzip_is_always_there_and_comes_last():
    assert available()[-1] == "gzip"


@pytest.fixture
def load(monkeypatch):
    """Take the place of imports; gives what puts a loader there."""
    caches = (compression.available, compression._brotli, compression._zstd)

    def clear():
        for cache in caches:
            cache.cache_clear()

    def replace(loader):
        clear()
        monkeypatch.setattr(compression, "import_module", loader)

    yield replace
    clear()


def test_what_is_not_installed_is_not_offered(load):
    def missing(name):
        raise ImportError(name)

    load(missing)

    assert available() == ("gzip",)


@pytest.mark.parametrize(
    ("version", "module"), [((3, 13, 9), "backports.zstd"), ((3, 14, 0), "compression.zstd")]
)
def test_zstd_is_pythons_own_where_it_has_one(load, monkeypatch, version, module):
    """Before 3.14 a module named compression is the program's: it is not even looked for."""
    asked = []
    load(asked.append)
    monkeypatch.setattr(sys, "version_info", version)

    compression._zstd()

    assert asked == [module]


def test_libraries_are_looked_up_once(load):
    asked = []
    load(asked.append)

    for _ in range(3):
        available()
        compression._zstd()
        compression._brotli()

    assert len(asked) == 2


@pytest.mark.parametrize("data", [b"", b"a", TEXT], ids=["empty", "one", "long"])
def test_a_body_comes_back(coding, data):
    assert decompress(compress(data, coding), coding) == data


def test_a_long_text_becomes_short(coding):
    assert len(compress(TEXT, coding)) < len(TEXT) / 10


def test_equal_bodies_stay_equal(coding):
    assert compress(TEXT, coding) == compress(TEXT, coding)


def test_every_piece_can_be_read_at_once(coding):
    compressor = Compressor(coding)
    sent = b""
    for count in range(1, 4):
        sent += compressor.feed(b"tea ")

        assert read_so_far(sent, coding) == b"tea " * count
    sent += compressor.finish()
    assert decompress(sent, coding) == b"tea " * 3


def test_pieces_of_every_size_come_back(coding):
    """Also those that do not compress, and those larger than any window."""
    noise = random.Random(7).randbytes(3_000_000)
    sizes = [1, 10, 1_000, 100_000, 2_898_989]
    compressor = Compressor(coding)
    sent, start = b"", 0
    for size in sizes:
        sent += compressor.feed(noise[start : start + size])
        start += size

    assert decompress(sent + compressor.finish(), coding) == noise


def test_a_body_can_be_a_view_of_bytes(coding):
    assert decompress(compress(memoryview(TEXT), coding), coding) == TEXT


def test_what_is_finished_holds_no_coder(coding):
    compressor = Compressor(coding)
    compressor.feed(TEXT)
    compressor.finish()

    assert not [held for held in gc.get_referents(compressor) if held not in (None, Compressor)]


def test_an_empty_piece_is_nothing(coding):
    compressor = Compressor(coding)

    assert compressor.feed(b"") == b""


def test_a_body_ends_once(coding):
    compressor = Compressor(coding)
    whole = compressor.feed(b"tea") + compressor.finish()

    assert compressor.finish() == b""
    assert compressor.feed(b"more") == b""
    assert decompress(whole, coding) == b"tea"


def test_a_body_of_no_piece_is_an_empty_one(coding):
    assert decompress(Compressor(coding).finish(), coding) == b""


def test_the_header_of_gzip_has_no_time():
    """RFC 1952 §2.3.1: MTIME 0 is none."""
    assert compress(TEXT, "gzip")[4:8] == b"\0\0\0\0"
    assert Compressor("gzip").finish()[4:8] == b"\0\0\0\0"


def test_a_whole_body_of_zstd_tells_its_length():
    """RFC 8878 §3.1.1.1: so that a client takes memory for the body, not for the largest window."""
    zstd = pytest.importorskip(
        "backports.zstd" if sys.version_info < (3, 14) else "compression.zstd"
    )

    assert zstd.get_frame_info(compress(TEXT, "zstd")).decompressed_size == len(TEXT)


@pytest.mark.parametrize("make", [Compressor, lambda coding: compress(b"", coding)])
def test_another_coding_is_refused(make):
    with pytest.raises(KeyError, match="deflate"):
        make("deflate")


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("text/plain", True),
        ("text/html; charset=utf-8", True),
        ("TEXT/CSV", True),
        ("text/event-stream", False),
        ("application/json", True),
        ("application/problem+json", True),
        ("application/vnd.api+json; charset=utf-8", True),
        ("application/atom+xml", True),
        ("application/openapi+yaml", True),
        ("application/yaml", True),
        ("application/x-ndjson", True),
        ("application/javascript", True),
        ("image/svg+xml", True),
        ("application/wasm", True),
        ("image/png", False),
        ("image/jpeg", False),
        ("video/mp4", False),
        ("font/woff2", False),
        ("application/zip", False),
        ("application/gzip", False),
        ("application/pdf", False),
        ("application/msgpack", False),
        ("application/octet-stream", False),
        ("multipart/byteranges; boundary=x", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_what_gains_by_it_is_compressed(media_type, expected):
    assert is_compressible(media_type) is expected
