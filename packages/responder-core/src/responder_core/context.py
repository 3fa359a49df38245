"""The context: what is being answered here and now, in this task or thread."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from responder_core.observation import Observation
    from responder_core.request import Request
    from responder_core.websocket import WebSocket

current_request: ContextVar[Request | WebSocket | None] = ContextVar(
    "current_request", default=None
)
"""Set when a request or a WebSocket comes in; each has a context of its own."""

current_observation: ContextVar[Observation | None] = ContextVar(
    "current_observation", default=None
)
"""Set when a request or a WebSocket comes in that is observed, whatever answers it."""
