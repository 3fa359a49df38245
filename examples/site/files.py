"""Files: written whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, content: bytes, *, is_new: bool = False, mode: int = 0o644) -> None:
    """Put a file into its place in one step, so that nobody ever reads half of it.

    It is on the disk before it is there, so that a power cut leaves the old or the new one.

    Raises:
        FileExistsError: it must be new (*is_new*), and there is one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside it, as only within one file system a file is moved in one step.
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        if is_new:
            os.link(name, path)
        else:
            os.replace(name, path)  # noqa: PTH105 - the name that tempfile gave
    finally:
        # Where it was moved there is none any more; where it was linked there is one too many.
        path.with_name(os.path.basename(name)).unlink(missing_ok=True)  # noqa: PTH119 - as above
