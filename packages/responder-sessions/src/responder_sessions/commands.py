"""``responder sessions``: list, revoke and clear the sessions of an app's store."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from responder_core.commands.configuration import Command, load_api, target_argument
from responder_sessions.errors import SessionError, SessionsOffError
from responder_sessions.opening import find_sessions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_sessions.devices import Device
    from responder_sessions.extension import Sessions

    T = TypeVar("T")

_COLUMNS = ("principal", "created", "seen", "expires", "address", "agent", "id")


@click.group("sessions")
def command() -> None:
    """List, revoke and clear the sessions that an app keeps in a store."""


@command.command("list", cls=Command)
@target_argument
@click.option("--principal", help="Those of one who logged in, as login() was told.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_sessions(target: str | None, *, principal: str | None, as_json: bool) -> None:
    """List the sessions of TARGET, the one last used first."""

    async def find(sessions: Sessions) -> list[Device]:
        if principal is None:
            return await sessions.list_all()
        return await sessions.devices(principal)

    rows = [_row(device) for device in _run(target, find)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = [
        {name: name for name in _COLUMNS},
        *({name: _printable(row[name]) for name in _COLUMNS} for row in rows),
    ]
    widths = {name: max(len(row[name]) for row in table) for name in _COLUMNS}
    for row in table:
        click.echo("  ".join(row[name].ljust(widths[name]) for name in _COLUMNS).rstrip())
    click.echo(f"{len(rows)} session{'' if len(rows) == 1 else 's'}.")


@command.command("revoke", cls=Command)
@target_argument
@click.option("--principal", help="End every session of one who logged in.")
@click.option("--id", "session_id", help="End one session, as list shows it.")
def revoke(target: str | None, *, principal: str | None, session_id: str | None) -> None:
    """End sessions of TARGET at once; requests under way keep nothing."""
    if (principal is None) == (session_id is None):
        msg = "say whose: --principal NAME, or which one: --id ID"
        raise click.UsageError(msg)

    async def end(sessions: Sessions) -> int:
        if principal is not None:
            return await sessions.revoke_all(principal)
        known = await sessions.store.load(session_id or "")
        await sessions.revoke(session_id or "")
        return 0 if known is None else 1

    count = _run(target, end)
    click.echo(f"Ended {count} session{'' if count == 1 else 's'}.")


@command.command("clear", cls=Command)
@target_argument
@click.option("--all", "everything", is_flag=True, help="Those in use, too: all log in anew.")
@click.confirmation_option("--yes", prompt="Forget these sessions?", help="Do not ask.")
def clear(target: str | None, *, everything: bool) -> None:
    """Forget the sessions of TARGET whose time is over."""
    count = _run(target, partial(_clear, everything=everything))
    click.echo(f"Cleared {count} session{'' if count == 1 else 's'}.")


async def _clear(sessions: Sessions, *, everything: bool) -> int:
    return await sessions.clear(expired=not everything)


def _run(target: str | None, function: Callable[[Sessions], Awaitable[T]]) -> T:
    """What a coroutine function of the sessions of an app gives.

    Raises:
        click.ClickException: the app has none, keeps them in cookies, or the store fails.
    """
    import asyncio

    async def run(sessions: Sessions) -> T:
        try:
            return await function(sessions)
        finally:
            await sessions.store.close()

    try:
        sessions = find_sessions(load_api(target))
        return asyncio.run(run(sessions))
    except SessionsOffError as error:
        msg = "this app has no sessions"
        raise click.ClickException(msg) from error
    except SessionError as error:
        raise click.ClickException(str(error)) from error
    except click.ClickException:
        raise
    except Exception as error:
        msg = f"the session store does not answer: {error.__cause__ or error}"
        raise click.ClickException(msg) from error


def _printable(text: str) -> str:
    """A text without what a terminal would obey: clients call themselves whatever they like."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _row(device: Device) -> dict[str, str]:
    moments: dict[str, str] = {
        name: getattr(device, name).isoformat(timespec="seconds")
        for name in ("created", "seen", "expires")
    }
    return {
        "principal": device.principal or "",
        **moments,
        "address": device.address,
        "agent": device.agent,
        "id": device.id,
    }
