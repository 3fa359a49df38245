"""``responder check``: what a deployment should know."""

from __future__ import annotations

import json
import os

import click

from responder_core.commands.configuration import (
    Command,
    environment_option,
    load_api,
    target_argument,
    workers_option,
)

_LEVELS = ("note", "warning", "error")
_COLORS = {"error": "red", "warning": "yellow", "note": "blue"}


@click.command("check", cls=Command, context_settings={"show_default": True})
@target_argument
@workers_option("check")
@click.option(
    "--fail-on",
    type=click.Choice(_LEVELS),
    default="warning",
    help="The least finding that makes the exit code 1.",
)
@click.option("--ignore", multiple=True, help="The code of a finding that is meant so.")
@environment_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    target: str | None,
    *,
    workers: int,
    fail_on: str,
    ignore: tuple[str, ...],
    as_json: bool,
) -> None:
    """Tell what is not as a deployment of TARGET should be."""
    from responder_core.deployment import CODES, Deployment, check_deployment

    api = load_api(target)
    found = check_deployment(api, Deployment(workers=workers, environment=os.environ))
    known = {*CODES, *(each.code for each in found)}
    for code in ignore:
        if code not in known:
            msg = f"--ignore: there is no finding {code!r}; there are {', '.join(sorted(known))}"
            raise click.ClickException(msg)
    found = [each for each in found if each.code not in ignore]
    if as_json:
        click.echo(json.dumps([each._asdict() for each in found], indent=2))
    else:
        for each in found:
            level = click.style(each.level, fg=_COLORS[each.level], bold=True)
            click.echo(f"{level} [{each.code}] {each.message}")
            click.echo(f"    {each.remedy}")
        counts = {name: sum(each.level == name for each in found) for name in reversed(_LEVELS)}
        told = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items()]
        click.echo(f"{', '.join(told)}." if found else "Nothing to tell.")
    if any(_LEVELS.index(each.level) >= _LEVELS.index(fail_on) for each in found):
        ctx.exit(1)
