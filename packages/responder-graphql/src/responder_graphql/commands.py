"""``responder graphql``: the schema of an app, for those who write its clients."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import click

from responder_core.commands.configuration import Command, load_api, target_argument

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from responder_core import API


@click.group("graphql")
def command() -> None:
    """Look at the GraphQL endpoints of an app."""


@command.command("schema", cls=Command)
@target_argument
@click.option("--path", help="Which endpoint, where the app has several.")
@click.option(
    "--check",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Compare it with this file; the exit code is 1 where they differ.",
)
@click.pass_context
def schema(ctx: click.Context, target: str | None, *, path: str | None, file: Path | None) -> None:
    """Write the schema of TARGET in GraphQL's language for schemas.

    With --check nothing is written but how it differs from a file, and which of the changes break
    clients.
    """
    from graphql import print_schema

    found = _find_schema(load_api(target), path)
    text = print_schema(found).rstrip() + "\n"
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        known = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it is no UTF-8, {error.reason}"
        msg = f"{file} cannot be read: {why}; write it: responder graphql schema > FILE"
        raise click.ClickException(msg) from None
    if known.rstrip() == text.rstrip():
        click.echo(f"{file} is the schema.")
        return
    lines = unified_diff(
        known.splitlines(), text.splitlines(), str(file), "the schema", lineterm=""
    )
    for line in lines:
        click.echo(line)
    for change in _breaking_changes(known, found):
        click.secho(f"breaks clients: {change}", fg="red", err=True)
    ctx.exit(1)


def _find_schema(api: API, path: str | None) -> GraphQLSchema:
    """The schema of the endpoint of an app.

    Raises:
        click.ClickException: there is none, or there are several.
    """
    from responder_graphql.view import GraphQLView

    found = {
        route.path: route.endpoint.schema
        for route in api.routes
        if isinstance(route.endpoint, GraphQLView)
    }
    if path is not None and path in found:
        return found[path]
    if not found:
        msg = "the app has no GraphQL endpoint; mount(api, schema=schema) makes one"
        raise click.ClickException(msg)
    if path is not None or len(found) > 1:
        asked = f"there is none at {path!r}" if path is not None else "say which by --path"
        msg = f"the app has GraphQL endpoints at {', '.join(sorted(found))}; {asked}"
        raise click.ClickException(msg)
    (only,) = found.values()
    return only


def _breaking_changes(known: str, schema: GraphQLSchema) -> list[str]:
    """What clients of the known schema can no longer do."""
    from graphql import GraphQLError, build_schema, find_breaking_changes

    try:
        old = build_schema(known)
    except (GraphQLError, TypeError):
        return []
    return [change.description for change in find_breaking_changes(old, schema)]
