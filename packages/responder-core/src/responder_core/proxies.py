"""Proxies: whom to believe about where a request came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.http.forwarded import find_client, find_hops, is_within, parse_networks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from responder_core.types import ASGIApp, Receive, Scope, Send

TRUSTED = "responder.trusted_proxy"
"""The scope key that says that a connection came by a trusted proxy."""

_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}


class TrustedProxies:
    """ASGI middleware that takes the client and the scheme from what trusted proxies tell.

    Args:
        app: what is behind it.
        networks: the networks of the proxies; what others tell is not listened to. A server on
            a Unix socket has no peer, which ``"unix"`` stands for.
    """

    def __init__(self, app: ASGIApp, networks: Iterable[str]) -> None:
        names = list(networks)
        self._app = app
        self._unix = "unix" in names
        self._networks = parse_networks(name for name in names if name != "unix")

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve a connection as the one it was before it passed the proxies."""
        if scope["type"] in {"http", "websocket"}:
            peer = scope.get("client")
            trusted = self._unix if peer is None else is_within(peer[0], self._networks)
            if trusted:
                scope[TRUSTED] = True
            hops = find_hops(scope["headers"]) if trusted else []
            if hops:
                address = "" if peer is None else peer[0]
                client = find_client(address, hops, self._networks)
                if client.address:
                    scope["client"] = (client.address, 0)
                if client.scheme is not None:
                    is_socket = scope["type"] == "websocket"
                    scheme = _SOCKET_SCHEMES[client.scheme] if is_socket else client.scheme
                    scope["scheme"] = scheme
        return self._app(scope, receive, send)
