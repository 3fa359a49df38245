"""The ASGI door: from a scope to the exchange of a route, and from a response to messages.

(ASGI 3, HTTP and WebSocket message format 2.) Nothing behind this door knows the protocol.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from responder_core.context import current_request
from responder_core.finishing import compile_plain, finish, finish_failure
from responder_core.host_check import HostCheck
from responder_core.http.urls import quote_path
from responder_core.mounts import find_mount
from responder_core.observation import OBSERVATION
from responder_core.prefix import current_prefix, split_prefix
from responder_core.problems import RAISE_EXCEPTIONS, log_failure, name_request
from responder_core.table import Miss, RouteTable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_core.api import API
    from responder_core.gate import Gate
    from responder_core.mounts import Mount
    from responder_core.observation import Observation
    from responder_core.problems import ExceptionHandlers
    from responder_core.registry import Registry
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import (
        ASGIApp,
        BodySource,
        Exchange,
        Header,
        Receive,
        Scope,
        Send,
        ServeMount,
        SocketCheck,
    )

    # What the table has for each method of a route: one tuple, as each object more that a route
    # alone has is one to fetch from memory where there are many.
    Door: TypeAlias = "tuple[Serve, Exchange, Route | None]"
    # Serves a request by its door; the same function for all routes that fail alike.
    Serve: TypeAlias = Callable[[Door, Scope, Receive, Send, dict[str, Any]], Awaitable[None]]
    # compile_serve() and send_whole(), or those of another protocol.
    CompileServe = Callable[..., Serve]
    SendAnswer = Callable[..., Awaitable[None]]
    # Finds what serves routes that fail alike, made once: by the handlers, and head=.
    FindServe = Callable[..., Serve]
    # What answers a miss at once; None leaves it to a door.
    Refuse = Callable[[Scope, Miss], "tuple[int, list[Header], bytes] | None"]
    ServeSocket = Callable[[Scope, Receive, Send, dict[str, Any]], Awaitable[None]]

# The scope key under which the look-up leaves what it knows of a path that nothing serves.
MISS = "responder.miss"


def compile_serve(api: API, handlers: ExceptionHandlers, *, head: bool) -> Serve:
    """The coroutine function that serves requests over ASGI, by the door it is given.

    With *head* the body is not sent, while Content-Length is that of GET (RFC 9110 §9.3.2).
    """
    request_class, response_class = api.request_class, api.response_class
    finish_plain = compile_plain(api)
    completes = handlers.problem_handler is not None

    async def serve(
        door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> None:
        _, exchange, route = door
        req = request_class(scope, receive, api, route, path_params)
        current_request.set(req)
        req.send = send
        resp = response_class(req)
        try:
            await exchange(req, resp)
            if completes:
                await handlers.complete(req, resp)
            try:
                answer = finish_plain(resp)
                if answer is None:
                    answer = await finish(resp)
            except Exception as exc:  # noqa: BLE001 - every failure is answered
                answer = await finish_failure(req, resp, exc, handlers)
            status, fields, body = answer
            if type(body) is bytes:
                # As send_whole(), without a coroutine more for each answer.
                await send({"type": "http.response.start", "status": status, "headers": fields})
                if len(body) > _AT_ONCE and not head:
                    await send_pieces(send, body)
                    return
                await send({"type": "http.response.body", "body": b"" if head else body})
            else:
                source = cast("BodySource", body)
                await send_source(resp, status, fields, source, receive, send, handlers)
        except BaseException as exc:
            req.note_failure(exc)
            raise
        finally:
            resources = req.resources
            if resources is not None:
                if resources.is_open():
                    await resources.close(partial(name_request, req), scope.get(CANCEL))
                else:
                    resources.values.clear()

    return serve


def note_route(serve: Serve) -> Serve:
    """As *serve*, in an app that is observed: the observation is told which route answers."""

    def noted(
        door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> Awaitable[None]:
        observation: Observation | None = scope.get(OBSERVATION)
        route = door[2]
        if observation is not None and route is not None:
            observation.template = route.path
        return serve(door, scope, receive, send, path_params)

    return noted


def hold_open(serve: Serve) -> Serve:
    """As *serve*, for requests with providers to tear down, whatever becomes of the request.

    The scope around it is there before any that a provider enters, so that it can be shielded
    when they end.
    """
    from anyio import CancelScope

    async def held(
        door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> None:
        with CancelScope() as cancel:
            scope[CANCEL] = cancel
            await serve(door, scope, receive, send, path_params)

    return held


# The scope key of the cancel scope around a request that has providers to tear down.
CANCEL = "responder.cancel"


# Bytes of a body that are sent at once. Servers copy what they are given, and meanwhile nobody
# else is served.
_AT_ONCE = 1024 * 1024
_PIECE = 256 * 1024


async def send_whole(
    send: Send, status: int, fields: list[Header], body: bytes, *, head: bool
) -> None:
    """Send an answer whose body is there; with *head* its head alone."""
    await send({"type": "http.response.start", "status": status, "headers": fields})
    if len(body) > _AT_ONCE and not head:
        await send_pieces(send, body)
    else:
        await send({"type": "http.response.body", "body": b"" if head else body})


async def send_pieces(send: Send, body: bytes) -> None:
    """Send a long body piece by piece, each when the server took the one before."""
    from anyio.lowlevel import checkpoint

    for start in range(0, len(body), _PIECE):
        piece = body[start : start + _PIECE]
        more = start + _PIECE < len(body)
        await send({"type": "http.response.body", "body": piece, "more_body": more})
        # A quick client takes each at once: the others get their turn here.
        await checkpoint()


async def send_source(  # noqa: PLR0917 - those of an answer and of ASGI
    resp: Response,
    status: int,
    fields: list[Header],
    source: BodySource,
    receive: Receive,
    send: Send,
    handlers: ExceptionHandlers,
) -> None:
    """Send a body piece by piece; a failure before the first piece is an error answer."""
    from responder_core.transfer import send_stream

    req = resp.req

    broken: list[Exception] = []
    try:
        await send_stream(
            req.scope,
            receive,
            send,
            status,
            fields,
            source,
            on_failure=broken.append,
            reroute=req.receive_from,
        )
    except Exception as exc:  # noqa: BLE001 - every failure is answered
        # Nothing was sent yet, so it is answered; but not by a source that may fail once more.
        status, fields, body = await finish_failure(req, resp, exc, handlers)
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
    if broken:
        req.note_failure(broken[0])
        if RAISE_EXCEPTIONS in req.scope:
            raise broken[0]
        log_failure(req, broken[0])


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
            head: (serve, bare, None) for head, serve in serves.items()
        }
        self.miss_doors: dict[bool, Door] = {
            head: (serve, fallback, None) for head, serve in serves.items()
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
        static, match = self.table.static, self.table.match
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
            try:
                found = match(method, path)
            except Exception as exc:  # noqa: BLE001 - a convertor of the program's that fails
                return serve_miss(scope, receive, send, exc)
            if isinstance(found, Miss):
                return serve_miss(scope, receive, send, found)
            door, path_params = found
            return door[0](door, scope, receive, send, path_params)

        return dispatch

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
                return self.send_answer(send, *answer, head=scope["method"] == "HEAD")
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
