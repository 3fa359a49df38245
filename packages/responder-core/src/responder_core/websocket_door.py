"""The ASGI door for WebSockets (ASGI WebSocket message format 2)."""

from __future__ import annotations

import math
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import CancelScope, create_task_group, move_on_after
from starlette.websockets import WebSocketDisconnect, WebSocketState

from responder_core.binding import Binding, bind_hook
from responder_core.connection import REQUEST_ID
from responder_core.context import current_request
from responder_core.convertors import BUILT_IN
from responder_core.errors import HTTPException, Problem
from responder_core.hooks import prepare_hook
from responder_core.http.urls import quote_path
from responder_core.mounts import find_mount
from responder_core.observation import OBSERVATION
from responder_core.paths import parse_template
from responder_core.prefix import current_prefix, split_prefix
from responder_core.problems import RAISE_EXCEPTIONS, logger, name_request
from responder_core.route import WebSocketRoute
from responder_core.table import Miss
from responder_core.timeouts import late
from responder_core.websocket import GOING_AWAY, INTERNAL_ERROR, POLICY_VIOLATION
from responder_core.worker_threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from responder_core.api import API
    from responder_core.asgi import Dispatcher, ServeSocket
    from responder_core.hooks import Step
    from responder_core.mounts import Mount
    from responder_core.observation import Observation
    from responder_core.registry import Registry
    from responder_core.types import Receive, Scope, Send
    from responder_core.websocket import WebSocket


async def serve_websocket(
    dispatcher: Dispatcher, scope: Scope, receive: Receive, send: Send
) -> None:
    """Serve a WebSocket; one that no route wants is closed, which servers send as 403."""
    prefix, path = split_prefix(scope)
    fault = dispatcher.hosts.find_fault(scope)
    token = current_prefix.set(quote_path(prefix))
    try:
        if fault is not None:
            await _close(receive, send)
            return
        try:
            found = dispatcher.websockets.find("GET", path)
        except Exception as exc:
            # A convertor of the program's that failed.
            await _close(receive, send, INTERNAL_ERROR)
            if RAISE_EXCEPTIONS in scope:
                raise
            _log(scope, exc)
            return
        if not isinstance(found, Miss):
            serve, path_params = found
            await serve(scope, receive, send, path_params)
            return
        await _serve_stray(dispatcher, find_mount(dispatcher.mounts, path), scope, receive, send)
    finally:
        current_prefix.reset(token)


async def _serve_stray(
    dispatcher: Dispatcher, mount: Mount | None, scope: Scope, receive: Receive, send: Send
) -> None:
    """Serve a socket that no route wants, behind the checks of the app for such."""

    async def serve() -> None:
        # The guards of the app are for requests; what is behind them stays closed.
        if mount is not None and dispatcher.is_open(mount):
            await mount.app(mount.scope_below(scope), receive, send)
        else:
            await _close(receive, send)

    if not dispatcher.stray_checks:
        await serve()
        return
    ws = dispatcher.api.websocket_class(scope, receive, send, dispatcher.api, _STRAY)
    try:
        try:
            for check in dispatcher.stray_checks:
                await check(ws)
        except Exception as exc:
            await _end(ws, exc)
            if isinstance(exc, HTTPException):
                return
            if RAISE_EXCEPTIONS in scope:
                raise
            _log(scope, exc)
        else:
            await serve()
    finally:
        if ws.resources is not None:
            await ws.resources.close(partial(name_request, ws))


async def _no_view(ws: WebSocket) -> None:
    """No view is there, and none is called."""


# What stands for the route of a socket that has none.
_STRAY = WebSocketRoute(parse_template("/{path:path}", BUILT_IN), _no_view)


async def _close(receive: Receive, send: Send, code: int = 1000) -> None:
    await receive()
    await send({"type": "websocket.close", "code": code, "reason": ""})


def _log(scope: Scope, exc: BaseException) -> None:
    name = scope.get(REQUEST_ID)
    extra = {"request_id": name}
    logger.error("WebSocket %r failed, request %r", scope["path"], name, exc_info=exc, extra=extra)


