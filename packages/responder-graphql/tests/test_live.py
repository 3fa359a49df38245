"""On a real server: a client that dies without a word ends what it has subscribed to."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import threading

import pytest
from graphql import build_schema

from responder_core import API
from responder_core.live_server import LiveServer
from responder_graphql import mount

QUERY = "subscription { ticks }"
WAIT = 30.0


class Root:
    def __init__(self):
        self.ended = threading.Event()

    async def ticks(self, info):
        try:
            number = 0
            while True:
                yield {"ticks": number}
                number += 1
                await asyncio.sleep(0.01)
        finally:
            self.ended.set()


@pytest.fixture
def root():
    return Root()


@pytest.fixture
def server(root):
    api = API()
    schema = build_schema("type Query { a: Int } type Subscription { ticks: Int }")
    mount(api, schema=schema, root_value=root)
    with LiveServer(api) as server:
        yield server


@pytest.fixture
def connection(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT) as connection:
        yield connection


def read_until(connection, text):
    received = b""
    while text not in received:
        piece = connection.recv(4096)
        assert piece, received
        received += piece
    return received


def die(connection):
    """Go as a client goes whose machine is switched off and on: with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def frame(message):
    """A text frame of a client (RFC 6455 §5.2)."""
    content = json.dumps(message).encode()
    mask = os.urandom(4)
    head = b"\x81" + bytes([0x80 | len(content)] if len(content) < 126 else [0x80 | 126])
    length = b"" if len(content) < 126 else struct.pack(">H", len(content))
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(content))
    return head + length + mask + masked


def test_an_event_stream_ends_with_its_client(connection, root):
    body = json.dumps({"query": QUERY}).encode()
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    read_until(connection, b'"ticks":3')
    assert not root.ended.is_set()

    die(connection)

    assert root.ended.wait(WAIT)


def test_a_socket_ends_with_its_client(connection, root):
    connection.sendall(
        b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    answer = read_until(connection, b"\r\n\r\n")
    if not answer.startswith(b"HTTP/1.1 101"):
        pytest.skip("this uvicorn has nothing that speaks WebSocket: pip install websockets")
    assert b"graphql-transport-ws" in answer
    connection.sendall(frame({"type": "connection_init"}))
    read_until(connection, b"connection_ack")
    connection.sendall(frame({"type": "subscribe", "id": "1", "payload": {"query": QUERY}}))
    read_until(connection, b'"ticks":3')
    assert not root.ended.is_set()

    die(connection)

    assert root.ended.wait(WAIT)
