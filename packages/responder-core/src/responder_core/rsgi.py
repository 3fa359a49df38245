"""The RSGI door: from granian's request to the exchange of a route, and one call to answer it.

(RSGI 1.6.) Routes are compiled for it as for ASGI; what stands around an app, and what is no
ordinary request, passes through it in the words of ASGI.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from responder_core.assembly import compile_dispatcher, enclose
from responder_core.door import compile_serve, send_source, send_whole
from responder_core.error_documents import accept_field
from responder_core.rsgi_channel import Channel, answer_whole
from responder_core.rsgi_lifespan import RSGILifespan
from responder_core.rsgi_scope import RSGIScope
from responder_core.speedups import speed_dispatch_raw
from responder_core.table import Miss

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_core.api import API
    from responder_core.asgi import Dispatcher, Find
    from responder_core.finishing import Answer, WholeAnswer
    from responder_core.problems import ExceptionHandlers
    from responder_core.registry import Registry
    from responder_core.response import Response
    from responder_core.rsgi_channel import HTTPProtocol
    from responder_core.rsgi_scope import RawScope
    from responder_core.rsgi_websocket import WebSocketProtocol
    from responder_core.types import ASGIApp, Receive, Send

    RSGIApp = Callable[[RawScope, Any], Awaitable[None]]

_MOST_HOSTS = 1024


async def send_at_once(send: Send, answer: WholeAnswer, *, head: bool) -> None:
    """As ``door.send_whole()``, in one call where nothing stands between."""
    if isinstance(send, Channel):
        status, fields, body = answer
        answer_whole(send, status, fields, b"" if head else body)
    else:
        await send_whole(send, answer, head=head)


async def send_to_the_end(
    resp: Response, answer: Answer, receive: Receive, send: Send, handlers: ExceptionHandlers
) -> None:
    """As ``door.send_source()``; granian is told of the end, whole or not."""
    try:
        await send_source(resp, answer, receive, send, handlers)
    finally:
        if isinstance(send, Channel):
            await send.end()


def open_app(api: API, registry: Registry, state: dict[str, Any]) -> RSGIApp:
    """The app that serves everything in a registry over RSGI; requests get a copy of *state*."""
    serve = partial(
        compile_serve,
        read_accept=accept_field,
        channel=Channel,
        answer_whole=answer_whole,
        send_body=send_to_the_end,
    )
    dispatcher = compile_dispatcher(api, registry, serve, send_at_once)
    inner = dispatcher.app()
    outer = enclose(inner, registry, dispatcher)
    serve_whole = _speak_asgi(outer, state)
    is_wrapped = any(frame.router.stack for route in registry.routes for frame in route.frames)
    if outer is not inner or is_wrapped:
        return serve_whole
    return _dispatch(dispatcher, serve_whole, state)


def has_own_call(api: object) -> bool:
    """Whether an app answers in a ``__call__()`` of its own, which knows ASGI alone."""
    owner = next(kind for kind in type(api).__mro__ if "__call__" in vars(kind))
    return not owner.__module__.startswith("responder_core.")


def _speak_asgi(app: ASGIApp, state: dict[str, Any]) -> RSGIApp:
    """An app of RSGI that passes everything to one of ASGI."""

    def serve(raw: RawScope, protocol: HTTPProtocol | WebSocketProtocol) -> Awaitable[None]:
        scope = RSGIScope()
        scope.raw, scope.fields = raw, raw.headers
        if state:
            scope["state"] = state.copy()
        if raw.proto == "http":
            channel = Channel(cast("HTTPProtocol", protocol), scope)
            return _serve_to_its_end(app, scope, channel)
        from responder_core.rsgi_websocket import serve_socket

        return serve_socket(app, scope, cast("WebSocketProtocol", protocol))

    return serve


async def _serve_to_its_end(app: ASGIApp, scope: RSGIScope, channel: Channel) -> None:
    try:
        await app(scope, channel.receive, channel)
    finally:
        await channel.end()


def _dispatch(dispatcher: Dispatcher, serve_whole: RSGIApp, state: dict[str, Any]) -> RSGIApp:
    """An app of RSGI that looks a request up by what granian says, without a scope of ASGI.

    A host that was not seen yet, and whatever is no request, take the longer way.
    """
    table = dispatcher.table
    static, all_endings, match, walk = table.static, table.endings, table.match, table.walk
    serve_miss = dispatcher.serve_miss
    known, has_mounts = dispatcher.hosts.known, bool(dispatcher.mounts)
    hosts: set[str] = set()
    new = object.__new__

    def is_known(names: list[str]) -> bool:
        """Whether the one host of a request was found good; then it is remembered as text."""
        if len(names) != 1 or names[0].encode("latin-1") not in known:
            return False
        if len(hosts) >= _MOST_HOSTS:
            hosts.clear()
        hosts.add(names[0])
        return True

    def dispatch(raw: RawScope, protocol: HTTPProtocol) -> Awaitable[None]:
        if raw.proto != "http":
            return serve_whole(raw, protocol)
        headers = raw.headers
        names = headers.get_all("host")
        if (len(names) != 1 or names[0] not in hosts) and not is_known(names):
            return serve_whole(raw, protocol)
        method, path = raw.method, raw.path
        paths = static.get(method)
        door = None if paths is None else paths.get(path)
        scope = RSGIScope()
        scope.raw, scope.fields = raw, headers
        if state:
            scope["state"] = state.copy()
        # As Channel() does, without a call of it for every request.
        channel = new(Channel)
        channel.protocol, channel.scope, channel.flow = protocol, scope, None
        if door is not None:
            return door[0](door, scope, channel.receive, channel, {})
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
                    return serve_miss(scope, channel.receive, channel, exc)
                if value is not None:
                    return last[0](last, scope, channel.receive, channel, {name: value})
                if other is not None:
                    find = match
        return search(raw, channel, method, path, find)

    def search(
        raw: RawScope, channel: Channel, method: str, path: str, find: Find
    ) -> Awaitable[None]:
        scope = channel.scope
        try:
            found = find(method, path)
        except Exception as exc:  # noqa: BLE001 - as above
            return serve_miss(scope, channel.receive, channel, exc)
        if isinstance(found, Miss):
            if has_mounts:
                return serve_whole(raw, channel.protocol)
            return serve_miss(scope, channel.receive, channel, found)
        door, path_params = found
        return door[0](door, scope, channel.receive, channel, path_params)

    calls = search, walk, static, all_endings, hosts
    app: RSGIApp = speed_dispatch_raw(dispatch, *calls, RSGIScope, Channel, state)
    return app


class RSGIDoor:
    """What serves an API over RSGI; made anew when something is registered."""

    def __init__(self, api: API) -> None:
        self._api = api
        self.lifespan: RSGILifespan = RSGILifespan(partial(api.lifespan_events.serve, api))
        # One value, as another thread may put another: the revision of the API, and its app.
        self._made: tuple[int, RSGIApp] | None = None

    def serve(self, raw: RawScope, protocol: Any) -> Awaitable[None]:  # noqa: ANN401 - of two kinds
        """Serve one connection."""
        made = self._made
        if made is None or made[0] != self._api.revision:
            made = self._open()
        return made[1](raw, protocol)

    def _open(self) -> tuple[int, RSGIApp]:
        api = self._api
        with api.assembling:
            made = self._made
            if made is not None and made[0] == api.revision:
                return made  # Another thread has built it meanwhile.
            api.route_static()
            # A registration in another thread meanwhile is for the next connection to find.
            revision, state = api.revision, self.lifespan.state
            own = has_own_call(api)
            app = _speak_asgi(api, state) if own else open_app(api, api.registry, state)
            self._made = made = revision, app
        return made
