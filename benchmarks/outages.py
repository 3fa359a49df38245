"""Outages: how long requests wait for a Redis that is gone or hangs, and when it serves again."""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from statistics import median
from typing import Any

import calls
from report import Figure, markdown_table

import responder_core
from responder_ratelimit import RateLimits

_PAUSE = 0.002
"""Seconds between two requests."""
_PATIENCE = 30.0
_DOWN = 60
"""Requests that are sent while Redis is away."""

Answer = tuple[float, dict[bytes, bytes]]
"""How many milliseconds it took, and the header fields."""


class Server:
    """A Redis or Valkey of its own."""

    def __init__(self, program: str, folder: str) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port: int = listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        self._command = [program, *options]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                time.sleep(0.01)
        msg = f"{self._command[0]} does not answer after {_PATIENCE:.0f} s"
        raise TimeoutError(msg)

    def send(self, what: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(what)
        if what is signal.SIGKILL:
            self.process.wait()


def make_app(url: str) -> responder_core.API:
    """An app with a limited route and one that has nothing to do with limits."""
    limits = RateLimits(backend=url, on_error="local", store_timeout=0.2)
    api = responder_core.API(extensions=[limits])
    api.get("/limited", rate_limit="1000000/minute")(lambda req, resp: "tea")
    api.get("/free")(lambda req, resp: "tea")
    return api


async def ask(api: responder_core.API, path: str) -> Answer:
    """Ask an app in process."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
    }
    fields: dict[bytes, bytes] = {}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        fields.update(message.get("headers", ()))

    began = time.perf_counter()
    await api(scope, receive, send)
    return (time.perf_counter() - began) * 1000, fields


async def ask_on(api: responder_core.API, path: str, into: list[float]) -> None:
    """Ask again and again, until it is cancelled."""
    while True:
        into.append((await ask(api, path))[0])
        await asyncio.sleep(_PAUSE)


async def _go_through(server: Server, how: signal.Signals) -> dict[str, float]:
    """Take the server away, ask meanwhile, and let it come back."""
    api = make_app(server.url)
    for _ in range(5):
        _, fields = await ask(api, "/limited")
        if b"x-ratelimit-mode" in fields:
            msg = "Redis does not serve although it runs"
            raise RuntimeError(msg)
    free: list[float] = []
    others = asyncio.create_task(ask_on(api, "/free", free))
    server.send(how)
    limited: list[float] = []
    for _ in range(_DOWN):
        spent, fields = await ask(api, "/limited")
        if fields.get(b"x-ratelimit-mode") != b"local":
            msg = f"what the process counts is told, not {fields}"
            raise RuntimeError(msg)
        limited.append(spent)
        await asyncio.sleep(_PAUSE)
    others.cancel()
    if how is signal.SIGKILL:
        server.start()
    else:
        server.send(signal.SIGCONT)
    returned = time.monotonic()
    while b"x-ratelimit-mode" in (await ask(api, "/limited"))[1]:
        if time.monotonic() - returned > _PATIENCE:
            msg = "Redis is back, and not asked"
            raise TimeoutError(msg)
        await asyncio.sleep(_PAUSE)
    back = time.monotonic() - returned
    await api.extensions[0].limiter.store.close()  # pyright: ignore[reportAttributeAccessIssue]
    return {
        "longest": max(limited),
        "median": median(limited),
        "others, longest": max(free),
        "back": back * 1000,
    }


def measure_outages(*, quick: bool) -> calls.Results:
    """Measure a server that is killed, and one that is stopped in its tracks; print a table."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        print("There is no valkey-server and no redis-server: outages are left out.\n")
        return {}
    logging.getLogger("responder.ratelimit").setLevel(logging.CRITICAL)
    kinds = {"killed": signal.SIGKILL, "stopped in its tracks": signal.SIGSTOP}
    found: dict[str, dict[str, Figure]] = {}
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, folder)
        try:
            for name, how in kinds.items():
                runs = [asyncio.run(_go_through(server, how)) for _ in range(2 if quick else 10)]
                found[name] = {each: Figure.of([run[each] for run in runs]) for each in runs[0]}
                rows.append([name, *(f"{max(run[each] for run in runs):.1f}" for each in runs[0])])
        finally:
            server.send(signal.SIGKILL)
    print(markdown_table(["Redis, ms of the worst run", *found["killed"]], rows))
    return {"outages": found}
