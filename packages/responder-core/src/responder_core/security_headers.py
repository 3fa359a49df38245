"""Security headers: what tells browsers to be careful, and HTTPS for who came without."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from responder_core.http.headers import encode_name, encode_value
from responder_core.http.urls import quote_path, quote_query
from responder_core.request import CSP_NONCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from responder_core.types import ASGIApp, Header, Message, Receive, Scope, Send

STANDARD: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; object-src 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What ``security_headers=True`` sends; ``{nonce}`` is one for each answer, ``req.csp_nonce``."""

HSTS = "max-age=31536000; includeSubDomains"
"""What ``enable_hsts=True`` sends over HTTPS: a year (RFC 6797 §6.1)."""


class SecurityHeaders:
    """ASGI middleware that adds header fields to every answer that has not set them itself.

    Args:
        app: what is behind it.
        fields: the fields; None as a value leaves out a standard one.
        hsts: the Strict-Transport-Security of answers over HTTPS, or None.
    """

    def __init__(
        self, app: ASGIApp, fields: Mapping[str, str | None], hsts: str | None = None
    ) -> None:
        self._app = app
        known = {name: value for name, value in fields.items() if value is not None}
        self._fields: list[Header] = [
            (encode_name(name), encode_value(value))
            for name, value in known.items()
            if "{nonce}" not in value
        ]
        self._with_nonce = [
            (encode_name(name), value) for name, value in known.items() if "{nonce}" in value
        ]
        self._hsts: list[Header] = []
        if hsts is not None:
            self._hsts.append((b"strict-transport-security", encode_value(hsts)))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve a connection; answers to requests get the fields."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        fields = self._fields
        if self._hsts and scope.get("scheme") == "https":
            fields = [*fields, *self._hsts]  # Over plain HTTP it is not sent (RFC 6797 §7.2).
        if self._with_nonce:
            nonce = scope[CSP_NONCE] = secrets.token_urlsafe(16)
            fields = [
                *fields,
                *(
                    (name, encode_value(text.replace("{nonce}", nonce)))
                    for name, text in self._with_nonce
                ),
            ]

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message.get("headers", ())}
                more = [field for field in fields if field[0] not in present]
                message["headers"] = [*message.get("headers", ()), *more]
            await send(message)

        return self._app(scope, receive, add)


class HTTPSRedirect:
    """ASGI middleware that sends who came without encryption to HTTPS, with 307.

    A request whose Host field cannot be believed goes on, and is refused there.
    """

    def __init__(self, app: ASGIApp, is_served: Callable[[Scope], bool]) -> None:
        self._app = app
        self._is_served = is_served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection, or send it elsewhere."""
        if scope["type"] == "websocket" and scope.get("scheme", "ws") == "ws":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        insecure = scope["type"] == "http" and scope.get("scheme", "http") == "http"
        host = next((value for name, value in scope.get("headers", ()) if name == b"host"), None)
        if not insecure or host is None or not self._is_served(scope):
            await self._app(scope, receive, send)
            return
        name = host.decode("ascii").removesuffix(":80")
        target = f"https://{name}{quote_path(scope['path'])}"
        if scope["query_string"]:
            target += f"?{quote_query(scope['query_string'])}"
        fields = [(b"location", target.encode("ascii")), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 307, "headers": fields})
        await send({"type": "http.response.body", "body": b""})
