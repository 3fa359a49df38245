"""Files as bodies: looked at and read in worker threads, piece by piece.

Of a file that the kernel has in memory no thread is asked what it is, nor for one that is small.
"""

# Paths stay the text that they came as: Path() would tidy them up.
# ruff: noqa: PTH115, PTH116, PTH117, PTH118, PTH119

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from responder_core.errors import Problem
from responder_core.file_types import guess_type, load_types
from responder_core.http.ranges import RangeNotSatisfiable, parse_ranges
from responder_core.page_cache import learn_device, open_cached, read_cached
from responder_core.threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    PathLike = str | os.PathLike[str]
    Piece = tuple[bytes, int, int]
    Part = tuple[int, int, bytes]

CHUNK_SIZE = 1024 * 1024
"""Bytes that are read at a time: enough that a hop to a thread costs little beside it."""

WHOLE = 64 * 1024
"""Bytes up to which a file is read whole, in the hop that looks at it.

The head of a longer one is sent before it is read: the client need not wait for that.
"""

# What the name of a file that a client chose may run into; each of them means: not found.
_NO_FILE = {errno.EISDIR, errno.ENODEV, errno.ENOENT, errno.ENOTDIR, errno.ENXIO}
_BAD_NAME = {errno.EINVAL, errno.ELOOP, errno.ENAMETOOLONG}
_NOT_FOUND = _NO_FILE | _BAD_NAME | {errno.EACCES, errno.EPERM}


class FileFacts:
    """What is known of a file when it is sent.

    Attributes:
        path: where it is, every link followed.
        size: its length in bytes.
        modified: when it was last changed, in seconds of the POSIX clock; never later than now,
            whatever the file says (RFC 9110 §8.8.2.1).
        etag: a strong tag, of its length and the nanosecond of its last change, so that a
            download can be resumed (RFC 9110 §13.1.5).
        media_type: its type.
        content: the whole of it, where it was read already.
        part: the only range that is asked for, ``(start, stop, bytes)``, where it was.
        coding: the content coding that it is stored in, or None.
        identity: what tells it from every other file of the machine.
        jailed: whether a client chose its name.
        chunk_size: how many bytes of it are read at a time.
    """

    __slots__ = (
        "chunk_size",
        "coding",
        "content",
        "etag",
        "identity",
        "jailed",
        "media_type",
        "modified",
        "part",
        "path",
        "size",
    )

    def __init__(
        self, path: str, status: os.stat_result, media_type: str, content: bytes | None = None
    ) -> None:
        self.path: str = path
        self.size: int = len(content) if content is not None else status.st_size
        self.modified: float = min(status.st_mtime, time.time())
        self.etag: str = f'"{status.st_mtime_ns:x}-{self.size:x}"'
        self.media_type: str = media_type
        self.content: bytes | None = content
        self.part: tuple[int, int, bytes] | None = None
        self.coding: str | None = None
        self.identity: tuple[int, int] = (status.st_dev, status.st_ino)
        self.jailed: bool = False
        self.chunk_size: int = CHUNK_SIZE


