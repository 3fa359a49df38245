"""Messages: a large list, files, streams and uploads, one application for each framework."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness import App, Receive, Scope, Send

    from responder_core import Request, Response

MIB = 1024 * 1024
GIB = 1024 * MIB
PIECE = b"\0" * 65536
ROWS = [
    {"id": number, "name": f"user {number}", "email": f"user{number}@example.org", "active": True}
    for number in range(1125)
]
"""What a list of users looks like: about 90 kB of JSON."""

TEXT = b"Earl Grey, hot. " * (10 * MIB // 16)
"""10 MiB that become short when they are compressed."""


def sample(size: int) -> str:
    """The path of a file of so many bytes, made when it is not there; one of zeros is sparse."""
    path = Path(tempfile.gettempdir()) / f"responder-benchmark-{size}.bin"
    if not path.exists() or path.stat().st_size != size:
        with path.open("wb") as file:
            if size <= 16 * MIB:
                file.write(os.urandom(size))
            else:
                file.truncate(size)
    return str(path)


def build_responder() -> App:
    """Responder, with everything."""
    from responder_core import API

    api = API(max_request_size=None, static_dir=None)

    @api.get("/text")
    async def text(req: Request, resp: Response) -> None:
        resp.text = "Hello, world!"

    @api.get("/list")
    async def rows(req: Request, resp: Response) -> None:
        resp.media = ROWS

    @api.get("/file/{size:int}")
    async def file(req: Request, resp: Response, *, size: int) -> None:
        resp.file(sample(size))

    @api.get("/big")
    async def big(req: Request, resp: Response) -> None:
        resp.content = TEXT
        resp.mimetype = "text/plain"

    @api.get("/stream")
    async def stream(req: Request, resp: Response) -> None:
        @resp.stream
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(GIB // len(PIECE)):
                yield PIECE

    @api.post("/stream")
    async def receive(req: Request, resp: Response) -> None:
        length = 0
        async for piece in req.stream():
            length += len(piece)
        resp.media = length

    @api.post("/multipart")
    async def multipart(req: Request, resp: Response) -> None:
        length = 0
        async for part in req.multipart():
            async for piece in part:
                length += len(piece)
        resp.media = length

    @api.post("/upload")
    async def upload(req: Request, resp: Response) -> None:
        files = await req.media("files")
        path = await files["file"].save(sample(0) + ".upload")
        resp.media = path.stat().st_size
        path.unlink()

    return api


def build_bare() -> App:
    """An ASGI function with msgspec, and the bytes of the file in memory."""
    from msgspec.json import Encoder

    encode = Encoder().encode
    content = Path(sample(MIB)).read_bytes()

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        kind, body = b"application/json", b""
        if scope["path"] == "/list":
            body = encode(ROWS)
        else:
            kind, body = b"application/octet-stream", content
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare


def build_starlette() -> App:
    """Starlette, as its documentation writes it."""
    from starlette.applications import Starlette
    from starlette.responses import FileResponse, JSONResponse
    from starlette.routing import Route

    async def rows(request: object) -> JSONResponse:
        return JSONResponse(ROWS)

    async def file(request: object) -> FileResponse:
        return FileResponse(sample(MIB))

    return Starlette(routes=[Route("/list", rows), Route(f"/file/{MIB}", file)])


def build_falcon() -> App:
    """Falcon, as its documentation writes it."""
    import falcon.asgi

    class Rows:
        async def on_get(self, req: object, resp: falcon.asgi.Response) -> None:
            resp.media = ROWS

    app = falcon.asgi.App()
    app.add_route("/list", Rows())
    return app


def build_blacksheep() -> App:
    """BlackSheep, as its documentation writes it."""
    import blacksheep

    app = blacksheep.Application()

    async def rows():  # BlackSheep reads annotations, which this function's are not for.
        return blacksheep.json(ROWS)

    app.router.add_get("/list", rows)
    return app
