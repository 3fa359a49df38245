"""Page cache: files that the kernel has in memory, so that no thread need wait for a disk.

Linux alone tells what it has there (openat2(2) and preadv2(2)), and only the speedups can ask.
"""

# Paths stay the text that they came as: Path() would tidy them up.
# ruff: noqa: PTH123

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import Any, cast

from responder_core.speedups import find_page_cache

_open, _read = find_page_cache() or (None, None)

# File systems that have what they know of a file at hand once it was looked up: none of a network,
# and none of a program.
_AT_HAND = {"ext2", "ext3", "ext4", "xfs", "f2fs", "erofs", "squashfs", "tmpfs", "overlay"}

_MOUNTS = "/proc/self/mountinfo"

# The devices that were looked up, and those of them that are of such a system.
_seen: set[int] = set()
_near: set[int] = set()


def open_cached(path: str, *, links: bool = True) -> int:
    """A descriptor to look at a file by, which must be closed.

    Without *links* it is that of a link, where the path ends in one.

    Raises:
        BlockingIOError: only who may wait can tell.
        FileNotFoundError: the kernel knows that there is none.
    """
    if _open is None:
        raise BlockingIOError(errno.EAGAIN, "nothing tells what is in memory", path)
    descriptor: int = _open(path, _near, links)
    return descriptor


def read_cached(descriptor: int, size: int, start: int) -> bytes:
    """So many bytes from a position of an open file.

    Raises:
        BlockingIOError: they are not all in memory, or there are fewer.
    """
    data: bytes = cast("Any", _read)(descriptor, size, start)
    return data


def learn_device(device: int) -> None:
    """Find out whether files of a device are to be found here. This blocks, once for each."""
    if _open is None or device in _seen:
        return
    number = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError), open(_MOUNTS, encoding="utf-8", errors="replace") as mounts:
        for line in mounts:
            mount, _, system = line.partition(" - ")
            if mount.split(maxsplit=3)[2] == number and system.split(maxsplit=1)[0] in _AT_HAND:
                _near.add(device)
    _seen.add(device)
