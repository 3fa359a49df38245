"""Familiar programs, as users write them, on both packages.

Each is run as it stands, in a namespace where ``responder`` is the package under test and ``api``
an app of it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest

import responder
import responder_core
from tests.compat.runner import run_program


@pytest.fixture(params=[responder, responder_core], ids=["responder", "responder_core"])
def package(request: pytest.FixtureRequest) -> ModuleType:
    """The package that the program runs on."""
    return request.param


def run(name: str, package: ModuleType) -> Any:
    """Run a program; give the app it is left with."""
    known = {"api": package.API(), "asynccontextmanager": asynccontextmanager}
    return run_program(name, responder=package, **known).api


def test_greeting(package):
    api = run("greeting", package)

    answer = api.requests.get("/hello")

    assert (answer.status_code, answer.text) == (200, "hello, world!")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_typed_parameter(package):
    api = run("typed_parameter", package)

    assert api.requests.get("/users/7").json() == {"id": 7}
    assert api.requests.get("/users/seven").status_code == 404


def test_class_view(package):
    api = run("class_view", package)

    assert api.requests.get("/things/7").json() == {"id": "7"}
    assert api.requests.post("/things/7").text == "created"
    answer = api.requests.delete("/things/7")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")


def test_before_request(package):
    api = run("before_request", package)
    api.add_route("/", lambda req, resp: "welcome")

    refused = api.requests.get("/")
    welcome = api.requests.get("/", headers={"Authorization": "Basic YTpi"})

    assert (refused.status_code, refused.json()) == (401, {"error": "unauthorized"})
    assert (welcome.status_code, welcome.text) == (200, "welcome")


def test_exception_handler(package):
    api = run("exception_handler", package)
    api.add_route("/{number}", lambda req, resp, *, number: str(int(number)))

    assert api.requests.get("/7").text == "7"
    answer = api.requests.get("/seven")
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid literal for int() with base 10: 'seven'"}


def test_lifespan(package, capsys):
    api = run("lifespan", package)
    api.add_route("/", lambda req, resp: print("serving"))  # noqa: T201 - what is under test

    with api.test_client() as client:
        client.get("/")

    assert capsys.readouterr().out.splitlines() == ["starting up", "serving", "shutting down"]