class File:
    """A file that a response sends; nothing is touched before that.

    Attributes:
        path: the path as it was given.
        root: the directory that it must stay in, or None.
        media_type: its type, or None to go by its name.
        conditional: whether its validators are sent.
        chunk_size: how many bytes are read at a time.
        facts: what ``examine()`` found, or None before.

    Raises:
        TypeError: the path is none.
        ValueError: the chunk size is not positive, or the root is empty.
    """

    __slots__ = ("chunk_size", "conditional", "facts", "media_type", "path", "root")

    def __init__(
        self,
        path: PathLike,
        *,
        root: PathLike | None = None,
        media_type: str | None = None,
        conditional: bool = True,
        chunk_size: int = CHUNK_SIZE,
    ) -> None:
        if chunk_size < 1:
            msg = f"chunk_size= is a number of bytes above 0, not {chunk_size!r}"
            raise ValueError(msg)
        if root is not None and not os.fspath(root):
            msg = "root='' would be the working directory; pass root='.' if that is meant"
            raise ValueError(msg)
        self.path: str = os.fsdecode(path)
        self.root: str | None = None if root is None else os.fsdecode(root)
        self.media_type: str | None = media_type
        self.conditional: bool = conditional
        self.chunk_size: int = chunk_size
        self.facts: FileFacts | None = None

    @property
    def name(self) -> str:
        """The last part of the path: what the file is called."""
        return os.path.basename(self.path)

    def examine(self, *, read: bool, span: str | None = None) -> FileFacts:
        """What is known of the file; with *read*, a small one is read too. This blocks.

        So is a small range, where *span* is the Range field that asks for it alone.

        Raises:
            Problem: 404, the name that a client chose leads to no file in the root.
            FileNotFoundError, IsADirectoryError, PermissionError: the program named what is no
                file, or none that can be read.
        """
        try:
            self.facts = self.look(self.locate(), read=read, span=span)
        except (OSError, ValueError) as error:
            if self.root is None or (isinstance(error, OSError) and error.errno not in _NOT_FOUND):
                raise
            raise Problem(404, "There is no such file.") from error
        return self.facts

    def examine_cached(self, *, read: bool, span: str | None = None) -> FileFacts | None:
        """As ``examine()``, but it does not block: None where that might, or would refuse."""
        try:
            self.facts = self.find_cached(read=read, span=span)
        except (OSError, ValueError):
            return None
        return self.facts

    def find_cached(self, *, read: bool, span: str | None) -> FileFacts:
        """What is known of the file. It does not block.

        Raises:
            OSError, ValueError: only who may wait can tell, or there is no such file.
        """
        if type(self) is not File:
            msg = "a class of the program's may look elsewhere"
            raise BlockingIOError(errno.EAGAIN, msg, self.path)
        path, top = self.path, None
        if self.root is not None:
            path, top = below(self.path, self.root), locate_directory(self.root)
        return self.look_cached(path, top, read=read, span=span)

    def look_cached(
        self, path: str, top: str | None, *, read: bool, span: str | None, links: bool = True
    ) -> FileFacts:
        """As ``look()``, for a path that need not be resolved. It does not block.

        *top* is the directory that the file has to be in, as the kernel has it.

        Raises:
            OSError: there is no such file, or only who may wait can tell.
        """
        held, path, status = _hold(path, top, links=links)
        content = part = None
        try:
            if read or span is not None:
                # What was found is opened, wherever its path leads by now.
                descriptor = os.open(_OPENED.format(held), _FOLLOWED)
                try:
                    if read and status.st_size <= WHOLE:
                        content = read_cached(descriptor, status.st_size, 0)
                    elif span is not None:
                        most = min(WHOLE, self.chunk_size)
                        part = _read_part(descriptor, status.st_size, span, most, read_cached)
                finally:
                    os.close(descriptor)
        finally:
            os.close(held)
        return self._facts(path, status, content, part)

    def _facts(
        self, path: str, status: os.stat_result, content: bytes | None, part: Part | None
    ) -> FileFacts:
        media_type = self.media_type or guess_type(self.path)
        facts = FileFacts(path, status, media_type, content)
        facts.part = part
        facts.jailed = self.root is not None
        facts.chunk_size = self.chunk_size
        return facts

    def locate(self) -> str:
        """Where the file is, every link followed; as ``examine()``, this blocks."""
        if self.root is None:
            return os.path.realpath(self.path)
        return resolve(self.path, self.root)

    def look(self, path: str, *, read: bool, span: str | None = None) -> FileFacts:
        """What is known of the file of a path; as ``examine()``, this blocks."""
        content = part = None
        if read or span is not None:
            descriptor = _open(path, jailed=self.root is not None)
            try:
                status = os.fstat(descriptor)
                if read and status.st_size <= WHOLE:
                    content = _read_at(descriptor, status.st_size, 0)
                    if len(content) < status.st_size:
                        content = None  # It is being written: then it is read as it is sent.
                elif span is not None:
                    most = min(WHOLE, self.chunk_size)
                    part = _read_part(descriptor, status.st_size, span, most, _read_at)
            finally:
                os.close(descriptor)
        else:
            status = os.stat(path)
            _refuse_no_file(path, status)
        learn_device(status.st_dev)
        load_types()  # So that it is there where nobody may block.
        return self._facts(path, status, content, part)


