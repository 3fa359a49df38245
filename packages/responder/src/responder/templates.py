"""Templates; ``responder_core.templates`` documents them."""

from responder_core.templates import Templates

__all__ = ["Templates"]
