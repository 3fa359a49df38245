"""Hand-over: what it costs to call a function in a thread and to get back, by several ways.

``python benchmarks/handover.py`` prints CPU time per call in process, one call at a time and 32
at once, and per request of a uvicorn worker whose view is called by each way.
``python handover.py NAME CORE`` is such a worker: it prints its port.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from contextvars import Context, copy_context
from functools import partial
from queue import SimpleQueue
from urllib.request import urlopen

import uvloop
from anyio.to_thread import run_sync
from apps.bare import send_answer
from command import parse_arguments, write_results
from harness import App, Receive, Scope, Send
from load import generator, send_load
from report import Figure, Figures, figures_table, surroundings_line
from scale_connections import pinned, serve
from server import running
from workloads import TEXT

from responder_core.threads import run_in_thread
from responder_core.worker_threads import WorkerThreads

HandOver = Callable[[Callable[[], bytes]], Awaitable[bytes]]

THREADS = 40
AT_ONCE = 32
CALLS = 320
"""Calls of one slice."""

Call = tuple[Context, Callable[[], bytes], "asyncio.Future[bytes]"]


class Pool:
    """As little as a pool can be: a queue to its threads, and a wake-up back for each call.

    It knows contexts, but neither cancellation nor exceptions nor an end.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.calls: SimpleQueue[Call] = SimpleQueue()
        for _ in range(THREADS):
            threading.Thread(target=self.work, daemon=True).start()

    async def run(self, function: Callable[[], bytes]) -> bytes:
        """Call a function in a thread."""
        ended = self.loop.create_future()
        self.calls.put((copy_context(), function, ended))
        return await ended

    def work(self) -> None:
        """Make calls."""
        while True:
            context, function, ended = self.calls.get()
            self.give_back(ended, context.run(function))

    def give_back(self, ended: asyncio.Future[bytes], value: bytes) -> None:
        """Wake the event loop up, in a thread."""
        self.loop.call_soon_threadsafe(ended.set_result, value)


class DequePool(Pool):
    """The same over a deque, which needs no lock; but what waits for it needs a semaphore."""

    def __init__(self) -> None:
        self.waiting: deque[Call] = deque()
        self.there = threading.Semaphore(0)
        super().__init__()

    async def run(self, function: Callable[[], bytes]) -> bytes:
        """Call a function in a thread."""
        ended = self.loop.create_future()
        self.waiting.append((copy_context(), function, ended))
        self.there.release()
        return await ended

    def work(self) -> None:
        """Make calls."""
        while True:
            self.there.acquire()
            context, function, ended = self.waiting.popleft()
            self.give_back(ended, context.run(function))


class SharingPool(Pool):
    """The same, where what ends while the event loop is about to wake up shares that wake-up."""

    def __init__(self) -> None:
        super().__init__()
        self.results: deque[tuple[asyncio.Future[bytes], bytes]] = deque()
        self.woken = False

    def give_back(self, ended: asyncio.Future[bytes], value: bytes) -> None:
        """Leave the result, and wake the event loop up unless somebody did."""
        self.results.append((ended, value))
        if not self.woken:
            self.woken = True
            self.loop.call_soon_threadsafe(self.collect)

    def collect(self) -> None:
        """Take all results."""
        # Before they are looked at: what is left from here on wakes the loop up again.
        self.woken = False
        results = self.results
        while results:
            ended, value = results.popleft()
            ended.set_result(value)


def make_in_place() -> HandOver:
    """No hand-over: the function blocks the event loop."""

    async def call(function: Callable[[], bytes]) -> bytes:
        return function()

    return call


def make_executor() -> HandOver:
    """``run_in_executor()`` with the context, as ``asyncio.to_thread()`` does it."""
    loop = asyncio.get_running_loop()

    def call(function: Callable[[], bytes]) -> Awaitable[bytes]:
        return loop.run_in_executor(None, partial(copy_context().run, function))

    return call


