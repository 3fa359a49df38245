"""What ``pip install`` gives: the older README runs in an empty environment, from built wheels."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.workspace.members import BY_PACKAGE, MEMBERS, ROOT
from tests.workspace.wheels import UV, build_wheels

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.wheels

HERE = Path(__file__).parent
README = (ROOT / "tests/compat/programs/readme.py").read_text(encoding="utf-8")

FLASK = """\
from flask import Flask
flask_app = Flask(__name__)
api.mount("/flask", flask_app)
"""
GRAPHQL = """\
import graphene
api.graphql("/graphql", schema=graphene.Schema(query=Query))
"""
QUERY = """\
import graphene

class Query(graphene.ObjectType):
    hello = graphene.String()

    def resolve_hello(self, info):
        return "hello"

"""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of all members."""
    return build_wheels(tmp_path_factory.mktemp("wheels"), "--wheel")


@pytest.fixture(scope="session")
def constraints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The versions of uv.lock, so that a release elsewhere breaks nothing here."""
    file = tmp_path_factory.mktemp("lock") / "constraints.txt"
    command = [
        *(UV or "uv", "export", "--quiet", "--frozen", "--all-packages", "--no-group", "peers"),
        *("--all-extras", "--no-emit-workspace", "--no-hashes", "--output-file", str(file)),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return file


@pytest.fixture
def install(built: Path, constraints: Path, tmp_path: Path) -> Callable[..., Path]:
    """Installs packages of ours by their wheels alone; gives the Python that has them."""

    def call(*packages: str) -> Path:
        environment = tmp_path / "venv"
        python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        wheels = [
            str(built / f"{name}-{BY_PACKAGE[name].version}-py3-none-any.whl") for name in packages
        ]
        uv = UV or "uv"
        pip = [uv, "pip", "install", "--quiet", "--python", str(python)]
        for command in (
            [uv, "venv", "--quiet", "--python", sys.executable, str(environment)],
            [*pip, "--constraint", str(constraints), *wheels],
        ):
            result = subprocess.run(command, capture_output=True, text=True)
            assert result.returncode == 0, result.stderr
        return python

    return call


def run(python: Path, program: str, folder: Path) -> str:
    """Run a program with nothing but what is installed; give what it prints."""
    file = folder / "readme.py"
    file.write_text(program, encoding="utf-8")
    result = subprocess.run(
        [str(python), "-I", str(file)], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def without(text: str, part: str) -> str:
    """A program without one of its parts, which it has."""
    assert part in text
    return text.replace(part, "")


def test_the_meta_package_runs_all_but_flask(install: Callable[..., Path], tmp_path: Path) -> None:
    python = install(*(member.package for member in MEMBERS))
    calls = (HERE / "readme_calls.py").read_text(encoding="utf-8")
    assert GRAPHQL in README

    program = calls + QUERY + without(README, FLASK) + "check(api, has_graphql=True)\n"

    assert run(python, program, tmp_path) == "greeted created queried talked worked\n"
    found = subprocess.run([str(python), "-I", "-c", "import flask"], capture_output=True)
    assert found.returncode == 1


def test_the_core_runs_its_part(install: Callable[..., Path], tmp_path: Path) -> None:
    python = install("responder_core")
    calls = (HERE / "readme_calls.py").read_text(encoding="utf-8")
    core = without(without(README, FLASK), GRAPHQL)
    head = "import responder\napi = responder.API()\n"

    moved = "from responder_core import API\napi = API()\n" + without(core, head)
    program = calls + moved + "check(api, has_graphql=False)\n"

    assert run(python, program, tmp_path) == "greeted created talked worked\n"
    others = [member.package for member in MEMBERS if member.package != "responder_core"]
    for name in others:
        found = subprocess.run([str(python), "-I", "-c", f"import {name}"], capture_output=True)
        assert found.returncode == 1
