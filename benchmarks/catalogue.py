"""The catalogue: every application that can be measured, and what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from samples import ROWS
from workloads import ERRORS, MAIN, Workload, check

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

    @property
    def installed(self) -> bool:
        """Whether its distribution is there."""
        return self.distribution is None or installed_version(self.distribution) is not None

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
    """The version of an installed distribution, or None."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


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
MESSAGES_BY_NAME = {contender.name: contender for contender in MESSAGES}


def split_installed(
    contenders: list[Contender],
) -> tuple[list[Contender], list[Contender]]:
    """The contenders that can be measured here, and those that cannot."""
    there = [contender for contender in contenders if contender.installed]
    return there, [contender for contender in contenders if contender not in there]
