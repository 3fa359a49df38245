"""SQLite: a connection to a file that the workers of one machine share."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import finalize

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path


class Connection:
    """A connection, opened when it is first used, for one thread at a time.

    It has a write-ahead log, so that who reads does not wait for who writes. A file that was
    taken away is made anew, and a process that forked opens it for itself. The file must not lie
    on a network.

    Args:
        path: the file; it and its directory are made, the file for its owner alone.
        timeout: the seconds to wait for another thread, and for another process.
        setup: the statements that are run when it is opened, as ``CREATE TABLE IF NOT EXISTS``.
        is_durable: whether what is written outlives a loss of power, but for the last moments.
    """

    def __init__(
        self, path: Path, timeout: float, setup: Sequence[str], *, is_durable: bool = True
    ) -> None:
        self._path = path
        self._timeout = timeout
        self._setup = (
            "PRAGMA journal_mode = WAL",
            f"PRAGMA synchronous = {'NORMAL' if is_durable else 'OFF'}",
            *setup,
        )
        self._lock = Lock()
        self._open: sqlite3.Connection | None = None
        self._file: tuple[int, int, int] | None = None
        self._ending: Any = None

    @contextmanager
    def use(self) -> Generator[sqlite3.Connection]:
        """The connection, for as long as the lock can be had.

        Raises:
            sqlite3.Error: the file cannot be used, or is in use for too long.
        """
        if not self._lock.acquire(timeout=self._timeout):
            msg = "database is locked by another thread"
            raise sqlite3.OperationalError(msg)
        try:
            if self._open is not None and self._file != self._look():
                self._drop()
            if self._open is None:
                self._open = self._connect()
                self._file = self._look()
                # Whoever forgets to close the store leaves no open file.
                self._ending = finalize(self, self._open.close)
                self._ending.atexit = False
            yield self._open
        finally:
            self._lock.release()

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """The connection, while no other process writes; what fails changes nothing."""
        with self.use() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # A full disk, for one, has ended it already.
                    connection.execute("ROLLBACK")
                raise

    def _look(self) -> tuple[int, int, int] | None:
        """Which file it is, in which process; a connection is good for one of each alone."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return os.getpid(), status.st_dev, status.st_ino

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Made before SQLite does it, so that it is nobody else's to read.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        try:
            for statement in self._setup:
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        connection, self._open = self._open, None
        if self._ending is not None:
            self._ending.detach()
        # A connection does not outlive a fork: that of the parent is left to it.
        if connection is not None and self._file is not None and self._file[0] == os.getpid():
            connection.close()
        elif connection is not None:
            _OF_PARENTS.append(connection)

    def close(self) -> None:
        """Close it; the next use opens it again."""
        with self._lock:
            self._drop()


_OF_PARENTS: list[sqlite3.Connection] = []