# A FIFO must not hold the thread until somebody writes to it, and the path that was resolved
# has no link at its end, unless somebody put one there meanwhile.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


# A descriptor that was found is followed by its name.
_FOLLOWED = _FLAGS & ~getattr(os, "O_NOFOLLOW", 0)


def below(name: str, root: str) -> str:
    """The path of a name that a client chose, which may still lead out of the root.

    Raises:
        FileNotFoundError: it is no name of a file.
    """
    plain = name.lstrip("/")
    if "\\" in plain or os.path.isabs(plain) or os.path.splitdrive(plain)[0]:
        plain = ""
    if not plain or plain.endswith("/"):
        raise FileNotFoundError(errno.ENOENT, "no name of a file below a root", name)
    return os.path.join(root, plain)


def resolve(name: str, root: str) -> str:
    """Where a name that a client chose leads, every link followed.

    Raises:
        FileNotFoundError: outside the root.
        ValueError: the name has a NUL.
    """
    top = os.path.realpath(root, strict=True)
    path = os.path.realpath(below(name, top), strict=True)
    if not _is_below(path, top):
        raise FileNotFoundError(errno.ENOENT, "outside of the root", name)
    return path


def _is_below(path: str, top: str) -> bool:
    return os.path.commonpath([top, path]) == top


# Where Linux tells the path of an open file.
_OPENED = "/proc/self/fd/{}"


def locate_directory(path: str) -> str:
    """Where a directory is, every link followed. It does not block.

    Raises:
        OSError: nowhere, or only who may wait can tell.
    """
    held = open_cached(path)
    try:
        return os.readlink(_OPENED.format(held))
    finally:
        os.close(held)


def locate_file(path: str, top: str) -> tuple[str, os.stat_result]:
    """Where a file below a directory is, every link followed, and its status; as before.

    Raises:
        OSError: as before.
    """
    held, path, status = _hold(path, top)
    os.close(held)
    return path, status


def _hold(path: str, top: str | None, *, links: bool = True) -> tuple[int, str, os.stat_result]:
    """The descriptor of a plain file, its path and its status; as ``File.look_cached()``."""
    held = open_cached(path, links=links)
    try:
        status, real = os.fstat(held), os.readlink(_OPENED.format(held))
        _refuse_no_file(path, status)
        _refuse_elsewhere(real, top)
    except BaseException:
        os.close(held)
        raise
    return held, real, status


def _refuse_elsewhere(path: str, top: str | None) -> None:
    """Refuse a path that the kernel tells of an open file, but does not lead there.

    Where it cannot be reached there is no beginning, and where it is gone another end.
    """
    leads_there = os.path.isabs(path) and not path.endswith(" (deleted)")
    if not leads_there or (top is not None and not _is_below(path, top)):
        raise FileNotFoundError(errno.ENOENT, "outside of the root", path)


