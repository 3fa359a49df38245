"""Static files: the stylesheet, the icon and the pictures, and nothing outside their folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import responder
from examples.site import settings

if TYPE_CHECKING:
    from pathlib import Path

# Our own list, because the one of the operating system differs from machine to machine.
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


def static_file(_req: responder.Request, resp: responder.Response, *, name: str) -> None:
    """A file of the static folder. A plain ``def``, so the disk is read in a worker thread."""
    path = find_file(settings.STATIC, name)
    if path is None:
        responder.abort(404, detail="There is no such file.")
    resp.content = path.read_bytes()
    resp.mimetype = _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")


def find_file(folder: Path, name: str) -> Path | None:
    """The file of this name inside a folder; None for all else, ``../app.py`` as well.

    Links are followed before the check, and hidden files are not served.
    """
    if any(not part or part.startswith(".") for part in name.split("/")):
        return None
    try:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):  # No file has such a name: too long, or with a null byte.
        return None
    return path if inside else None
