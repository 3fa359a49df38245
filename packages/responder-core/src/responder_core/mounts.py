"""Mounts: other apps, ASGI or WSGI, each below a prefix of the path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from responder_core.body_length import check_length, limit_receive
from responder_core.hooks import accepts
from responder_core.http.urls import quote_query
from responder_core.observation import OBSERVATION
from responder_core.prefix import split_prefix
from responder_core.threads import is_async

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_core.observation import Observation
    from responder_core.types import ASGIApp, Message, Receive, Scope, Send

    Refuse = Callable[[Scope, Receive, Send, Exception], Awaitable[None]]


class Mount:
    """An app and the prefix it is served below.

    Attributes:
        prefix: ``"/shop"``; ``""`` serves everything that no route answers.
        app: the app, as ASGI. It is told the prefix as its root path.
        state: what the app's lifespan keeps for its requests.

    Raises:
        ValueError: the prefix is no path.
        TypeError: the app is none, or its kind cannot be told.
        ModuleNotFoundError: it is a WSGI app, and what bridges them is not installed.
    """

    __slots__ = ("app", "prefix", "state")

    def __init__(self, prefix: str, app: Callable[..., Any], *, wsgi: bool | None = None) -> None:
        candidate: object = app
        if not callable(candidate):
            msg = f"mount({prefix!r}) takes an ASGI or WSGI app, not {app!r}"
            raise TypeError(msg)
        prefix = prefix.rstrip("/")
        if prefix and not prefix.startswith("/"):
            msg = f"a mount begins with a slash: {'/' + prefix!r}, not {prefix!r}"
            raise ValueError(msg)
        self.prefix: str = prefix
        self.state: dict[str, Any] = {}
        self.app: ASGIApp = app
        if is_wsgi(app) if wsgi is None else wsgi:
            self.app = _bridge(app)

    def __repr__(self) -> str:
        return f"<Mount {self.prefix!r} {self.app!r}>"

    def holds(self, path: str) -> bool:
        """Whether a path is below the prefix, which ends where a segment ends."""
        return not self.prefix or path == self.prefix or path.startswith(self.prefix + "/")

    def scope_below(self, scope: Scope) -> Scope:
        """The scope of a connection as the app sees it."""
        above, path = split_prefix(scope)
        # The path is the whole one, as ASGI has it, also where a proxy cut it short.
        below = {**scope, "root_path": above + self.prefix, "path": above + path}
        noted: Observation | None = scope.get(OBSERVATION)
        if noted is not None:
            noted.mount += self.prefix
        if self.state:
            below["state"] = {**scope.get("state", {}), **self.state}
        return below

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, *, limit: int | None, refuse: Refuse
    ) -> None:
        """Serve a request by the app; a body of more than *limit* bytes is refused.

        It is refused at once where Content-Length says so, else in the app's ``receive()``.
        That, and whatever fails in the app, is answered by *refuse* where the app has not begun
        to answer.
        """
        begun = False

        async def note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            check_length(scope["headers"], limit)
            await self.app(self.scope_below(scope), limit_receive(receive, limit), note)
        except Exception as failure:
            if begun:
                raise
            await refuse(scope, receive, send, failure)


def is_wsgi(app: Callable[..., Any]) -> bool:
    """Whether an app is WSGI: not async, and called with two arguments (PEP 3333).

    Raises:
        TypeError: its signature does not tell.
    """
    if is_async(app) or accepts(app, 3):
        return False
    if accepts(app, 2):
        return True
    msg = f"mount() cannot tell whether {app!r} is ASGI or WSGI; say wsgi=True or wsgi=False"
    raise TypeError(msg)


def _bridge(app: Callable[..., Any]) -> ASGIApp:
    """A WSGI app as ASGI: it runs in threads, and bodies stream through in both directions."""
    try:
        from a2wsgi import WSGIMiddleware
    except ImportError as error:
        msg = "WSGI apps need a2wsgi: pip install 'responder-core[wsgi]'"
        raise ModuleNotFoundError(msg) from error
    bridged = cast("ASGIApp", WSGIMiddleware(app))

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # WSGI knows no difference between X_Name and X-Name, so a client could pass for a
            # proxy; and a query string is ASCII there.
            fields = [field for field in scope["headers"] if b"_" not in field[0]]
            query = quote_query(scope["query_string"]).encode("ascii")
            scope = {**scope, "headers": fields, "query_string": query}
        await bridged(scope, receive, send)

    return serve


def find_mount(mounts: list[Mount], path: str) -> Mount | None:
    """The mount with the longest prefix of a path, or None."""
    found = [mount for mount in mounts if mount.holds(path)]
    return max(found, key=lambda mount: len(mount.prefix), default=None)
