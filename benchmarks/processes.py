"""Processes: a server with all its workers, started, pinned, timed and ended as one."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import IO

START_TIMEOUT = 60.0
"""Seconds that a server may take until it listens."""
STOP_TIMEOUT = 1.0
"""Seconds that servers may take to end when they are asked to; then they are killed."""
# Below those that Linux gives to connections, which may take one before a server listens on it.
_PORTS = cycle(random.sample(range(10_000, 32_000), 22_000))
PAUSE = 0.02
"""Seconds between two looks at a server that starts or ends."""


class StartError(Exception):
    """Raised when a server does not start; its last words are in the message."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on; another one each time."""
    while True:
        port = next(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def process_tree(process: int) -> list[int]:
    """A process and all that it has started, by number."""
    found = [process]
    for each in found:
        with suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def cpu_seconds(process: int) -> float:
    """The CPU time of all threads of a process so far; none of one that has ended.

    Linux derives the clock of a process from its number (clock_getcpuclockid(3)); it
    counts nanoseconds, where /proc/<pid>/stat counts hundredths of a second.
    """
    try:
        return time.clock_gettime((~process << 3) | 2)
    except OSError:
        return 0.0


@dataclass(slots=True)
class Host:
    """A server that runs, as a process that leads a group of its own."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    output: IO[bytes]
    members: list[int] = field(default_factory=list[int])
    """The process and its workers, once it listens."""

    def cpu_seconds(self) -> float:
        """The CPU time of the server and its workers so far.

        Raises:
            StartError: the server has ended.
        """
        if self.process.poll() is not None:
            raise StartError(f"the server ended: {self.last_words()}")
        return sum(map(cpu_seconds, self.members))

    def last_words(self) -> str:
        """The last line that it wrote."""
        self.output.seek(0)
        lines = self.output.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else f"exit code {self.process.returncode}, no output"

    def wait(self, timeout: float = START_TIMEOUT) -> None:
        """Wait until it listens.

        Raises:
            StartError: it ends, or does not listen in time.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise StartError(f"it does not start: {self.last_words()}")
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
                self.find_members()
                return
            time.sleep(PAUSE)
        raise StartError(f"it does not listen within {timeout:.0f} s")

    def find_members(self) -> None:
        """Find the workers that it has by now."""
        self.members = process_tree(self.process.pid)

    def pin(self, core: int) -> None:
        """Put all threads of all its processes on one core; -1 leaves them."""
        if core < 0:
            return
        for member in self.members:
            for task in Path(f"/proc/{member}/task").iterdir():
                # A thread may have ended since.
                with suppress(OSError):
                    os.sched_setaffinity(int(task.name), {core})

    def tell(self, word: signal.Signals) -> None:
        """Send a signal to the server and all that it has started."""
        # The workers may have ended before it, and it before them.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, word)

    def end(self, deadline: float) -> None:
        """Kill what is left of it then."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        self.tell(signal.SIGKILL)
        self.process.wait()
        self.output.close()


@contextmanager
def hosting(
    commands: Sequence[tuple[str, Sequence[str]]], directory: Path
) -> Generator[list[Host]]:
    """Start programs that serve, each with a name, around a block; the port is added to each.

    They start at the same time, and may not listen yet.
    """
    hosts: list[Host] = []
    try:
        for name, command in commands:
            port = free_port()
            # The block ends it, where it is closed.
            output = tempfile.TemporaryFile()  # noqa: SIM115
            process = subprocess.Popen(
                [*command, str(port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=directory,
            )
            hosts.append(Host(name, process, port, output))
        yield hosts
    finally:
        for host in hosts:
            host.tell(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        for host in hosts:
            host.end(deadline)
