"""Responder with sessions: a view that leaves them alone, and one that counts visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples import KEY

import responder_core
from responder_sessions import SessionMixin, Sessions

if TYPE_CHECKING:
    from harness import App


class Request(SessionMixin, responder_core.Request):
    """A request with a session."""

    __slots__ = ()


async def text(req: Request, resp: responder_core.Response) -> None:
    """The greeting as plain text."""
    resp.text = "Hello, world!"


async def count(req: Request, resp: responder_core.Response) -> None:
    """The greeting, for one more time."""
    req.session["visits"] = req.session.get("visits", 0) + 1
    resp.text = "Hello, world!"


def build(store: str | None = "cookie") -> App:
    """The application; without sessions for None."""
    extensions = []
    if store is not None:
        where = None if store == "cookie" else store
        extensions = [Sessions(secret_key=KEY, store=where, https_only=False)]
    api = responder_core.API(extensions=extensions, request_class=Request)
    api.add_route("/text", text, methods=["GET"])
    if store is not None:
        api.add_route("/count", count, methods=["GET"])
    return api


def build_store() -> App:
    """The application with sessions in memory."""
    return build("memory")
