"""Granian: what it serves by RSGI and by ASGI, and one worker of it in a process of its own.

``python -m apps.granian KIND CORE PORT`` serves one of ``KINDS`` and prints the number of the
worker's process. A CORE of -1 leaves it to the system where it runs.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from workloads import GREETING, TEXT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from granian.rsgi import HTTPProtocol, Scope

    Bare = Callable[[Scope, HTTPProtocol], Awaitable[None]]

PREFIX = "/users/"


def build_bare() -> Bare:
    """A bare RSGI function: the floor under every framework on this door."""
    from msgspec.json import Encoder

    encode = Encoder().encode
    text = [("content-type", "text/plain; charset=utf-8")]
    json = [("content-type", "application/json")]

    async def bare(scope: Scope, protocol: HTTPProtocol) -> None:
        path = scope.path
        status, fields = 200, json
        if path == "/text":
            fields = text
            if scope.method == "GET":
                body = TEXT
            else:
                status, body = 405, b"Method Not Allowed"
        elif path == "/json":
            body = encode(GREETING)
        elif path.startswith(PREFIX):
            body = encode({"id": int(path[7:])})
        else:
            status, fields, body = 404, text, b"Not Found"
        protocol.response_bytes(status, fields, body)

    return bare


def build_ours() -> Any:
    """The API with the three routes that all applications have, as ``api.run()`` serves it."""
    from apps.responder import routed

    return routed()


def load(kind: str) -> Any:
    """The application of a kind, in its worker, which says that it is there."""
    print(os.getpid(), flush=True)
    if kind == "bare RSGI":
        return build_bare()
    if kind == "bare ASGI":
        from apps.bare import build

        return build("msgspec")
    api = build_ours()
    if kind == "responder-core, RSGI":
        from responder_core.serving.rsgi_app import RSGIApp

        return RSGIApp(api)
    from responder_core.serving.granian_server import drain_first

    return drain_first(api)


KINDS = ("bare RSGI", "responder-core, RSGI", "bare ASGI", "responder-core, ASGI")


def serve(kind: str, core: int, port: int) -> None:
    """Serve one kind by one worker until the process is told to end."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    if core >= 0:
        os.sched_setaffinity(0, {core})
    make: Any = Server
    server = make(
        kind,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.RSGI if "RSGI" in kind else Interfaces.ASGI,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=partial(load, kind), wrap_loader=False)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
