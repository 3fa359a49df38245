"""``responder shell``: an interactive Python with the app at hand."""

from __future__ import annotations

import code
import sys
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import click

from responder_core.commands.configuration import (
    Command,
    environment_option,
    load_api,
    target_argument,
)


@click.command("shell", cls=Command)
@target_argument
@environment_option
@click.option("-c", "--command", "source", help="Run this and leave.")
def command(target: str | None, *, source: str | None) -> None:
    """Open a shell with api, a client within its lifespan, and the module's names."""
    api = load_api(target)
    names = _names(api)
    client = api.test_client() if find_spec("httpx2") is not None else None
    if client is None:
        _run(names, source)
        return
    with client:
        _run({**names, "client": client}, source)


def _names(api: Any) -> dict[str, Any]:  # noqa: ANN401 - an API
    """The names of the module that the API is in, and ``api``."""
    found: dict[str, Any] = {}
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        if any(value is api for value in list(names.values())):
            found |= {name: value for name, value in names.items() if not name.startswith("__")}
    return {**found, "api": api}


def _run(names: dict[str, Any], source: str | None) -> None:
    if source is not None:
        exec(compile(source, "<command>", "exec"), names)  # noqa: S102 - that is what it is for
        return
    given = ", ".join(name for name in ("api", "client") if name in names)
    banner = f"Python {sys.version.partition(' ')[0]}, with {given}"
    with suppress(ImportError):  # Windows has none.
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    code.interact(banner, local=names, exitmsg="")
