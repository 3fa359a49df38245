"""Routes; ``responder_core.route`` documents them."""

from typing import TYPE_CHECKING

from responder.former import refuse_names
from responder_core.route import Route, WebSocketRoute

__all__ = ["Route", "WebSocketRoute"]

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__,
        {"Router": "an API has its routes itself; responder.Router is for those to include"},
    )
