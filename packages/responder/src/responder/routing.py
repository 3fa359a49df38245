"""Routers; ``responder_core.router`` documents them."""

from responder.registrar import Router

__all__ = ["Router"]
