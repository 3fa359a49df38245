"""Responder: the greeting by async and sync views, and an echo over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples import EVENT

from apps.fanout import Fanout
from responder_core import API, Request, Response, WebSocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness import App


def build_views() -> App:
    """The greeting by an async view, by a sync one in place, and by one in a worker thread."""
    api = API()

    @api.get("/async")
    async def at_once(req: Request, resp: Response) -> None:
        resp.text = "Hello, world!"

    @api.get("/inline", sync_to_thread=False)
    def in_place(req: Request, resp: Response) -> None:
        resp.text = "Hello, world!"

    @api.get("/def")
    def in_thread(req: Request, resp: Response) -> None:
        resp.text = "Hello, world!"

    return api


def build_socket() -> App:
    """An echo over a WebSocket."""
    api = API()

    @api.websocket_route("/echo")
    async def echo(ws: WebSocket) -> None:
        await ws.accept()
        async for text in ws.iter_text():
            await ws.send_text(text)

    return api


def build_stream() -> App:
    """The events of a fan-out."""
    api = API()
    fanout = Fanout()

    @api.get("/events")
    async def events(req: Request, resp: Response) -> None:
        @resp.sse
        async def stream() -> AsyncIterator[str]:
            async for event in fanout.events():
                yield event

    @api.post("/publish")
    async def publish(req: Request, resp: Response) -> None:
        fanout.publish(EVENT)
        resp.text = "Hello, world!"

    return api
