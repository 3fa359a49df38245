"""File types: the media type of a file by its name."""

# Paths stay the text that they came as: Path() would tidy them up.
# ruff: noqa: PTH122

from __future__ import annotations

import os

# Types that services rely on, whatever the machine's own table says.
_TYPES = {
    ".avif": "image/avif",
    ".css": "text/css",
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".htm": "text/html",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
# What packs a file, as guess_type() calls it, and the type of the packed file.
_PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


def guess_type(name: str) -> str:
    """The media type of a file by its name: ``guess_type("tea.html")`` → ``"text/html"``.

    One that nobody knows is ``application/octet-stream``.
    """
    extension = os.path.splitext(name)[1].lower()
    known = _TYPES.get(extension)
    if known is not None:
        return known
    import mimetypes

    guessed, packed = mimetypes.guess_type(f"x{extension}")
    if packed is not None:
        return _PACKED.get(packed, "application/octet-stream")
    return guessed or "application/octet-stream"


def load_types() -> None:
    """Load the table of types that the machine has. This blocks, once."""
    import mimetypes

    if not mimetypes.inited:
        mimetypes.init()
