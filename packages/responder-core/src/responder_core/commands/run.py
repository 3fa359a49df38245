"""``responder run``: serve in production."""

from __future__ import annotations

import os
from copy import copy
from typing import Any

import click
from click.core import ParameterSource

from responder_core.commands.configuration import (
    Command,
    environment_option,
    find_target,
    host_option,
    load_app,
    load_environment,
    port_option,
    target_argument,
    variables,
    workers_option,
)

_OWN = frozenset(
    {"address", "app", "app_dir", "env_file", "env_files", "factory", "fd", "host", "interface"}
    | {"log_config", "port", "reload", "reload_delay", "reload_dirs", "reload_excludes"}
    | {"reload_filter", "reload_ignore_dirs", "reload_ignore_paths", "reload_ignore_patterns"}
    | {"reload_ignore_worker_failure", "reload_includes", "reload_paths", "reload_tick", "server"}
    | {"timeout_graceful_shutdown", "uds", "version", "workers", "workers_kill_timeout"}
    | {"working_dir", "log_level"}
)
"""Options of the servers that are said in our words, or that a command of ours is for."""

SERVERS = ("uvicorn", "granian")
INTERFACES = ("auto", "asgi", "rsgi")


class RunCommand(Command):
    """Takes the options of the server, too, whichever it is."""

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(*args, **settings)
        self._own = list(self.params)
        self._theirs: list[click.Parameter] = []

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, once it is known for which server they are."""
        load_environment(_find(args, "--env-file") or os.environ.get("RESPONDER_ENV_FILE"))
        self._theirs = _list_options(_find_server(ctx, args))
        self.params: list[click.Parameter] = [*self._own, *self._theirs]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Our options, then those of the server."""
        help_option = self.get_help_option(ctx)
        own = [each for each in self._own if isinstance(each, click.Option)]
        if help_option is not None:  # pragma: no branch - ours has one
            own.append(help_option)
        for title, params in (("Options", own), ("Of the server", self._theirs)):
            rows = [row for each in params if (row := each.get_help_record(ctx)) is not None]
            if rows:  # There are none of a server that is not installed.
                with formatter.section(title):
                    formatter.write_dl(rows)


def _find(args: list[str], option: str) -> str | None:
    """What is given for an option, before all arguments are read."""
    for index, each in enumerate(args):
        if each.startswith(f"{option}="):
            return each.partition("=")[2]
        if each == option and index + 1 < len(args):
            return args[index + 1]
    return None


def _find_server(ctx: click.Context, args: list[str]) -> str:
    given = _find(args, "--server")
    if given is not None:
        return given
    told = (ctx.default_map or {}).get("server", "uvicorn")
    said = (os.environ.get(name) for name in variables("run", "SERVER"))
    return next(filter(None, said), str(told))


def _list_options(server: str) -> list[click.Parameter]:
    """The options of a server that are not ours; none where it is not installed."""
    if server == "granian":
        try:
            from granian.cli import cli
        except ImportError:
            return []
        theirs = cli.params
    else:
        from uvicorn.main import main

        theirs = main.params
    found: list[click.Parameter] = []
    for each in theirs:
        if isinstance(each, click.Option) and each.name not in _OWN:
            option = copy(each)
            option.show_default = False  # Some are not as they are here.
            found.append(option)
    return found


def _take_options(ctx: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """The options of the server that were said somewhere."""
    taken = {
        name: value
        for name, value in options.items()
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    if "headers" in taken:
        taken["headers"] = [_split_header(each) for each in taken["headers"]]
    return taken


def _split_header(text: str) -> list[str]:
    name, colon, value = text.partition(":")
    if not colon:
        msg = f"--header {text!r} has no colon; write 'Name: value'"
        raise click.ClickException(msg)
    return [name.strip(), value.strip()]


@click.command("run", cls=RunCommand, context_settings={"show_default": True})
@target_argument
@host_option("run", "127.0.0.1; 0.0.0.0 with PORT")
@port_option("run")
@click.option("--uds", help="Listen on a Unix socket at this path.")
@click.option("--fd", type=int, help="Listen on the socket of this file descriptor.")
@workers_option("run")
@click.option(
    "--server",
    type=click.Choice(SERVERS),
    envvar=variables("run", "SERVER"),
    default="uvicorn",
    help="What serves.",
)
@click.option(
    "--interface",
    type=click.Choice(INTERFACES),
    envvar=variables("run", "INTERFACE"),
    default="auto",
    help="What granian speaks to the app; auto is RSGI, unless the app needs ASGI.",
)
@environment_option
@click.option(
    "--log-config",
    envvar=variables("run", "LOG_CONFIG"),
    help="A file that configures logging: .json, .yaml or .ini.",
)
@click.option(
    "--log-level",
    type=click.Choice(["critical", "error", "warning", "info", "debug"]),
    envvar=variables("run", "LOG_LEVEL"),
    help="What the server logs.  [default: info]",
)
@click.option(
    "--timeout-graceful-shutdown",
    type=click.IntRange(min=0),
    default=30,
    help="Seconds that open requests get to end.",
)
@click.option("--debug", is_flag=True, help="Tell clients what failed; never where others see it.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    target: str | None,
    *,
    debug: bool,
    host: str | None,
    **options: Any,  # noqa: ANN401 - the server's own
) -> None:
    """Serve TARGET in production, until SIGTERM or Ctrl+C.

    Requests that are open then are answered, event streams and sockets are told, and background
    functions get their time. Options that are not of ours are those of the server.
    """
    from responder_core.serving.server import serve
    from responder_core.serving.shutdown import find_api

    found = find_target(target)
    app = load_app(found)
    own = {"interface", "port", "server", "workers", "timeout_graceful_shutdown"}
    ours = {name: options.pop(name) for name in own}
    given = {
        name: value
        for name in ("uds", "fd", "log_config", "log_level")
        if (value := options.pop(name)) is not None
    }
    try:
        serve(
            app,
            target=found,
            address=host,
            debug=debug or bool(getattr(find_api(app), "debug", False)),
            app_debug=debug,
            **ours,
            **given,
            **_take_options(ctx, options),
        )
    except (ModuleNotFoundError, OSError, TypeError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise click.ClickException(said) from error