def _open(path: str, *, jailed: bool) -> int:
    """A descriptor of the plain file at a path that was resolved."""
    descriptor = os.open(path, _FLAGS)
    try:
        _refuse_no_file(path, os.fstat(descriptor))
        if jailed:
            _refuse_moved(path, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_moved(path: str, descriptor: int) -> None:
    """Refuse an open file that is not the one at a path, no link followed on the way.

    A directory on the way may have become a link since the path was resolved.
    """
    with suppress(OSError):  # Not every system has this place.
        # A file that was replaced meanwhile was there when it was opened.
        if os.readlink(_OPENED.format(descriptor)) in {path, f"{path} (deleted)"}:
            return
    with suppress(OSError):
        now = os.stat(path)
        if os.path.realpath(path) == path and os.path.samestat(now, os.fstat(descriptor)):
            return
    raise FileNotFoundError(errno.ENOENT, "moved while it was opened", path)


def _refuse_no_file(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "a response sends a file, not a directory", path)
    if not stat.S_ISREG(status.st_mode):
        raise FileNotFoundError(errno.ENOENT, "a response sends a plain file", path)


class FileSource:
    """The pieces of a file, read in worker threads; a ``BodySource``.

    *pieces* are ``(prefix, start, stop)``: some bytes of one's own, and those of the file
    from *start* up to *stop*; *closing* are the last bytes. Without pieces it is the whole file.

    Attributes:
        span: the path and the bytes that it is, ``("/tea", 0, 10)``, for servers that send a part
            of a file themselves; None where it is more, or was read already.
    """

    __slots__ = (
        "_closing",
        "_descriptor",
        "_facts",
        "_left",
        "_pieces",
        "_reading",
        "_size",
        "path",
        "span",
    )

    prompt = True
    waits = False

    def __init__(
        self,
        facts: FileFacts,
        pieces: Sequence[Piece] | None = None,
        closing: bytes = b"",
        chunk_size: int | None = None,
    ) -> None:
        self._facts = facts
        self._pieces: Sequence[Piece] = [(b"", 0, facts.size)] if pieces is None else pieces
        self._closing = closing
        self._size = chunk_size or facts.chunk_size
        self._descriptor: int | None = None
        # It may be closed while a thread still reads.
        self._reading = Lock()
        self._left = False
        self.path: str | None = facts.path if pieces is None else None
        self.span: tuple[str, int, int] | None = None
        if len(self._pieces) == 1 and not closing and facts.content is None:
            prefix, start, stop = self._pieces[0]
            self.span = None if prefix else (facts.path, start, stop)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = len(self._pieces)
        for index, (prefix, start, stop) in enumerate(self._pieces, start=1):
            if prefix:
                yield prefix
            for position in range(start, stop, self._size):
                size = min(stop - position, self._size)
                last = index == count and position + size == stop
                yield await run_in_thread(self._read, position, size, last)
        if self._closing:
            yield self._closing

    def _read(self, start: int, size: int, last: bool) -> bytes:  # noqa: FBT001 - in a thread
        """Bytes of the file; it is opened for the first, and closed with the last."""
        content = self._facts.content
        if content is not None:
            return content[start : start + size]
        try:
            with self._reading:
                return self._read_file(start, size, last)
        finally:
            if self._left:
                self._close_unread()

    def _read_file(self, start: int, size: int, last: bool) -> bytes:  # noqa: FBT001 - as above
        facts = self._facts
        if self._descriptor is None:
            self._descriptor = _open(facts.path, jailed=facts.jailed)
            now = FileFacts("", os.fstat(self._descriptor), "")
            # It may have grown since it was looked at, as logs do.
            kept = now.size > facts.size or now.etag == facts.etag
            if not kept or now.identity != facts.identity:
                self._close()
                msg = f"{facts.path!r} changed between its headers and its bytes"
                raise OSError(msg)
        data = _read_at(self._descriptor, size, start)
        if last or len(data) < size:
            self._close()
        if len(data) < size:
            msg = f"{facts.path!r} became shorter while it was sent"
            raise OSError(msg)
        return data

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _close_unread(self) -> None:
        """Close the file, unless a thread reads from it: that one closes it then."""
        if self._reading.acquire(blocking=False):
            self._close()
            self._reading.release()

    async def aclose(self) -> None:
        """Close the file."""
        self._left = True
        self._close_unread()


def _read_part(
    descriptor: int, size: int, span: str, most: int, read: Callable[[int, int, int], bytes]
) -> Part | None:
    """The one range of so many bytes at most that a Range field asks for; None for any other."""
    try:
        spans = parse_ranges(span, size, limit=1)
    except RangeNotSatisfiable:
        return None
    if spans is None or len(spans) != 1 or spans[0][1] - spans[0][0] > most:
        return None
    start, stop = spans[0]
    data = read(descriptor, stop - start, start)
    return (start, stop, data) if len(data) == stop - start else None


def _read_at(descriptor: int, size: int, start: int) -> bytes:
    """So many bytes from a position, fewer only at the end of the file."""
    if not hasattr(os, "pread"):  # Windows: one reader has the descriptor for itself.
        os.lseek(descriptor, start, os.SEEK_SET)
        return os.read(descriptor, size)
    data = os.pread(descriptor, size, start)
    while 0 < len(data) < size:  # A read may give less than there is.
        more = os.pread(descriptor, size - len(data), start + len(data))
        data += more
        if not more:
            break
    return data
