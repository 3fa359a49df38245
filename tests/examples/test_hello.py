"""examples/hello.py, started as its first lines say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def hello(start: Callable) -> Iterator:
    with start("examples/hello.py") as service:
        yield service


def test_it_greets(hello):
    answer = hello.get("/hello")

    assert (answer.status, answer.text) == (200, "hello, world!")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_it_greets_in_any_script(hello):
    assert hello.get("/gr%C3%BC%C3%9F%20dich").text == "grüß dich, world!"


def test_what_it_does_not_answer_is_a_problem(hello):
    answer = hello.get("/hello/there")

    assert (answer.status, answer.media_type) == (404, "application/problem+json")
    assert answer.json()["status"] == 404


def test_uvicorn_starts_it_too(start):
    with start("-m", "uvicorn", "examples.hello:api", "--port", "{port}") as service:
        assert service.get("/hello").text == "hello, world!"
