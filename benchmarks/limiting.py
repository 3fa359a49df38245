"""Limiting: what a rate limit costs, how many decisions a store makes, what a million clients take.

``python benchmarks/limiting.py`` prints figures and ratios of one run, those of one kind alone
with ``decisions``, ``route``, ``clients`` or ``outages`` behind it. ``peers.py`` has a limited
route on a server, beside others.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import calls
import serve
from command import parse_arguments, write_results
from outages import measure_outages
from report import Figure, markdown_table, surroundings_line
from samples import MANY

import responder_core
from responder_ratelimit import Limit, MemoryStore, RateLimits, SQLiteStore
from responder_ratelimit.limits import ALGORITHMS
from responder_ratelimit.stores.store import Hit


def _per_second(decide: Callable[[], object], seconds: float) -> float:
    """How often a function runs in a second of CPU; the best of five."""
    best = 0.0
    for _ in range(5):
        count, began = 0, time.process_time()
        while (spent := time.process_time() - began) < seconds:
            for _ in range(1000):
                decide()
            count += 1000
        best = max(best, count / spent)
    return best


def measure_decisions(*, quick: bool) -> calls.Results:
    """Measure how many decisions a store makes in a second on one core, and print a table."""
    seconds = 0.1 if quick else 0.5
    rows: list[list[str]] = []
    figures: dict[str, dict[str, Figure]] = {}

    def note(name: str, decide: Callable[[], object]) -> None:
        found = _per_second(decide, seconds)
        rows.append([name, f"{found:,.0f}"])
        figures[name] = {"per second": Figure.of([found])}

    with serve.pinned(), tempfile.TemporaryDirectory() as folder:
        memory = MemoryStore()
        for requests in (100, 1_000_000):
            limit = Limit(requests=requests, period=60)
            name = f"memory, {limit}, as most requests ask it"
            note(name, partial(memory.counter(limit), "me", 1))
        for algorithm in ALGORITHMS:
            limit = Limit(requests=1_000_000, period=60, algorithm=algorithm)
            hits = [Hit("me", limit, 1)]
            note(f"memory, {limit}", lambda hits=hits: memory.hit(hits))
        store = SQLiteStore(f"{folder}/limits.sqlite3")
        hits = [Hit("me", Limit("1000000/minute"), 1)]
        note("SQLite, 1000000/minute", lambda: store.hit(hits))
        store.close()
    print(markdown_table(["store", "decisions per second"], rows))
    return {"decisions": figures}


def _make_app(headers: Any, *, limited: bool = True) -> responder_core.API:
    extensions = [RateLimits(f"{MANY}/minute", headers=headers)] if limited else []
    api = responder_core.API(extensions=extensions)

    @api.get("/text")
    async def text(req: Any, resp: Any) -> None:
        resp.text = "Hello, world!"

    return api


async def _ask(app: Callable[..., Awaitable[None]], count: int) -> float:
    """The microseconds that each of so many requests takes."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/text",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None: ...

    began = time.process_time()
    for _ in range(count):
        await app(dict(scope), receive, send)
    return (time.process_time() - began) / count * 1_000_000


def measure_route(*, quick: bool) -> calls.Results:
    """Measure what a limit costs a route, in process and in turns; print a table."""
    apps = {
        "off": _make_app(None, limited=False),
        "without header fields": _make_app(None),
        'headers="draft"': _make_app("draft"),
        'headers="x"': _make_app("x"),
        'headers="both"': _make_app("both"),
    }
    found: dict[str, list[float]] = {name: [] for name in apps}

    async def main() -> None:
        for _ in range(10 if quick else 60):
            for name, app in apps.items():
                found[name].append(await _ask(app, 1000))

    with serve.pinned():
        asyncio.run(main())
    figures = {name: {"text": Figure.of(times)} for name, times in found.items()}
    off = figures["off"]["text"]
    rows = [(name, off, by["text"]) for name, by in figures.items() if name != "off"]
    calls.print_additions("µs per request, in process", rows)
    return {calls.INSIDE: figures}


_CLIENTS = """
import json, sys
from responder_ratelimit import Limit, MemoryStore

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1_000_000

now = 0.0
store = MemoryStore(clock=lambda: now)
limit = Limit("100/minute")
count = store.counter(limit)
for each in range(1000):
    count(f"warm {each}", 1)
before = resident()
for each in range(int(sys.argv[1])):
    now += 50 / int(sys.argv[1])
    count(f"/ 10.{each}", 100)
most = resident() - before
now += 120
count("later", 1)
print(json.dumps([most, resident() - before, len(store)]))
"""


def measure_clients(*, quick: bool) -> calls.Results:
    """Measure the memory of a million clients that are all refused, and two windows later."""
    count = 200_000 if quick else 1_000_000
    command = [sys.executable, "-c", _CLIENTS, str(count)]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    most, after, left = json.loads(text)
    row = [f"{count:,}", f"{most:.1f}", f"{after:.1f}", str(left)]
    columns = ["clients", "MB more", "MB more two windows later", "clients that are left"]
    print(markdown_table(columns, [row]))
    return {"clients": {"memory": {"MB": Figure.of([most]), "later": Figure.of([after])}}}


COMMANDS = {
    "decisions": (measure_decisions, "what a store decides in a second on one core"),
    "route": (measure_route, "a route with a limit that is never reached, in process"),
    "clients": (measure_clients, "a million clients in memory, and what is left of them"),
    "outages": (measure_outages, "a Redis that is killed, and one that hangs"),
}


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments("What rate limits cost.", COMMANDS)
    results = {}
    for name in arguments.names:
        print(f"{name.capitalize()}: {COMMANDS[name][1]}.\n")
        results[name] = COMMANDS[name][0](quick=arguments.quick)
    print(f"CPU time: minimum (median). {surroundings_line()}")
    write_results(arguments.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
