"""The load: many requests over a few kept-alive connections, by wrk or by a small client here.

``python load.py PORT PATH CONNECTIONS SECONDS [METHOD FIELDS BODY PATHS]`` runs the client and
prints what it did; FIELDS are a JSON object, PATHS a file of paths that are asked for in turn.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import cycle
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
    paths: Sequence[str] = (),
) -> Load:
    """Send requests for a time, from a process of their own; for *paths* in turn, if any."""
    with _listed(paths) as listed:
        if shutil.which("wrk"):
            options = [f"-H{name}: {value}" for name, value in fields.items()]
            with _script(method, body, listed) as script:
                return _run_wrk(port, path, seconds, [*options, *script])
        arguments = [str(port), path, str(CONNECTIONS), str(seconds)]
        arguments += [method, json.dumps(dict(fields)), body, listed]
        return Load(**json.loads(_run([sys.executable, __file__, *arguments], seconds)))


def _run(command: list[str], seconds: float) -> str:
    child = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=seconds + GRACE
    )
    return child.stdout


@contextmanager
def _listed(paths: Sequence[str]) -> Generator[str]:
    """The name of a file with these paths, a line each; an empty one for none."""
    if not paths:
        yield ""
        return
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "paths"
        file.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
        yield str(file)


_IN_TURN = """
local requests, last = {{}}, 0
function init(args)
    for path in io.lines("{listed}") do
        requests[#requests + 1] = wrk.format(nil, path)
    end
end
function request()
    last = last % #requests + 1
    return requests[last]
end
"""


@contextmanager
def _script(method: str, body: str, listed: str) -> Generator[list[str]]:
    """The option that tells wrk a method, a body and paths, which it takes from a script alone."""
    if method == "GET" and not listed:
        yield []
        return
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "request.lua"
        text = f'wrk.method = "{method}"\n'
        if body:
            text += f"wrk.body = [==[{body}]==]\n"
        if listed:
            text += _IN_TURN.format(listed=listed)
        script.write_text(text, encoding="utf-8")
        yield [f"-s{script}"]


def _run_wrk(port: int, path: str, seconds: float, more: list[str]) -> Load:
    # It counts whole seconds, but reports at once when it is interrupted.
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{math.ceil(seconds) + 1}s", *more]
    command = ["wrk", *options, f"http://127.0.0.1:{port}{path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGINT)
        try:
            return parse_wrk(child.communicate(timeout=GRACE)[0])
        finally:
            child.kill()


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

    def __init__(self, requests: Iterator[bytes], deadline: float) -> None:
        self.next = requests
        self.deadline = deadline
        self.requests = 0
        self.failures = 0
        self.received = b""
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(next(self.next))

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
            self.transport.write(next(self.next))
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


async def run_clients(
    port: int, requests: Iterator[bytes], connections: int, seconds: float
) -> Load:
    """Send requests over *connections* for *seconds*, one after the other."""
    begin = time.monotonic()
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: Client(requests, begin + seconds), "127.0.0.1", port
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
    rest, listed = rest[:3], "".join(rest[3:])
    paths = Path(listed).read_text(encoding="utf-8").split() if listed else [path]
    requests = cycle([compose(int(port), each, *rest) for each in paths])
    load = asyncio.run(run_clients(int(port), requests, int(connections), float(seconds)))
    print(json.dumps(asdict(load)))


if __name__ == "__main__":
    main()
