"""The ASGI door for WebSockets (ASGI WebSocket message format 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.websockets import WebSocketDisconnect, WebSocketState

from responder_core.asgi import path_below, root_path
from responder_core.http.hosts import find_fault
from responder_core.problems import RAISE_EXCEPTIONS, logger
from responder_core.table import Miss

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.route import WebSocketRoute
    from responder_core.table import RouteTable
    from responder_core.types import Receive, Scope, Send

INTERNAL_ERROR = 1011
"""The close code of a socket whose view failed (RFC 6455 §7.4.1)."""


async def serve_websocket(
    api: API, table: RouteTable[WebSocketRoute], scope: Scope, receive: Receive, send: Send
) -> None:
    """Serve a WebSocket; one that no route wants is closed, which servers send as 403.

    A view that fails is logged once, and its socket closed with 1011.
    """
    prefix = scope.get("root_path", "").rstrip("/")
    found = table.find("GET", path_below(prefix, scope["path"]))
    fault = find_fault(scope["headers"], scope.get("http_version", "1.1"))
    if fault is not None or isinstance(found, Miss):
        await receive()
        await send({"type": "websocket.close", "code": 1000, "reason": ""})
        return
    route, path_params = found
    scope["path_params"] = path_params
    ws = api.websocket_class(scope, receive, send, api, route)
    token = root_path.set(prefix)
    try:
        await route.call(ws, path_params)
    except WebSocketDisconnect:
        pass  # The client left while the view was listening: how most sockets end.
    except Exception as exc:
        if ws.application_state is WebSocketState.CONNECTED is ws.client_state:
            await ws.close(INTERNAL_ERROR)
        if RAISE_EXCEPTIONS in scope:
            raise
        logger.error("WebSocket %r failed", scope["path"], exc_info=exc)
    finally:
        root_path.reset(token)
