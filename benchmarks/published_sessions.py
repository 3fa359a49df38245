"""Responder as it is published, with sessions, as its documentation writes them.

It runs in an environment of its own, as both are called alike: ``python published_sessions.py
CORE`` listens on a free port of 127.0.0.1 and prints it.
"""

from __future__ import annotations

from typing import Any

KEY = "a key for benchmarks alone 0123456789"


def build() -> Any:
    """The application."""
    import responder

    api = responder.API(secret_key=KEY)

    @api.route("/text")
    async def text(req: Any, resp: Any) -> None:
        """The greeting as plain text."""
        resp.text = "Hello, world!"

    @api.route("/count")
    async def count(req: Any, resp: Any) -> None:
        """The greeting, for one more time."""
        resp.session["visits"] = req.session.get("visits", 0) + 1
        resp.text = "Hello, world!"

    return api


if __name__ == "__main__":
    import os
    import socket
    import sys

    import uvicorn

    if int(sys.argv[1]) >= 0:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        build(), loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )
    uvicorn.Server(config).run(sockets=[listener])
