"""The catalogue of ``peers.py``: the workloads, and who can do them, on which server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

from catalogue import COUNT, LARGE_LIST, ORDERS, SYNC, installed_version
from query_apps import USERS
from samples import FILE_SIZE, ROUTES
from workloads import MAIN, TEXT, Workload

if TYPE_CHECKING:
    from typing import Literal

OURS, BARE, ALIKE = "responder", "bare", "bare, same answer"
OURS_RSGI, BARE_RSGI = "responder, RSGI", "bare, RSGI"
ALIKE_RSGI = "bare, RSGI, same answer"


@dataclass(frozen=True, slots=True)
class Task:
    """A workload of the command: what is sent by whom, and a line that says what it is."""

    workload: Workload
    title: str
    client: Literal["http", "websocket", "events"] = "http"
    scale: float = 1.0
    """How much longer a load is than others, as what it leaves half done counts, too."""

    @property
    def name(self) -> str:
        """As the command line knows it."""
        return self.workload.name


@dataclass(frozen=True, slots=True)
class Group:
    """Workloads that one application of each peer does, measured in turns."""

    name: str
    title: str
    tasks: tuple[Task, ...]


def _get(name: str, path: str, content_type: str = "", **more: object) -> Workload:
    return Workload(name, path, content_type=content_type, **more)  # type: ignore[arg-type]


_JSON, _PLAIN, _BYTES = "application/json", "text/plain", "application/octet-stream"
_LAST = ROUTES - 1
_RANGE = (1000, 1999)
_EVERY = tuple(
    f"/typed{number}/{place * ROUTES + number}" for place in range(40) for number in range(ROUTES)
)
_GRAPHQL = Workload(
    "graphql",
    "/graphql",
    "POST",
    content_type="application/",
    value={"data": {"users": [{**each} for each in USERS]}},
    fields={"content-type": "application/json", "accept": "application/json"},
    sent=json.dumps({"query": "{ users { id name age } }"}).encode(),
)
_ORDER = ORDERS[0]
GROUPS = (
    Group(
        "plain",
        "Plain answers",
        (
            Task(MAIN[0], "13 bytes of text"),
            Task(MAIN[1], "a small object as JSON"),
            Task(MAIN[2], "`/users/{id:int}`, answered as JSON"),
        ),
    ),
    Group(
        "typed",
        "Typed parameters",
        (
            Task(_ORDER, "an order posted, validated and answered, a pydantic model"),
            Task(
                Workload(
                    "struct",
                    "/structs",
                    "POST",
                    content_type=_JSON,
                    value=_ORDER.value,
                    fields=_ORDER.fields,
                    sent=_ORDER.sent,
                ),
                "the same, a msgspec model",
            ),
            Task(
                _get(
                    "query",
                    "/search?query=tea&limit=10",
                    _JSON,
                    value={"query": "tea", "limit": 10, "token": "secret"},
                    fields={"x-token": "secret"},
                ),
                "two parameters of the query, one an integer, and a header field",
            ),
            Task(
                _get("dependencies", "/chain", _JSON, value={"number": 3}),
                "three dependencies, each of which needs the one before",
            ),
        ),
    ),
    Group(
        "routes",
        f"{ROUTES} routes",
        (
            Task(
                _get("routes-hit", f"/typed{_LAST}/42", _JSON, value={"id": 42}),
                f"the last of {ROUTES} typed routes",
            ),
            Task(
                _get("routes-all", _EVERY[0], _JSON, value={"id": 0}, paths=_EVERY),
                f"{len(_EVERY):,} different paths of all {ROUTES} in turn",
            ),
            Task(_get("routes-404", f"/typed{ROUTES}/42", status=404), "a path that none has"),
            Task(
                Workload("routes-405", f"/typed{_LAST}/42", "DELETE", status=405),
                "a method that the route has not",
            ),
        ),
    ),
    Group("hooks", "Hooks", (Task(_get("hooks", "/text", _PLAIN, body=TEXT), "five, and text"),)),
    Group(
        "messages",
        "Large answers",
        (
            Task(_get("file", "/file", _BYTES), "a file of 1 MiB from disk", scale=3.0),
            Task(
                _get(
                    "range",
                    "/file",
                    status=206,
                    fields={"range": f"bytes={_RANGE[0]}-{_RANGE[1]}"},
                    headers={"content-range": f"bytes {_RANGE[0]}-{_RANGE[1]}/{FILE_SIZE}"},
                ),
                "1,000 bytes of that file",
            ),
            Task(_get("list", "/list", _JSON, value=LARGE_LIST[0].value), "90 kB of JSON"),
        ),
    ),
    Group(
        "gzip",
        "Compression",
        (
            Task(
                _get(
                    "gzip",
                    "/list",
                    _JSON,
                    value=LARGE_LIST[0].value,
                    fields={"accept-encoding": "gzip"},
                    headers={"content-encoding": "gzip"},
                ),
                "the same 90 kB with gzip, at level 5",
            ),
        ),
    ),
    Group(
        "session",
        "Sessions",
        (
            Task(
                _get("session", COUNT.path, _PLAIN, body=TEXT),
                "a count of visits, read and written, in a signed or encrypted cookie",
            ),
        ),
    ),
    Group(
        "store",
        "Sessions of the server",
        (Task(_get("store", COUNT.path, _PLAIN, body=TEXT), "the same, in the server's memory"),),
    ),
    Group(
        "limit",
        "Limits",
        (Task(_get("limit", "/text", _PLAIN, body=TEXT), "a rate limit that is never reached"),),
    ),
    Group("graphql", "GraphQL", (Task(_GRAPHQL, "a list of 20 users with three fields"),)),
    Group(
        "sync",
        "Sync views",
        (
            Task(
                _get("sync", SYNC.path, _PLAIN, body=TEXT),
                "text, by a view that is no coroutine and runs in a thread",
            ),
        ),
    ),
    Group(
        "websocket",
        "WebSockets",
        (Task(_get("websocket", "/echo"), "an echo of 98 bytes, 50 connections", "websocket"),),
    ),
    Group(
        "events",
        "Event streams",
        (Task(_get("events", "/events"), "an event to 1,000 clients, for each of them", "events"),),
    ),
    Group(
        "observed",
        "Observed",
        (
            Task(
                _get("observed", "/text", _PLAIN, body=TEXT),
                "text, with request ids, an access log and metrics for Prometheus",
            ),
        ),
    ),
)
TASKS: Mapping[str, Task] = MappingProxyType(
    {task.name: task for group in GROUPS for task in group.tasks}
)


@dataclass(frozen=True, slots=True)
class Peer:
    """One framework on one server."""

    name: str
    host: str
    apps: Mapping[str, str]
    """What builds its application for each group, ``apps.starlette:build``; it has no others."""
    distributions: tuple[str, ...]
    """What it needs and whose versions are told, beside the server."""
    lacks: frozenset[str] = frozenset()
    """Workloads of these groups that it has no feature for."""
    statuses: Mapping[str, int] = field(default_factory=dict[str, int])
    """Workloads that it answers with another status than the others do."""
    paths: Mapping[str, str] = field(default_factory=dict[str, str])
    """Workloads that it answers at another path than the others do."""
    environment: tuple[str, ...] = ()
    """What is installed in an environment of its own; nothing for the workspace's."""

    @property
    def missing(self) -> list[str]:
        """What it needs and is not installed here."""
        if self.environment:
            return []
        return [each for each in self.distributions if installed_version(each) is None]


