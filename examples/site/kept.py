"""Kept files: what takes long to make is made once, and kept on disk until it is out of date."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from examples.site.files import write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import responder


class Kept:
    """A folder of files, each named by what it was made from.

    ::

        path = await kept.find("card-water-first", ".png", facts, make)

    Where the facts are others than last time, it is made anew, and the old one goes away. One is
    made at a time, in a worker thread, however many ask: the event loop never waits for it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = anyio.Lock()

    async def find(self, name: str, suffix: str, facts: object, make: Callable[[], bytes]) -> Path:
        """The path of a file; *make* makes it where there is none for these facts.

        The facts are anything whose ``repr()`` tells it all.
        """
        digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
        path = self._folder / f"{name}.{digest}{suffix}"
        if not await to_thread.run_sync(path.is_file):
            async with self._turn:
                await to_thread.run_sync(self._make, path, f"{name}.*{suffix}", make)
        return path

    def _make(self, path: Path, others: str, make: Callable[[], bytes]) -> None:
        if path.is_file():
            return  # Who was here before has made it.
        write_file(path, make())
        for other in self._folder.glob(others):
            if other != path:
                other.unlink(missing_ok=True)


def kept_of(req: responder.Request) -> Kept:
    """The kept files of the site that a request came to."""
    kept: Kept = req.api.state.kept
    return kept
