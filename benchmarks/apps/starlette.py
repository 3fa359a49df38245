"""Starlette: the greeting, the JSON and the typed path, as its documentation writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples import FILE_NAME, ROWS, sample_path
from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from workloads import GREETING

if TYPE_CHECKING:
    from harness import App
    from starlette.requests import Request
    from starlette.websockets import WebSocket


async def text(request: Request) -> Response:
    """The greeting as plain text."""
    return PlainTextResponse("Hello, world!")


async def json(request: Request) -> Response:
    """The greeting as JSON."""
    return JSONResponse(GREETING)


async def user(request: Request) -> Response:
    """The number of the path as JSON."""
    return JSONResponse({"id": request.path_params["id"]})


def build() -> App:
    """The application."""
    return Starlette(
        routes=[Route("/text", text), Route("/json", json), Route("/users/{id:int}", user)]
    )


async def rows(request: Request) -> Response:
    """The large list as JSON."""
    return JSONResponse(ROWS)


async def file(request: Request) -> Response:
    """The file."""
    return FileResponse(sample_path(FILE_NAME))


def build_messages() -> App:
    """The large list and the file."""
    return Starlette(routes=[Route("/list", rows), Route("/file", file)])


def blocking_text(request: Request) -> Response:
    """The greeting as plain text, by a sync endpoint."""
    return PlainTextResponse("Hello, world!")


def build_views() -> App:
    """The greeting by an async endpoint, and by a sync one in a worker thread."""
    return Starlette(routes=[Route("/async", text), Route("/def", blocking_text)])


async def echo(websocket: WebSocket) -> None:
    """Send back what comes."""
    await websocket.accept()
    async for message in websocket.iter_text():
        await websocket.send_text(message)


def build_socket() -> App:
    """An echo over a WebSocket."""
    return Starlette(routes=[WebSocketRoute("/echo", echo)])
