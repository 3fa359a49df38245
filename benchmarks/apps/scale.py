"""Responder: many routes, hooks, header fields and long bodies, for scale.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from responder_core import API, Limits, Request, Response

if TYPE_CHECKING:
    from harness import App

MOST = 64 * 1024 * 1024
"""Bytes of a body; more than any that is sent here."""


class Item(Struct):
    """One of many in a body."""

    id: int
    name: str
    price: float
    tags: list[str]


async def text(req: Request, resp: Response) -> None:
    """A view that reads nothing."""
    resp.text = "Hello, world!"


async def user(req: Request, resp: Response, *, id: int) -> None:  # noqa: A002
    """The number of the path as JSON."""
    resp.media = {"id": id}


async def hook(req: Request, resp: Response) -> None:
    """Do nothing, before each view."""


def quick_hook(req: Request, resp: Response) -> None:
    """Do nothing, before each view, on the event loop."""


def build_routes(kind: str, count: int) -> App:
    """*count* routes, ``/static0`` and so on, or ``/typed0/{id:int}`` and so on."""
    api = API()
    for number in range(count):
        name = f"{kind}{number}"
        path, view = (f"/{name}", text) if kind == "static" else (f"/{name}/{{id:int}}", user)
        api.add_route(path, view, methods=["GET"], name=name)
    return api


def build_hooks(count: int, *, quick: bool) -> App:
    """A greeting behind *count* hooks, async or quick sync ones."""
    api = API()
    api.add_route("/text", text)
    for _ in range(count):
        if quick:
            api.before_request(sync_to_thread=False)(quick_hook)
        else:
            api.before_request(hook)
    return api


def build_headers() -> App:
    """A view that reads no header field, and one that reads one."""
    api = API()
    api.add_route("/none", text)

    @api.get("/one")
    async def one(req: Request, resp: Response) -> None:
        resp.text = req.headers["x-wanted"]

    return api


def build_bodies() -> App:
    """The length of a body, as bytes and as a list of items."""
    api = API(max_request_size=MOST, limits=Limits(media_size=MOST))

    @api.post("/raw")
    async def raw(req: Request, resp: Response) -> None:
        resp.text = str(len(await req.content))

    @api.post("/json")
    async def validated(req: Request, resp: Response, *, items: list[Item]) -> None:
        resp.text = str(len(items))

    return api
