"""Refresh: pages of the development server reload themselves when the program changes.

A small script in each page listens to an event stream (HTML, Server-Sent Events); when the stream
is that of another process than the page's, it loads the page anew. The page names its process
itself: a program may have changed before the browser has asked for the script, or for the stream.
"""

from __future__ import annotations

import json
import re
import secrets
from contextlib import suppress
from html import escape
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from responder_core.http.hosts import is_named

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from responder_core.drain import Drain
    from responder_core.types import ASGIApp, Header, Message, Receive, Scope, Send

SCRIPT_PATH = "/.responder/refresh.js"
EVENTS_PATH = "/.responder/refresh"

_SCRIPT = f"""\
(() => {{
  if (window.responderRefresh) return;
  window.responderRefresh = true;
  let seen = NAME;
  const page = document.currentScript?.dataset.process;
  if (page && page !== seen) {{
    // Of the process before, or of a cache, which has it for ever: believed once, if that can be
    // kept in mind, and in no case again and again.
    const key = "responderRefresh " + location.pathname;
    try {{
      if (sessionStorage.getItem(key) !== seen) {{
        sessionStorage.setItem(key, seen);
        seen = page;
      }}
    }} catch {{}}
  }}
  const events = new EventSource("{EVENTS_PATH}");
  events.onmessage = (event) => {{
    if (seen !== event.data) location.reload();
    seen = event.data;
  }};
  addEventListener("pagehide", () => events.close());
}})();
"""

RETRY = 100
"""Milliseconds after which a browser comes back, once the stream has ended."""

_HEARTBEAT = 15.0
_NONCE = re.compile(r"script-src(?:-elem)?[^;,]*'nonce-([^']+)'")


