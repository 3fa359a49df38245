"""Bare ASGI functions whose answers are those of Responder, field by field.

``bare_peers`` answers with the least that is right. These do the same work: JSON that is negotiated
says so, an error is a problem document with an id, a limit tells of itself. What is left between
them and Responder is Responder.
"""

from __future__ import annotations

import time
from os import urandom
from typing import TYPE_CHECKING

from msgspec.json import Encoder
from samples import MANY, ROUTES
from workloads import TEXT

from apps import bare, bare_peers

if TYPE_CHECKING:
    from harness import App, Receive, Scope, Send

VARY = (b"vary", b"Accept")
JSON = (b"content-type", b"application/json")
PROBLEM = (b"content-type", b"application/problem+json")
PLAIN = (b"content-type", b"text/plain; charset=utf-8")
ALLOW = b"GET, HEAD, OPTIONS"
encode = Encoder().encode


def build() -> App:
    """The greeting, the JSON and the typed path."""
    return bare.application(encode, VARY)


def build_typed() -> App:
    """The orders of both kinds, a query with a header field, and three functions in a chain."""
    return bare_peers.build_typed(VARY)


def problem(status: int, title: str, detail: str) -> bytes:
    """A problem document with an id of its own (RFC 9457)."""
    drawn = urandom(16).hex()
    parts = drawn[:8], drawn[8:12], f"4{drawn[13:16]}", f"a{drawn[17:20]}", drawn[20:]
    instance = f"urn:uuid:{'-'.join(parts)}"
    members = {"type": "about:blank", "title": title, "status": status}
    return encode({**members, "detail": detail, "instance": instance})


def build_routes() -> App:
    """Many routes, in a dictionary."""

    async def show(id: int) -> bytes:  # noqa: A002
        return encode({"id": id})

    routes = {f"typed{number}": show for number in range(ROUTES)}

    async def alike(scope: Scope, receive: Receive, send: Send) -> None:
        _, name, number = scope["path"].split("/")
        view = routes.get(name)
        if view is None:
            status, body = 404, problem(404, "Not Found", "There is nothing at this path.")
            headers = [PROBLEM, VARY]
        elif scope["method"] != "GET":
            detail = f"This resource answers {ALLOW.decode()}."
            status, body = 405, problem(405, "Method Not Allowed", detail)
            headers = [PROBLEM, (b"allow", ALLOW), VARY]
        else:
            status, body = 200, await view(int(number))
            headers = [JSON, VARY]
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return alike


def build_limit() -> App:
    """A count of each client's requests of this minute, in the fields of both kinds."""
    counts: dict[tuple[str, int], int] = {}
    name = b"%d/minute" % MANY
    policy = (b"ratelimit-policy", b'"%b";q=%d;w=60' % (name, MANY))
    limit = (b"x-ratelimit-limit", b"%d" % MANY)
    length = (b"content-length", b"%d" % len(TEXT))

    async def alike(scope: Scope, receive: Receive, send: Send) -> None:
        minute, second = divmod(int(time.time()), 60)
        key = (scope["client"][0], minute)
        count = counts[key] = counts.get(key, 0) + 1
        assert count <= MANY
        left, reset = MANY - count, 60 - second
        headers = [
            PLAIN,
            policy,
            (b"ratelimit", b'"%b";r=%d;t=%d' % (name, left, reset)),
            limit,
            (b"x-ratelimit-remaining", b"%d" % left),
            (b"x-ratelimit-reset", b"%d" % reset),
            length,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": TEXT})

    return alike
