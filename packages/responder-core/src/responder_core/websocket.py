"""WebSockets: Starlette's, with the app and the route at hand (RFC 6455)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import starlette.websockets

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.route import WebSocketRoute
    from responder_core.types import Receive, Scope, Send


class WebSocket(starlette.websockets.WebSocket):
    """An open door to one client: ``await ws.accept()``, ``receive_text()``, ``send_json()``.

    Attributes:
        api: the app that serves the socket.
        route: the route it was opened on.
    """

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, api: API, route: WebSocketRoute
    ) -> None:
        super().__init__(scope, receive, send)
        self.api = api
        self.route = route
