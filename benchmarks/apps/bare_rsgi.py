"""A bare RSGI function, which granian calls: the floor under what is served that way."""

from __future__ import annotations

from typing import Any

from msgspec.json import Encoder
from workloads import GREETING

PLAIN = [("content-type", "text/plain; charset=utf-8")]
JSON = [("content-type", "application/json")]
VARY = ("vary", "Accept")


def build(*more: tuple[str, str]) -> Any:
    """The greeting, the JSON by msgspec and the typed path; JSON goes with *more* fields."""
    fields = [*JSON, *more]
    encode = Encoder().encode

    async def bare(scope: Any, protocol: Any) -> None:
        path = scope.path
        if path == "/text":
            protocol.response_str(200, PLAIN, "Hello, world!")
        elif path == "/json":
            protocol.response_bytes(200, fields, encode(GREETING))
        elif path.startswith("/users/"):
            protocol.response_bytes(200, fields, encode({"id": int(path[7:])}))
        else:
            protocol.response_str(404, PLAIN, "Not Found")

    return bare


def build_alike() -> Any:
    """As Responder answers, field by field: JSON that is negotiated says so."""
    return build(VARY)
