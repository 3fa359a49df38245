"""Workers to be killed: ``python worker.py STORE PORT`` serves a port by one process after another.

It tells the number of each process; when one is gone, the next takes its place.
"""

from __future__ import annotations

import os
import socket
import sys

import uvicorn

import responder_core
from responder_sessions import SessionMixin, Sessions, SQLiteStore


class Request(SessionMixin, responder_core.Request):
    __slots__ = ()


def make(url: str) -> responder_core.API:
    """An app whose sessions are in a store."""
    store = SQLiteStore(url.removeprefix("sqlite:///"), timeout=5)
    where = store if url.startswith("sqlite:") else url
    sessions = Sessions(store=where, https_only=False, store_timeout=10)
    api = responder_core.API(extensions=[sessions], request_class=Request)

    @api.route("/set/{key}/{value:int}")
    async def write(req, resp, *, key, value):
        req.session[key] = value
        req.session.increment("count")

    @api.route("/all")
    async def read(req, resp):
        resp.media = dict(req.session)

    return api


def main(url: str, port: int) -> None:
    """Serve until the parent closes the pipe that this reads."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    api = make(url)
    while True:
        child = os.fork()
        if not child:
            config = uvicorn.Config(api, log_level="critical", lifespan="off")
            uvicorn.Server(config).run(sockets=[listener])
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - what the test reads
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
