"""The program: ``responder`` and its commands, each imported when it is asked for."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import Any, cast

import click

from responder_core.commands.configuration import read_project
from responder_core.suggestions import suggest

COMMANDS = {
    "build": "Build the front end by npm.",
    "check": "Tell what a deployment should know.",
    "dev": "Serve while you develop: anew whenever a file is changed.",
    "new": "Begin a service.",
    "routes": "List the routes.",
    "run": "Serve in production.",
    "shell": "Open a shell with the app and a client.",
}
"""What is there without any plug-in, each a module beside this one."""

PLUG_INS = "responder.commands"
"""The group of entry points whose click commands are added."""

_DISTRIBUTIONS = ("responder", "responder-core", "uvicorn", "granian")


class Program(click.Group):
    """The commands; help of one that is not asked for imports nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, those of plug-ins among them."""
        return sorted({*COMMANDS, *_plug_ins(), *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        known = super().get_command(ctx, cmd_name)
        if known is not None:
            return known
        if cmd_name in COMMANDS:
            module = import_module(f"responder_core.commands.{cmd_name}")
            command: click.Command = module.command
            return command
        point = _plug_ins().get(cmd_name)
        if point is None:
            return None
        loaded = point.load()
        if not isinstance(loaded, click.Command):
            msg = f"the plug-in {point.value!r} is {loaded!r}, no click command"
            raise click.ClickException(msg)
        return loaded

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for; one that is unknown names one that is near."""
        near = get_close_matches(args[0], self.list_commands(ctx), n=1)
        if near and near[0] != args[0] and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"There is no command {args[0]!r}; did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of the help page."""
        names = self.list_commands(ctx)
        rows = [(name, COMMANDS.get(name) or self._tell(ctx, name)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _tell(self, ctx: click.Context, name: str) -> str:
        """The first line of a plug-in's help; what is wrong with one that cannot be loaded."""
        try:
            command = self.get_command(ctx, name)
        except Exception as error:  # noqa: BLE001 - one of another package; the others go on
            return f"Cannot be loaded: {error}"
        return "" if command is None else command.get_short_help_str(limit=200)


def _plug_ins() -> dict[str, EntryPoint]:
    """The commands of other packages by name; ours cannot be replaced."""
    return {
        point.name: point for point in entry_points(group=PLUG_INS) if point.name not in COMMANDS
    }


def _show_version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's
    if not asked:
        return
    for name in _DISTRIBUTIONS:
        try:
            click.echo(f"{name} {version(name)}")
        except PackageNotFoundError:  # noqa: PERF203 - it is not installed
            continue
    click.echo(f"Python {sys.version.partition(' ')[0]}")
    ctx.exit()


@click.group(
    cls=Program,
    context_settings={"auto_envvar_prefix": "RESPONDER", "help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show what is installed, and leave.",
)
@click.pass_context
def program(ctx: click.Context) -> None:
    """Responder: run, watch and check web services.

    TARGET is module:attribute, package.module, file.py or file.py:attribute, where the attribute
    may be a function that makes the app. Without it, [tool.responder] app of pyproject.toml
    counts, then the app in app.py, api.py, main.py or asgi.py.

    A flag comes first, then the environment (RESPONDER_RUN_PORT for run --port, and so on), then
    [tool.responder.run] of pyproject.toml.
    """
    # click calls it with a command alone, and not while a shell completes one.
    if ctx.invoked_subcommand is not None and not ctx.resilient_parsing:  # pragma: no branch
        project, _ = read_project()
        tables = {name: table for name, table in project.items() if name != "app"}
        ctx.default_map = {name: _with_dashes(name, table) for name, table in tables.items()}
        _refuse_unknown(ctx, tables)


def _with_dashes(name: str, table: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever stands there
    """The options of a command, which may be written as on the command line: ``log-level``.

    Raises:
        click.ClickException: it is no table.
    """
    if not isinstance(table, dict):
        msg = f"pyproject.toml: tool.responder.{name} is {table!r}; write [tool.responder.{name}]"
        raise click.ClickException(msg)
    table = cast("dict[str, Any]", table)
    return {key.replace("-", "_"): value for key, value in table.items()}


def _refuse_unknown(ctx: click.Context, tables: dict[str, Any]) -> None:
    """Refuse commands of pyproject.toml that there are not; options are looked at by each."""
    group = ctx.command
    known = group.list_commands(ctx) if isinstance(group, click.Group) else []
    for name in tables:
        if name not in known:
            hint = suggest(name, ["app", *known])
            msg = f"pyproject.toml: [tool.responder] has no {name!r}{hint}"
            raise click.ClickException(msg)


def main(arguments: list[str] | None = None) -> Any:  # noqa: ANN401 - it leaves by SystemExit
    """Run the command line: of *arguments*, or of the process."""
    return program(arguments, prog_name="responder")
