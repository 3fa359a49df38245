"""The samples: what messages.py and handlers.py send and ask for, and where files are."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

DIRECTORY = "BENCHMARK_DIRECTORY"
"""The environment variable that names the directory of the files, for the servers."""

ROWS = [
    {"id": number, "name": f"Item {number}", "price": number * 0.25, "tags": ["tea", "green"]}
    | {"stocked": number % 3 > 0, "notes": None if number % 2 else "fresh"}
    for number in range(1000)
]
"""A list of dicts; 90 kB of JSON."""

ORDER = {
    "number": 4711,
    "customer": "Ada Lovelace",
    "email": "ada@example.com",
    "placed": "2026-03-02T09:30:00Z",
    "currency": "EUR",
    "express": False,
    "note": None,
    "lines": [
        {"sku": "tea-green", "quantity": 2, "price": 4.75},
        {"sku": "tea-black", "quantity": 1, "price": 3.5},
        {"sku": "pot-blue", "quantity": 1, "price": 24.9},
    ],
}
"""An order that is a model of eight fields, with three smaller ones in a list."""

MESSAGE = "Hello, world! " * 7
"""A message over a WebSocket; 98 bytes."""

FILE_NAME = "file.bin"
FILE_SIZE = 1024 * 1024

ROUTES = 500
"""How many routes an application with many of them has: ``/typed0/{id}``, and so on."""

HOOKS = 5
"""How many functions run before a view with hooks."""

KEY = "a key for benchmarks alone 0123456789"
"""What sessions are signed with."""

GZIP_LEVEL = 5
"""What all compress with, so that all send as much."""

MANY = 1_000_000_000
"""A limit that is never reached, in requests per minute."""

EVENT = "tick"
"""What is published to those who listen."""

LONG_SIZE = 10_000_000
"""Bytes of the long text, which other requests are not to feel."""

PIECE_SIZE = 64 * 1024
"""What a generator yields at a time, in bytes."""


@contextmanager
def sample_directory() -> Generator[Path]:
    """A new directory with the file, which servers started in the block find."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / FILE_NAME).write_bytes(os.urandom(FILE_SIZE))
        os.environ[DIRECTORY] = name
        try:
            yield directory
        finally:
            del os.environ[DIRECTORY]


def sample_path(name: str) -> str:
    """Where a file of the samples is; a str, since a Path costs each request its own time."""
    return os.path.join(os.environ[DIRECTORY], name)  # noqa: PTH118


def long_text() -> bytes:
    """A text that compresses as tables do: about to a fifth."""
    lines = (f"{n},{n * 7919 % 104729},Item {n % 1000},{n % 97 / 4}\n" for n in range(600_000))
    return "".join(lines).encode()[:LONG_SIZE]
