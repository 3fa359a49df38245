"""Background functions; ``responder_core.background`` documents them."""

from responder_core.background import BackgroundQueue

__all__ = ["BackgroundQueue"]
