"""``responder new``: a small service to begin with, and its tests."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

_APP = '''\
"""{title}: a service."""

import {package}

api = {package}.API(request_id=True, enable_logging=True)


@api.get("/")
async def home(req, resp):
    return {{"service": "{name}"}}


@api.get("/hello/{{name}}")
async def hello(req, resp, *, name):
    resp.text = f"Hello, {{name}}!"


api.add_health_check("service", lambda: True)


if __name__ == "__main__":
    api.run()
'''

_TESTS = """\
import pytest

from app import api


@pytest.fixture
def client():
    with api.test_client() as client:
        yield client


def test_home_names_the_service(client):
    assert client.get("/").json() == {{"service": "{name}"}}


def test_hello_greets_by_name(client):
    assert client.get("/hello/Ada").text == "Hello, Ada!"


def test_the_service_is_ready(client):
    assert client.get("/readyz").status_code == 200
"""

_PROJECT = """\
[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["{requirement}"]

[dependency-groups]
dev = ["pytest>=8", "responder-core[test]"]

[tool.responder]
app = "app:api"

[tool.pytest.ini_options]
pythonpath = ["."]
testpaths = ["tests"]
"""

_README = """\
# {title}

```sh
responder dev      # serve, and anew whenever a file is changed: http://127.0.0.1:5042
responder routes   # what is served
pytest             # the tests
responder check    # before it is deployed
responder run      # in production
```
"""

_IGNORED = """\
.env
.venv/
__pycache__/
"""


@click.command()
@click.argument("name")
@click.option("--directory", type=click.Path(path_type=Path), help="Where; NAME without it.")
def command(name: str, *, directory: Path | None) -> None:
    """Begin a service called NAME: an app, its tests and its pyproject.toml."""
    if re.fullmatch(r"[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?", name) is None:
        msg = f"{name!r} is no name for a service; write letters, digits and dashes"
        raise click.ClickException(msg)
    place = directory or Path(name)
    if place.exists() and not place.is_dir():
        msg = f"{place} is a file; choose another name or directory"
        raise click.ClickException(msg)
    if place.exists() and any(place.iterdir()):
        msg = f"{place} is there already, and not empty; choose another name or directory"
        raise click.ClickException(msg)
    package = "responder" if _has("responder") else "responder_core"
    words = {
        "name": name,
        "title": name.replace("-", " ").replace("_", " ").capitalize(),
        "package": package,
        "requirement": "responder" if package == "responder" else "responder-core[server]",
    }
    files = {
        "app.py": _APP,
        "tests/test_app.py": _TESTS,
        "pyproject.toml": _PROJECT,
        "README.md": _README,
        ".gitignore": _IGNORED,
    }
    try:
        for file, text in files.items():
            path = place / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format(**words), encoding="utf-8")
            click.echo(f"wrote {path}")
    except OSError as error:
        msg = f"cannot write to {place}: {error.strerror}"
        raise click.ClickException(msg) from error
    click.echo(f"\nNext: cd {place} && responder dev")


def _has(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True
