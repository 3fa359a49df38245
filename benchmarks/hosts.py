"""Hosts: the servers of ``peers.py``, each in the way that its own documentation starts it.

``python hosts.py KIND APP PORT`` serves an application on 127.0.0.1 until it is told to end. APP
names what builds it, ``apps.starlette:build``; KIND is one of ``HOSTS``. There is one worker, and
no access log. It runs in the environment of the peer, so it imports nothing that it does not need.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

ADDRESS = "127.0.0.1"


def build(reference: str) -> Any:
    """The application that ``module:function`` gives."""
    module, _, function = reference.partition(":")
    return getattr(import_module(module), function)()


def serve_uvicorn(reference: str, port: int) -> None:
    """An ASGI application on uvicorn, with uvloop and httptools."""
    import uvicorn

    uvicorn.run(
        build(reference),
        host=ADDRESS,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


def serve_granian(reference: str, port: int, interface: str) -> None:
    """An application on granian, which builds it in its worker."""
    from granian import Granian
    from granian.constants import Interfaces, Loops

    Granian(
        reference,
        address=ADDRESS,
        port=port,
        interface=Interfaces(interface),
        loop=Loops.uvloop if interface == "rsgi" else Loops.auto,
        workers=1,
        factory=True,
        log_access=False,
    ).serve()


def serve_rsgi(reference: str, port: int) -> None:
    """An RSGI application on granian."""
    serve_granian(reference, port, "rsgi")


def serve_wsgi(reference: str, port: int) -> None:
    """A WSGI application on granian."""
    serve_granian(reference, port, "wsgi")


def serve_sanic(reference: str, port: int) -> None:
    """A Sanic application on Sanic's own server."""
    build(reference).run(ADDRESS, port, single_process=True, access_log=False, motd=False)


def serve_aiohttp(reference: str, port: int) -> None:
    """An aiohttp application on aiohttp's own server."""
    import uvloop
    from aiohttp import web

    loop = uvloop.new_event_loop()
    web.run_app(build(reference), host=ADDRESS, port=port, access_log=None, print=None, loop=loop)


def serve_robyn(reference: str, port: int) -> None:
    """A Robyn application on Robyn's own server, which reads the command line itself."""
    sys.argv[1:] = ["--processes", "1", "--workers", "1", "--log-level", "WARN"]
    build(reference).start(host=ADDRESS, port=port)


HOSTS = {
    "uvicorn": serve_uvicorn,
    "granian, RSGI": serve_rsgi,
    "granian, WSGI": serve_wsgi,
    "sanic": serve_sanic,
    "aiohttp": serve_aiohttp,
    "robyn": serve_robyn,
}
"""The servers by name, as tables have them."""


if __name__ == "__main__":
    HOSTS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
