"""What views of WebSockets are given: the core's class, with the mixins of every package."""

import responder_core.websocket


class WebSocket(responder_core.websocket.WebSocket):
    """An open door to one client; see ``responder_core.WebSocket``."""
