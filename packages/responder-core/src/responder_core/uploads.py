"""Uploads: the files of a form, and how they come to stay."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import anyio
import starlette.datastructures

from responder_core.threads import run_in_thread

if TYPE_CHECKING:
    from os import PathLike

MIB = 1024 * 1024


class UploadFile(starlette.datastructures.UploadFile):
    """A file that a client sent in a form: ``(await req.media("files"))["avatar"]``.

    ``await upload.read()``, ``seek()`` and ``save()``; a synchronous view reads
    ``upload.file``. It is gone when the request is answered, unless it was saved.

    Attributes:
        filename: a bare base name, safe to join to a path; still the client's choice.
        file: the content, in memory or in a temporary file.
        size: the bytes of it.
        headers: the header fields of its part.
    """

    async def save(
        self,
        path: str | PathLike[str],
        *,
        chunk_size: int = MIB,
        create_parents: bool = False,
        fsync: bool = False,
    ) -> Path:
        """Write the whole file to a path, and give the path: ``await upload.save("a.png")``.

        It is there whole or not at all: it is written to a temporary file in the same
        directory, *chunk_size* bytes at a time in a worker thread, and then renamed over what
        was there. *create_parents* makes the directory; *fsync* waits until the disk has it.

        Raises:
            OSError: the path cannot be written.
            ValueError: the chunk size is no positive number.
        """
        if chunk_size < 1:
            msg = f"chunk_size= is 1 or more bytes, not {chunk_size!r}"
            raise ValueError(msg)
        target = Path(path)
        start = self.file.tell()
        # The name is short, since that of the target may be as long as names can be.
        draft = target.with_name(f".{os.urandom(8).hex()}.upload")
        copy = await run_in_thread(_open_draft, draft, create_parents)
        try:
            await self.seek(0)
            while await run_in_thread(_copy_chunk, self.file, copy, chunk_size):
                pass
            await run_in_thread(_finish_draft, copy, draft, target, fsync)
        except BaseException:
            # Cancelled or failed: what was begun is removed all the same.
            with anyio.CancelScope(shield=True):
                await run_in_thread(_drop_draft, copy, draft)
            raise
        await self.seek(start)
        return target


def _open_draft(draft: Path, create_parents: bool) -> BinaryIO:  # noqa: FBT001 - for a thread
    if create_parents:
        draft.parent.mkdir(parents=True, exist_ok=True)
    return draft.open("xb")


def _copy_chunk(source: BinaryIO, copy: BinaryIO, size: int) -> bool:
    chunk = source.read(size)
    copy.write(chunk)
    return bool(chunk)


def _finish_draft(copy: BinaryIO, draft: Path, target: Path, fsync: bool) -> None:  # noqa: FBT001
    copy.flush()
    if fsync:
        os.fsync(copy.fileno())
    copy.close()
    draft.replace(target)


def _drop_draft(copy: BinaryIO, draft: Path) -> None:
    copy.close()
    draft.unlink(missing_ok=True)
