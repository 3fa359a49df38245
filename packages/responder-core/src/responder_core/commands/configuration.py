"""Configuration: what the command line is told by pyproject.toml, and which app it is for.

A flag comes first, then the environment, then ``[tool.responder]``, then the default.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from responder_core.serving.target import InvalidTargetError, Target
from responder_core.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.api import API
    from responder_core.types import ASGIApp

F = TypeVar("F", bound="Callable[..., Any]")


def variables(command: str, option: str) -> list[str]:
    """The variables of an option that several commands have, the first first."""
    return [f"RESPONDER_{option}", f"RESPONDER_{command.upper()}_{option}"]


def host_option(command: str, default: str) -> Callable[[F], F]:
    """The option of a command that says where to listen; *default* in words."""
    told = f"The address to listen on.  [default: {default}]"
    return click.option("--host", envvar=variables(command, "HOST"), help=told)


def port_option(command: str) -> Callable[[F], F]:
    """The option of a command that says on which port."""
    return click.option(
        "--port",
        type=click.IntRange(0, 65535),
        envvar=[*variables(command, "PORT"), "PORT"],
        help="The port; 0 is any that is free.  [default: 5042]",
    )


def workers_option(command: str) -> Callable[[F], F]:
    """The option of a command that says by how many processes an app is served."""
    return click.option(
        "--workers",
        type=click.IntRange(min=1),
        envvar=[*variables(command, "WORKERS"), "WEB_CONCURRENCY"],
        default=1,
        help="By how many processes it is served.",
    )


class Command(click.Command):
    """A command of ours: what pyproject.toml says of it must be options that it has."""

    def make_context(self, *args: Any, **settings: Any) -> click.Context:  # noqa: ANN401 - click's
        """Read the arguments, and look at what pyproject.toml says."""
        ctx = super().make_context(*args, **settings)
        known = [each.name or "" for each in self.params]
        for name in ctx.default_map or {}:
            if name not in known:
                hint = suggest(name, known)
                msg = f"pyproject.toml: [tool.responder.{self.name}] has no option {name!r}{hint}"
                raise click.ClickException(msg)
        return ctx


def target_argument(function: F) -> F:
    """The argument of commands that are for an app: ``@target_argument``."""
    return click.argument("target", required=False)(function)


def read_project(directory: Path | None = None) -> tuple[dict[str, Any], Path]:
    """``[tool.responder]`` of the nearest pyproject.toml, and the directory that this is in.

    Raises:
        click.ClickException: it cannot be read.
    """
    here = (directory or Path.cwd()).resolve()
    for place in (here, *here.parents):
        file = place / "pyproject.toml"
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if "responder" not in text:
            return {}, place
        return _table(_table(_parse(text, file), "tool", file), "responder", file), place
    return {}, here


def find_target(text: str | None) -> Target:
    """The target of a command: what was said, else what the project says, else what is found.

    Raises:
        click.ClickException: there is none.
    """
    text = text or os.environ.get("RESPONDER_APP")
    directory = None
    if text is None:
        project, directory = read_project()
        named: object = project.get("app")
        if named is not None and not isinstance(named, str):
            msg = f'pyproject.toml: tool.responder.app is {named!r}; write "module:attribute"'
            raise click.ClickException(msg)
        text = named
    try:
        return Target.find() if text is None else Target.parse(text, directory)
    except InvalidTargetError as error:
        raise click.ClickException(str(error)) from error


def load_app(target: Target) -> ASGIApp:
    """The app at a target; what its module fails with is shown as it is.

    Raises:
        click.ClickException: there is none.
    """
    try:
        return target.load()
    except InvalidTargetError as error:
        raise click.ClickException(str(error)) from error


def load_api(text: str | None) -> API:
    """The API of a command that asks about it.

    Raises:
        click.ClickException: there is none, or it is an app of another kind.
    """
    from responder_core.api import API
    from responder_core.serving.shutdown import find_api

    target = find_target(text)
    api = find_api(load_app(target))
    if not isinstance(api, API):
        msg = f"{target} is {api!r}; this command is for an API"
        raise click.ClickException(msg)
    return api


def _take_environment(_ctx: click.Context, _parameter: click.Parameter, file: str | None) -> None:
    load_environment(file)


def load_environment(file: str | None) -> None:
    """Put what a file says into the environment, where that says nothing.

    Raises:
        click.ClickException: there is no such file, or what reads it is not installed.
    """
    if file is None:
        return
    if not Path(file).is_file():
        msg = f"there is no file {file!r} in {Path.cwd()}"
        raise click.ClickException(msg)
    try:
        from dotenv import load_dotenv
    except ImportError as error:
        msg = "--env-file needs python-dotenv: pip install 'responder-core[server]'"
        raise click.ClickException(msg) from error
    load_dotenv(file)


def environment_option(function: F) -> F:
    """The option of commands that read the environment: ``@environment_option``."""
    option = click.option(
        "--env-file",
        envvar="RESPONDER_ENV_FILE",
        is_eager=True,  # The other options are read from the environment, too.
        expose_value=False,
        callback=_take_environment,
        help="A file with variables of the environment.",
    )
    return option(function)


def _table(within: dict[str, Any], name: str, file: Path) -> dict[str, Any]:
    found: object = within.get(name, {})
    if not isinstance(found, dict):
        msg = f"{file}: {name} is a table, not {found!r}"
        raise click.ClickException(msg)
    return cast("dict[str, Any]", found)


def _parse(text: str, file: Path) -> dict[str, Any]:
    try:
        if sys.version_info >= (3, 11):  # pragma: no cover - as the Python is
            import tomllib
        else:  # pragma: no cover - as the Python is
            import tomli as tomllib
    except ImportError as error:
        msg = f"{file} needs tomli on this Python: pip install 'responder-core[server]'"
        raise click.ClickException(msg) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{file} is no TOML: {error}"
        raise click.ClickException(msg) from error
