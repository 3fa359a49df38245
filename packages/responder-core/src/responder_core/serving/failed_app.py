"""The failed app: answers everything with what a program fails with, until it is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.debug_pages import POLICY, draw_page, draw_text
from responder_core.drain import Drain
from responder_core.error_pages import ErrorFacts
from responder_core.http.request_ids import make_request_id
from responder_core.status import phrase

if TYPE_CHECKING:
    from responder_core.types import Receive, Scope, Send


class FailedApp:
    """An ASGI app in place of one that could not be imported, for who develops it.

    Args:
        failure: what it failed with, with its traceback.

    Attributes:
        drain: as an API has it.
    """

    def __init__(self, failure: BaseException) -> None:
        self._failure = failure
        self.drain: Drain = Drain()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection: a page for browsers, text for others."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1011})
        else:
            await self._answer(scope, send)

    async def _answer(self, scope: Scope, send: Send) -> None:
        detail = "The program could not be loaded."
        facts = ErrorFacts(500, phrase(500), detail, (), make_request_id())
        accepted = b", ".join(value for name, value in scope["headers"] if name == b"accept")
        if b"text/html" in accepted.lower():
            kind, body = b"text/html; charset=utf-8", draw_page(facts, self._failure, scope)
        else:
            kind, body = b"text/plain; charset=utf-8", draw_text(facts, self._failure)
        fields = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"content-security-policy", POLICY.encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 500, "headers": fields})
        await send(
            {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body}
        )
