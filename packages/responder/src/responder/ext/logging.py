"""Logs; ``responder_core.logs`` documents them."""

from typing import TYPE_CHECKING

from responder.former import refuse_names
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

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__,
        {
            "LoggingMiddleware": "API(enable_logging=True) writes a record for each request",
            "RequestIDMiddleware": "API(request_id=True) says the id of each request",
        },
    )
