"""Bare ASGI functions that do what the frameworks do for each workload, and nothing else.

They encode with msgspec, as Responder does. Each is the least that answers rightly: who looks for
the floor of a workload finds it here.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from msgspec.json import Decoder, Encoder
from samples import EVENT, FILE_NAME, GZIP_LEVEL, HOOKS, KEY, MANY, ROUTES, ROWS, sample_path
from workloads import TEXT

from apps.bare import send_answer

if TYPE_CHECKING:
    from harness import App, Receive, Scope, Send

    from apps.bare import Header

JSON = b"application/json"
PLAIN = b"text/plain; charset=utf-8"
encode = Encoder().encode


async def read(receive: Receive) -> bytes:
    """The body of a request."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    return body


def field(scope: Scope, name: bytes) -> bytes:
    """A header field of a request, or nothing."""
    for each, value in scope["headers"]:
        if each == name:
            return bytes(value)
    return b""


async def send_with(send: Send, name: bytes, value: bytes) -> None:
    """Send the greeting with one more header field."""
    headers = [(b"content-type", PLAIN), (b"content-length", b"13"), (name, value)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": TEXT})


def build() -> App:
    """The greeting, the JSON and the typed path."""
    from apps.bare import build as build_bare

    return build_bare("msgspec")


def build_typed(*more: Header) -> App:
    """The orders of both kinds, a query with a header field, and three functions in a chain.

    Each answer has *more* header fields.
    """
    from pydantic import TypeAdapter

    from apps.orders import Order
    from apps.structs import Order as StructOrder

    adapter = TypeAdapter(Order)
    validate, dump = adapter.validator.validate_json, adapter.serializer.to_json
    decode = Decoder(StructOrder).decode

    async def first() -> int:
        return 1

    async def second() -> int:
        return await first() + 1

    async def third() -> int:
        return await second() + 1

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/orders":
            body = dump(validate(await read(receive)))
        elif path == "/structs":
            body = encode(decode(await read(receive)))
        elif path == "/search":
            query = parse_qs(scope["query_string"].decode())
            found = {"query": query["query"][0], "limit": int(query["limit"][0])}
            body = encode({**found, "token": field(scope, b"x-token").decode()})
        else:
            body = encode({"number": await third()})
        await send_answer(send, JSON, body, *more)

    return bare


def build_routes() -> App:
    """Many routes, in a dictionary."""

    async def show(id: int) -> bytes:  # noqa: A002
        return encode({"id": id})

    routes = {f"typed{number}": show for number in range(ROUTES)}

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        _, name, number = scope["path"].split("/")
        view = routes.get(name)
        status, content_type = 200, JSON
        if view is None:
            status, content_type, body = 404, PLAIN, b"Not Found"
        elif scope["method"] != "GET":
            status, content_type, body = 405, PLAIN, b"Method Not Allowed"
        else:
            body = await view(int(number))
        headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare


def build_hooks() -> App:
    """The greeting after five functions that do nothing."""

    async def hook(scope: Scope) -> None: ...

    hooks = [hook] * HOOKS

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        for each in hooks:
            await each(scope)
        await send_answer(send, PLAIN, TEXT)

    return bare


def build_messages() -> App:
    """The large list, and the file and a range of it, read from disk in a worker thread."""
    from anyio.to_thread import run_sync

    file = Path(sample_path(FILE_NAME))

    def read_range(start: int, stop: int | None) -> tuple[bytes, int]:
        with file.open("rb") as opened:
            size = file.stat().st_size
            opened.seek(start)
            return opened.read((stop or size) - start), size

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/list":
            await send_answer(send, JSON, encode(ROWS))
            return
        headers = [(b"content-type", b"application/octet-stream")]
        if asked := field(scope, b"range"):
            first, _, last = asked.removeprefix(b"bytes=").partition(b"-")
            body, size = await run_sync(read_range, int(first), int(last) + 1)
            headers.append((b"content-range", b"bytes %b-%b/%d" % (first, last, size)))
            status = 206
        else:
            body, _ = await run_sync(read_range, 0, None)
            status = 200
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare


def build_gzip() -> App:
    """The large list, compressed."""

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        coder = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
        body = coder.compress(encode(ROWS)) + coder.flush()
        headers = [
            (b"content-type", JSON),
            (b"content-encoding", b"gzip"),
            (b"content-length", b"%d" % len(body)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare


def sign(data: bytes) -> bytes:
    """A signature of these bytes, as text."""
    return urlsafe_b64encode(hmac.digest(KEY.encode(), data, hashlib.sha256))


def build_session() -> App:
    """A count of visits in a cookie: JSON in base64 with a time, signed by HMAC-SHA-256."""
    decode = Decoder(dict[str, int]).decode
    max_age = 14 * 24 * 3600

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        session: dict[str, int] = {}
        data, _, signature = field(scope, b"cookie").removeprefix(b"session=").rpartition(b".")
        if data and hmac.compare_digest(sign(data), signature):
            payload, _, written = data.partition(b".")
            if time.time() - int(written) < max_age:
                session = decode(urlsafe_b64decode(payload))
        session["visits"] = session.get("visits", 0) + 1
        data = b"%b.%d" % (urlsafe_b64encode(encode(session)), time.time())
        cookie = b"session=%b.%b; Path=/; HttpOnly; SameSite=Lax" % (data, sign(data))
        await send_with(send, b"set-cookie", cookie)

    return bare


def build_store() -> App:
    """A count of visits in a dictionary of the server, found by the id in a cookie."""
    sessions: dict[bytes, dict[str, int]] = {}

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        key = field(scope, b"cookie").removeprefix(b"session=")
        session = sessions.get(key)
        if session is None:
            key = secrets.token_urlsafe(32).encode()
            session = sessions[key] = {}
        session["visits"] = session.get("visits", 0) + 1
        cookie = b"session=%b; Path=/; HttpOnly; SameSite=Lax" % key
        await send_with(send, b"set-cookie", cookie)

    return bare


def build_limit() -> App:
    """A count of each client's requests of this minute."""
    counts: dict[tuple[str, int], int] = {}

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        key = (scope["client"][0], int(time.time()) // 60)
        count = counts[key] = counts.get(key, 0) + 1
        assert count <= MANY
        await send_with(send, b"x-ratelimit-remaining", b"%d" % (MANY - count))

    return bare


def build_graphql() -> App:
    """graphql-core's own work: a document that is kept is executed."""
    from graphql import ExecutionResult, build_schema, execute, parse
    from query_apps import SDL, USERS

    schema = build_schema(SDL)
    root = {"hello": lambda info: "world", "users": lambda info: USERS}
    documents: dict[str, Any] = {}
    decode = Decoder(dict[str, Any]).decode

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        query = decode(await read(receive))["query"]
        if query not in documents:
            documents[query] = parse(query)
        result = execute(schema, documents[query], root)
        assert isinstance(result, ExecutionResult)
        await send_answer(send, JSON, encode({"data": result.data}))

    return bare


def build_stream() -> App:
    """The events of a fan-out."""
    from apps.fanout import Fanout

    fanout = Fanout()

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        if scope["path"] == "/publish":
            fanout.publish(EVENT)
            await send_answer(send, PLAIN, TEXT)
            return
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        task = asyncio.ensure_future(send_events(send))
        while (await receive())["type"] != "http.disconnect":
            continue
        task.cancel()

    async def send_events(send: Send) -> None:
        async for event in fanout.events():
            body = f"data: {event}\n\n".encode()
            await send({"type": "http.response.body", "body": body, "more_body": True})

    return bare