def open_socket_door(api: API, registry: Registry, route: WebSocketRoute) -> ServeSocket:
    """What serves the sockets of a route.

    In this order: the origin, hooks, guards and parameters, the view. A problem before the
    socket was accepted is its HTTP answer; after that it is closed with 1008. A view that fails
    is logged once, and its socket closed with 1011.
    """
    talk = _compile_talk(api, registry, route)
    seconds = math.inf if route.request_timeout is None else route.request_timeout

    async def serve(
        scope: Scope, receive: Receive, send: Send, path_params: dict[str, object]
    ) -> None:
        scope["path_params"] = path_params
        ws = api.websocket_class(scope, receive, send, api, route)
        current_request.set(ws)
        noted: Observation | None = scope.get(OBSERVATION)
        if noted is not None:
            noted.template = route.path
        failure: Exception | None = None
        async with create_task_group() as group:
            group.start_soon(_end_at_drain, api, ws, group.cancel_scope)
            # What providers enter is inside of these two, so that it is left while they stand.
            with move_on_after(seconds) as limit, CancelScope() as shield:
                try:
                    await talk(ws, limit)
                except WebSocketDisconnect:
                    pass  # The client left while the view was listening: how most sockets end.
                except Exception as exc:  # noqa: BLE001 - every failure ends the socket
                    failure = exc
                except BaseException as exc:
                    shield.shield = True
                    if not limit.cancel_called:
                        ws.note_failure(exc)
                        raise
                    failure = late()
                finally:
                    if failure is not None:
                        ws.note_failure(failure)
                        await _end(ws, failure)
                    if ws.resources is not None:
                        await ws.resources.close(partial(name_request, ws), shield)
            group.cancel_scope.cancel()
        if failure is not None and not isinstance(failure, HTTPException):
            if RAISE_EXCEPTIONS in scope:
                raise failure
            scope[REQUEST_ID] = ws.id
            _log(scope, failure)

    return serve


def _compile_talk(
    api: API, registry: Registry, route: WebSocketRoute
) -> Callable[[WebSocket, CancelScope], Awaitable[None]]:
    """What a socket is for: everything up to the view, within a limit, and the view."""
    context = route.parameters.context(role="WebSocket view", socket=True)
    binding = Binding(route.arguments, registry.guards_of(route), context, api.dependencies)
    inner = [
        prepare_hook(hook, route.parameters, sync_to_thread=threaded, socket=True)
        for frame in route.frames
        for hook, threaded in frame.router.before_sockets
    ]
    steps = [
        bind_hook(step, context, api.dependencies) if step.arguments else step
        for step in (*registry.before_sockets, *inner, *route.before)
    ]
    endpoint: Callable[..., Any] = route.endpoint

    async def talk(ws: WebSocket, limit: CancelScope) -> None:
        refuse_foreign(ws)
        if await _run_hooks(steps, ws):
            values = await binding.bind(ws, None)
            limit.deadline = math.inf
            await endpoint(ws, **values)

    return talk


async def _run_hooks(steps: Sequence[Step], ws: WebSocket) -> bool:
    """Run the hooks before a socket; whether it goes on after them."""
    for step in steps:
        if step.threaded:
            await run_in_thread(step.call, ws, None)
        else:
            result = step.call(ws, None)
            if step.awaits:
                await result
        if ws.application_state is WebSocketState.DISCONNECTED or _is_answered(ws):
            return False
    return True


def _is_answered(ws: WebSocket) -> bool:
    return ws.application_state is WebSocketState.RESPONSE


def refuse_foreign(ws: WebSocket) -> None:
    """Refuse a socket that a page of another origin opens (RFC 6455 §10.2).

    Programs that are no browsers send no Origin; the same host is always allowed, and what
    ``allowed_origins=`` names.

    Raises:
        Problem: 403, the origin is another one.
    """
    origins = ws.headers.get_list("origin")
    if not origins:
        return
    allowed = ws.api.settings.allowed_origins
    origin = origins[0].lower()
    if len(origins) == 1 and ("*" in allowed or origin in allowed):
        return
    scheme, _, own = origin.partition("://")
    port = {"http": ":80", "https": ":443"}.get(scheme)
    host = ws.headers.get("host", "").lower()
    if len(origins) == 1 and port is not None and own.removesuffix(port) == host.removesuffix(port):
        return
    raise Problem(403, "This origin may not open a WebSocket here.")


async def _end(ws: WebSocket, exc: Exception) -> None:
    """Tell the client of a failure, where that can still be done."""
    if ws.client_state is WebSocketState.DISCONNECTED:
        return
    code = POLICY_VIOLATION if isinstance(exc, HTTPException) else INTERNAL_ERROR
    try:
        if ws.application_state is WebSocketState.CONNECTING and isinstance(exc, HTTPException):
            if ws.client_state is WebSocketState.CONNECTING:
                await ws.receive()
            if exc.status_code >= 400:
                plain = Problem(exc.status_code, headers=exc.headers)
                await ws.refuse(exc if isinstance(exc, Problem) else plain)
                return
        await ws.send({"type": "websocket.close", "code": code, "reason": ""})
    except Exception:  # noqa: BLE001 - what cannot be told in words is told by closing
        with suppress(Exception):
            await ws.send({"type": "websocket.close", "code": code, "reason": ""})


async def _end_at_drain(api: API, ws: WebSocket, cancel: CancelScope) -> None:
    """Close the socket when the app is about to stop."""
    await api.drain.wait()
    with suppress(Exception):
        if ws.is_open:
            await ws.close(GOING_AWAY)
        elif ws.application_state is WebSocketState.CONNECTING:
            # Who waits to be taken is refused.
            await ws.send({"type": "websocket.close", "code": GOING_AWAY, "reason": ""})
    cancel.cancel()
