"""The workloads of ``peers.py``: what is sent to every peer, in groups that take turns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from catalogue import COUNT, LARGE_LIST, ORDERS, SYNC
from query_apps import USERS
from samples import FILE_SIZE, ROUTES
from workloads import MAIN, TEXT, Workload

if TYPE_CHECKING:
    from typing import Literal


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
