"""The command line of the meta-package, which is that of the core."""

import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("arguments", [["--version"], ["routes", "--help"]])
def test_python_runs_it(arguments):
    found = [
        subprocess.run(
            [sys.executable, "-m", name, *arguments], capture_output=True, text=True, timeout=60
        )
        for name in ("responder", "responder_core")
    ]

    assert [each.returncode for each in found] == [0, 0]
    assert found[0].stdout == found[1].stdout


def test_the_module_does_nothing_where_it_is_imported():
    from responder.ext.cli import main

    assert importlib.import_module("responder.__main__").main is main


def test_its_version_is_told():
    from importlib.metadata import version

    result = subprocess.run(
        [sys.executable, "-m", "responder", "--version"], capture_output=True, text=True, timeout=60
    )
    assert f"responder {version('responder')}\n" in result.stdout


def test_older_programs_find_it():
    from responder.ext.cli import cli
    from responder_core.commands.program import program

    assert cli is program


def test_a_service_that_it_begins_is_one_of_the_meta_package(tmp_path):
    command = [sys.executable, "-m", "responder", "new", "shop"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)

    assert "import responder\n" in (tmp_path / "shop" / "app.py").read_text()
    assert 'dependencies = ["responder"]' in (tmp_path / "shop" / "pyproject.toml").read_text()
