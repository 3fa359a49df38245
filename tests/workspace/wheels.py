"""Building the distributions of the workspace, for the tests that look at them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.workspace.members import ROOT

if TYPE_CHECKING:
    from pathlib import Path

UV = os.environ.get("UV") or shutil.which("uv")  # `uv run` says where it is.


def build_wheels(folder: Path, *options: str) -> Path:
    """Build the distributions of all members into a folder, and give it."""
    if UV is None:
        pytest.skip("needs uv, to build wheels: pip install uv")
    command = [UV, "build", "--quiet", "--all-packages", "--out-dir", str(folder), *options]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder
