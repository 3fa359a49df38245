"""The words of the framework: what ASGI passes around, and what a program hands in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from responder_core.mounts import Mount
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.websocket import WebSocket

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

Header: TypeAlias = "tuple[bytes, bytes]"
"""One header field as ASGI carries it: the name in lower case, and the value."""


RANGESEND = "responder.response.rangesend"
"""The extension of a server that sends a part of a file by its path, and the type of the message:
``path``, and the bytes from ``start`` up to ``stop``. What such a server is sent piece by piece it
queues, however slowly the client reads."""


class BodySource(Protocol):
    """A body that is sent piece by piece: iterated at most once, closed always.

    Attributes:
        path: the file that the body is, whole and as it is, for servers that send files
            themselves (``http.response.pathsend``); None for every other body.
        prompt: whether the head of the response is sent before the first piece is there, as
            event streams need; else a failure before the first piece is still an error answer.
        waits: whether the next piece may be long in coming, so that someone has to watch
            meanwhile whether the client is still there.
    """

    path: str | None
    prompt: bool
    waits: bool

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def aclose(self) -> None:
        """Release what the body holds, also when it was never iterated."""


Endpoint: TypeAlias = Callable[..., object]
"""A view: a function, a class with ``on_get`` and its like, or a callable object."""

Hook: TypeAlias = Callable[..., object]
"""What runs before or after a view, sync or async: ``hook(req, resp)`` or ``hook(req)``."""

ExceptionHandler: TypeAlias = Callable[..., object]
"""What answers an exception, sync or async: ``handler(req, resp, exc)``."""

EventHandler: TypeAlias = Callable[[], object]
"""What runs at start-up or shutdown, sync or async, without arguments."""

Lifespan: TypeAlias = "Callable[[Any], AbstractAsyncContextManager[Mapping[str, object] | None]]"
"""What surrounds the life of the app; a mapping it yields becomes state of every request."""

Exchange: TypeAlias = "Callable[[Request, Response], Awaitable[None]]"
"""One route, compiled: fills the response from the request; knows no protocol."""

Tier: TypeAlias = Literal["limit", "session", "csrf", "user"]
"""Where a wrapper stands around the exchange, the outermost first."""

Around: TypeAlias = "Callable[[Route | None, Exchange], Exchange]"
"""Wraps an exchange while the app is built; returns it unchanged where it has nothing to do.

The route is ``None`` for the answers that no route gives: 404, 405, automatic OPTIONS and
the redirect to the other spelling of a trailing slash.
"""

ServeMount: TypeAlias = Callable[..., Awaitable[None]]
"""What serves the requests of a mount, with the arguments of ``Mount.serve()``."""

AroundMount: TypeAlias = "Callable[[Mount, ServeMount], ServeMount]"
"""Wraps what serves a mount; returns it unchanged where it has nothing to do."""

SocketCheck: TypeAlias = "Callable[[WebSocket], Awaitable[None]]"
"""Looks at a WebSocket before it is served, and raises a problem to refuse it."""

Phase: TypeAlias = Literal["idle", "starting", "running", "stopping"]
"""What an app is about; it is idle before its lifespan and after, and where it has none."""

LifespanEvent: TypeAlias = Literal["startup", "shutdown"]
"""When a handler of ``on_event()`` runs."""
