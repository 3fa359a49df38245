"""Refusals: 404 and 405 written at once are what the longer way gives."""

from __future__ import annotations

import json
import re

import pytest

from responder_core import API, Depends, Request, abort
from responder_core.formats.format import Format

ID = "0b54c9f6-5a1e-4f0e-ac3d-7a1f4e2b8d60"
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def build(**options):
    """An app whose refusals are written at once."""
    api = API(**options)

    @api.get("/")
    def home(req, resp):
        resp.text = "home"

    @api.get("/teas/{name}")
    def show(req, resp, *, name):
        resp.text = name

    @api.post("/teas/{id:int}")
    def order(req, resp, *, id):
        resp.text = "ordered"

    @api.get("/pots/{size:int}/closed/")
    def closed(req, resp, *, size):
        resp.text = "closed"

    return api


def build_longer(**options):
    """The same app with a step around every answer, so that none is written at once."""
    api = build(**options)

    @api.after_request()
    def look(req, resp):
        resp.status_code  # noqa: B018 - it looks, and changes nothing

    return api


def told(answer):
    """The status, the fields and the body of an answer, but for its id and what follows from it."""
    passing = {"server-timing", "x-request-id", "etag"}
    if "content-encoding" in answer.headers:
        passing.add("content-length")
    fields = [item for item in answer.headers.multi_items() if item[0] not in passing]
    return answer.status_code, sorted(fields), UUID.sub("some id", answer.text)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/html", "a/b", "*/*;q=0"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/none", id="rfc9110-15.5.5"),
        pytest.param("GET", "/teas", id="short"),
        pytest.param("GET", "/teas/a/b", id="long"),
        pytest.param("GET", "//", id="slashes"),
        pytest.param("POST", "/none", id="post"),
        pytest.param("HEAD", "/none", id="rfc9110-9.3.2-404"),
        pytest.param("DELETE", "/", id="rfc9110-15.5.6"),
        pytest.param("DELETE", "/teas/assam", id="one-of-two"),
        pytest.param("DELETE", "/teas/7", id="both"),
        pytest.param("HEAD", "/pots/x/closed", id="converted"),
        pytest.param("OPTIONS", "/", id="rfc9110-9.3.7"),
        pytest.param("OPTIONS", "/none", id="options-404"),
        pytest.param("GET", "/teas/assam/", id="slash-behind"),
        pytest.param("GET", "/pots/1/closed", id="slash-missing"),
    ],
)
def test_a_refusal_is_the_same_with_and_without_steps_around_it(
    client_factory, method, path, accept
):
    headers = {} if accept is None else {"accept": accept}
    answers = []
    for api in (build(), build_longer()):
        client = client_factory(api)
        if accept is None:
            del client.headers["accept"]
        answers.append(told(client.request(method, path, headers=headers)))

    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"auto_etag": True}, id="tagged"),
        pytest.param({"auto_vary": False}, id="no-vary"),
        pytest.param({"compress_minimum": 10}, id="compressed"),
        pytest.param({"redirect_slashes": False}, id="no-redirects"),
        pytest.param({"json_ensure_ascii": True}, id="own-json"),
        pytest.param({"debug": True}, id="debug"),
        pytest.param({"request_id": True}, id="observed"),
        pytest.param({"security_headers": {"Content-Security-Policy": None}}, id="dressed"),
        pytest.param({"cors": True}, id="cors"),
    ],
)
@pytest.mark.parametrize("path", ["/none", "/teas/assam/"])
def test_settings_hold_for_refusals(client_factory, path, options):
    answers = [
        told(client_factory(api).get(path, headers={"accept-encoding": "gzip"}))
        for api in (build(**options), build_longer(**options))
    ]

    assert answers[0] == answers[1]


def test_each_refusal_has_an_id_of_its_own(client_factory):
    client = client_factory(build())

    ids = {client.request(method, "/").json()["instance"] for method in ["DELETE", "PUT"] * 50}

    assert len(ids) == 100


@pytest.mark.parametrize(
    ("known", "instance"),
    [
        pytest.param(ID, f"urn:uuid:{ID}", id="uuid"),
        pytest.param('a"b\\é', "#a%22b%5C%C3%A9", id="rfc3986-4.1-fragment"),
    ],
)
def test_an_id_that_something_around_has_set_is_the_instance(ask, http_scope, known, instance):
    answer = ask(build(), http_scope(path="/none", **{"responder.request_id": known}))

    assert json.loads(answer.body)["instance"] == instance


def test_something_around_finds_the_id(ask, http_scope):
    scope = http_scope(path="/none")

    answer = ask(build(), scope)

    known = scope["responder.request_id"]
    assert json.loads(answer.body)["instance"] == f"urn:uuid:{known}"


class TestTheProgramHasItsSay:
    """Whatever a program says of errors counts, also where it says it after the first request."""

    def test_by_an_exception_handler(self, client_factory):
        api = build()
        client = client_factory(api)
        before = client.get("/none")

        @api.exception_handler(404)
        def tell(req, resp, exc):
            resp.text = "own"

        assert before.json()["title"] == "Not Found"
        assert client.get("/none").text == "own"
        assert client.delete("/").status_code == 405

    def test_by_a_problem_handler(self, client_factory):
        def change(document):
            document["docs"] = "/docs"

        answer = client_factory(build(problem_handler=change)).get("/none")

        assert answer.json()["docs"] == "/docs"

    def test_by_a_format(self, client_factory):
        api = build()
        client = client_factory(api)
        client.get("/none")
        api.formats["json"] = Format("json", ("application/json",), encode=lambda value: b"{}")

        assert client.get("/none").content == b"{}"

    def test_by_a_guard(self, client_factory):
        def refuse():
            abort(401)

        answer = client_factory(build(dependencies=[Depends(refuse)])).get("/none")

        assert answer.status_code == 401

    def test_by_a_class_of_requests(self, client_factory):
        class Named(Request):
            @property
            def instance(self):
                return "#own"

        answer = client_factory(build(request_class=Named)).get("/none")

        assert answer.json()["instance"] == "#own"
