"""Middleware: ASGI apps around the app, and functions around its exchanges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from responder_core.errors import ViewError
from responder_core.hooks import accepts, describe, parameters_of
from responder_core.results import write_result
from responder_core.threads import is_async

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Around, ASGIApp, Exchange, Receive, Scope, Send

    # What serves a request or a socket, with the parameters of its path.
    Serve = Callable[[Scope, Receive, Send, dict[str, Any]], Awaitable[None]]

_SERVE = "responder.serve"
# The scope key of the parameters of the path, behind the middleware of a router.
_PATH_PARAMS = "responder.path_params"


class Stack:
    """ASGI middleware, made once for whatever it stands around."""

    __slots__ = ("_app", "_items")

    def __init__(self) -> None:
        self._items: list[tuple[Callable[..., Any], Mapping[str, Any]]] = []
        self._app: ASGIApp | None = None

    def __bool__(self) -> bool:
        return bool(self._items)

    def add(self, middleware: Callable[..., Any], options: Mapping[str, Any]) -> None:
        """Put one more around the others: ``middleware(app, **options)`` gives an ASGI app.

        Raises:
            TypeError: it is no class or function.
        """
        candidate: object = middleware
        if not callable(candidate):
            msg = f"add_middleware() takes a class of ASGI middleware, not {middleware!r}"
            raise TypeError(msg)
        self._items.append((middleware, options))
        self._app = None

    def around(self, app: ASGIApp) -> ASGIApp:
        """The middleware around an app; one instance of each, whatever app it is."""
        if not self._items:
            return app
        stack = self._app
        if stack is None:
            stack = _serve_inside
            for middleware, options in self._items:
                stack = middleware(stack, **options)
            self._app = stack

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            scope[_SERVE] = [*scope.get(_SERVE, ()), app]
            await stack(scope, receive, send)

        return serve


async def _serve_inside(scope: Scope, receive: Receive, send: Send) -> None:
    """What is inside of all middleware: the app that this connection came for."""
    *rest, app = scope[_SERVE]
    await app({**scope, _SERVE: rest} if rest else scope, receive, send)


def stand_around(stacks: Sequence[Stack], serve: Serve) -> Serve:
    """As *serve*, behind the middleware of these; the first is the outermost."""

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        await serve(scope, receive, send, scope[_PATH_PARAMS])

    app: ASGIApp = enter
    for stack in reversed(stacks):
        app = stack.around(app)

    async def serve_behind(
        scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> None:
        scope[_PATH_PARAMS] = path_params
        await app(scope, receive, send)

    return serve_behind


def check_kind(kind: object) -> None:
    """Refuse a kind of middleware that there is not.

    Raises:
        ValueError: it is not ``"http"``.
    """
    if kind != "http":
        msg = f"middleware({kind!r}) is unknown; write middleware('http'), or add_middleware(cls)"
        raise ValueError(msg)


def wrap_function(function: Callable[..., Any]) -> Around:
    """A function ``(req, call_next)`` as a wrapper of exchanges.

    ``await call_next(req)`` gives the response, which can still be changed: it is data until
    it is sent. The function returns it, or something else in its place.

    Raises:
        ViewError: it is not async, or takes something else.
    """
    if not is_async(function) or not accepts(function, 2):
        msg = (
            f"middleware {describe(function)} takes {parameters_of(function)}; "
            "write async def middleware(req, call_next)"
        )
        raise ViewError(msg)

    def wrap(_route: Route | None, exchange: Exchange) -> Exchange:
        async def wrapped(req: Request, resp: Response) -> None:
            called = False

            async def call_next(_req: Request | None = None) -> Response:
                nonlocal called
                if called:
                    resp.reset_for_error()
                called = True
                await exchange(req, resp)
                return resp

            result = await function(req, call_next)
            if result is None and not called:
                msg = f"middleware {describe(function)} neither called call_next nor answered"
                raise ViewError(msg)
            if result is not resp and result is not None:
                resp.reset_for_error()
                write_answer(resp, result, function)

        return wrapped

    return wrap


def write_answer(resp: Response, result: Any, origin: object) -> None:  # noqa: ANN401 - checked here
    """Put what middleware answered itself into the response: as a view would, or Starlette's."""
    raw = getattr(result, "raw_headers", None)
    if raw is None or not hasattr(result, "body"):
        write_result(resp, result, origin)
        return
    resp.status_code = result.status_code
    resp.content = bytes(result.body)
    for name, value in cast("list[tuple[bytes, bytes]]", raw):
        if name != b"content-length":
            resp.headers.append(name.decode("latin-1"), value.decode("latin-1"))
