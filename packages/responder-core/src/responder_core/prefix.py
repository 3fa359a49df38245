"""The prefix that an app is mounted at: what ASGI calls the root path."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from responder_core.types import Scope

current_prefix: ContextVar[str] = ContextVar("current_prefix", default="")
"""The prefix of the current request, percent-encoded; set only where there is one."""


def split_prefix(scope: Scope) -> tuple[str, str]:
    """The prefix of a request and the path below it, both decoded.

    A root path ``/shop`` and a path ``/shop/tea`` give ``("/shop", "/tea")``. So does the path
    ``/tea``, for some proxies strip the prefix.
    """
    prefix: str = scope.get("root_path", "").rstrip("/")
    path: str = scope["path"]
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        path = path[len(prefix) :] or "/"
    return prefix, path
