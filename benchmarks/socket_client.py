"""A socket client: it sends messages over many WebSockets, and looks whether they come back.

``python socket_client.py PORT PATH CONNECTIONS SECONDS`` opens the connections and prints a line;
at a line of its input it sends messages for so long, and prints what it did. It ends with its
input.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from dataclasses import asdict
from typing import cast

import uvloop
from load import Load
from samples import MESSAGE

TIMEOUT = 30.0
"""Seconds that the client may take longer than it was asked to."""

PAYLOAD = MESSAGE.encode()
ECHO = bytes([0x81, len(PAYLOAD)]) + PAYLOAD
"""The message as a server sends it, in one text frame (RFC 6455 §5.2)."""


def masked(mask: bytes) -> bytes:
    """The message as a client sends it."""
    content = bytes(byte ^ mask[place % 4] for place, byte in enumerate(PAYLOAD))
    return bytes([0x81, 0x80 | len(PAYLOAD)]) + mask + content


class Client(asyncio.Protocol):
    """One connection: when it is told to, it sends a message again whenever it came back."""

    def __init__(self, port: int, path: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        ]
        self.handshake = "\r\n".join([*lines, "", ""]).encode()
        self.frame = masked(os.urandom(4))
        self.deadline = 0.0
        self.received = b""
        self.messages = 0
        self.failures = 0
        loop = asyncio.get_running_loop()
        self.opened = loop.create_future()
        self.ended = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        # That of uvloop is no subclass of this.
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.handshake)

    def start(self, deadline: float) -> None:
        """Send messages until then."""
        self.deadline = deadline
        self.transport.write(self.frame)

    def data_received(self, data: bytes) -> None:
        """Send the next message when the last one is back."""
        self.received += data
        if not self.opened.done():
            if b"\r\n\r\n" in self.received:
                self.failures += not self.received.startswith(b"HTTP/1.1 101 ")
                self.received = b""
                self.opened.set_result(None)
            return
        if len(self.received) < len(ECHO):
            return
        self.failures += self.received != ECHO
        self.received = b""
        self.messages += 1
        if time.monotonic() < self.deadline:
            self.transport.write(self.frame)
        elif not self.ended.done():
            self.ended.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that ends the connection before its time has failed."""
        for future in (self.opened, self.ended):
            if not future.done():
                self.failures += 1
                future.set_result(None)


async def run_clients(port: int, path: str, connections: int, seconds: float) -> None:
    """What the child does: see the module."""
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for _ in range(connections):
        _, client = await loop.create_connection(lambda: Client(port, path), "127.0.0.1", port)
        clients.append(client)
        await asyncio.wait_for(client.opened, TIMEOUT)
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    begin = time.monotonic()
    for client in clients:
        client.start(begin + seconds)
    waiting = asyncio.gather(*(client.ended for client in clients))
    await asyncio.wait_for(waiting, seconds + TIMEOUT)
    load = Load(
        sum(client.messages for client in clients),
        sum(client.failures for client in clients),
        time.monotonic() - begin,
    )
    print(json.dumps(asdict(load)), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(run_clients(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
