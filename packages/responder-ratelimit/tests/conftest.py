"""Factories that the tests share: apps with limits, clients, a clock that stands still, stores."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from responder_core import API
from responder_ratelimit import MemoryStore, RateLimits, RedisStore, SQLiteStore
from responder_ratelimit.stores.threaded import adapt


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """The event loop that the app runs on."""
    return request.param


@pytest.fixture
def api_factory(clock: Clock) -> Callable[..., API]:
    """Make an app with limits, whose time is the clock's; what is given is for RateLimits."""

    def make(*args: Any, api: dict[str, Any] | None = None, **options: Any) -> API:
        if options.setdefault("backend", MemoryStore(clock=clock)) is not None:
            options.setdefault("store_timeout", 60)  # A loaded machine takes its time.
        return API(extensions=[RateLimits(*args, **options)], **(api or {}))

    return make


@pytest.fixture
def client_factory(backend: str) -> Callable[..., Any]:
    """Make a client of an app; a failure is a 500, as users see it."""

    def make(api: API, address: str = "192.0.2.1", **options: Any) -> Any:
        settings = {"raise_server_exceptions": False, "client": (address, 1), **options}
        return api.test_client(backend=backend, **settings)

    return make


@pytest.fixture
def run() -> Callable[..., Any]:
    """What a coroutine function gives, on an event loop of its own."""

    def call(function: Callable[..., Any], *args: Any) -> Any:
        return asyncio.run(function(*args))

    return call


@pytest.fixture
def run_threads() -> Iterator[Callable[..., list[Any]]]:
    """Call a function in several threads at once, which switch as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def run(count: int, function: Callable[[int], Any]) -> list[Any]:
        begin = threading.Barrier(count, timeout=60)

        def work(number: int) -> Any:
            begin.wait()
            return function(number)

        with ThreadPoolExecutor(count) as pool:
            return [
                each.result(timeout=60) for each in [pool.submit(work, n) for n in range(count)]
            ]

    yield run
    sys.setswitchinterval(usual)


# Servers, where they are installed


def skip_or_fail(why: str, variable: str) -> None:
    if os.environ.get(variable):
        pytest.fail(f"{why}, and {variable} is set")
    pytest.skip(why)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def eventually(condition: Callable[[], Any], what: str) -> Any:
    """What the condition gives as soon as that is true."""
    deadline = time.monotonic() + 60
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not in a minute: {what}"
        time.sleep(0.02)
    return value


class RedisServer:
    """A server of its own, which can be killed, stopped in its tracks, and started again."""

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        self.options = options
        self.program = program
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(
            [self.program, *settings, "--dir", str(self.folder), *self.options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually(self.answers, "Redis answers")

    def answers(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.exceptions.ConnectionError:
            return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(timeout=60)

    def send(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if find_spec("redis") is None:
        pytest.skip("the extra redis is not installed")
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        skip_or_fail("there is no valkey-server and no redis-server", "REQUIRE_REDIS")
    assert program is not None
    server = RedisServer(program, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.send(signal.SIGCONT)
    server.end()


@pytest.fixture
def redis_cluster(redis_server: RedisServer, tmp_path: Path) -> Iterator[str]:
    """A cluster of one, by its URL."""
    import redis

    server = RedisServer(redis_server.program, tmp_path, "--cluster-enabled", "yes")
    while server.port >= 55_000:  # Its nodes talk on the port 10,000 above.
        server = RedisServer(server.program, tmp_path, *server.options)
    try:
        server.start()
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("CLUSTER ADDSLOTS", *range(16384))

            def is_whole() -> bool:
                return bool(client.execute_command("CLUSTER INFO")["cluster_state"] == "ok")

            eventually(is_whole, "a cluster is whole")
        yield server.url
    finally:
        server.end()


STORES = ["memory", "sqlite", pytest.param("redis", marks=pytest.mark.redis)]


class Harness:
    """One kind of store, empty, and what its time is."""

    def __init__(self, make: Callable[[], Any], advance: Callable[[float], None] | None) -> None:
        self._make = make
        self.advance = advance

    def run(self, scenario: Callable[[Any], Any]) -> Any:
        """Run a coroutine function of a store on an event loop of its own."""

        async def main() -> Any:
            store = self._make()
            try:
                return await scenario(store)
            finally:
                await store.close()

        return asyncio.run(main())


@pytest.fixture(params=STORES)
def harness(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Harness:
    """A store of each kind; the time of Redis is that of its server."""
    if request.param == "memory":
        memory = MemoryStore(clock=clock)
        return Harness(lambda: adapt(memory), clock.advance)
    if request.param == "sqlite":
        path = tmp_path / "limits.sqlite3"
        return Harness(lambda: adapt(SQLiteStore(path, clock=clock, timeout=60)), clock.advance)
    server = request.getfixturevalue("redis_server")
    import redis

    with redis.Redis.from_url(server.url) as client:
        client.flushall()
    return Harness(lambda: RedisStore(server.url), None)
