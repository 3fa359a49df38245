"""The server: one application on one uvicorn worker, in a process of its own.

``python server.py NAME CORE GROUP`` listens on a free port of 127.0.0.1 and prints it.
A CORE of -1 leaves it to the system where the process runs; a GROUP is one of the catalogue's.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from catalogue import GROUPS
from uvicorn import Config
from uvicorn import Server as Uvicorn

START_TIMEOUT = 30.0
"""Seconds that a server may take to listen, and then to end."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs in a child process."""

    name: str
    process: subprocess.Popen[str]
    port: int

    def cpu_seconds(self) -> float:
        """The CPU time of all threads of the process so far, in user and in system mode.

        Linux derives the clock of a process from its number (clock_getcpuclockid(3)); it
        counts nanoseconds, where /proc/<pid>/stat counts hundredths of a second.
        """
        return time.clock_gettime((~self.process.pid << 3) | 2)


@contextmanager
def running(name: str, command: list[str]) -> Generator[Server]:
    """Run a program that listens, and prints its port, around a block.

    Raises:
        RuntimeError: it does not listen in time.
    """
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT)
        line = process.stdout.readline() if ready else ""
        if not line.strip().isdigit():
            raise RuntimeError(f"The server of {name!r} does not start.")
        yield Server(name, process, int(line))
    finally:
        process.terminate()
        try:
            process.wait(START_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@contextmanager
def serving(name: str, core: int, *, group: str = "dispatch") -> Generator[Server]:
    """Run the server of a contender of a group around a block.

    Raises:
        RuntimeError: it does not listen in time.
    """
    with running(name, [sys.executable, __file__, name, str(core), group]) as server:
        yield server


def serve(name: str, core: int, group: str) -> None:
    """Serve one contender of a group until the process is told to end."""
    if core >= 0:
        os.sched_setaffinity(0, {core})
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    print(listener.getsockname()[1], flush=True)
    config = Config(
        GROUPS[group][name].build(),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
    Uvicorn(config).run(sockets=[listener])


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
