"""Identifiers: an ``operationId`` for each operation, the same as long as its view has its name."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from responder_openapi.options import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responder_core.operations import Operation


def name_operations(operations: Sequence[Operation]) -> list[str]:
    """The ``operationId`` of each operation.

    It is ``operation_id=``, else the name of the route or of its view, ``show_user``. A view that
    answers several methods adds each, ``users_get``; so does a class. Where several share a name,
    those of routers begin with the router's path, ``v1_users_show``.
    """
    names = [_name(each) for each in operations]
    counts = Counter(names)
    return [
        name if counts[name] == 1 or _is_chosen(each) else _prefix(each) + name
        for name, each in zip(names, operations, strict=True)
    ]


def place_of(operation: Operation) -> str:
    """An operation for who reads a message: ``"GET /users/{id}"``."""
    return f"{operation.method} {operation.route.path}"


def _is_chosen(operation: Operation) -> bool:
    return "operation_id" in words_of(operation.route.facts).options


def _name(operation: Operation) -> str:
    chosen = words_of(operation.route.facts).options.get("operation_id")
    if chosen is not None:
        several = not operation.is_only
        return f"{chosen}_{operation.method.lower()}" if several else chosen
    route = operation.route
    function: Any = route.endpoint
    while isinstance(function, partial):
        function = function.func
    name = _clean(str(route.given_name or getattr(function, "__name__", route.name)))
    if operation.is_only and not isinstance(route.endpoint, type):
        return name
    return f"{name}_{operation.method.lower()}"


def _prefix(operation: Operation) -> str:
    """The path of the routers of a route: ``"v1_users_"``."""
    path = "".join(frame.prefix + frame.router.prefix for frame in operation.route.frames)
    return f"{_clean(path)}_" if path else ""


def _clean(text: str) -> str:
    """Only what may stand in a URL and in the names of programming languages."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "operation"
