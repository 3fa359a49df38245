"""Listing: the routes of an app with all that stands around them, for people and for programs."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypedDict, cast

from responder_core.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from responder_core.api import API
    from responder_core.mounts import Mount
    from responder_core.route import WebSocketRoute

_COLUMNS = ("METHODS", "PATH", "NAME", "VIEW", "HOOKS", "AUTH", "LIMITS")
_MIB = 1024 * 1024


class Row(TypedDict):
    """What is told of a route, a WebSocket or a mount.

    Attributes:
        methods: ``["GET", "HEAD"]``; ``["WEBSOCKET"]`` and ``["MOUNT"]`` are no methods.
        path: the template, or the prefix.
        name: what ``url_for()`` knows it by, or None.
        view: the function or class, ``"shop.items.show"``.
        hooks: those before and after, in the order they run.
        auth: the guards before it, in the order they run.
        limits: by name, in words.
    """

    methods: list[str]
    path: str
    name: str | None
    view: str
    hooks: list[str]
    auth: list[str]
    limits: dict[str, str]


def list_routes(api: API) -> list[Row]:
    """The routes of an app by path, then its mounts.

    A fact of a route (``route.facts``) that has a method ``describe_limits()`` is asked for a
    mapping of names to words.
    """
    routes = sorted(api.routes, key=lambda route: route.path)
    return [*(_list_route(api, route) for route in routes), *map(_list_mount, api.mounts)]


def filter_rows(rows: Iterable[Row], text: str) -> list[Row]:
    """The rows that have a text in their methods, path, name or view, in any case."""
    sought = text.lower()
    return [
        row
        for row in rows
        if sought
        in " ".join((*row["methods"], row["path"], row["name"] or "", row["view"])).lower()
    ]


def write_table(rows: Sequence[Row]) -> str:
    """Rows as a table; columns that say nothing are left out."""
    if not rows:
        return "No routes."
    cells = [_COLUMNS, *map(_write_row, rows)]
    filled = [index for index in range(len(_COLUMNS)) if any(row[index] for row in cells[1:])]
    widths = {index: max(len(row[index]) for row in cells) for index in filled}
    return "\n".join(
        "  ".join(row[index].ljust(widths[index]) for index in filled).rstrip() for row in cells
    )


def find_docs(api: API) -> str | None:
    """The path of the documentation: of the route that is named ``docs``."""
    return next((route.path for route in api.routes if route.name == "docs"), None)


def _list_route(api: API, route: Route | WebSocketRoute) -> Row:
    registry = api.registry
    guards = registry.guards_of(route)
    row = Row(
        methods=["WEBSOCKET"],
        path=route.path,
        name=route.name,
        view=name_of(route.endpoint),
        hooks=[],
        auth=[name_of(guard) for guard in guards],
        limits={},
    )
    if isinstance(route, Route):
        row["methods"] = [each for each in route.methods if registry.serves(route, each)]
        routers = [frame.router for frame in route.frames]
        steps = [
            *(step.hook for step in registry.before),
            *(hook for router in routers for hook, _ in router.before),
            *(step.hook for step in (*route.before, *route.after)),
            *(hook for router in reversed(routers) for hook, _ in router.after),
            *(step.hook for step in registry.after),
        ]
        row["hooks"] = [name_of(hook) for hook in steps]
    else:
        hooks = [*registry.before_sockets, *route.before]
        row["hooks"] = [name_of(step.hook) for step in hooks]
    row["limits"] = _list_limits(route)
    return row


def _list_limits(route: Route | WebSocketRoute) -> dict[str, str]:
    limits: dict[str, str] = {}
    if isinstance(route, Route):
        size = route.max_request_size
        if size is not None and route.methods not in (("GET",), ("GET", "HEAD")):
            limits["body"] = _write_size(size)
        if route.cancel_on_disconnect:
            limits["client"] = "ends when it leaves"
    else:
        if route.max_message_size is not None:
            limits["message"] = _write_size(route.max_message_size)
        if route.idle_timeout is not None:
            limits["idle"] = f"{route.idle_timeout:g} s"
    if route.request_timeout is not None:
        limits["time"] = f"{route.request_timeout:g} s"
    for fact in route.facts:
        describe = getattr(fact, "describe_limits", None)
        if describe is not None:
            limits.update(describe())
    return limits


def _list_mount(mount: Mount) -> Row:
    return Row(
        methods=["MOUNT"],
        path=mount.prefix or "/",
        name=None,
        view=name_of(mount.app),
        hooks=[],
        auth=[],
        limits={},
    )


def name_of(function: Callable[..., Any] | None) -> str:
    """A function or class as it is imported: ``"shop.items.show"``."""
    unwrapped: Any = inspect.unwrap(function) if callable(function) else function
    target: Any = getattr(unwrapped, "func", unwrapped)  # Of functools.partial().
    if not hasattr(target, "__qualname__"):
        target = cast("Any", type(target))
    return f"{target.__module__}.{target.__qualname__}".replace(".<locals>", "")


def _write_row(row: Row) -> tuple[str, ...]:
    return (
        ",".join(row["methods"]),
        row["path"],
        row["name"] or "",
        row["view"],
        ", ".join(row["hooks"]),
        ", ".join(row["auth"]),
        ", ".join(f"{name}: {words}" for name, words in row["limits"].items()),
    )


def _write_size(size: int) -> str:
    if size >= _MIB and size % _MIB == 0:
        return f"{size // _MIB} MiB"
    return f"{size // 1024} KiB" if size >= 1024 and size % 1024 == 0 else f"{size} B"
