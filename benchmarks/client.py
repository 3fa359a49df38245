"""The client: one connection, whose answers are timed and thrown away.

``python client.py PORT PATH CODING`` asks for one path again and again, until its input ends,
and prints how many answers it got.
"""

from __future__ import annotations

import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

TIMEOUT = 60.0
"""Seconds that a server may stay silent."""
KEPT = 4096
"""Bytes of each body that are kept, to be looked at."""
BUFFER = 1024 * 1024


class BrokenAnswerError(Exception):
    """Raised when a server closes the connection, or answers other than with 200."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; times in seconds since the request was sent."""

    fields: dict[str, str]
    body: bytes
    """The beginning of the body."""
    size: int
    """Bytes of the body, and of its framing where it is chunked."""
    first: float
    """When the first byte was there."""
    last: float
    """When all was there."""


class Connection:
    """A connection to a server of this machine, kept alive."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray(BUFFER)

    def get(self, path: str, *fields: str, pause: float = 0.0) -> Reply:
        """The answer to GET; *pause* is how long nothing is read, after the first bytes."""
        begin = time.perf_counter()
        self.socket.sendall(self.head("GET", path, fields))
        return self.read(begin, pause)

    def post(self, path: str, pieces: Iterable[bytes], size: int, *fields: str) -> Reply:
        """The answer to POST of *size* bytes in pieces."""
        begin = time.perf_counter()
        self.socket.sendall(self.head("POST", path, [*fields, f"Content-Length: {size}"]))
        for piece in pieces:
            self.socket.sendall(piece)
        return self.read(begin, 0.0)

    def head(self, method: str, path: str, fields: Iterable[str]) -> bytes:
        """The head of a request."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *fields, "", ""]
        return "\r\n".join(lines).encode()

    def read(self, begin: float, pause: float) -> Reply:
        """The answer that comes next.

        Raises:
            BrokenAnswerError: it is not 200, or has no end.
        """
        received = self.receive()
        first = time.perf_counter() - begin
        while b"\r\n\r\n" not in received:
            received += self.receive()
        head, _, body = received.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        if not re.match(r"HTTP/1\.1 200 ", line):
            raise BrokenAnswerError(f"The server answers {line!r}: {body[:200]!r}.")
        fields = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
        time.sleep(pause)
        length = int(fields.get("content-length", 0))
        while len(body) < min(length, KEPT):
            body += self.receive()
        size = self.read_body(bytes(body[-5:]), len(body), fields.get("content-length"))
        return Reply(fields, body[:KEPT], size, first, time.perf_counter() - begin)

    def read_body(self, tail: bytes, size: int, length: str | None) -> int:
        """Read the rest of a body of which *size* bytes are there; the bytes of all of it."""
        while size < int(length) if length else tail != b"0\r\n\r\n":
            count = self.socket.recv_into(self.buffer)
            if not count:
                raise BrokenAnswerError(f"The connection ends after {size} bytes of the body.")
            size += count
            tail = (tail + self.buffer[max(0, count - 5) : count])[-5:]
        return size

    def receive(self) -> bytes:
        """The bytes that come next."""
        count = self.socket.recv_into(self.buffer)
        if not count:
            raise BrokenAnswerError("The connection ends before an answer.")
        return bytes(self.buffer[:count])

    def close(self) -> None:
        """Close it."""
        self.socket.close()


@contextmanager
def connected(port: int) -> Generator[Connection]:
    """A connection, for a block."""
    connection = Connection(port)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def fetching(port: int, path: str, coding: str) -> Generator[list[int]]:
    """Have another process ask for a path during a block; after it the number of answers."""
    command = [sys.executable, __file__, str(port), path, coding]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    counts: list[int] = []
    try:
        assert child.stdout is not None
        if child.stdout.readline() != "ready\n":
            raise RuntimeError(f"The client that asks for {path!r} does not start.")
        yield counts
        output, _ = child.communicate(timeout=TIMEOUT)
        counts.append(int(output))
    finally:
        child.kill()
        child.wait()


def main() -> None:
    """Ask for a path again and again."""
    port, path, coding = sys.argv[1:]
    count = 0
    with connected(int(port)) as connection:
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            reply = connection.get(path, f"Accept-Encoding: {coding}")
            count += 1
            if reply.fields.get("content-encoding", "identity") != coding:
                raise BrokenAnswerError(f"The answer is not in {coding}: {reply.fields!r}.")
    print(count)


if __name__ == "__main__":
    main()