WAYS: dict[str, Callable[[], HandOver]] = {
    "in place": make_in_place,
    "anyio.to_thread.run_sync": lambda: run_sync,
    "run_in_executor": make_executor,
    "a least pool": lambda: Pool().run,
    "a least pool, deque": lambda: DequePool().run,
    "a least pool, shared wake-ups": lambda: SharingPool().run,
    "responder, without a bound": lambda: run_in_thread,
    "responder": lambda: WorkerThreads(THREADS, 1000).run,
}
"""How to call a function; each is made on the event loop that it is used on."""


def greet() -> bytes:
    """What is called."""
    return TEXT


async def spend(hand_over: HandOver, at_once: int) -> float:
    """CPU microseconds of a call, of so many tasks that call again and again."""

    async def caller() -> None:
        for _ in range(CALLS // at_once):
            await hand_over(greet)

    begin = time.process_time_ns()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    return (time.process_time_ns() - begin) / 1000 / CALLS


async def compare(rounds: int) -> Figures:
    """CPU time of a call by each way, in turns."""
    ways = {name: make() for name, make in WAYS.items()}
    kinds = {"one at a time": 1, f"{AT_ONCE} at once": AT_ONCE}
    costs: dict[str, dict[str, list[float]]] = {name: {kind: [] for kind in kinds} for name in ways}
    for turn in range(rounds + 2):
        for name, hand_over in ways.items():
            for kind, at_once in kinds.items():
                found = await spend(hand_over, at_once)
                if turn > 1:  # The first ones begin threads.
                    costs[name][kind].append(found)
    return {
        name: {kind: Figure.of(each) for kind, each in by.items()} for name, by in costs.items()
    }


def measure_calls(*, quick: bool) -> dict[str, Figures]:
    """Measure in process, on both event loops, and print tables."""
    rounds = 10 if quick else 60
    results = {"asyncio": asyncio.run(compare(rounds)), "uvloop": uvloop.run(compare(rounds))}
    for loop, figures in results.items():
        print(f"{loop}:\n")
        print(figures_table(figures, list(figures["in place"])))
    return results


def build(name: str) -> App:
    """An application that greets by one of the ways."""
    made: list[HandOver] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not made:
            made.append(WAYS[name]())
        if scope["type"] == "http":
            await send_answer(send, b"text/plain; charset=utf-8", await made[0](greet))

    return app


def measure_requests(*, quick: bool) -> dict[str, Figures]:
    """Measure over uvicorn, in turns of one load each, and print a table."""
    costs: dict[str, list[float]] = {}
    with pinned() as core, ExitStack() as stack:
        servers = [
            stack.enter_context(running(name, [sys.executable, __file__, name, str(core)]))
            for name in WAYS
        ]
        for server in servers:
            urlopen(f"http://127.0.0.1:{server.port}/", timeout=60).close()
        for turn in range(3 if quick else 9):
            for server in servers:
                before = server.cpu_seconds()
                load = send_load(server.port, "/", 1.0)
                spent = server.cpu_seconds() - before
                if load.failures or not load.requests:
                    raise RuntimeError(f"{server.name}: {load}.")
                if turn:
                    costs.setdefault(server.name, []).append(spent / load.requests * 1_000_000)
    figures = {name: {"on uvicorn": Figure.of(each)} for name, each in costs.items()}
    print(figures_table(figures, ["on uvicorn"]))
    return {"uvicorn": figures}


KINDS = {
    "calls": (measure_calls, "calls in process, on the event loops of asyncio and uvloop"),
    "requests": (measure_requests, "requests to a uvicorn worker, over 32 connections"),
}


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments("What a hand-over to a thread costs.", KINDS)
    results: dict[str, Figures] = {}
    for name in arguments.names:
        print(f"{name.capitalize()}: {KINDS[name][1]}.\n")
        results |= KINDS[name][0](quick=arguments.quick)
    print(f"CPU time: minimum (median). Load: {generator()}. {surroundings_line()}")
    write_results(arguments.json, results)
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] in WAYS:
        serve(build(sys.argv[1]), int(sys.argv[2]))
    else:
        sys.exit(main())
