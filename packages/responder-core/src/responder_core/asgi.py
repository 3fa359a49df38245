"""The ASGI door: from a scope to what serves it (ASGI 3).

Nothing behind the look-up knows a path; nothing behind ``door`` knows the protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.door import hold_open
from responder_core.host_check import HostCheck
from responder_core.http.urls import quote_path
from responder_core.mounts import find_mount
from responder_core.prefix import current_prefix, split_prefix
from responder_core.speedups import speed_dispatch
from responder_core.table import Miss, RouteTable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_core.api import API
    from responder_core.door import Door, FindServe
    from responder_core.gate import Gate
    from responder_core.mounts import Mount
    from responder_core.registry import Registry
    from responder_core.types import (
        ASGIApp,
        Exchange,
        Header,
        Receive,
        Scope,
        Send,
        ServeMount,
        SocketCheck,
    )

    # send_whole(), or that of another protocol.
    SendAnswer = Callable[..., Awaitable[None]]
    # What answers a miss at once; None leaves it to a door.
    Refuse = Callable[[Scope, Miss], "tuple[int, list[Header], bytes] | None"]
    ServeSocket = Callable[[Scope, Receive, Send, dict[str, Any]], Awaitable[None]]
    # RouteTable.match(), or its .walk().
    Find = Callable[[str, str], tuple[Door, dict[str, Any]] | Miss]

# The scope key under which the look-up leaves what it knows of a path that nothing serves.
MISS = "responder.miss"


class Dispatcher:
    """Everything a running app looks up, made once; a registration makes a new one."""

    def __init__(  # noqa: PLR0917 - everything that is looked up
        self,
        api: API,
        table: RouteTable[Door],
        websockets: RouteTable[ServeSocket],
        registry: Registry,
        bare: Exchange,
        fallback: Exchange,
        gate: Gate | None,
        find_serve: FindServe,
        send_answer: SendAnswer,
        refuse: Refuse | None,
    ) -> None:
        self.api = api
        self.mounts: list[Mount] = registry.mounts
        self.public: frozenset[str] = registry.public
        self.stray_checks: list[SocketCheck] = registry.stray_checks
        self.table = table
        self.websockets = websockets
        self.gate = gate
        handlers = api.exception_handlers
        serves = {head: find_serve(handlers, head=head) for head in (False, True)}
        if gate is not None and gate.binding.generates:
            serves = {head: hold_open(serve) for head, serve in serves.items()}
        # By whether the request is a HEAD.
        self.bare_doors: dict[bool, Door] = {
            head: (serve, bare, None, False) for head, serve in serves.items()
        }
        self.miss_doors: dict[bool, Door] = {
            head: (serve, fallback, None, False) for head, serve in serves.items()
        }
        self.mount_doors: dict[Mount, ServeMount] = {
            mount: self._open_mount(mount, registry) for mount in self.mounts
        }
        self.hosts: HostCheck = HostCheck(api.settings)
        self.refuse: Refuse | None = refuse
        self.send_answer: SendAnswer = send_answer

    def _open_mount(self, mount: Mount, registry: Registry) -> ServeMount:
        """What serves a mount, behind the guards of the app and what stands around mounts."""
        door: ServeMount = mount.serve
        if self.gate is not None and not self.is_open(mount):
            door = self.gate.before(door)
        for wrap in reversed(registry.mount_arounds):
            door = wrap(mount, door)
        return door

    def is_open(self, mount: Mount) -> bool:
        """Whether a mount is open to everyone, as no guard of the app stands before it."""
        return self.gate is None or (mount.prefix or "/") in self.public

    def app(self) -> ASGIApp:
        """The ASGI application: one look-up, and the coroutine of what it finds."""
        table = self.table
        static, all_endings, match, walk = table.static, table.endings, table.match, table.walk
        hosts, find_fault = self.hosts.known, self.hosts.find_fault
        serve_miss, serve_below, serve_other = self.serve_miss, self.serve_below, self.serve_other

        def dispatch(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            if scope["type"] != "http":
                return serve_other(scope, receive, send)
            host = None
            for name, value in scope["headers"]:
                if name == b"host":
                    if host is not None:
                        host = None  # Twice is as bad as never: the full check tells.
                        break
                    host = value
            if host not in hosts:
                fault = find_fault(scope)
                if fault is not None:
                    return serve_miss(scope, receive, send, fault)
            if scope.get("root_path"):
                return serve_below(scope, receive, send)
            method, path = scope["method"], scope["path"]
            paths = static.get(method)
            if paths is not None:
                door = paths.get(path)
                if door is not None:
                    return door[0](door, scope, receive, send, {})
            # The first step of match(), without a call for it.
            endings, find = all_endings.get(method), walk
            if endings is not None:
                head, slash, tail = path.rpartition("/")
                ending = endings.get(head) if slash else None
                if ending is not None:
                    parse, last, name, other = ending
                    try:
                        value = parse(tail)
                    except Exception as exc:  # noqa: BLE001 - a convertor of the program's that fails
                        return serve_miss(scope, receive, send, exc)
                    if value is not None:
                        return last[0](last, scope, receive, send, {name: value})
                    if other is not None:
                        find = match
            return search(scope, receive, send, find)

        def search(scope: Scope, receive: Receive, send: Send, find: Find) -> Awaitable[None]:
            try:
                found = find(scope["method"], scope["path"])
            except Exception as exc:  # noqa: BLE001 - as above
                return serve_miss(scope, receive, send, exc)
            if isinstance(found, Miss):
                return serve_miss(scope, receive, send, found)
            door, path_params = found
            return door[0](door, scope, receive, send, path_params)

        app: ASGIApp = speed_dispatch(dispatch, search, walk, static, all_endings, hosts)
        return app

    async def serve_below(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request whose path begins with the prefix the app is mounted at."""
        prefix, path = split_prefix(scope)
        found: tuple[Door, dict[str, Any]] | Miss | Exception
        try:
            found = self.table.find(scope["method"], path)
        except Exception as exc:  # noqa: BLE001 - a convertor of the program's that fails
            found = exc
        token = current_prefix.set(quote_path(prefix))
        try:
            if isinstance(found, (Miss, Exception)):
                await self.serve_miss(scope, receive, send, found)
            else:
                door, path_params = found
                await door[0](door, scope, receive, send, path_params)
        finally:
            current_prefix.reset(token)

    def serve_miss(
        self, scope: Scope, receive: Receive, send: Send, miss: Miss | Exception | str
    ) -> Awaitable[None]:
        """Serve what no route answers: a miss of the table, its failure, a fault in words."""
        if self.mounts and isinstance(miss, Miss) and not miss.allowed:
            mount = find_mount(self.mounts, split_prefix(scope)[1])
            if mount is not None:
                limit = self.api.settings.max_request_size
                return self.mount_doors[mount](
                    scope, receive, send, limit=limit, refuse=self.serve_miss
                )
        if self.refuse is not None and isinstance(miss, Miss):
            answer = self.refuse(scope, miss)
            if answer is not None:
                return self.send_answer(send, answer, head=scope["method"] == "HEAD")
        scope[MISS] = miss
        doors = self.miss_doors if isinstance(miss, Miss) else self.bare_doors
        door = doors[scope["method"] == "HEAD"]
        return door[0](door, scope, receive, send, {})

    async def serve_other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket or the lifespan.

        Raises:
            ValueError: the scope is of a type that no app of ours can serve.
        """
        if scope["type"] == "lifespan":
            await self.api.lifespan_events.serve(self.api, scope, receive, send)
        elif scope["type"] == "websocket":
            # Starlette's WebSocket takes a fifth of the framework's import time; most services
            # open none.
            from responder_core.websocket_door import serve_websocket

            await serve_websocket(self, scope, receive, send)
        else:
            msg = f"an API serves http, websocket and lifespan, not {scope['type']!r}"
            raise ValueError(msg)
