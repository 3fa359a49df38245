"""examples/jobs: what docs/how-to/run-durable-jobs.md says, with processes that are really killed.

It needs the programs of a PostgreSQL server, and skips without them; with REQUIRE_POSTGRES set it
fails instead. The warehouse that the job calls is one of this file, so that a job can be held in
its midst for as long as a test wants.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Seconds, and generous: they only end a run in which something hangs.
DEADLINE = 90
# Seconds after which a silent worker counts as dead: short for a test, long for two busy cores.
DEAD_AFTER = 5

QUEUE = "examples.jobs.tasks.queue"

pytestmark = pytest.mark.postgres


def eventually(condition: Callable[[], Any], what: str) -> Any:
    """What the condition gives as soon as that is true."""
    deadline = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not in {DEADLINE} s: {what}"
        time.sleep(0.05)
    return value


# PostgreSQL


def programs() -> Path | str:
    """Where the server's programs are, or why nothing here can run."""
    missing = [name for name in ("procrastinate", "psycopg") if find_spec(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    # Debian keeps them out of PATH, in a folder for each version.
    debian = sorted(Path("/usr/lib/postgresql").glob("[0-9][0-9]/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, debian)])
    found = shutil.which("initdb", path=path)
    return Path(found).resolve().parent if found else "no PostgreSQL server: there is no initdb"


class Postgres:
    """A server of its own, with PostgreSQL's own settings, on a free port."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        # It refuses to run as root.
        self.user: dict[str, Any] = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.data = folder / "data"
        self.log = folder / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None
        options = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--username=tea"]
        subprocess.run(
            [programs / "initdb", *options, "-D", self.data],
            check=True,
            capture_output=True,
            cwd=folder,
            **self.user,
        )

    def url(self, database: str) -> str:
        return f"postgresql://tea@127.0.0.1:{self.port}/{database}"

    def rows(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        eventually(self._start, "PostgreSQL answers")

    def _start(self) -> bool:
        import psycopg

        if self.process is None or self.process.poll() is not None:
            # Just after a kill, it goes away again until the last of its old processes is gone.
            options = [f"--port={self.port}", "--listen_addresses=127.0.0.1"]
            options.append("--unix_socket_directories=")
            with self.log.open("ab") as output:
                self.process = subprocess.Popen(
                    [self.programs / "postgres", *options, "-D", self.data],
                    stdout=output,
                    stderr=output,
                    cwd=self.folder,
                    **self.user,
                )
        try:
            return self.rows("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    def end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(timeout=DEADLINE)


@pytest.fixture(scope="module")
def postgres(root: Path) -> Iterator[Postgres]:
    found = programs()
    if isinstance(found, str):
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail(f"{found}, and REQUIRE_POSTGRES is set")
        pytest.skip(found)
    # Not pytest's own folder: that is closed to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        server = Postgres(found, Path(name))
        server.start()
        try:
            server.rows("CREATE DATABASE prepared")
            prepare(root, server.url("prepared"))
            yield server
        finally:
            server.end(signal.SIGINT)


def prepare(root: Path, database: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "examples.jobs.prepare"],
        cwd=root,
        env=os.environ | {"JOBS_DATABASE": database},
        check=True,
        timeout=DEADLINE,
    )


# The warehouse


class Warehouse:
    """The service that the job calls: it can hold a request, and refuse some."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.bodies: list[Any] = []
        self.refusals: list[int] = []
        self.open = threading.Event()
        self.open.set()
        warehouse = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                warehouse.bodies.append(
                    json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                )
                warehouse.keys.append(self.headers["Idempotency-Key"])
                status = warehouse.refusals.pop(0) if warehouse.refusals else 200
                warehouse.open.wait(DEADLINE)
                body = json.dumps({"parcel": f"P-{self.headers['Idempotency-Key']}"}).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # Whoever asked was killed.

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    warehouse = Warehouse()
    thread = threading.Thread(target=warehouse.server.serve_forever)
    thread.start()
    yield warehouse
    warehouse.open.set()
    warehouse.server.shutdown()
    thread.join()
    warehouse.server.server_close()


# The shop


class Shop:
    """A database of its own, the app in front of it, and the workers behind."""

    def __init__(
        self, postgres: Postgres, start: Callable, root: Path, folder: Path, warehouse: str
    ) -> None:
        self.postgres = postgres
        self.root = root
        self.log = folder / "worker.txt"
        self.database = f"shop_{uuid.uuid4().hex}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "JOBS_DATABASE": postgres.url(self.database),
            "JOBS_DEAD_AFTER": str(DEAD_AFTER),
            "WAREHOUSE_URL": warehouse,
        }
        self._start = start
        postgres.rows(f"CREATE DATABASE {self.database} TEMPLATE prepared")

    @contextmanager
    def app(self) -> Iterator[Any]:
        with self._start("-m", "examples.jobs", **self.environment) as service:
            yield service

    def start_worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "procrastinate", f"--app={QUEUE}", "worker"]
        with self.log.open("ab") as output:
            worker = subprocess.Popen(
                command,
                cwd=self.root,
                env=os.environ | self.environment,
                stdout=output,
                stderr=output,
            )
        self.workers.append(worker)
        return worker

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.postgres.rows(query, self.database)

    def close(self) -> None:
        for worker in self.workers:
            kill(worker)


@pytest.fixture
def shop(
    postgres: Postgres, warehouse: Warehouse, start: Callable, root: Path, tmp_path: Path
) -> Iterator[Shop]:
    shop = Shop(postgres, start, root, tmp_path, warehouse.url)
    try:
        yield shop
    finally:
        shop.close()


def kill(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


def order(app) -> str:
    """The address of a new order."""
    answer = app.request("POST", "/orders", {"tea": "sencha", "grams": 100})
    assert answer.status == 202, answer.text
    return answer.headers["Location"]


def shipping(app, place: str) -> str:
    answer = app.get(place)
    assert answer.status == 200, answer.text
    return answer.json()["shipping"]


def wait_until_shipped(app, place: str) -> None:
    eventually(lambda: shipping(app, place) == "succeeded", f"{place} is shipped")
    number = place.rpartition("/")[2]
    assert app.get(place).json() == {
        "tea": "sencha",
        "grams": 100,
        "shipping": "succeeded",
        "parcel": f"P-{number}",
    }


# What the page says


def test_an_order_is_answered_and_shipped_later(shop, warehouse):
    shop.start_worker()
    with shop.app() as app:
        place = order(app)
        wait_until_shipped(app, place)

    assert warehouse.keys == [place.rpartition("/")[2]]
    assert warehouse.bodies == [{"tea": "sencha", "grams": 100}]


def test_a_job_waits_for_a_worker_and_needs_the_app_no_more(shop, warehouse):
    with shop.app() as app:
        place = order(app)
        assert shipping(app, place) == "todo"
    shop.start_worker()
    eventually(lambda: warehouse.keys, "the worker calls the warehouse")
    with shop.app() as app:
        wait_until_shipped(app, place)


def test_a_job_whose_worker_is_killed_in_its_midst_is_done_by_the_next(shop, warehouse):
    warehouse.open.clear()
    worker = shop.start_worker()
    with shop.app() as app:
        place = order(app)
        eventually(lambda: warehouse.keys, "the job has begun")
        assert shipping(app, place) == "doing"

        kill(worker)
        warehouse.open.set()
        shop.start_worker()
        wait_until_shipped(app, place)

    assert warehouse.keys == [place.rpartition("/")[2]] * 2, "twice, with the same key"


def test_a_long_job_of_a_living_worker_is_not_done_twice(shop, warehouse):
    warehouse.open.clear()
    shop.start_worker()
    shop.start_worker()
    with shop.app() as app:
        place = order(app)
        eventually(lambda: warehouse.keys, "the job has begun")
        query = (
            "SELECT 1 FROM procrastinate_jobs rescue"
            " JOIN procrastinate_events event ON event.job_id = rescue.id"
            " WHERE rescue.task_name LIKE '%.rescue' AND event.type = 'succeeded'"
            " AND event.at > (SELECT min(started.at) FROM procrastinate_events started"
            " JOIN procrastinate_jobs job ON job.id = started.job_id"
            " WHERE job.task_name LIKE '%.ship' AND started.type = 'started')"
            f" + interval '{2 * DEAD_AFTER} s'"
        )
        eventually(lambda: shop.rows(query), "dead workers were looked for, later than that")
        assert shipping(app, place) == "doing"
        warehouse.open.set()
        wait_until_shipped(app, place)

    assert len(warehouse.keys) == 1


def test_the_job_of_a_worker_that_stands_still_is_done_a_second_time(shop, warehouse):
    warehouse.open.clear()
    worker = shop.start_worker()
    with shop.app() as app:
        place = order(app)
        eventually(lambda: warehouse.keys, "the job has begun")
        worker.send_signal(signal.SIGSTOP)
        warehouse.open.set()
        shop.start_worker()
        wait_until_shipped(app, place)

    assert warehouse.keys == [place.rpartition("/")[2]] * 2


def test_a_worker_that_is_asked_to_stop_ends_its_job_first(shop, warehouse):
    warehouse.open.clear()
    worker = shop.start_worker()
    with shop.app() as app:
        place = order(app)
        eventually(lambda: warehouse.keys, "the job has begun")
        worker.send_signal(signal.SIGTERM)
        eventually(lambda: "Stop requested" in shop.log.read_text(), "the worker is stopping")
        warehouse.open.set()

        assert worker.wait(timeout=DEADLINE) == 0
        wait_until_shipped(app, place)

    assert len(warehouse.keys) == 1


def test_what_was_answered_survives_the_death_of_postgresql(shop, warehouse):
    with shop.app() as app:
        place = order(app)
        shop.postgres.end(signal.SIGKILL)
        shop.postgres.start()
        shop.start_worker()
        wait_until_shipped(app, place)


def test_the_app_outlives_the_death_of_postgresql_and_a_worker_is_started_again(shop, warehouse):
    worker = shop.start_worker()

    def shipped_by_a_worker_that_is_kept_running() -> bool:
        nonlocal worker
        if worker.poll() is not None:
            worker = shop.start_worker()
        return shipping(app, place) == "succeeded"

    with shop.app() as app:
        wait_until_shipped(app, order(app))
        shop.postgres.end(signal.SIGKILL)
        shop.postgres.start()
        place = order(app)
        eventually(shipped_by_a_worker_that_is_kept_running, f"{place} is shipped")


def test_an_order_that_cannot_be_kept_leaves_no_job(shop):
    shop.rows("ALTER TABLE orders RENAME TO away")
    with shop.app() as app:
        answer = app.request("POST", "/orders", {"tea": "sencha", "grams": 100})

    assert answer.status == 500
    assert shop.rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_a_job_that_fails_is_tried_again_also_by_another_worker(shop, warehouse):
    warehouse.refusals = [503]
    worker = shop.start_worker()
    with shop.app() as app:
        place = order(app)
        query = "SELECT 1 FROM procrastinate_jobs WHERE attempts = 1 AND status = 'todo'"
        eventually(lambda: shop.rows(query), "the first try has failed")
        kill(worker)
        assert len(warehouse.keys) == 1

        shop.start_worker()
        wait_until_shipped(app, place)

    assert warehouse.keys == [place.rpartition("/")[2]] * 2


def test_a_job_is_given_up_after_its_last_try(shop, warehouse):
    warehouse.refusals = [503]
    with shop.app() as app:
        place = order(app)
        shop.rows("UPDATE procrastinate_jobs SET attempts = 5")
        shop.start_worker()
        eventually(lambda: shipping(app, place) == "failed", "the job is given up")


def test_a_job_that_cannot_succeed_is_tried_once_and_kept(shop, warehouse):
    warehouse.refusals = [422]
    shop.start_worker()
    with shop.app() as app:
        place = order(app)
        eventually(lambda: shipping(app, place) == "failed", "the job is given up")

        assert app.get(place).json()["parcel"] is None
    assert len(warehouse.keys) == 1


def test_an_unknown_order_is_not_found(shop):
    with shop.app() as app:
        assert app.get(f"/orders/{uuid.uuid4()}").status == 404


def test_preparing_a_database_again_changes_nothing(shop):
    with shop.app() as app:
        place = order(app)
        prepare(shop.root, shop.environment["JOBS_DATABASE"])

        assert shipping(app, place) == "todo"
