"""The catalogue of ``peers.py``: who is measured, on which server, and what each can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType

from catalogue import installed_version

OURS, BARE, ALIKE = "responder", "bare", "bare, same answer"
OURS_RSGI, BARE_RSGI = "responder, RSGI", "bare, RSGI"
ALIKE_RSGI = "bare, RSGI, same answer"


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
