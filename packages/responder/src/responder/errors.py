"""Errors; ``responder_core.errors`` documents them."""

from responder_core.errors import (
    DependencyCycleError,
    DependencyError,
    DependencyResolutionError,
    DependencyScopeError,
    HTTPException,
    MissingKeyError,
    PathTemplateError,
    Problem,
    ResultError,
    RouteConflictError,
    RouteNotFoundError,
    ViewError,
    abort,
    finding,
)

__all__ = [
    "DependencyCycleError",
    "DependencyError",
    "DependencyResolutionError",
    "DependencyScopeError",
    "HTTPException",
    "MissingKeyError",
    "PathTemplateError",
    "Problem",
    "ResultError",
    "RouteConflictError",
    "RouteNotFoundError",
    "ViewError",
    "abort",
    "finding",
]
