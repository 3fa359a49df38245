"""The catalogue: every application that can be measured, and what it needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from samples import ORDER, ROWS
from workloads import ERRORS, MAIN, TEXT, Workload, check

if TYPE_CHECKING:
    from harness import App


@dataclass(frozen=True, slots=True)
class Contender:
    """One application: the module that builds it, and the distribution it needs."""

    name: str
    module: str
    distribution: str | None = None
    factory: str = "build"
    arguments: tuple[Any, ...] = ()
    workloads: tuple[Workload, ...] = MAIN + ERRORS
    statuses: Mapping[str, int] = field(default_factory=dict[str, int])
    """Workloads that it answers with another status than the others do."""
    models: str | None = None
    """The distribution of the models that it is given, if any."""

    @property
    def lacking(self) -> list[str]:
        """The distributions that it needs and that are not there."""
        needed = [name for name in (self.distribution, self.models) if name]
        return [name for name in needed if installed_version(name) is None]

    @property
    def installed(self) -> bool:
        """Whether all that it needs is there."""
        return not self.lacking

    def build(self) -> App:
        """A new application."""
        app: App = getattr(import_module(f"apps.{self.module}"), self.factory)(*self.arguments)
        return app

    def check(self, app: App, workload: Workload) -> None:
        """See to it that *app* answers rightly.

        Raises:
            WrongAnswerError: it does not.
        """
        # The application without an answer has nothing to compare.
        if self.module != "noop":
            check(self.name, app, workload, self.statuses.get(workload.name, workload.status))


def installed_version(distribution: str) -> str | None:
    """The version of an installed distribution, or None; of ours also whether it has speedups."""
    try:
        number = version(distribution)
    except PackageNotFoundError:
        return None
    if distribution != "responder-core":
        return number
    from responder_core import speedups

    return f"{number} with speedups" if speedups.is_built else number


STATIC = (
    Workload("static hit", "/static/{last}", content_type="text/plain"),
    Workload("static 404", "/static/none", status=404),
    Workload("static 405", "/static/{last}", method="DELETE", status=405),
)
TYPED = (
    Workload("typed hit", "/typed{last}/42", content_type="application/json", value={"id": 42}),
    Workload("typed 404", "/typed{last}/none", status=404),
    Workload("typed 405", "/typed{last}/42", method="DELETE", status=405),
)


def many_routes(count: int) -> list[Contender]:
    """Our application with *count* routes, of either kind; the last one is asked for."""
    return [
        Contender(
            f"{kind} routes: {count}",
            "responder",
            "responder-core",
            f"build_{kind}",
            (count,),
            tuple(workload.at(last=count - 1) for workload in workloads),
        )
        for kind, workloads in (("static", STATIC), ("typed", TYPED))
    ]


BARE, BARE_MSGSPEC, OURS = "bare", "bare, msgspec", "responder"
CONTENDERS = (
    Contender("noop", "noop"),
    Contender(BARE, "bare"),
    Contender(BARE_MSGSPEC, "bare", "msgspec", arguments=("msgspec",)),
    Contender(OURS, "responder", "responder-core"),
    # BlackSheep has no 405: a path without a handler for the method is not found.
    Contender("blacksheep", "blacksheep", "blacksheep", statuses={"405": 404}),
    Contender("falcon", "falcon", "falcon"),
    Contender("starlette", "starlette", "starlette"),
)
# For messages.py: the large list, and the files of those that are compared by them.
LARGE_LIST = (Workload("list", "/list", content_type="application/json", value=ROWS),)
MESSAGES = (
    Contender(BARE_MSGSPEC, "bare", "msgspec", "build_messages", workloads=LARGE_LIST),
    Contender(OURS, "responder_messages", "responder-core", workloads=LARGE_LIST),
    Contender("blacksheep", "blacksheep", "blacksheep", "build_messages", workloads=LARGE_LIST),
    Contender("falcon", "falcon", "falcon", "build_messages", workloads=LARGE_LIST),
    Contender("starlette", "starlette", "starlette", "build_messages", workloads=LARGE_LIST),
)
HOOKED = Contender("five hooks", "responder", "responder-core", "build_hooked", (5,), MAIN[:1])
MANY_ROUTES = (*many_routes(1), *many_routes(500))
BY_NAME = {contender.name: contender for contender in (*CONTENDERS, HOOKED, *MANY_ROUTES)}

# For handlers.py: a body that is a model, hooks, dependencies, sync views and WebSockets.
ORDERS = (
    Workload(
        "body",
        "/orders",
        "POST",
        content_type="application/json",
        value=ORDER,
        fields={"content-type": "application/json"},
        sent=json.dumps(ORDER, separators=(",", ":")).encode(),
    ),
)
BODY = tuple(
    Contender(*each, workloads=ORDERS, models="pydantic")
    for each in (
        ("bare, pydantic", "bare", None, "build_orders"),
        (OURS, "responder_typed", "responder-core", "build_orders"),
        ("falcon", "falcon_typed", "falcon"),
        ("fastapi", "fastapi", "fastapi", "build_orders"),
    )
)
HOOKS = (
    Contender(OURS, "responder", "responder-core", workloads=MAIN[:1]),
    HOOKED,
    Contender(
        "five quick hooks", "responder", "responder-core", "build_quick", (5,), workloads=MAIN[:1]
    ),
)
TOKEN = {"x-token": "secret"}
CHAINS = (
    Workload("none", "/none", content_type="application/json", value={"number": 3}),
    Workload("chain", "/chain", content_type="application/json", value={"number": 3}),
    Workload(
        "chain and header",
        "/header",
        content_type="application/json",
        value={"number": 3, "token": "secret"},
        fields=TOKEN,
    ),
)
DEPENDENCIES = (
    Contender(OURS, "responder_typed", "responder-core", "build_chains", workloads=CHAINS),
    Contender("fastapi", "fastapi", "fastapi", "build_chains", workloads=CHAINS),
)
ASYNC, INLINE, SYNC = (
    Workload(name, f"/{name}", content_type="text/plain", body=TEXT)
    for name in ("async", "inline", "def")
)
VIEWS = (
    Contender("bare", "bare", factory="build_views", workloads=(ASYNC, SYNC)),
    Contender(
        OURS,
        "responder_handlers",
        "responder-core",
        "build_views",
        workloads=(ASYNC, INLINE, SYNC),
    ),
    Contender("starlette", "starlette", "starlette", "build_views", workloads=(ASYNC, SYNC)),
)
SOCKETS = (
    Contender("bare", "bare", factory="build_socket", workloads=()),
    Contender(OURS, "responder_handlers", "responder-core", "build_socket", workloads=()),
    Contender("starlette", "starlette", "starlette", "build_socket", workloads=()),
)
# For observing.py: nothing that observes, each thing alone, and all of them.
OBSERVED = tuple(
    Contender(name, "responder_observed", needed, arguments=names, workloads=(MAIN[0], MAIN[2]))
    for name, needed, names in (
        ("nothing", "responder-core", ()),
        ("request_id", "responder-core", ("ids",)),
        ("enable_logging, JSON", "responder-core", ("log",)),
        ("metrics_route", "prometheus-client", ("metrics",)),
        ("all three", "prometheus-client", ("ids", "log", "metrics")),
    )
)
# For sessions.py: without sessions, with those of a cookie, and with those of stores.
UNTOUCHED = Workload("untouched", "/text", content_type="text/plain", body=TEXT)
COUNT = Workload("count", "/count", content_type="text/plain", body=TEXT)
SESSIONS = (
    Contender(
        "responder, no sessions",
        "responder_sessions",
        "responder-sessions",
        arguments=(None,),
        workloads=(UNTOUCHED,),
    ),
    Contender(OURS, "responder_sessions", "responder-sessions", workloads=(UNTOUCHED, COUNT)),
    Contender(
        "responder, memory",
        "responder_sessions",
        "responder-sessions",
        arguments=("memory",),
        workloads=(UNTOUCHED, COUNT),
    ),
)
GROUPS = {
    "dispatch": BY_NAME,
    **{
        group: {contender.name: contender for contender in contenders}
        for group, contenders in {
            "messages": MESSAGES,
            "body": BODY,
            "hooks": HOOKS,
            "dependencies": DEPENDENCIES,
            "sync": VIEWS,
            "websocket": SOCKETS,
        }.items()
    },
}
"""The contenders by name, for each group that is measured together."""


def split_installed(
    contenders: list[Contender],
) -> tuple[list[Contender], list[Contender]]:
    """The contenders that can be measured here, and those that cannot."""
    there = [contender for contender in contenders if contender.installed]
    return there, [contender for contender in contenders if contender not in there]
