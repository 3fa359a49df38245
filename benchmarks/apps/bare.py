"""A bare ASGI function: the floor under every framework, with a JSON encoder of choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from samples import FILE_NAME, ROWS, sample_path
from workloads import GREETING, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import App, Receive, Scope, Send

    Encode = Callable[[object], bytes]
    Header = tuple[bytes, bytes]

PREFIX = "/users/"


def dump_json(value: object) -> bytes:
    """The bytes of *value* by the standard library, as compact as the other encoders."""
    return json.dumps(value, separators=(",", ":")).encode()


def build(encoder: str = "json") -> App:
    """The application; *encoder* is ``"json"`` (standard library) or ``"msgspec"``."""
    if encoder == "json":
        return application(dump_json)
    from msgspec.json import Encoder

    return application(Encoder().encode)


def application(encode: Encode, *more: Header) -> App:
    """The application over one encoder; its JSON goes with *more* header fields."""

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        status = 200
        content_type = b"application/json"
        if path == "/text":
            if scope["method"] == "GET":
                body = TEXT
            else:
                status, body = 405, b"Method Not Allowed"
            content_type = b"text/plain; charset=utf-8"
        elif path == "/json":
            body = encode(GREETING)
        elif path.startswith(PREFIX):
            body = encode({"id": int(path[7:])})
        else:
            status, body, content_type = 404, b"Not Found", b"text/plain; charset=utf-8"
        headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
        if more and content_type == b"application/json":
            headers += more
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare


def build_orders() -> App:
    """The order, read and written by pydantic's own validator and serializer."""
    from pydantic import TypeAdapter

    from apps.orders import Order

    adapter = TypeAdapter(Order)
    validate, dump = adapter.validator.validate_json, adapter.serializer.to_json

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        answer = dump(validate(body))
        await send_answer(send, b"application/json", answer)

    return bare


def build_views() -> App:
    """The greeting, at once and from a worker thread."""
    from anyio.to_thread import run_sync

    def greet() -> bytes:
        return TEXT

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        body = greet() if scope["path"] == "/async" else await run_sync(greet)
        await send_answer(send, b"text/plain; charset=utf-8", body)

    return bare


def build_socket() -> App:
    """An echo over a WebSocket."""

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    return bare


async def send_answer(send: Send, content_type: bytes, body: bytes, *more: Header) -> None:
    """Send 200 with a body, and *more* header fields."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def build_messages() -> App:
    """The large list by msgspec, and the file from memory."""
    from msgspec.json import Encoder

    encode = Encoder().encode
    file = Path(sample_path(FILE_NAME)).read_bytes()

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/list":
            body, content_type = encode(ROWS), b"application/json"
        else:
            body, content_type = file, b"application/octet-stream"
        headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare
