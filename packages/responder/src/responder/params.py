"""Where parameters of views come from; ``responder_core.markers`` documents it."""

from responder_core.markers import Cookie, Depends, File, Form, Header, Path, Query

__all__ = ["Cookie", "Depends", "File", "Form", "Header", "Path", "Query"]
