"""What older programs import from here; ``responder`` itself has all of it."""

from responder.api import API
from responder.messages import Request, Response
from responder_core.errors import (
    DependencyCycleError,
    DependencyError,
    DependencyResolutionError,
    DependencyScopeError,
    abort,
)
from responder_core.uploads import UploadFile

__all__ = [
    "API",
    "DependencyCycleError",
    "DependencyError",
    "DependencyResolutionError",
    "DependencyScopeError",
    "Request",
    "Response",
    "UploadFile",
    "abort",
]
