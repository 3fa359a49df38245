"""Sessions: what one costs that is left alone, and how many a store takes.

``python benchmarks/sessions.py`` prints figures and ratios of one run, those of one kind alone
with ``untouched`` or ``stores`` behind it. ``peers.py`` has one that is read and written on a
server, beside others.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import replace

import calls
import dispatch
import serve
from catalogue import SESSIONS, UNTOUCHED
from command import parse_arguments, write_results
from report import Figure, markdown_table, surroundings_line

from responder_sessions import Change, SQLiteStore
from responder_sessions.ids import make_id, store_key
from responder_sessions.stores.threaded import adapt

_WRITTEN = 10_000


def measure_untouched(*, quick: bool) -> calls.Results:
    """Measure what sessions cost a view that leaves them alone, in process; print a table."""
    contenders = [replace(each, workloads=(UNTOUCHED,)) for each in SESSIONS]
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
    print(f"CPU time: minimum (median). {surroundings_line()}")
    write_results(arguments.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
