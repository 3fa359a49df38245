"""Compression: the content codings that bodies are sent in (RFC 9110 §8.4.1)."""

from __future__ import annotations

import gzip
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


def test_what_is_not_installed_is_not_offered(monkeypatch):
    def missing(name):
        raise ImportError(name)

    available.cache_clear()
    monkeypatch.setattr(compression, "import_module", missing)
    try:
        assert available() == ("gzip",)
    finally:
        available.cache_clear()


def test_zstd_is_pythons_own_where_it_has_one(monkeypatch):
    asked = []

    def load(name):
        asked.append(name)
        return name

    monkeypatch.setattr(compression, "import_module", load)

    assert compression._zstd() == "compression.zstd"
    assert asked == ["compression.zstd"]


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
