"""The door: what a view is given, what becomes of what it returns, and what is sent."""

from __future__ import annotations

import json

import pytest

from responder_core import API, Request, Response

PROBLEM = "application/problem+json"


def slots(kind):
    """The names of all that an instance of a class may hold."""
    return sorted({name for each in kind.__mro__ for name in getattr(each, "__slots__", ())})


class Plain(Request):
    """A request of the program's own, made as ours are."""

    mark = "plain"


class Counted(Request):
    """One that makes itself in a way of its own."""

    made = 0

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        type(self).made += 1
        self.number = self.made


class Marked(Response):
    """A response that makes itself in a way of its own."""

    def __new__(cls, *args):
        made = super().__new__(cls)
        made.mark = "new"
        return made


class Counting(type):
    """Counts what it makes."""

    made = 0

    def __call__(cls, *args, **kwargs):
        Counting.made += 1
        return super().__call__(*args, **kwargs)


class Metered(Response, metaclass=Counting):
    """A response whose class makes it in a way of its own."""


class TestRequestAndResponse:
    @pytest.mark.parametrize("kind", [Request, Plain, Counted])
    def test_they_hold_what_their_constructors_would_have_given_them(self, ask, http_scope, kind):
        api, held = API(request_class=kind), {}

        @api.route("/items/{id:int}")
        async def view(req, resp, *, id):
            made = kind(req.scope, req.receive, api, req.route, {"id": 7})
            made.send = req.send
            held["req"] = [(getattr(req, each), getattr(made, each)) for each in slots(Request)]
            fresh = Response(req)
            held["resp"] = [(getattr(resp, each), getattr(fresh, each)) for each in slots(Response)]

        assert ask(api, http_scope(path="/items/7")).status == 200

        assert len(held["req"]) > 10
        assert len(held["resp"]) > 5
        assert [one for one, _ in held["req"]] == [other for _, other in held["req"]]
        assert [one for one, _ in held["resp"]] == [other for _, other in held["resp"]]

    def test_a_class_of_the_programs_own_is_made_as_it_says(self, ask, http_scope):
        api = API(request_class=Counted, response_class=Marked)

        @api.route("/")
        async def view(req, resp):
            return {"number": req.number, "mark": resp.mark}

        first, second = (json.loads(ask(api, http_scope()).body) for _ in range(2))

        assert second["number"] == first["number"] + 1
        assert first["mark"] == second["mark"] == "new"

    def test_a_class_whose_own_class_makes_it_is_called(self, ask, http_scope):
        api, before = API(response_class=Metered), Counting.made
        api.add_route("/", lambda req, resp: type(resp).__name__)

        assert ask(api, http_scope()).body == b"Metered"
        assert Counting.made > before

    def test_a_class_that_adds_to_ours_is_what_a_view_is_given(self, ask, http_scope):
        api = API(request_class=Plain)

        @api.route("/")
        async def view(req, resp):
            req.note = "kept"
            return f"{req.mark} {req.note}"

        assert ask(api, http_scope()).body == b"plain kept"


class TestViewsAlone:
    """An async view with nothing around it is called by the door itself."""

    @pytest.mark.parametrize("path", ["/", "/{id:int}"], ids=["static", "parameter"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_message_about_one_names_it(self, ask, http_scope, caplog, path, method):
        api = API()

        @api.route(path, methods=[method])
        async def odd_one(req, resp, **params):
            return object()

        assert ask(api, http_scope(method, path=path.replace("{id:int}", "7"))).status == 500

        (record,) = caplog.records
        assert "odd_one' (test_door.py:" in str(record.exc_info[1])
        assert "returned builtins.object" in str(record.exc_info[1])

    @pytest.mark.parametrize("path", ["/", "/{id:int}"], ids=["static", "parameter"])
    def test_what_one_raises_is_answered(self, ask, http_scope, path):
        api = API()

        @api.exception_handler(KeyError)
        async def found_none(req, resp, exc):
            return {"missing": exc.args[0]}, 404

        @api.route(path)
        async def view(req, resp, **params):
            raise KeyError("tea")

        answer = ask(api, http_scope(path=path.replace("{id:int}", "7")))

        assert (answer.status, json.loads(answer.body)) == (404, {"missing": "tea"})

    @pytest.mark.parametrize(
        ("result", "status", "body"),
        [
            pytest.param(None, 200, b"set before", id="none"),
            pytest.param("text", 200, b"text", id="text"),
            pytest.param(("text", 201), 201, b"text", id="tuple"),
            pytest.param(False, 200, b"false", id="false"),
            pytest.param({}, 200, b"{}", id="empty"),
        ],
    )
    def test_what_one_returns_is_the_body(self, ask, http_scope, result, status, body):
        api = API()

        @api.route("/")
        async def view(req, resp):
            resp.text = "set before"
            return result

        answer = ask(api, http_scope())

        assert (answer.status, answer.body) == (status, body)

    def test_one_that_is_an_object_is_called_with_its_parameters(self, ask, http_scope):
        class Greeter:
            def __init__(self):
                self.word = "Hello"

            async def __call__(self, req, resp, *, name):
                return f"{self.word}, {name}!"

        api = API()
        api.add_route("/{name}", Greeter())

        assert ask(api, http_scope(path="/ada")).body == b"Hello, ada!"


class TestMessages:
    def test_an_answer_is_one_start_and_one_body(self, talk, http_scope):
        api = API()
        api.add_route("/", lambda req, resp: "Hello, world!")
        request = {"type": "http.request", "body": b"", "more_body": False}

        start, body = talk(api, http_scope(), request)

        assert start == {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"13"),
            ],
        }
        assert body == {"type": "http.response.body", "body": b"Hello, world!"}

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            pytest.param("media", object(), "JSON has no form for builtins.object", id="media"),
            pytest.param("text", b"bytes", "resp.text takes a str, not bytes", id="text"),
            pytest.param("html", 7, "resp.html takes a str, not int", id="html"),
            pytest.param(
                "content", [1], "resp.content takes bytes or a str, not list", id="content"
            ),
            pytest.param(
                "status_code", "200", "resp.status_code is an int, not '200'", id="status"
            ),
            pytest.param("status_code", 99, "resp.status_code is 200 to 599, not 99", id="range"),
            pytest.param("text", "\ud800", "surrogates not allowed", id="surrogate"),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_response_that_cannot_be_encoded_is_a_500_with_a_clear_log(
        self, ask, http_scope, caplog, method, name, value, message
    ):
        api = API()

        @api.after_request
        def note(req, resp):
            resp.headers["X-After"] = "ran"

        @api.route("/")
        def view(req, resp):
            resp.headers["ETag"] = '"half"'
            setattr(resp, name, value)

        answer = ask(api, http_scope(method))

        assert answer.status == 500
        assert answer.headers["content-type"] == PROBLEM
        assert answer.headers["x-after"] == "ran"
        assert "etag" not in answer.headers
        assert message.encode() not in answer.body
        (record,) = caplog.records
        assert message in str(record.exc_info[1])
        assert "test_door.py" in record.getMessage()

    def test_a_response_that_cannot_be_encoded_is_raised_in_tests(self):
        api = API()
        api.add_route("/", lambda req, resp: {"x": object()})

        with pytest.raises(TypeError, match="JSON has no form for"):
            api.requests.get("/")
