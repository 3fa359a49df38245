"""Sessions: what one costs that is left alone, and one that is read and written.

``python benchmarks/sessions.py`` prints figures and ratios of one run, those of one kind alone
with ``cookie``, ``untouched`` or ``stores`` behind it. It starts and stops its own servers, that of
the published Responder in an environment of its own, made by uv.
"""

from __future__ import annotations

import asyncio
import http.client
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import calls
import dispatch
import serve
from catalogue import COUNT, SESSIONS, UNTOUCHED
from command import parse_arguments, write_results
from exchanges import paired_ratios, served_costs
from load import generator
from queries import make_environment
from report import Figure, figures_table, markdown_table, surroundings_line
from server import Server, running, serving
from workloads import Workload

from responder_sessions import Change, SQLiteStore
from responder_sessions.ids import make_id, store_key
from responder_sessions.stores.threaded import adapt

_WRITTEN = 10_000
_PUBLISHED = Path(__file__).parent / "published_sessions.py"


@contextmanager
def serving_published(core: int) -> Generator[Server]:
    """Run the server of the published Responder around a block.

    Raises:
        RuntimeError: it does not listen in time.
    """
    with tempfile.TemporaryDirectory() as folder:
        python = make_environment(Path(folder), "published")
        command = [str(python), str(_PUBLISHED), str(core)]
        with running("responder 9", command) as server:
            yield server


def with_cookie(server: Server, workload: Workload) -> Workload:
    """A workload of a client that has been there before."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", COUNT.path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
    return replace(workload, fields={"cookie": cookie})


def measure_cookie(*, quick: bool) -> calls.Results:
    """Measure a session that is read and written on uvicorn, and print tables."""
    contenders = [each for each in calls.installed(SESSIONS) if COUNT in each.workloads]
    with serve.pinned() as (core, _), ExitStack() as stack:
        servers = [
            stack.enter_context(serving(each.name, core, group="sessions")) for each in contenders
        ]
        servers.append(stack.enter_context(serving_published(core)))
        pairs = [
            (server, with_cookie(server, workload))
            for server in servers
            for workload in (UNTOUCHED, COUNT)
        ]
        figures = served_costs(pairs, 2 if quick else 8)
    print(figures_table(figures, ["untouched", "count"]))
    print(paired_ratios(figures, "count"))
    return {calls.OUTSIDE: figures}


def measure_untouched(*, quick: bool) -> calls.Results:
    """Measure what sessions cost a view that leaves them alone, in process; print a table."""
    contenders = [
        replace(each, workloads=(UNTOUCHED,))
        for each in SESSIONS
        if each.module == "responder_sessions"
    ]
    rounds, microseconds = (15, 2000.0) if quick else (100, 4000.0)
    figures = dispatch.measure(contenders, rounds, microseconds)
    off = figures["responder, no sessions"]["untouched"]
    rows = [
        (name, off, by["untouched"])
        for name, by in figures.items()
        if name != "responder, no sessions"
    ]
    calls.print_additions("µs per request, in process", rows)
    return {calls.INSIDE: figures}


async def _write(store: object, count: int) -> tuple[float, float]:
    """The seconds of CPU and of the clock that so many sessions take, twenty at once."""
    keys = [store_key(make_id()) for _ in range(count)]
    change = Change(1000, written={"user": b'"ada"', "visits": b"1"}, creates=True)

    async def write(part: list[str]) -> None:
        for key in part:
            await store.save(key, change)

    spent, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(write(keys[start::20]) for start in range(20)))
    return time.process_time() - spent, time.perf_counter() - began


def measure_stores(*, quick: bool) -> calls.Results:
    """Measure how many sessions SQLite takes in a second on one core, and print a table."""
    count = _WRITTEN // 5 if quick else _WRITTEN
    figures: list[float] = []
    seconds: list[float] = []
    with serve.pinned(), tempfile.TemporaryDirectory() as folder:
        for number in range(3):
            store = adapt(SQLiteStore(f"{folder}/{number}.sqlite3"))
            cpu, clock = asyncio.run(_write(store, count))
            asyncio.run(store.close())
            figures.append(cpu / count * 1_000_000)
            seconds.append(clock)
    figure = Figure.of(figures)
    row = ["SQLite", f"{figure.minimum:.0f} ({figure.median:.0f})", f"{count / min(seconds):,.0f}"]
    print(markdown_table(["store", "µs of CPU for each", "sessions per second"], [row]))
    return {"stores": {"SQLite": {"saved": figure}}}


COMMANDS = {
    "cookie": (measure_cookie, "a signed cookie that is read and written, on uvicorn"),
    "untouched": (measure_untouched, "a view that leaves its session alone, in process"),
    "stores": (measure_stores, "sessions that are saved by one process on one core"),
}


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments("What sessions cost.", COMMANDS)
    results = {}
    for name in arguments.names:
        print(f"{name.capitalize()}: {COMMANDS[name][1]}.\n")
        results[name] = COMMANDS[name][0](quick=arguments.quick)
    print(f"CPU time: minimum (median). Load: {generator()}. {surroundings_line()}")
    write_results(arguments.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
