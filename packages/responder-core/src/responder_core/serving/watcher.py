"""The watcher: tells of files that were changed."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

logger: logging.Logger = logging.getLogger("uvicorn.error")

SUFFIXES = frozenset(
    {".css", ".env", ".graphql", ".htm", ".html", ".j2", ".jinja", ".jinja2", ".js", ".md"}
    | {".mjs", ".py", ".svg", ".toml", ".yaml", ".yml"}
)
"""What programs and their pages are made of. Data is not: a program may write it itself."""

IGNORED = frozenset(
    {"__pycache__", "build", "dist", "node_modules", "site-packages", "venv", "htmlcov"}
)
"""Directories that are not looked into, beside those whose names begin with a dot."""

INTERVAL = 0.3
"""Seconds between two looks, where the system cannot tell by itself."""


class Watcher:
    """Watches directories in a thread, and calls a function with what was changed.

    By watchfiles (of the extra ``server``), to which the system tells it; without, it looks again
    and again.

    Args:
        directories: they and all below.
        tell: called in the thread, with the paths.
        suffixes: those of the files that count.
    """

    def __init__(
        self,
        directories: Iterable[Path],
        tell: Callable[[list[Path]], None],
        suffixes: Iterable[str] = SUFFIXES,
    ) -> None:
        resolved = {each.resolve() for each in directories}
        # One that is within another is watched already.
        self.directories: list[Path] = sorted(
            each for each in resolved if not resolved & {*each.parents}
        )
        self._tell = tell
        self._suffixes = frozenset(suffixes)
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()
        self._thread.join()

    def counts(self, path: Path) -> bool:
        """Whether a file is one of those that are watched."""
        if path.suffix not in self._suffixes and path.name not in self._suffixes:
            return False
        for directory in self.directories:
            if directory in path.parents:
                parts = path.relative_to(directory).parts
                return not any(map(_is_ignored, parts[:-1]))
        return False

    def _run(self) -> None:
        try:
            if _can_hear():
                self._tell_each(self._hear())
                return
        except (OSError, RuntimeError) as error:
            # The system watches so many files, and no more.
            logger.warning("cannot be told of changes (%s), and looks for them instead", error)
        self._tell_each(self._look())

    def _tell_each(self, changes: Iterator[Iterable[Path]]) -> None:
        for changed in changes:
            found = sorted({path for path in changed if self.counts(path)})
            if found:
                self._tell(found)

    def _hear(self) -> Iterator[Iterable[Path]]:
        import watchfiles

        for changes in watchfiles.watch(
            *self.directories,
            watch_filter=None,
            stop_event=self._stopped,
            debounce=200,
            step=20,
            rust_timeout=500,
            ignore_permission_denied=True,
        ):
            yield [Path(path) for _, path in changes]

    def _look(self) -> Iterator[Iterable[Path]]:
        known = self._list()
        while not self._stopped.wait(INTERVAL):
            now = self._list()
            yield [path for path in {*known, *now} if known.get(path) != now.get(path)]
            known = now

    def _list(self) -> dict[Path, int]:
        """The files, and when each was changed."""
        found: dict[Path, int] = {}
        for directory in self.directories:
            for folder, below, names in os.walk(directory):
                below[:] = [name for name in below if not _is_ignored(name)]
                paths = [Path(folder, name) for name in names]
                _note_times([path for path in paths if self.counts(path)], found)
        return found


def _note_times(paths: Sequence[Path], found: dict[Path, int]) -> None:
    for path in paths:
        try:
            found[path] = path.stat().st_mtime_ns
        except OSError:  # noqa: PERF203 - it is gone meanwhile
            continue


def _can_hear() -> bool:
    from importlib.util import find_spec

    return find_spec("watchfiles") is not None


def _is_ignored(name: str) -> bool:
    return name in IGNORED or name.startswith(".")
