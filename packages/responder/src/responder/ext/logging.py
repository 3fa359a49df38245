"""Logs; ``responder_core.logs`` documents them."""

from responder_core.logs import (
    DEFAULT_LOG_FORMAT,
    RequestContext,
    RequestContextFilter,
    get_logger,
    setup_logging,
)

__all__ = [
    "DEFAULT_LOG_FORMAT",
    "RequestContext",
    "RequestContextFilter",
    "get_logger",
    "setup_logging",
]
