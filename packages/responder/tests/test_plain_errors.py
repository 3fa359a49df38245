"""Errors with ``problem_details=False``: as older clients know them."""

from __future__ import annotations

import pytest

import responder


@pytest.fixture
def api():
    """An app that fails in every way."""
    api = responder.API(problem_details=False, docs_route="/docs", max_request_size=10)

    @api.route("/number/{number}")
    async def number(req, resp, *, number: int):
        resp.media = number

    @api.route("/gone")
    async def gone(req, resp):
        responder.abort(410, detail="The tea is gone.")

    @api.route("/bare")
    async def bare(req, resp):
        responder.abort(410)

    @api.route("/failure")
    async def failure(req, resp):
        raise RuntimeError("the kettle")

    @api.route("/get", methods=["GET"])
    async def get(req, resp):
        resp.text = "tea"

    @api.route("/echo", methods=["POST"])
    async def echo(req, resp):
        resp.content = await req.content

    @api.route("/own")
    async def own(req, resp):
        resp.status_code = 400
        resp.media = {"mine": True}

    return api


def ask(api, path, accept, method="GET", **options):
    client = api.test_client(raise_server_exceptions=False)
    return client.request(method, path, headers={"accept": accept}, **options)


@pytest.mark.parametrize(
    ("path", "method", "status", "message"),
    [
        ("/nowhere", "GET", 404, "Not Found"),
        ("/get", "POST", 405, "Method Not Allowed"),
        ("/gone", "GET", 410, "The tea is gone."),
        ("/bare", "GET", 410, "Gone"),
        ("/failure", "GET", 500, "Internal Server Error"),
    ],
)
class TestError:
    @pytest.mark.parametrize("accept", ["application/json", "text/html, application/JSON;q=0.1"])
    def test_is_json_for_who_asks_for_json(self, api, path, method, status, message, accept):
        answer = ask(api, path, accept, method)

        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {"error": message}

    @pytest.mark.parametrize("accept", ["*/*", "text/html", "application/yaml"])
    def test_is_text_for_all_others(self, api, path, method, status, message, accept):
        answer = ask(api, path, accept, method)

        assert answer.status_code == status
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text == message


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_what_does_not_validate_is_a_list_for_everyone(api, accept):
    answer = ask(api, "/number/seven", accept)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json().pop("errors")
    assert error["parameter"] == "number"
    assert answer.json().keys() == {"errors"}


def test_header_fields_of_errors_are_sent(api):
    assert ask(api, "/get", "*/*", "POST").headers["allow"] == "GET, HEAD, OPTIONS"


def test_a_body_that_is_too_long_is_plain_too(api):
    answer = ask(api, "/echo", "application/json", "POST", content=b"x" * 11)

    assert answer.status_code == 413
    assert answer.json().keys() == {"error"}


def test_answers_of_the_program_stay(api):
    assert ask(api, "/own", "application/json").json() == {"mine": True}
    assert ask(api, "/get", "text/html").text == "tea"


def test_hooks_of_the_program_see_what_is_sent(api):
    seen = []

    @api.after_request
    def look(req, resp):
        seen.append(resp.text)

    ask(api, "/nowhere", "*/*")

    assert seen == ["Not Found"]


def test_the_problem_handler_is_asked_before():
    api = responder.API(problem_details=False, problem_handler=lambda each: {**each, "errors": [1]})

    assert ask(api, "/nowhere", "*/*").json() == {"errors": [1]}


def test_debug_still_tells_what_failed(api):
    api.debug = True

    assert "the kettle" in ask(api, "/failure", "application/json").json()["exception"]


def test_the_documentation_tells_of_no_problems(api):
    assert "problem" not in str(api.openapi.document()).lower()
