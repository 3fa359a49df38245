"""``responder build``: the front end, by npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

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
        scripts = json.loads(file.read_text(encoding="utf-8")).get("scripts", {})
    except (ValueError, AttributeError) as error:
        msg = f"{file.resolve()} is no package.json: {error}"
        raise click.ClickException(msg) from error
    if "build" not in scripts:
        known = ", ".join(sorted(scripts)) or "none"
        msg = f"{file.resolve()} has no script 'build'; its scripts: {known}"
        raise click.ClickException(msg)
    npm = shutil.which("npm")
    if npm is None:
        msg = "npm is not installed, or not in PATH; it comes with Node.js"
        raise click.ClickException(msg)
    try:
        done = subprocess.run([npm, "run", "build"], cwd=directory, timeout=timeout, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        msg = f"npm run build took longer than {timeout} s, and was ended"
        raise click.ClickException(msg) from error
    if done.returncode:
        click.echo(f"npm run build failed with {done.returncode}", err=True)
        ctx.exit(1)