class Refresh:
    """ASGI middleware that puts the script into pages, and serves it.

    Answers are not compressed then, so that they can be read here.

    Args:
        app: what is behind it.
        drain: ends the event streams.
        name: the name of this process, which no other has; a random one without it.
        hosts: the names that it is asked for by, beside those of this machine and addresses.
    """

    def __init__(
        self, app: ASGIApp, drain: Drain, name: str | None = None, *, hosts: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._drain = drain
        self._name = name or secrets.token_urlsafe(8)
        self._script = _SCRIPT.replace("NAME", json.dumps(self._name)).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not _is_local(scope, self._hosts):
            # A page elsewhere may have given its own name this machine's address.
            body = b"This is a development server. Name its other hosts in allowed_hosts=.\n"
            await _send(send, b"text/plain", body, status=400)
        elif scope["path"] == SCRIPT_PATH:
            await _send(send, b"text/javascript; charset=utf-8", self._script)
        elif scope["path"] == EVENTS_PATH:
            await self._stream(receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = [field for field in scope["headers"] if field[0] != b"accept-encoding"]
        extensions: dict[str, Any] = dict(scope.get("extensions") or {})
        extensions.pop("http.response.pathsend", None)
        below: Scope = {**scope, "headers": fields, "extensions": extensions}
        if _wants_page(scope):
            send = _Page(send, self._name, is_head=scope["method"] == "HEAD").send
        await self._app(below, receive, send)

    async def _stream(self, receive: Receive, send: Send) -> None:
        """Say the name of this process, and nothing more until it stops."""
        from anyio import create_task_group

        fields = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        async with create_task_group() as group:

            async def leave() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            async def end() -> None:
                await self._drain.wait()
                group.cancel_scope.cancel()

            group.start_soon(leave)
            group.start_soon(end)
            async for piece in self._events():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _events(self) -> AsyncIterator[bytes]:
        from anyio import sleep

        yield f"retry: {RETRY}\ndata: {self._name}\n\n".encode()
        while True:
            await sleep(_HEARTBEAT)
            yield b":\n\n"


class _Page:
    """The messages of an answer, with the script in it where it is a page."""

    def __init__(self, send: Send, name: str, *, is_head: bool) -> None:
        self._send = send
        self._name = name
        self._is_head = is_head
        self._start: Message | None = None
        self._script = b""

    async def send(self, message: Message) -> None:
        """Pass a message on, changed where it must be."""
        kind = message["type"]
        if kind == "http.response.start" and _is_page(message):
            self._script, fields = _prepare(self._name, message.get("headers", ()))
            self._start = {**message, "headers": fields}
            if self._is_head:
                self._script = b""
            return
        if kind != "http.response.body" or (not self._script and self._start is None):
            await self._send(message)
            return
        body = message.get("body", b"")
        more = message.get("more_body", False)
        before, tag, after = body.rpartition(b"</body>")
        if self._script and (tag or not more):
            body = before + self._script + tag + after if tag else body + self._script
            self._script = b""
        if self._start is not None:
            start, self._start = self._start, None
            if not more and not self._is_head:
                start["headers"] = [
                    *start["headers"],
                    (b"content-length", str(len(body)).encode()),
                ]
            await self._send(start)
        await self._send({**message, "body": body})


def _wants_page(scope: Scope) -> bool:
    """Whether a request is for a page, and not for a piece of one (Fetch Metadata, htmx)."""
    for name, value in scope["headers"]:
        if name == b"hx-request":
            return False
        if name == b"sec-fetch-dest":
            return value in {b"document", b"iframe", b"frame"}
    return True


def _is_page(start: Message) -> bool:
    """Whether an answer is a whole page that a browser shows."""
    if start["status"] in {204, 205, 206, 304}:
        return False
    fields = {name.lower(): value for name, value in start.get("headers", ())}
    kind = fields.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return kind == b"text/html" and b"content-encoding" not in fields


def _prepare(name: str, fields: list[Header]) -> tuple[bytes, list[Header]]:
    """The tag of the script, with the name of the process, and the fields that let it run."""
    nonce = ""
    kept: list[Header] = []
    for field, value in fields:
        lower = field.lower()
        if lower == b"content-length":
            continue
        if lower == b"content-security-policy":
            policy = value.decode("latin-1")
            found = _NONCE.search(policy)
            nonce = f' nonce="{escape(found[1])}"' if found else nonce
            kept.append((field, ", ".join(map(_allow, policy.split(","))).encode("latin-1")))
        else:
            kept.append((field, value))
    tag = f'<script src="{SCRIPT_PATH}" data-process="{escape(name)}"{nonce}></script>'
    return tag.encode(), kept


def _allow(policy: str) -> str:
    """A Content-Security-Policy that lets scripts and events of this server in, too (CSP3 §6)."""
    directives: dict[str, list[str]] = {}
    for each in policy.split(";"):
        name, *sources = each.split() or [""]
        if name:
            directives.setdefault(name.lower(), sources)
    for name in ("script-src", "script-src-elem", "connect-src"):
        fallback = None if name == "script-src-elem" else directives.get("default-src")
        listed = directives.get(name, fallback)
        if listed is not None:
            kept = [source for source in listed if source.lower() != "'none'"]
            directives[name] = kept if "'self'" in kept else [*kept, "'self'"]
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())


def _is_local(scope: Scope, hosts: Sequence[str]) -> bool:
    """Whether a request is for this machine, by its name, its address, or a name of the app's."""
    for name, value in scope["headers"]:
        if name == b"host":
            host = value.decode("latin-1").lower()
            bare = host.partition("]")[0].lstrip("[") if host[:1] == "[" else host.partition(":")[0]
            if bare == "localhost" or bare.endswith(".localhost") or is_named(value, hosts):
                return True
            with suppress(ValueError):
                ip_address(bare)
                return True
            return False
    return True  # Of HTTP/1.0, which no browser speaks.


async def _send(send: Send, kind: bytes, body: bytes, *, status: int = 200) -> None:
    fields = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
