"""Protection against requests that other sites forge; ``responder_sessions`` documents it."""

from responder_sessions import CSRF

__all__ = ["CSRF"]
