"""The context: the request that is being answered here and now, in this task or thread."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from responder_core.request import Request

current_request: ContextVar[Request | None] = ContextVar("current_request", default=None)
"""Set when a request comes in; every request has a context of its own."""
