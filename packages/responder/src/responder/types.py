"""Types for annotations, as older programs import them; ``responder_core.types`` has more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from responder.messages import Request, Response
from responder_core.http.events import SSE

__all__ = ["Dependency", "Handler", "Hook", "Request", "Response", "SSE"]

Handler: TypeAlias = Callable[..., Any]
"""A view: ``handler(req, resp, **path)``, sync or async."""

Hook: TypeAlias = Callable[[Request, Response], Any]
"""What runs before or after views."""

Dependency: TypeAlias = Callable[..., Any]
"""What provides a value: a function, a generator, or the async form of either."""
