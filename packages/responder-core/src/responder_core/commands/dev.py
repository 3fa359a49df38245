"""``responder dev``: serve while the program is written."""

from __future__ import annotations

from pathlib import Path

import click

from responder_core.commands.configuration import (
    Command,
    environment_option,
    find_target,
    host_option,
    port_option,
    target_argument,
)


@click.command("dev", cls=Command, context_settings={"show_default": True})
@target_argument
@host_option("dev", "127.0.0.1")
@port_option("dev")
@click.option(
    "--watch",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A further directory to watch.",
)
@environment_option
def command(
    target: str | None,
    *,
    host: str | None,
    port: int | None,
    watch: tuple[Path, ...],
) -> None:
    """Serve TARGET in debug, anew whenever a file is changed.

    Pages in browsers reload themselves then. A program that fails shows its traceback here and
    in the browser, until it is mended.
    """
    from responder_core.serving.listeners import DEFAULT_ADDRESS, DEFAULT_PORT, open_listeners
    from responder_core.serving.reload import serve_reloading

    found = find_target(target)
    number = DEFAULT_PORT if port is None else port
    try:
        with open_listeners(host or DEFAULT_ADDRESS, number) as listeners:
            serve_reloading(found, listeners, {}, watch=watch)
    except OSError as error:
        raise click.ClickException(error.strerror or str(error)) from error
