"""Environments: Pythons of their own for peers that cannot share the one of the workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

UV = os.environ.get("UV", "uv")
TIMEOUT = 300.0
"""Seconds that an installation may take."""


class EnvironmentFailedError(Exception):
    """Raised when an environment cannot be made or used; the last words are in the message."""


def run_command(command: Sequence[str], directory: Path) -> str:
    """What a program prints.

    Raises:
        EnvironmentFailedError: it does not run, fails or takes too long.
    """
    try:
        child = subprocess.run(
            command, check=True, cwd=directory, timeout=TIMEOUT, capture_output=True, text=True
        )
    except subprocess.CalledProcessError as error:
        raise EnvironmentFailedError(error.stderr.strip()[-300:]) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentFailedError(str(error)) from error
    return child.stdout


def make_environment(place: Path, requirements: Sequence[str]) -> Path:
    """The Python of a new environment at *place*, with these distributions.

    Raises:
        EnvironmentFailedError: uv is not there, or cannot install them.
    """
    python = place / "bin" / "python"
    commands = (
        [UV, "venv", "--quiet", "--python", sys.executable, str(place)],
        [UV, "pip", "install", "--quiet", "--python", str(python), *requirements],
    )
    place.mkdir(parents=True, exist_ok=True)
    for command in commands:
        run_command(command, place)
    return python


def installed_versions(python: Path, distributions: Sequence[str]) -> dict[str, str]:
    """The versions that an environment has of these distributions.

    Raises:
        EnvironmentFailedError: its Python does not run.
    """
    program = (
        "import sys, importlib.metadata as m\n"
        "for name in sys.argv[1:]:\n"
        "    try: print(name, m.version(name))\n"
        "    except m.PackageNotFoundError: pass\n"
    )
    command = [str(python), "-c", program, *distributions]
    return dict(line.split(" ", 1) for line in run_command(command, python.parent).splitlines())
