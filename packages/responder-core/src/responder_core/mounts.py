"""Mounts: other ASGI apps, each below a prefix of the path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.body import check_length, limit_receive
from responder_core.errors import Problem
from responder_core.prefix import split_prefix

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_core.types import ASGIApp, Message, Receive, Scope, Send

    Refuse = Callable[[Scope, Receive, Send, Problem], Awaitable[None]]


class Mount:
    """An ASGI app and the prefix it is served below.

    Attributes:
        prefix: ``"/shop"``; ``""`` serves everything that no route answers.
        app: the app. It is told the prefix as its root path.

    Raises:
        ValueError: the prefix is no path.
        TypeError: the app is none.
    """

    __slots__ = ("app", "prefix")

    def __init__(self, prefix: str, app: ASGIApp) -> None:
        candidate: object = app
        if not callable(candidate):
            msg = f"mount({prefix!r}) takes an ASGI app, not {app!r}"
            raise TypeError(msg)
        prefix = prefix.rstrip("/")
        if prefix and not prefix.startswith("/"):
            msg = f"a mount begins with a slash: {'/' + prefix!r}, not {prefix!r}"
            raise ValueError(msg)
        self.prefix = prefix
        self.app = app

    def __repr__(self) -> str:
        return f"<Mount {self.prefix!r} {self.app!r}>"

    def holds(self, path: str) -> bool:
        """Whether a path is below the prefix, which ends where a segment ends."""
        return not self.prefix or path == self.prefix or path.startswith(self.prefix + "/")

    def scope_below(self, scope: Scope) -> Scope:
        """The scope of a connection as the app sees it."""
        above, path = split_prefix(scope)
        # The path is the whole one, as ASGI has it, also where a proxy cut it short.
        return {**scope, "root_path": above + self.prefix, "path": above + path}

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, *, limit: int | None, refuse: Refuse
    ) -> None:
        """Serve a request by the app; a body of more than *limit* bytes is refused.

        It is refused at once where Content-Length says so, else in the app's ``receive()``,
        and answered by *refuse* where the app has not begun to answer.
        """
        begun = False

        async def note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            check_length(scope["headers"], limit)
            await self.app(self.scope_below(scope), limit_receive(receive, limit), note)
        except Problem as problem:
            if begun:
                raise
            await refuse(scope, receive, send, problem)


def find_mount(mounts: list[Mount], path: str) -> Mount | None:
    """The mount with the longest prefix of a path, or None."""
    found = [mount for mount in mounts if mount.holds(path)]
    return max(found, key=lambda mount: len(mount.prefix), default=None)
