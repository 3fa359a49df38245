"""The load: many requests over a few kept-alive connections, by wrk or by a small client here.

``python load.py PORT PATH CONNECTIONS SECONDS [METHOD FIELDS BODY]`` runs the client and prints
what it did; FIELDS are a JSON object.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

CONNECTIONS = 32
GRACE = 15.0
"""Seconds that a load may take longer than it was asked to."""
NO_FIELDS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Load:
    """What a load did."""

    requests: int
    failures: int
    """Answers that were not 2xx or 3xx, and connections that broke."""
    seconds: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def generator() -> str:
    """Which load generator this machine has."""
    return "wrk" if shutil.which("wrk") else "the own client of load.py"


def send_load(
    port: int,
    path: str,
    seconds: float,
    *,
    method: str = "GET",
    fields: Mapping[str, str] = NO_FIELDS,
    body: str = "",
) -> Load:
    """Send requests for a time, from a process of their own."""
    if shutil.which("wrk"):
        options = [f"-H{name}: {value}" for name, value in fields.items()]
        with _script(method, body) as script:
            return _run_wrk(port, path, seconds, [*options, *script])
    arguments = [str(port), path, str(CONNECTIONS), str(seconds)]
    arguments += [method, json.dumps(dict(fields)), body]
    return Load(**json.loads(_run([sys.executable, __file__, *arguments], seconds)))


def _run(command: list[str], seconds: float) -> str:
    child = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=seconds + GRACE
    )
    return child.stdout


@contextmanager
def _script(method: str, body: str) -> Generator[list[str]]:
    """The option that tells wrk a method and a body, which it takes from a script alone."""
    if method == "GET":
        yield []
        return
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "request.lua"
        text = f'wrk.method = "{method}"\nwrk.body = [==[{body}]==]\n'
        script.write_text(text, encoding="utf-8")
        yield [f"-s{script}"]


def _run_wrk(port: int, path: str, seconds: float, more: list[str]) -> Load:
    duration = f"{max(1, round(seconds))}s"
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{duration}", *more]
    return parse_wrk(_run(["wrk", *options, f"http://127.0.0.1:{port}{path}"], seconds))


def parse_wrk(text: str) -> Load:
    """What wrk's report says.

    ``parse_wrk("  100 requests in 2.00s, 1MB read")`` → ``Load(100, 0, 2.0)``.

    Raises:
        ValueError: the text is no report of wrk.
    """
    total = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", text)
    if total is None:
        raise ValueError(f"wrk reports no requests: {text!r}")
    unit = {"ms": 0.001, "s": 1.0, "m": 60.0}[total[3]]
    failures = sum(int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    if errors := re.search(r"Socket errors: (.*)", text):
        failures += sum(int(count) for count in re.findall(r"\d+", errors[1]))
    return Load(int(total[1]), failures, float(total[2]) * unit)


class Client(asyncio.Protocol):
    """One connection: it sends a request, waits for the whole answer, and sends the next."""

    def __init__(self, request: bytes, deadline: float) -> None:
        self.request = request
        self.deadline = deadline
        self.requests = 0
        self.failures = 0
        self.received = b""
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Send the next request when the answer is complete."""
        self.received += data
        head, blank, body = self.received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if not blank or (length is not None and len(body) < int(length[1])):
            return
        self.received = b""
        self.requests += 1
        self.failures += length is None or not re.match(rb"HTTP/1\.1 [23]", head)
        if time.monotonic() < self.deadline and length is not None:
            self.transport.write(self.request)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; a server that closes while there is time left has failed."""
        self.failures += time.monotonic() < self.deadline
        if not self.ended.done():
            self.ended.set_result(None)


def compose(port: int, path: str, method: str = "GET", fields: str = "{}", body: str = "") -> bytes:
    """A request; *fields* are JSON."""
    content = body.encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in json.loads(fields).items()]
    if content:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content


async def run_clients(port: int, request: bytes, connections: int, seconds: float) -> Load:
    """Send a request over *connections* for *seconds*, again and again."""
    begin = time.monotonic()
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: Client(request, begin + seconds), "127.0.0.1", port
        )
        clients.append(client)
    await asyncio.wait_for(asyncio.gather(*(client.ended for client in clients)), seconds + GRACE)
    return Load(
        sum(client.requests for client in clients),
        sum(client.failures for client in clients),
        time.monotonic() - begin,
    )


def main() -> None:
    """Run the client and print what it did as JSON."""
    port, path, connections, seconds, *rest = sys.argv[1:]
    request = compose(int(port), path, *rest)
    load = asyncio.run(run_clients(int(port), request, int(connections), float(seconds)))
    print(json.dumps(asdict(load)))


if __name__ == "__main__":
    main()
