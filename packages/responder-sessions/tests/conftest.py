"""Factories that the tests share: apps with sessions, clients, a clock that stands still."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import responder_core
from responder_sessions import (
    MemoryStore,
    PostgreSQLStore,
    RedisStore,
    SessionMixin,
    SessionResponseMixin,
    Sessions,
    SessionWebSocketMixin,
    SQLiteStore,
)
from responder_sessions.stores.threaded import adapt

KEY = "a key for tests that signs well 0123456789"


class Request(SessionMixin, responder_core.Request):
    __slots__ = ()


class Response(SessionResponseMixin, responder_core.Response):
    __slots__ = ()


class WebSocket(SessionWebSocketMixin, responder_core.WebSocket):
    pass


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
def api_factory(clock: Clock) -> Callable[..., responder_core.API]:
    """Make an app with sessions; what is given is for Sessions, *extensions* stand beside it."""

    def make(*extensions: Any, api: dict[str, Any] | None = None, **options: Any) -> Any:
        settings = {"clock": clock, **options}
        if "store" in settings:
            settings.setdefault("store_timeout", 60)  # A loaded machine takes its time.
        else:
            settings.setdefault("secret_key", KEY)
        return responder_core.API(
            extensions=[Sessions(**settings), *extensions],
            request_class=Request,
            response_class=Response,
            websocket_class=WebSocket,
            **(api or {}),
        )

    return make


@pytest.fixture
def client_factory(backend: str) -> Callable[..., TestClient]:
    """Make a client that sees what a user sees, by HTTPS."""

    def make(api: responder_core.API, **options: Any) -> TestClient:
        settings = {"raise_server_exceptions": False, "follow_redirects": False, **options}
        return api.test_client("https://testserver", backend=backend, **settings)

    return make


# Servers, where they are installed


def skip_or_fail(why: str, variable: str) -> None:
    if os.environ.get(variable):
        pytest.fail(f"{why}, and {variable} is set")
    pytest.skip(why)


@pytest.fixture(name="free_port")
def free_port_fixture() -> int:
    return free_port()


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
        self.program = program
        self.options = options
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = ["--port", str(self.port), "--bind", "127.0.0.1", "--appendonly", "yes"]
        self.process = subprocess.Popen(
            [self.program, *settings, *self.options, "--dir", str(self.folder), "--save", ""],
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

    def empty(self) -> None:
        """Forget everything."""
        import redis

        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def advance(self, seconds: float) -> None:
        """Let the sessions be as they will be after so many seconds."""
        import redis

        with redis.Redis.from_url(self.url) as client:
            for key in client.scan_iter():
                if client.type(key) == b"hash":
                    for field in ("c", "s"):
                        client.hincrby(key, field, -int(seconds * 1000))
                left = client.pttl(key) - int(seconds * 1000)
                client.pexpire(key, left) if left > 0 else client.delete(key)


@pytest.fixture(scope="session")
def redis_program() -> str:
    if find_spec("redis") is None:
        pytest.skip("the extra redis is not installed")
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        skip_or_fail("there is no valkey-server and no redis-server", "REQUIRE_REDIS")
    assert program is not None
    return program


@pytest.fixture(scope="session")
def redis_server(
    redis_program: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisServer]:
    server = RedisServer(redis_program, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.end()


@pytest.fixture
def redis_cluster(redis_program: str, tmp_path: Path) -> Iterator[str]:
    """A cluster of one, by its URL."""
    import redis

    server = RedisServer(redis_program, tmp_path, "--cluster-enabled", "yes")
    while server.port >= 55_000:  # Its nodes talk on the port 10,000 above.
        server = RedisServer(redis_program, tmp_path, *server.options)
    try:
        server.start()
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("CLUSTER ADDSLOTS", *range(16384))
            info = partial(client.execute_command, "CLUSTER INFO")
            eventually(lambda: info()["cluster_state"] == "ok", "a cluster is whole")
        yield server.url
    finally:
        server.end()


class PostgresServer:
    """A server of its own, on a free port."""

    def __init__(self, programs: Path, folder: Path) -> None:
        user: dict[str, Any] = {}
        if os.getuid() == 0:  # It refuses to run as root.
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.port = free_port()
        self.url = f"postgresql://tea@127.0.0.1:{self.port}/postgres"
        data = folder / "data"
        options = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--username=tea"]
        subprocess.run(
            [programs / "initdb", *options, "-D", data],
            check=True,
            capture_output=True,
            cwd=folder,
            **user,
        )
        settings = [f"--port={self.port}", "--listen_addresses=127.0.0.1"]
        settings.append("--unix_socket_directories=")
        self.process = subprocess.Popen(
            [programs / "postgres", *settings, "-D", data],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **user,
        )
        eventually(self.answers, "PostgreSQL answers")

    def answers(self) -> bool:
        import psycopg

        try:
            return self.execute("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    def execute(self, query: str) -> list[Any]:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def empty(self) -> None:
        """Forget everything, the table too."""
        self.execute("DROP TABLE IF EXISTS responder_sessions")

    def advance(self, seconds: float) -> None:
        """Let the sessions be as they will be after so many seconds."""
        columns = ("created", "seen", "ends")
        earlier = ", ".join(f"{name} = {name} - interval '{seconds} s'" for name in columns)
        self.execute(f"UPDATE responder_sessions SET {earlier}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    if find_spec("psycopg_pool") is None:
        pytest.skip("the extra postgresql is not installed")
    debian = sorted(Path("/usr/lib/postgresql").glob("[0-9][0-9]/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, debian)])
    found = shutil.which("initdb", path=path)
    if found is None:
        skip_or_fail("no PostgreSQL server: there is no initdb", "REQUIRE_POSTGRES")
    assert found is not None
    # Not pytest's own folder: that is closed to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        server = PostgresServer(Path(found).resolve().parent, Path(name))
        yield server
        server.process.send_signal(signal.SIGINT)
        server.process.wait(timeout=60)


# Stores, each with a clock that goes on when it is told to


class Harness:
    """One kind of store: made anew for each scenario, over the same sessions."""

    def __init__(self, make: Callable[[], Any], advance: Callable[[float], None]) -> None:
        self.make = make
        self.advance = advance

    def run(self, scenario: Callable[[Any], Awaitable[Any]]) -> Any:
        """Run a coroutine function of a store on an event loop of its own."""
        return run_with(scenario, self.make())


def run_with(scenario: Callable[[Any], Awaitable[Any]], store: Any) -> Any:
    async def main() -> Any:
        try:
            return await scenario(store)
        finally:
            await store.close()

    return asyncio.run(main())


@pytest.fixture(name="run_with")
def run_with_fixture() -> Callable[..., Any]:
    """Run a coroutine function of a store on an event loop of its own, and close the store."""
    return run_with


SHARED_STORES = [
    "sqlite",
    pytest.param("redis", marks=pytest.mark.redis),
    pytest.param("postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """A Redis, empty."""
    redis_server.empty()
    return redis_server.url


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """A PostgreSQL without the table."""
    postgres_server.empty()
    return postgres_server.url


@pytest.fixture(params=SHARED_STORES)
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store of each kind that processes share, by its URL, empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/sessions.sqlite3"
    kind = "redis_url" if request.param == "redis" else "postgres_url"
    return str(request.getfixturevalue(kind))


@pytest.fixture(params=["memory", *SHARED_STORES])
def harness(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Harness:
    """A store of each kind, empty."""
    if request.param == "memory":
        memory = MemoryStore(clock=clock)
        return Harness(lambda: adapt(memory), clock.advance)
    if request.param == "sqlite":
        path = tmp_path / "sessions.sqlite3"
        return Harness(lambda: adapt(SQLiteStore(path, clock=clock, timeout=60)), clock.advance)
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        return Harness(lambda: RedisStore(url), request.getfixturevalue("redis_server").advance)
    url = request.getfixturevalue("postgres_url")
    server = request.getfixturevalue("postgres_server")
    return Harness(lambda: PostgreSQLStore(url), server.advance)
