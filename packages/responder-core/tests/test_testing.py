"""The test client: what it raises, what it shows, and what it needs."""

from __future__ import annotations

import sys

import pytest

from responder_core import API
from responder_core.testing import make_client


async def plain(scope, receive, send):
    """An app that is not ours: says whether the client asked for exceptions."""
    asked = b"yes" if "responder.raise_exceptions" in scope else b"no"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": asked})


@pytest.mark.parametrize(
    ("options", "asked"),
    [({}, "yes"), ({"raise_server_exceptions": False}, "no")],
    ids=["default", "off"],
)
def test_exceptions_are_asked_for_unless_told_otherwise(options, asked):
    assert make_client(plain, **options).get("/").text == asked


def test_a_failing_view_is_raised_from_the_client(backend):
    api = API()
    api.add_route("/", lambda req, resp: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        api.test_client(backend=backend).get("/")


def test_what_a_handler_answers_is_not_raised(backend):
    api = API()
    api.add_route("/", lambda req, resp: 1 / 0)
    api.add_exception_handler(ZeroDivisionError, lambda req, resp, exc: ("handled", 400))

    assert api.test_client(backend=backend).get("/").text == "handled"


@pytest.mark.parametrize("place", ["before", "after", "around", "handler"])
def test_a_failure_anywhere_is_raised(backend, place):
    api = API()

    def fail(req, resp, exc=None):
        raise ArithmeticError(place)

    def view(req, resp):
        if place == "handler":
            raise LookupError

    def wrap(route, exchange):
        async def around(req, resp):
            fail(req, resp)

        return around

    options = {place: fail} if place in ("before", "after") else {}
    if place == "around":
        api.around("user", wrap)
    if place == "handler":
        api.add_exception_handler(LookupError, fail)
    api.add_route("/", view, **options)

    with pytest.raises(ArithmeticError, match=place):
        api.test_client(backend=backend).get("/")


@pytest.mark.parametrize("raising", [True, False], ids=["raising", "not-raising"])
def test_problems_are_answers_for_every_client(raising):
    api = API()

    answer = api.test_client(raise_server_exceptions=raising).get("/nowhere")

    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


def test_the_lifespan_runs_with_the_client_as_a_context_manager(backend):
    api = API()
    log = []
    api.add_event_handler("startup", lambda: log.append("up"))
    api.add_event_handler("shutdown", lambda: log.append("down"))
    api.add_route("/", lambda req, resp: log.append("request"))

    api.test_client(backend=backend).get("/")
    with api.test_client(backend=backend) as client:
        client.get("/")

    assert log == ["request", "up", "request", "down"]


def test_without_its_http_client_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "starlette.testclient", None)

    with pytest.raises(ModuleNotFoundError, match=r"pip install 'responder-core\[test\]'"):
        API().test_client()
