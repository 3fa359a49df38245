"""Queries: what GraphQL costs: a kept document, and hostile ones.

``python benchmarks/queries.py`` measures in process what a kept document costs, and over uvicorn
what hostile documents cost, themselves and those who ask meanwhile. ``peers.py`` has a request over
uvicorn, beside others.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command import parse_arguments, write_results
from harness import http_scope, receiving
from query_apps import SDL, USERS
from report import markdown_table, surroundings_line
from serve import pinned
from server import Server, running

UV = os.environ.get("UV", "uv")
APPS = Path(__file__).parent / "query_apps.py"

QUERIES = {
    "{ hello }": "{ hello }",
    "20 users": "{ users { id name age } }",
}
FIELDS = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True)
class Cost:
    """Micro- or milliseconds: the least of several repetitions, and the one in the middle."""

    best: float
    median: float

    def __str__(self) -> str:
        return f"{self.best:.1f} ({self.median:.1f})"


def costs_of(functions: dict[str, Any], number: int, repeat: int) -> dict[str, Cost]:
    """What a call of each costs the CPU; they take turns, so that a disturbance hits all alike."""
    timers = {name: timeit.Timer(each, timer=time.process_time) for name, each in functions.items()}
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeat):
        for name, timer in timers.items():
            times[name].append(timer.timeit(number) / number * 1e6)
    return {name: Cost(min(each), statistics.median(each)) for name, each in times.items()}


# In process ------------------------------------------------------------------------------------


def measure_process(*, quick: bool) -> dict[str, Any]:
    """A kept document: graphql-core's own ``execute``, our engine, a whole request over ASGI."""
    from graphql import build_schema, execute, parse

    from responder_core import API, Request
    from responder_graphql import mount
    from responder_graphql.parameters import read_parameters

    schema = build_schema(SDL)
    root = {"hello": lambda info: "world", "users": lambda info: USERS}
    api = API()
    view = mount(api, "/graphql", schema=schema, root_value=root)
    engine = view.engine_of(api)
    figures: dict[str, Any] = {}
    for name, query in QUERIES.items():
        document = parse(query)
        body = json.dumps({"query": query}).encode()
        fields = {**FIELDS, "content-length": str(len(body))}
        encoded = [(key.lower().encode(), value.encode()) for key, value in fields.items()]
        scope = http_scope("POST", "/graphql", encoded)
        req = Request(scope, receiving(body), api)

        def run_engine(query: str = query, req: Request = req) -> None:
            parameters = read_parameters({"query": query})
            finish(engine.run(engine.find_kept(parameters), parameters, req, None))

        def run_app(scope: Any = scope, body: bytes = body) -> None:
            finish(api(dict(scope), receiving(body), discard))

        def run_execute(document: Any = document) -> None:
            execute(schema, document, root)

        asyncio.run(engine.find(read_parameters({"query": query}), req))
        functions = {"execute": run_execute, "kept document": run_engine, "request": run_app}
        costs = costs_of(functions, 200, 5 if quick else 150)
        ratio = costs["kept document"].best / costs["execute"].best
        figures[name] = {**costs, "ratio": ratio}
    rows = [
        [name, *(str(value) for value in list(each.values())[:3]), f"{each['ratio']:.2f}"]
        for name, each in figures.items()
    ]
    head = [
        "µs in process",
        "graphql-core's execute",
        "kept document",
        "whole request",
        "kept / execute",
    ]
    print(markdown_table(head, rows))
    return figures


async def discard(_message: Any) -> None:
    """Send nowhere."""


def finish(coroutine: Any) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waits for something")


@contextmanager
def serving(name: str, python: Path, core: int) -> Generator[Server]:
    """Run the server of an application around a block."""
    with running(name, [str(python), str(APPS), name, str(core)]) as server:
        yield server