def _apps(module: str, *groups: str, **others: str) -> dict[str, str]:
    """The applications of a module, ``build_<group>`` each and ``build`` for the plain one."""
    named = {group: f"apps.{module}:build_{group}" for group in groups}
    return {"plain": f"apps.{module}:build"} | named | others


_OURS = _apps(
    "responder",
    "routes",
    "hooks",
    typed="apps.responder_typed:build_typed",
    messages="apps.responder_messages:build",
    gzip="apps.responder_messages:build",
    session="apps.responder_sessions:build",
    store="apps.responder_sessions:build_store",
    limit="limiting_apps:build_responder",
    graphql="query_apps:build_responder",
    sync="apps.responder_handlers:build_views",
    websocket="apps.responder_handlers:build_socket",
    events="apps.responder_handlers:build_stream",
    observed="apps.responder_observed:build_all",
)
# They serve ranges of the files of a directory alone.
_SERVED_FILES = {"file": "/files/file.bin", "range": "/files/file.bin"}
_ALL = ("typed", "routes", "hooks", "messages", "gzip")
PEERS = (
    Peer(
        BARE,
        "uvicorn",
        _apps(
            "bare_peers",
            *_ALL,
            *("session", "store", "limit", "graphql"),
            sync="apps.bare:build_views",
            websocket="apps.bare:build_socket",
            events="apps.bare_peers:build_stream",
        ),
        ("msgspec", "uvicorn", "uvloop", "httptools"),
    ),
    Peer(
        ALIKE,
        "uvicorn",
        _apps("bare_alike", "typed", "routes", "limit"),
        ("msgspec", "uvicorn"),
    ),
    Peer(OURS, "uvicorn", _OURS, ("responder-core",)),
    Peer(
        "starlette",
        "uvicorn",
        _apps(
            "starlette",
            *_ALL,
            session="apps.starlette_sessions:build",
            limit="limiting_apps:build_slowapi",
            sync="apps.starlette:build_views",
            websocket="apps.starlette:build_socket",
            events="apps.starlette:build_stream",
        ),
        ("starlette",),
        lacks=frozenset({"body", "struct", "dependencies"}),
    ),
    Peer(
        "fastapi",
        "uvicorn",
        _apps("fastapi", *_ALL, "session", "sync", "websocket", "events"),
        ("fastapi", "pydantic"),
        lacks=frozenset({"struct"}),
    ),
    Peer(
        "litestar",
        "uvicorn",
        _apps(
            "litestar",
            *_ALL,
            *("session", "store", "sync", "websocket", "events"),
            limit="limiting_apps:build_litestar",
        ),
        ("litestar",),
        lacks=frozenset({"range"}),
    ),
    Peer(
        "blacksheep",
        "uvicorn",
        _apps(
            "blacksheep",
            *_ALL,
            *("store", "websocket", "events"),
            session="apps.blacksheep_sessions:build",
        ),
        ("blacksheep",),
        lacks=frozenset({"struct"}),
        # It has no 405: a path without a handler for the method is not found.
        statuses={"routes-405": 404},
        paths=_SERVED_FILES,
    ),
    Peer(
        "falcon",
        "uvicorn",
        _apps("falcon", "typed", "routes", "hooks", "messages", "websocket", "events"),
        ("falcon",),
        lacks=frozenset({"struct", "dependencies"}),
        paths=_SERVED_FILES,
    ),
    Peer(
        "sanic",
        "sanic",
        _apps("sanic", "typed", "routes", "hooks", "messages", "websocket", "events"),
        ("sanic",),
        lacks=frozenset({"body", "struct", "dependencies"}),
    ),
    Peer(
        "aiohttp",
        "aiohttp",
        _apps("aiohttp", "typed", "routes", "hooks", "messages", "gzip", "websocket", "events"),
        ("aiohttp",),
        lacks=frozenset({"body", "struct", "dependencies"}),
    ),
    Peer(
        "robyn",
        "robyn",
        # It has event streams, too, but a thread for each, and a thousand do not open.
        _apps("robyn", "typed", "routes", "hooks", "messages", "session", "sync", "websocket"),
        ("robyn",),
        lacks=frozenset({"struct", "dependencies", "range"}),
        # It has no 405 either.
        statuses={"routes-405": 404},
        environment=("robyn[pydantic]>=0.72",),
    ),
    Peer(
        "flask",
        "granian, WSGI",
        _apps("flask", "typed", "routes", "hooks", "messages", "session", "sync"),
        ("flask",),
        lacks=frozenset({"body", "struct", "dependencies"}),
    ),
    Peer(
        "responder 9",
        "uvicorn",
        _apps(
            "published",
            *_ALL,
            *("session", "store", "sync", "websocket", "events", "observed"),
            limit="limiting_apps:build_published",
            graphql="query_apps:build_published",
        ),
        ("responder",),
        lacks=frozenset({"struct"}),
        environment=("responder[graphql]>=9,<10", "uvicorn[standard]"),
    ),
    Peer("ariadne", "uvicorn", {"graphql": "query_apps:build_ariadne"}, ("ariadne",)),
    Peer(
        "strawberry",
        "uvicorn",
        {"graphql": "query_apps:build_strawberry"},
        ("strawberry-graphql",),
        environment=("strawberry-graphql[asgi]", "uvicorn[standard]"),
    ),
    Peer(BARE_RSGI, "granian, RSGI", _apps("bare_rsgi"), ("granian",)),
    Peer(ALIKE_RSGI, "granian, RSGI", {"plain": "apps.bare_rsgi:build_alike"}, ("granian",)),
    Peer(OURS_RSGI, "granian, RSGI", _OURS, ("responder-core", "granian")),
    Peer(
        "emmett",
        "granian, RSGI",
        _apps("emmett", "typed", "routes", "hooks", "messages", "session", "websocket"),
        ("emmett", "granian"),
        lacks=frozenset({"body", "struct", "dependencies"}),
        # It has no 405 either.
        statuses={"routes-405": 404},
    ),
)
BY_NAME: Mapping[str, Peer] = MappingProxyType({peer.name: peer for peer in PEERS})


def obstacle(peer: Peer) -> str | None:
    """Why a peer cannot be measured here, or None."""
    if peer.missing:
        return f"{' and '.join(peer.missing)} is not installed"
    if peer.name == OURS_RSGI and find_spec("responder_core") is not None:
        api = import_module("responder_core").API
        if not hasattr(api, "__rsgi__"):
            return "this responder-core does not answer RSGI"
    return None
