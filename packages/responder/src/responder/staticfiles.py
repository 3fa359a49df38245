"""Static files; ``responder_core.static`` documents them."""

from responder_core.static import StaticFiles

__all__ = ["StaticFiles"]