def check(server: Server, query: str) -> None:
    """Ask once, and look at the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/graphql", json.dumps({"query": query}), FIELDS)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    if "errors" in answer or not ({"hello", "users"} & answer["data"].keys()):
        raise RuntimeError(f"{server.name}: {answer}")


# Hostile documents -----------------------------------------------------------------------------


def hostile_documents() -> dict[str, Any]:
    """What is sent by who means no good: the bodies, decoded."""
    names = range(20)
    doubled = " ".join(
        f"fragment F{each} on User {{ a: me {{ ...F{each + 1} }} b: me {{ ...F{each + 1} }} }}"
        for each in names
    )
    spread = " ".join(
        f"fragment F{each} on User {{ me {{ ...F{each + 1} ...F{each + 1} }} }}" for each in names
    )
    end = "fragment F20 on User { name }"
    return {
        "60k tokens": {"query": "{ " + "hello " * 60_000 + "}"},
        "60k comments": {"query": "{ hello }" + "#\n" * 60_000},
        "10k aliases": {"query": "{ " + " ".join(f"a{n}: hello" for n in range(10_000)) + " }"},
        "5k equal fields": {"query": "{ " + "hello " * 5_000 + "}"},
        "990 equal fields": {"query": "{ users { " + "name " * 990 + "} }"},
        "20 fragments, each spread twice": {"query": f"{{ users {{ ...F0 }} }} {spread} {end}"},
        "2^20 by fragments": {"query": f"{{ users {{ ...F0 }} }} {doubled} {end}"},
        "depth 3,000": {"query": "{ users " * 3000 + "}" * 3000},
        "a circle": {
            "query": "{ users { ...A } } fragment A on User { ...B } fragment B on User { ...A }"
        },
        "480 variables that nobody uses": {
            "query": "query(" + " ".join(f"$v{n}: Int" for n in range(480)) + ") { hello }"
        },
        "20 errors after 60k lines": {
            "query": "\n" * 60_000 + "{ " + " ".join(f"wrong{n}" for n in range(20)) + " }"
        },
        "900 wrong names": {
            "query": "{ users { " + " ".join(f"wrong{n}" for n in range(900)) + " } }"
        },
        "11 variables, a short one": {
            "query": "query(" + " ".join(f"$v{n}: Int" for n in range(11)) + ") { hello }"
        },
        "one argument, 650 times": {"query": "{ hello(" + 'name: "x" ' * 650 + ") }"},
        "a batch of 1,000": [{"query": "{ hello }"}] * 1000,
    }


async def ask_steadily(port: int, rate: float, seconds: float) -> list[float]:
    """The seconds that each of so many requests a second took, on one connection after another.

    One asks for ``{ hello }``, the next one for a text by another route.
    """
    loop = asyncio.get_running_loop()
    body = json.dumps({"query": "{ hello }"}).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in FIELDS.items())
    query = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    requests = (query, b"GET /text HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(16)]
    took: list[float] = []

    async def ask(due: float, request: bytes) -> None:
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(loop.time() - due)
        idle.append((reader, writer))

    began = loop.time()
    tasks: list[asyncio.Task[None]] = []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - loop.time()))
        tasks.append(asyncio.create_task(ask(due, requests[number % 2])))
    await asyncio.gather(*tasks)
    for _, writer in idle:
        writer.close()
    return took


def send_again(port: int, body: bytes, times: int, pause: float, status: int = 400) -> None:
    """Send a body again and again, from a process of its own."""
    program = (
        "import http.client, sys, time\n"
        "port, times, pause = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])\n"
        "status = int(sys.argv[4])\n"
        "body = sys.stdin.buffer.read()\n"
        "connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)\n"
        "for _ in range(times):\n"
        "    connection.request('POST', '/graphql', body, {'Content-Type': 'application/json',\n"
        "        'Accept': 'application/graphql-response+json'})\n"
        "    answer = connection.getresponse()\n"
        "    answer.read()\n"
        "    assert answer.status == status, answer.status\n"
        "    time.sleep(pause)\n"
    )
    command = [sys.executable, "-c", program, str(port), str(times), str(pause), str(status)]
    subprocess.run(command, input=body, check=True)


async def ask_meanwhile(port: int, body: bytes, seconds: float, status: int) -> list[float]:
    """As ``ask_steadily()``, while a body is sent five times a second."""
    asking = asyncio.create_task(ask_steadily(port, 200, seconds))
    await asyncio.to_thread(send_again, port, body, int(seconds * 5), 0.2, status)
    return await asking


def measure_hostile(*, quick: bool) -> dict[str, Any]:
    """What each document costs the server, and what it costs who asks meanwhile.

    Seconds in which it is sent take turns with those in which a good one is, so that what else the
    machine does hits both alike; of the percentiles of each the least and the middle one are told.
    """
    figures: dict[str, Any] = {}
    rounds = 3 if quick else 9
    with pinned() as (core, _), serving("responder", Path(sys.executable), core) as server:
        check(server, "{ hello }")
        good = json.dumps({"query": "{ hello }"}).encode()
        asyncio.run(ask_meanwhile(server.port, good, 1.0, 200))
        for name, document in hostile_documents().items():
            body = json.dumps(document).encode()
            send_again(server.port, body, 3, 0)
            spent: list[float] = []
            for _ in range(rounds):
                before = server.cpu_seconds()
                send_again(server.port, body, 5, 0)
                spent.append((server.cpu_seconds() - before) / 5 * 1000)
            without: list[float] = []
            meanwhile: list[float] = []
            for _ in range(rounds):
                without.append(p(asyncio.run(ask_meanwhile(server.port, good, 1.0, 200)), 99))
                meanwhile.append(p(asyncio.run(ask_meanwhile(server.port, body, 1.0, 400)), 99))
            beside_good = Cost(min(without), statistics.median(without))
            beside = Cost(min(meanwhile), statistics.median(meanwhile))
            ratio = Cost(beside.best / beside_good.best, beside.median / beside_good.median)
            figures[name] = {
                "ms": Cost(min(spent), statistics.median(spent)),
                "without": beside_good,
                "meanwhile": beside,
                "ratio": ratio,
            }
    rows = [[name, *(str(value) for value in each.values())] for name, each in figures.items()]
    head = ["document", "ms of CPU", "others' p99 beside a good one, ms", "beside it, ms", "ratio"]
    print(markdown_table(head, rows))
    print("Others ask 200 times a second, while it is sent 5 times a second.\n")
    return figures


def p(took: list[float], percent: int) -> float:
    """A percentile, in milliseconds."""
    return statistics.quantiles(took, n=100)[percent - 1] * 1000


KINDS = {
    "process": (measure_process, "a kept document in process"),
    "hostile": (measure_hostile, "documents of those who mean no good"),
}


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments("What GraphQL costs.", KINDS)
    results: dict[str, Any] = {}
    for name in arguments.names:
        measure, _ = KINDS[name]
        results[name] = measure(quick=arguments.quick)
        time.sleep(0.1)
    print(surroundings_line())
    write_results(arguments.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
