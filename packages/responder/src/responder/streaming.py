"""Event streams; ``responder_core.http.events`` and ``streams`` document them."""

from responder_core.http.events import SSE
from responder_core.streams import ReplayBuffer

__all__ = ["ReplayBuffer", "SSE"]
