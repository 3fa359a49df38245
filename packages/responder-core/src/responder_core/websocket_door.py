"""The ASGI door for WebSockets (ASGI WebSocket message format 2)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.websockets import WebSocketDisconnect, WebSocketState

from responder_core.http.hosts import find_fault
from responder_core.http.urls import quote_path
from responder_core.mounts import find_mount
from responder_core.prefix import current_prefix, split_prefix
from responder_core.problems import RAISE_EXCEPTIONS, logger
from responder_core.table import Miss

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.mounts import Mount
    from responder_core.route import WebSocketRoute
    from responder_core.table import RouteTable
    from responder_core.types import Receive, Scope, Send

INTERNAL_ERROR = 1011
"""The close code of a socket whose view failed (RFC 6455 §7.4.1)."""


async def serve_websocket(  # noqa: PLR0917 - those of ASGI, and what is looked up
    api: API,
    table: RouteTable[WebSocketRoute],
    mounts: list[Mount],
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Serve a WebSocket; one that no route wants is closed, which servers send as 403.

    A view that fails is logged once, and its socket closed with 1011, or refused when the
    view had not accepted it yet.
    """
    prefix, path = split_prefix(scope)
    fault = find_fault(scope["headers"], scope.get("http_version", "1.1"))
    ws = None
    token = current_prefix.set(quote_path(prefix))
    try:
        found = table.find("GET", path)
        mount = find_mount(mounts, path) if isinstance(found, Miss) else None
        if mount is not None and fault is None:
            await mount.app(mount.scope_below(scope), receive, send)
            return
        if fault is not None or isinstance(found, Miss):
            await receive()
            await send({"type": "websocket.close", "code": 1000, "reason": ""})
            return
        route, path_params = found
        scope["path_params"] = path_params
        ws = api.websocket_class(scope, receive, send, api, route)
        await route.call(ws, path_params)
    except WebSocketDisconnect:
        pass  # The client left while the view was listening: how most sockets end.
    except Exception as exc:
        # A socket that is closed already, or whose client is gone, has nothing to be told.
        if ws is None or ws.client_state is not WebSocketState.DISCONNECTED:
            with suppress(Exception):
                tell = send if ws is None else ws.send
                await tell({"type": "websocket.close", "code": INTERNAL_ERROR, "reason": ""})
        if RAISE_EXCEPTIONS in scope:
            raise
        logger.error("WebSocket %r failed", scope["path"], exc_info=exc)
    finally:
        current_prefix.reset(token)
