"""Build hooks: what a build makes beside what lies in the sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.workspace.members import ROOT
from tests.workspace.wheels import UV

CORE = "responder_core"


def test_packages_with_pages_carry_the_same_hook() -> None:
    """They are built by themselves, so that each needs its own."""
    pages = ROOT.glob("packages/*/src/*/packages.json")
    hooks = sorted(page.parents[2] / "hatch_build.py" for page in pages)

    assert [hook.parent.name for hook in hooks] == ["responder-graphql", "responder-openapi"]
    assert len({hook.read_bytes() for hook in hooks}) == 1


def build_core(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Build the core's wheel from its source distribution."""
    if UV is None:
        pytest.skip("needs uv, to build wheels: pip install uv")
    environment = {name: text for name, text in os.environ.items() if name != "RESPONDER_SPEEDUPS"}
    command = [UV, "build", "--quiet", "--package", "responder-core", "--out-dir", str(folder)]
    return subprocess.run(
        command, cwd=ROOT, env=environment | variables, capture_output=True, text=True
    )


def has_compiler() -> bool:
    """Whether a module in C can be compiled here."""
    headers = Path(sysconfig.get_path("include"), "Python.h")
    return shutil.which("cc") is not None and headers.is_file()


@pytest.mark.wheels
class TestSpeedups:
    @pytest.mark.parametrize("variables", [{}, {"RESPONDER_SPEEDUPS": "0"}], ids=str)
    def test_a_wheel_is_for_all_platforms_unless_they_are_asked_for(
        self, tmp_path: Path, variables: dict[str, str]
    ) -> None:
        built = build_core(tmp_path, **variables)
        assert built.returncode == 0, built.stderr
        (wheel,) = tmp_path.glob("*.whl")

        assert wheel.name.endswith("-py3-none-any.whl")
        assert not [name for name in zipfile.ZipFile(wheel).namelist() if "_speedups" in name]

    def test_they_are_compiled_where_they_are_asked_for(self, tmp_path: Path) -> None:
        if not has_compiler():
            pytest.skip("needs a C compiler, and the headers of Python")

        built = build_core(tmp_path, RESPONDER_SPEEDUPS="1")
        assert built.returncode == 0, built.stderr
        (wheel,) = tmp_path.glob("*.whl")

        files = [name for name in zipfile.ZipFile(wheel).namelist() if "_speedups" in name]
        assert files == [f"{CORE}/_speedups{sysconfig.get_config_var('EXT_SUFFIX')}"]
        assert not wheel.name.endswith("-py3-none-any.whl")

    def test_where_they_cannot_be_compiled_the_build_fails(self, tmp_path: Path) -> None:
        built = build_core(tmp_path, RESPONDER_SPEEDUPS="1", CC="false")

        assert built.returncode != 0
        assert not list(tmp_path.glob("*.whl"))
