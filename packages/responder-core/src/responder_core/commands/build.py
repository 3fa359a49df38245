"""``responder build``: the front end, by npm."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

TIMEOUT = 300
"""Seconds that a build may take."""


@click.command()
@click.argument(
    "directory", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--timeout", default=TIMEOUT, show_default=True, help="Seconds it may take.")
@click.pass_context
def command(ctx: click.Context, directory: Path, timeout: int) -> None:
    """Run ``npm run build`` in DIRECTORY, which has a package.json."""
    file = directory / "package.json"
    if not file.is_file():
        msg = f"there is no package.json in {directory.resolve()}"
        raise click.ClickException(msg)
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{file.resolve()} is no package.json: {error}"
        raise click.ClickException(msg) from error
    try:
        scripts = dict[str, Any](document["scripts"])
    except (KeyError, TypeError, ValueError):
        msg = f"{file.resolve()} is no package.json with scripts"
        raise click.ClickException(msg) from None
    if "build" not in scripts:
        known = ", ".join(sorted(scripts)) or "none"
        msg = f"{file.resolve()} has no script 'build'; its scripts: {known}"
        raise click.ClickException(msg)
    npm = shutil.which("npm")
    if npm is None:
        msg = "npm is not installed, or not in PATH; it comes with Node.js"
        raise click.ClickException(msg)
    # In a group of its own, so that what it starts ends with it.
    with subprocess.Popen(  # noqa: S603 - npm, as it was found
        [npm, "run", "build"], cwd=directory, start_new_session=True
    ) as process:
        try:
            code = process.wait(timeout)
        except BaseException as error:
            _kill_group(process)
            if isinstance(error, subprocess.TimeoutExpired):
                msg = f"npm run build took longer than {timeout} s, and was ended"
                raise click.ClickException(msg) from error
            raise
    if code:
        click.echo(f"npm run build failed with {code}", err=True)
        ctx.exit(1)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:  # pragma: no cover - Windows
        process.kill()
