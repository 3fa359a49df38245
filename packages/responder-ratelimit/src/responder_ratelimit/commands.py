"""``responder limits``: what applies where in an app."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from responder_core.commands.configuration import Command, load_api, target_argument
from responder_core.route import WebSocketRoute
from responder_ratelimit.extension import RateLimits
from responder_ratelimit.facts import RateLimitFact

if TYPE_CHECKING:
    from responder_core.route import Route

_COLUMNS = ("methods", "path", "limits")


@click.command("limits", cls=Command)
@target_argument
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(target: str | None, *, as_json: bool) -> None:
    """Show what limits the routes of TARGET, and what nothing limits."""
    api = load_api(target)
    is_limited = any(isinstance(each, RateLimits) for each in api.extensions)
    rows = [_row(route, is_limited=is_limited) for route in api.routes]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = [{name: name for name in _COLUMNS}, *rows]
    widths = {name: max(len(row[name]) for row in table) for name in _COLUMNS}
    for row in table:
        click.echo("  ".join(row[name].ljust(widths[name]) for name in _COLUMNS).rstrip())


def _row(route: Route | WebSocketRoute, *, is_limited: bool) -> dict[str, str]:
    facts = [fact for fact in route.facts if isinstance(fact, RateLimitFact)]
    if not facts:
        words = "none" if is_limited else "unknown: the app has no RateLimits()"
    elif all(fact.is_exempt for fact in facts):
        words = "none: rate_limit=False"
    else:
        words = "; ".join(str(rule) for fact in facts for rule in fact.all_rules) or "none"
    methods = "WS" if isinstance(route, WebSocketRoute) else ",".join(sorted(route.methods))
    return {"methods": methods, "path": route.path, "limits": words}
