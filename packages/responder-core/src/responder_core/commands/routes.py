"""``responder routes``: what an app serves."""

from __future__ import annotations

import json

import click

from responder_core.commands.configuration import Command, load_api, target_argument


@click.command("routes", cls=Command)
@target_argument
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--grep", "text", default="", help="Those with this in method, path, name or view.")
def command(target: str | None, *, as_json: bool, text: str) -> None:
    """List the routes of TARGET, with their hooks, guards and limits."""
    from responder_core.listing import filter_rows, list_routes, write_table

    rows = filter_rows(list_routes(load_api(target)), text)
    click.echo(json.dumps(rows, indent=2) if as_json else write_table(rows))
