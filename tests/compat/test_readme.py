"""The README of the 3.6 era, verbatim: ``programs/readme.py``, where a schema is known already."""

from __future__ import annotations

from threading import Event
from typing import Any

import graphene
import pytest

from tests.compat.runner import run_program


class Query(graphene.ObjectType):
    """What the README does not show."""

    hello = graphene.String(name=graphene.String(default_value="stranger"))

    def resolve_hello(self, info, name):
        return f"Hello {name}"


@pytest.fixture
def readme() -> Any:
    """The program, run as it stands."""
    pytest.importorskip("flask", reason="flask is not installed")
    return run_program("readme", Query=Query)


@pytest.fixture
def client(readme):
    """A client of its app."""
    return readme.api.requests


def test_it_greets(client):
    answer = client.get("/hello")

    assert (answer.status_code, answer.text) == (200, "hello, world!")


def test_it_takes_what_is_sent(client):
    assert client.post("/items", json={"name": "tea"}).json() == {"created": {"name": "tea"}}
    yaml = client.post("/items", json={"name": "tea"}, headers={"accept": "application/yaml"})
    assert yaml.text == "created:\n  name: tea\n"


def test_it_answers_queries(client):
    answer = client.post("/graphql", json={"query": '{ hello(name: "Ada") }'})

    assert answer.json() == {"data": {"hello": "Hello Ada"}}


def test_it_talks(client):
    with client.websocket_connect("/ws") as ws:
        for name in ("Ada", "Eve"):
            ws.send_text(name)
            assert ws.receive_text() == f"Hello {name}!"


def test_it_serves_flask(client, readme):
    readme.flask_app.add_url_rule("/", view_func=lambda: "Hello from Flask")

    assert client.get("/flask/").text == "Hello from Flask"


def test_it_answers_before_the_work_is_done(readme, monkeypatch):
    began, over = Event(), Event()

    def sleep(seconds):
        assert seconds == 10
        began.set()
        assert over.wait(60)

    monkeypatch.setattr("time.sleep", sleep)
    with readme.api.test_client() as client:
        assert client.get("/work").json() == {"status": "processing"}
        assert began.wait(60)
        assert readme.api.background.pending == 1
        over.set()
