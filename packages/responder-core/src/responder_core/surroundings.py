"""Surroundings: what is registered on an app beside its routes, and stands around them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from responder_core.middleware import check_kind, wrap_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.lifespan import LifespanEvents
    from responder_core.problems import ExceptionHandlers
    from responder_core.registry import Registry
    from responder_core.types import (
        Around,
        AroundMount,
        EventHandler,
        ExceptionHandler,
        LifespanEvent,
        SocketCheck,
        Tier,
    )

M = TypeVar("M", bound="Callable[..., Any]")
X = TypeVar("X", bound="ExceptionHandler")
V = TypeVar("V", bound="EventHandler")


class SurroundingsRegistrar(ABC):
    """The exception handlers, events, wrappers and middleware of an app."""

    exception_handlers: ExceptionHandlers
    lifespan_events: LifespanEvents
    registry: Registry

    @abstractmethod
    def refresh(self) -> None:
        """Let the next connection find what was registered."""

    def exception_handler(self, key: type[Exception] | int) -> Callable[[X], X]:
        """Answer exceptions of a class, or problems of a status: ``@api.exception_handler(404)``.

        The handler gets ``(req, resp, exc)``; what it puts on the response is sent. The status
        and the header fields of a problem are there already; other exceptions begin with 500.
        A handler that has nothing to say raises *exc* again, for the standard answer.

        Handlers are found by status first, then by the nearest class; one for ``Exception``
        answers problems too, 404 included.

        Raises:
            TypeError: the key is neither an exception class nor a status of 400 to 599.
        """
        self.exception_handlers.check(key)

        def register(handler: X) -> X:
            self.add_exception_handler(key, handler)
            return handler

        return register

    def add_exception_handler(self, key: type[Exception] | int, handler: ExceptionHandler) -> None:
        """As ``exception_handler()``, for a handler that stands elsewhere."""
        self.exception_handlers.add(key, handler)

    def on_event(self, event: LifespanEvent) -> Callable[[V], V]:
        """Run a function at ``"startup"`` or ``"shutdown"``, beside any ``lifespan=``.

        Raises:
            ValueError: there is no such event.
        """
        self.lifespan_events.check(event)

        def register(handler: V) -> V:
            self.add_event_handler(event, handler)
            return handler

        return register

    def add_event_handler(self, event: LifespanEvent, handler: EventHandler) -> None:
        """As ``on_event()``, for a function that stands elsewhere."""
        self.lifespan_events.add(event, handler)

    def around(self, tier: Tier, wrap: Around) -> None:
        """Let a function wrap the exchange of every route, and of what no route answers.

        ``wrap(route, exchange)`` runs once for each route while the app is built, and returns
        an exchange: the same one where it has nothing to do. Tiers stand in the order
        ``limit``, ``session``, ``csrf``, ``user``, the first outermost; within a tier, what
        was added first is outermost.

        A body is encoded before wrappers see the answer, so that one that cannot be is a 500 for
        them too. One that looks at the head alone says so by ``wrap.reads_body = False``; where
        all do, the body is encoded at its end, which costs less. Another whose exchanges return
        None, as they should, saves a coroutine by ``wrap.returns_none = True``, where all do.

        Raises:
            ValueError: there is no such tier.
        """
        self.registry.add_around(tier, wrap)
        self.refresh()

    def around_mounts(self, wrap: AroundMount) -> None:
        """Let a function wrap what serves the requests of every mount.

        ``wrap(mount, serve)`` runs once for each, and returns what serves it: a coroutine
        function of ``(scope, receive, send, *, limit, refuse)``, as ``Mount.serve()`` is. An
        exception goes to ``refuse(scope, receive, send, exc)``, which answers it as the app
        answers its own. What was added first is outermost; guards of the app stand within.

        Raises:
            TypeError: it is no function.
        """
        self.registry.add_mount_around(wrap)
        self.refresh()

    def check_stray_sockets(self, check: SocketCheck) -> None:
        """Ask a coroutine function before each WebSocket that no route of the app wants.

        Those are the sockets of mounts, and those that are closed, as there is nothing at their
        path. ``check(ws)`` raises a problem to refuse one; hooks are for the sockets of routes.
        What it enters in ``ws`` is left when the socket ends.
        """
        self.registry.stray_checks.append(check)
        self.refresh()

    def add_middleware(self, middleware: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        """Put ASGI middleware around the app: ``api.add_middleware(GZipMiddleware)``.

        ``middleware(app, **options)`` gives an ASGI app. What is added last is outermost. It
        sees everything, mounted apps, WebSockets and the lifespan too.
        """
        self.registry.stack.add(middleware, options)
        self.refresh()

    def middleware(self, kind: str = "http") -> Callable[[M], M]:
        """Put a function around every exchange: ``@api.middleware("http")``.

        ::

            @api.middleware("http")
            async def time(req, call_next):
                started = perf_counter()
                resp = await call_next(req)
                resp.headers["Server-Timing"] = f"app;dur={perf_counter() - started}"
                return resp

        The response is data until it is sent, so it can still be changed, whatever its body is.
        What is added last is outermost. Mounted apps are outside of it.
        """
        check_kind(kind)

        def register(function: M) -> M:
            self.registry.add_middleware(wrap_function(function))
            self.refresh()
            return function

        return register
