"""Bare ASGI functions: header fields and long bodies, for scale.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.json import Decoder

from apps.bare import send_answer
from apps.scale import Item

if TYPE_CHECKING:
    from harness import App, Receive, Scope, Send


def build_headers() -> App:
    """A greeting, or the value of a header field."""

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        body = b"Hello, world!"
        if scope["path"] == "/one":
            body = next(value for name, value in scope["headers"] if name == b"x-wanted")
        await send_answer(send, b"text/plain; charset=utf-8", body)

    return bare


def build_bodies() -> App:
    """The length of a body, as bytes and as a list of items."""
    decode = Decoder(list[Item]).decode

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        pieces: list[bytes] = []
        more = True
        while more:
            message = await receive()
            pieces.append(message["body"])
            more = message["more_body"]
        content = b"".join(pieces)
        count = len(content) if scope["path"] == "/raw" else len(decode(content))
        await send_answer(send, b"text/plain; charset=utf-8", b"%d" % count)

    return bare
