"""Responder: the large list, files, streams and uploads."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from samples import FILE_NAME, PIECE_SIZE, ROWS, long_text, sample_path
from workloads import TEXT

from responder_core import API, Request, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness import App


async def rows(req: Request, resp: Response) -> None:
    """The large list as JSON."""
    resp.media = ROWS


async def text(req: Request, resp: Response) -> None:
    """The greeting as plain text."""
    resp.text = TEXT.decode()


async def file(req: Request, resp: Response) -> None:
    """The file that all applications send."""
    resp.file(sample_path(FILE_NAME))


async def named_file(req: Request, resp: Response, *, name: str) -> None:
    """Another file."""
    resp.file(sample_path(name))


async def stream(req: Request, resp: Response, *, size: int) -> None:
    """So many bytes, piece by piece."""

    @resp.stream
    async def pieces() -> AsyncIterator[bytes]:
        for position in range(0, size, PIECE_SIZE):
            # Each piece is an object of its own, as those of a real source are.
            yield bytes(min(PIECE_SIZE, size - position))


async def read_stream(req: Request, resp: Response) -> None:
    """The size of a body that is streamed up."""
    size = 0
    async for chunk in req.stream():
        size += len(chunk)
    resp.media = size


async def read_parts(req: Request, resp: Response) -> None:
    """The size of the parts of a form that is streamed up."""
    size = 0
    async for part in req.multipart():
        async for chunk in part:
            size += len(chunk)
    resp.media = size


async def save(req: Request, resp: Response) -> None:
    """The size of an uploaded file, after it was saved."""
    upload = (await req.media("files"))["upload"]
    await upload.save(sample_path("saved.bin"))
    resp.media = upload.size


@cache
def long() -> bytes:
    """The long text, made when it is first asked for: elsewhere its memory would be in the way."""
    return long_text()


async def show_long(req: Request, resp: Response) -> None:
    """The long text."""
    resp.content = long()
    resp.mimetype = "text/csv"


def build() -> App:
    """The application."""
    api = API(max_request_size=None)
    api.add_route("/list", rows, methods=["GET"])
    api.add_route("/text", text, methods=["GET"])
    api.add_route("/file", file, methods=["GET"])
    api.add_route("/files/{name}", named_file, methods=["GET"])
    api.add_route("/stream/{size:int}", stream, methods=["GET"])
    api.add_route("/long", show_long, methods=["GET"])
    api.add_route("/stream", read_stream, methods=["POST"])
    api.add_route("/parts", read_parts, methods=["POST"])
    api.add_route("/save", save, methods=["POST"])
    return api
