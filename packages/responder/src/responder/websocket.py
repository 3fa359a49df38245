"""What views of WebSockets are given: the core's class, with the mixins of every package."""

import responder_core.websocket
from responder_sessions import SessionWebSocketMixin


# Starlette's session is a dict, of its own middleware.
class WebSocket(SessionWebSocketMixin, responder_core.websocket.WebSocket):  # type: ignore[misc]
    """An open door to one client; see ``responder_core.WebSocket``."""
