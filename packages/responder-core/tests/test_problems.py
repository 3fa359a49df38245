"""Problems: every failure is an answer, by the program's handler or as RFC 9457."""

from __future__ import annotations

import logging
import re
import threading
import traceback
from functools import partial

import pytest

from responder_core import API, HTTPException, MissingKeyError, Problem, Router, abort
from responder_core.problems import ExceptionHandlers

SECRET = "postgres://admin:hunter2@db"

FAILURE = {
    "type": "about:blank",
    "title": "Internal Server Error",
    "status": 500,
    "detail": "The server failed to answer this request.",
}


def told(answer):
    """The document of an answer, without its instance, which is another for each request."""
    document = answer.json()
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", document["instance"])
    del document["instance"]
    return document


def raising(exc, *, sync=True):
    """A view that raises an exception."""

    def view(req, resp):
        raise exc

    async def async_view(req, resp):
        raise exc

    return view if sync else async_view


SYNC = pytest.mark.parametrize("sync", [True, False], ids=["sync", "async"])


class TestUnhandled:
    @SYNC
    def test_it_is_a_500_that_tells_nothing_of_the_inside(self, client_factory, sync):
        api = API()
        api.add_route("/", raising(LookupError(SECRET), sync=sync))

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert told(answer) == FAILURE

    @SYNC
    def test_it_is_logged_once_with_its_traceback(self, client_factory, caplog, sync):
        error = LookupError(SECRET)
        api = API()
        api.add_route("/users", raising(error, sync=sync))

        client_factory(api).get("/users")

        (record,) = caplog.records
        assert (record.name, record.levelno) == ("responder", logging.ERROR)
        assert record.exc_info[1] is error
        assert "'GET' '/users' failed in" in record.getMessage()
        assert "raising" in record.getMessage()
        frames = traceback.extract_tb(record.exc_info[2])
        assert frames[-1].name in ("view", "async_view")

    def test_the_answer_and_the_log_record_name_the_same_request(self, client_factory, caplog):
        """So that what a user reports is found."""
        api = API()
        api.add_route("/", raising(LookupError(SECRET)))

        instance = client_factory(api).get("/").json()["instance"]

        (record,) = caplog.records
        assert instance == f"urn:uuid:{record.request_id}"
        assert record.request_id in record.getMessage()

    def test_each_request_has_an_instance_of_its_own(self, client_factory):
        client = client_factory(API())

        instances = {client.get("/nowhere").json()["instance"] for _ in range(5)}

        assert len(instances) == 5

    def test_an_id_that_a_client_sends_is_not_taken(self, client_factory, caplog):
        api = API()
        api.add_route("/", raising(LookupError()))

        answer = client_factory(api).get("/", headers={"X-Request-ID": "forged"})

        assert "forged" not in answer.text
        assert "forged" not in caplog.text

    def test_a_path_cannot_forge_a_line_in_the_log(self, client_factory, caplog):
        api = API()
        api.add_route("/{name}", lambda req, resp, *, name: 1 / 0)

        client_factory(api).get("/a%0D%0AERROR%20all%20is%20lost")

        assert "\n" not in caplog.records[0].getMessage()

    def test_debug_tells_what_failed(self, client_factory, caplog):
        api = API(debug=True)
        api.add_route("/", raising(LookupError("no such user")))

        document = client_factory(api).get("/").json()

        assert document["exception"] == "LookupError: no such user"
        assert document["traceback"][0] == "Traceback (most recent call last):"
        assert document["traceback"][-1] == "LookupError: no such user"
        assert {key: document[key] for key in FAILURE} == FAILURE
        assert len(caplog.records) == 1

    def test_what_debug_tells_is_not_stored(self, client_factory):
        api = API(debug=True)
        api.add_route("/", raising(LookupError()))

        assert client_factory(api).get("/").headers["Cache-Control"] == "no-store"

    def test_debug_tells_what_no_text_can_hold(self, client_factory):
        """Half a surrogate pair has no UTF-8; a traceback may quote one."""
        api = API(debug=True)
        api.add_route("/", raising(LookupError("\ud800")))

        assert client_factory(api).get("/").json()["exception"] == "LookupError: ?"

    @pytest.mark.parametrize(
        "exc",
        [
            pytest.param(StopIteration("x"), id="stop-iteration"),
            pytest.param(TimeoutError("x"), id="timeout"),
            pytest.param(RecursionError("x"), id="recursion"),
            pytest.param(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), id="unicode"),
        ],
    )
    @SYNC
    def test_every_kind_of_exception_is_a_500(self, client_factory, caplog, exc, sync):
        api = API()
        api.add_route("/", raising(exc, sync=sync))

        answer = client_factory(api).get("/")

        assert told(answer) == FAILURE
        assert len(caplog.records) == 1

    @SYNC
    def test_the_test_client_raises_it_unless_told_otherwise(self, sync):
        error = LookupError("seen in the test")
        api = API()
        api.add_route("/", raising(error, sync=sync))

        with pytest.raises(LookupError) as caught:
            api.requests.get("/")

        assert caught.value is error

    def test_what_the_test_client_raises_is_not_logged_too(self, caplog):
        api = API()
        api.add_route("/", raising(LookupError()))

        with pytest.raises(LookupError):
            api.requests.get("/")

        assert caplog.records == []


class TestHTTPExceptions:
    @SYNC
    def test_a_problem_is_its_document(self, client_factory, caplog, sync):
        error = Problem(409, "The seat is taken.", seat="12A", headers={"X-Seat": "12A"})
        api = API()
        api.add_route("/", raising(error, sync=sync))

        answer = client_factory(api).get("/")

        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["X-Seat"] == "12A"
        assert told(answer) == {
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "The seat is taken.",
            "seat": "12A",
        }
        assert caplog.records == []

    @pytest.mark.parametrize(
        ("value", "sent"),
        [
            pytest.param("a\r\nX-Evil: 1", b"a  X-Evil: 1", id="rfc9110-5.5-line"),
            pytest.param("a\nb\rc", b"a b c", id="rfc9110-5.5-cr-lf-alone"),
            pytest.param("a\0b", b"a b", id="rfc9110-5.5-nul"),
            pytest.param("é", b"\xe9", id="latin-1"),
            pytest.param("日本", "日本".encode(), id="not-latin-1"),
        ],
    )
    def test_no_header_of_a_problem_begins_another_line(self, ask, http_scope, value, sent):
        """Of what we promise: refused or encoded, zero injected lines, never a 500."""
        api = API()
        api.add_route("/", raising(Problem(409, value, headers={"X-Seat": value})))

        answer = ask(api, http_scope())

        assert answer.status == 409
        assert [field for field in answer.fields if field[0] == b"x-seat"] == [(b"x-seat", sent)]
        assert all(b"\r" not in value and b"\n" not in value for _, value in answer.fields)

    def test_abort_ends_the_request_anywhere(self, client_factory):
        api = API()

        def find_user():
            abort(404, detail="No such user.", headers={"X-Hint": "ada"}, title="Nobody")

        @api.route("/")
        async def view(req, resp):
            find_user()
            resp.text = "never"

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.headers["X-Hint"]) == (404, "ada")
        assert answer.json()["title"] == "Nobody"

    def test_a_missing_parameter_is_a_400(self, client_factory):
        api = API()
        api.add_route("/", lambda req, resp: req.params["q"])

        answer = client_factory(api).get("/")

        assert answer.status_code == 400
        assert answer.json()["detail"] == "The query parameter 'q' is required."

    @pytest.mark.parametrize(
        ("exc", "document"),
        [
            pytest.param(
                HTTPException(404),
                {"type": "about:blank", "title": "Not Found", "status": 404},
                id="without-detail",
            ),
            pytest.param(
                HTTPException(404, "No such page."),
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "No such page.",
                },
                id="with-detail",
            ),
            pytest.param(
                HTTPException(499, "Gone away."),
                {
                    "type": "about:blank",
                    "title": "Client Error",
                    "status": 499,
                    "detail": "Gone away.",
                },
                id="unregistered",
            ),
        ],
    )
    def test_starlettes_own_is_a_problem_too(self, client_factory, exc, document):
        api = API()
        api.add_route("/", raising(exc))

        answer = client_factory(api).get("/")

        assert answer.status_code == exc.status_code
        assert told(answer) == document

    def test_the_headers_of_starlettes_own_are_sent(self, client_factory):
        api = API()
        api.add_route("/", raising(HTTPException(401, headers={"WWW-Authenticate": "Basic"})))

        assert client_factory(api).get("/").headers["WWW-Authenticate"] == "Basic"

    @pytest.mark.parametrize("headers", [None, {"X-Tag": "blue"}], ids=["bare", "headers"])
    def test_one_that_is_no_error_has_no_body(self, client_factory, headers):
        api = API()
        api.add_route("/", raising(HTTPException(304, headers=headers)))

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers.get("X-Tag") == (headers and "blue")

    @pytest.mark.parametrize(
        "exc",
        [
            pytest.param(Problem(429, headers={"Retry-After": 5}), id="header-value-no-str"),
            pytest.param(HTTPException(400, headers={"Retry-After": 5}), id="header-of-starlettes"),
            pytest.param(Problem(429, headers={"Retry After": "5"}), id="header-name-no-token"),
            pytest.param(Problem(400, seat=object()), id="member-not-json"),
            pytest.param(HTTPException(600, "x"), id="status-600"),
            pytest.param(HTTPException(150, "x"), id="status-150"),
        ],
    )
    @SYNC
    def test_one_that_cannot_be_sent_is_a_500(self, client_factory, caplog, exc, sync):
        api = API()

        @api.after_request
        def note(req, resp):
            resp.headers["X-After"] = "ran"

        api.add_route("/", raising(exc, sync=sync))

        answer = client_factory(api).get("/")

        assert told(answer) == FAILURE
        assert answer.headers["X-After"] == "ran"
        assert len(caplog.records) == 1


class Base(Exception):
    pass


class Child(Base):
    pass


class Grandchild(Child):
    pass


def answering(name, *, sync=True, **headers):
    """An exception handler that answers with its name."""

    def handler(req, resp, exc):
        resp.text = f"{name}: {exc}"
        resp.status_code = 400

    async def async_handler(req, resp, exc):
        handler(req, resp, exc)

    return handler if sync else async_handler


class TestHandlers:
    @SYNC
    def test_a_handler_answers_its_class(self, client_factory, caplog, sync):
        api = API()
        api.add_exception_handler(Base, answering("base", sync=sync))
        api.add_route("/", raising(Base("broken")))

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.text) == (400, "base: broken")
        assert caplog.records == []

    @pytest.mark.parametrize(
        ("exc", "text"),
        [
            (Base(), "base: "),
            (Child(), "child: "),
            (Grandchild(), "child: "),
            (LookupError(), "any: "),
        ],
        ids=["itself", "nearer", "inherited", "any"],
    )
    def test_the_nearest_class_answers_whatever_the_order(self, client_factory, exc, text):
        api = API()
        api.add_exception_handler(Exception, answering("any"))
        api.add_exception_handler(Child, answering("child"))
        api.add_exception_handler(Base, answering("base"))
        api.add_route("/", raising(exc))

        assert client_factory(api).get("/").text == text

    def test_the_last_one_registered_for_a_class_answers(self, client_factory):
        api = API()
        api.add_exception_handler(Base, answering("first"))
        api.add_exception_handler(Base, answering("second"))
        api.add_route("/", raising(Base()))

        assert client_factory(api).get("/").text == "second: "

    def test_an_exception_of_another_class_is_a_500(self, client_factory):
        api = API()
        api.add_exception_handler(Child, answering("child"))
        api.add_route("/", raising(Base()))

        assert told(client_factory(api).get("/")) == FAILURE

    def test_a_handler_for_a_status_comes_before_one_for_the_class(self, client_factory):
        api = API()
        api.add_exception_handler(Problem, answering("class"))
        api.add_exception_handler(409, answering("status"))
        api.add_route("/409", raising(Problem(409, "taken")))
        api.add_route("/410", raising(Problem(410, "gone")))
        client = client_factory(api)

        assert client.get("/409").text.startswith("status: ")
        assert client.get("/410").text.startswith("class: ")

    def test_a_handler_for_a_class_of_ours_answers(self, client_factory):
        api = API()
        api.add_exception_handler(MissingKeyError, answering("missing"))
        api.add_route("/", lambda req, resp: req.params["q"])

        assert client_factory(api).get("/").text.startswith("missing: ")

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/nowhere", 404), ("POST", "/", 405)],
        ids=["404", "405"],
    )
    def test_a_handler_answers_what_no_route_answers(self, client_factory, method, path, status):
        api = API()
        api.add_route("/", lambda req, resp: None, methods=["GET"])

        @api.exception_handler(status)
        async def page(req, resp, exc):
            return f"our page for {exc.status_code}"

        answer = client_factory(api).request(method, path)

        assert (answer.status_code, answer.text) == (status, f"our page for {status}")

    def test_405_has_allow_whoever_answers_it(self, client_factory):
        """RFC 9110 §15.5.6: the server MUST generate Allow."""
        api = API()
        api.add_route("/", lambda req, resp: None, methods=["GET"])
        api.add_exception_handler(405, lambda req, resp, exc: "our page")

        assert client_factory(api).post("/").headers["Allow"] == "GET, HEAD, OPTIONS"

    @SYNC
    def test_a_handler_of_405_that_fails_is_logged_with_what_it_handled(
        self, client_factory, caplog, sync
    ):
        router = Router()
        router.add_route("/", lambda req, resp: None, methods=["GET"])

        def page(req, resp, exc):
            raise LookupError("no page")

        async def async_page(req, resp, exc):
            page(req, resp, exc)

        router.add_exception_handler(405, page if sync else async_page)
        api = API()
        api.include_router(router)

        assert client_factory(api).post("/").status_code == 500
        (record,) = caplog.records
        assert record.exc_info[1].__context__.status_code == 405

    def test_a_handler_may_replace_the_headers_of_the_exception(self, client_factory):
        api = API()
        api.add_route("/", raising(Problem(429, headers={"Retry-After": "5"})))

        @api.exception_handler(429)
        def slow_down(req, resp, exc):
            resp.headers["Retry-After"] = "60"

        assert client_factory(api).get("/").headers["Retry-After"] == "60"

    def test_a_handler_for_500_answers_what_is_unhandled(self, client_factory):
        api = API()
        api.add_exception_handler(500, lambda req, resp, exc: f"sorry: {type(exc).__name__}")
        api.add_route("/", raising(LookupError(SECRET)))

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.text) == (500, "sorry: LookupError")

    def test_what_a_handler_for_500_answers_is_logged_all_the_same(self, client_factory, caplog):
        """A page of one's own for failures must not hide them."""
        error = LookupError(SECRET)
        api = API()
        api.add_exception_handler(500, lambda req, resp, exc: "sorry")
        api.add_route("/", raising(error))

        client_factory(api).get("/")

        assert [record.exc_info[1] for record in caplog.records] == [error]

    @pytest.mark.parametrize(
        ("exc", "status"),
        [(Base(), 500), (Problem(418), 418), (HTTPException(503), 503)],
        ids=["exception", "problem", "starlettes"],
    )
    def test_without_a_status_of_its_own_the_answer_has_the_problems_or_500(
        self, client_factory, exc, status
    ):
        api = API()
        api.add_exception_handler(Exception, lambda req, resp, exc: "handled")
        api.add_route("/", raising(exc))

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.text) == (status, "handled")

    def test_a_status_code_of_an_exception_that_is_no_problem_says_nothing(self, client_factory):
        """HTTP clients raise exceptions with the status that another server answered."""

        class UpstreamError(Exception):
            status_code = 200

        api = API()
        api.add_exception_handler(UpstreamError, lambda req, resp, exc: "upstream failed")
        api.add_route("/", raising(UpstreamError()))

        assert client_factory(api).get("/").status_code == 500

    @SYNC
    @pytest.mark.parametrize(
        ("result", "status", "text"),
        [
            pytest.param("text", 500, "text", id="str"),
            pytest.param({"a": 1}, 500, '{"a":1}', id="dict"),
            pytest.param(("text", 422), 422, "text", id="tuple"),
        ],
    )
    def test_what_a_handler_returns_is_sent(self, client_factory, sync, result, status, text):
        api = API()

        def handler(req, resp, exc):
            return result

        async def async_handler(req, resp, exc):
            return result

        api.add_exception_handler(Base, handler if sync else async_handler)
        api.add_route("/", raising(Base()))

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.text) == (status, text)

    @SYNC
    def test_headers_and_cookies_that_a_handler_sets_are_sent(self, client_factory, sync):
        api = API()

        def handler(req, resp, exc):
            resp.status_code = 401
            resp.headers["WWW-Authenticate"] = "Basic"
            resp.headers["Cache-Control"] = "no-store"
            resp.set_cookie("seen", "yes")
            resp.media = {"error": str(exc)}

        async def async_handler(req, resp, exc):
            handler(req, resp, exc)

        api.add_exception_handler(Base, handler if sync else async_handler)
        api.add_route("/", raising(Base("who?")))

        answer = client_factory(api).get("/", headers={"Accept": "application/json"})

        assert (answer.status_code, answer.json()) == (401, {"error": "who?"})
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["WWW-Authenticate"] == "Basic"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.cookies["seen"] == "yes"

    def test_a_handler_that_does_nothing_answers_an_empty_500(self, client_factory):
        api = API()
        api.add_exception_handler(Base, lambda req, resp, exc: None)
        api.add_route("/", raising(Base(SECRET)))

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.content) == (500, b"")

    @SYNC
    def test_a_handler_may_raise_a_problem(self, client_factory, caplog, sync):
        api = API()

        def handler(req, resp, exc):
            resp.text = "half an answer"
            abort(422, detail="Not like this.")

        async def async_handler(req, resp, exc):
            handler(req, resp, exc)

        api.add_exception_handler(Base, handler if sync else async_handler)
        api.add_route("/", raising(Base()))

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.json()["detail"]) == (422, "Not like this.")
        assert caplog.records == []

    @SYNC
    def test_a_handler_of_404_that_fails_is_logged_with_it(self, client_factory, caplog, sync):
        """Nobody raised it, so that Python does not know what was handled."""
        api = API()

        def handler(req, resp, exc):
            raise ArithmeticError

        async def async_handler(req, resp, exc):
            handler(req, resp, exc)

        api.add_exception_handler(404, handler if sync else async_handler)

        assert client_factory(api).get("/").status_code == 500
        (record,) = caplog.records
        assert record.exc_info[1].__context__.status_code == 404

    @SYNC
    def test_a_handler_that_fails_is_a_500_and_logged_with_its_cause(
        self, client_factory, caplog, sync
    ):
        api = API()

        def handler(req, resp, exc):
            resp.headers["ETag"] = '"half"'
            raise ArithmeticError(SECRET)

        async def async_handler(req, resp, exc):
            handler(req, resp, exc)

        api.add_exception_handler(Base, handler if sync else async_handler)
        api.add_route("/", raising(Base("the cause")))

        answer = client_factory(api).get("/")

        assert told(answer) == FAILURE
        assert "ETag" not in answer.headers
        (record,) = caplog.records
        assert isinstance(record.exc_info[1], ArithmeticError)
        assert "the cause" in "".join(traceback.format_exception(*record.exc_info))

    def test_a_handler_that_fails_with_what_it_handles_does_not_go_round(self, client_factory):
        api = API()
        calls = []

        @api.exception_handler(Base)
        def handler(req, resp, exc):
            calls.append(exc)
            raise Base from exc

        api.add_route("/", raising(Base()))

        assert told(client_factory(api).get("/")) == FAILURE
        assert len(calls) == 1

    @SYNC
    @pytest.mark.parametrize(
        ("exc", "document"),
        [
            pytest.param(
                Problem(409, "Taken."),
                {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "Taken."},
                id="problem",
            ),
            pytest.param(Base(SECRET), FAILURE, id="exception"),
        ],
    )
    def test_a_handler_that_has_nothing_to_say_raises_it_again(
        self, client_factory, caplog, sync, exc, document
    ):
        api = API()

        def handler(req, resp, exc):
            raise exc

        async def async_handler(req, resp, exc):
            raise exc

        api.add_exception_handler(Exception, handler if sync else async_handler)
        api.add_route("/", raising(exc))

        answer = client_factory(api).get("/")

        assert told(answer) == document
        assert len(caplog.records) == (document is FAILURE)

    def test_a_handler_for_500_that_raises_it_again_is_logged_once(self, client_factory, caplog):
        api = API()

        @api.exception_handler(500)
        def handler(req, resp, exc):
            raise exc

        api.add_route("/", raising(Base(SECRET)))

        assert told(client_factory(api).get("/")) == FAILURE
        assert len(caplog.records) == 1

    def test_a_handler_that_gives_a_coroutine_is_an_error(self, client_factory, caplog):
        api = API()

        async def page(req, resp, exc):
            resp.text = "page"

        def plain(req, resp, exc):
            return page(req, resp, exc)

        api.add_exception_handler(Base, plain)
        api.add_route("/", raising(Base()))

        assert told(client_factory(api).get("/")) == FAILURE
        # Trio has words of its own for it.
        assert "async" in str(caplog.records[0].exc_info[1])

    def test_a_handler_that_returns_nonsense_is_a_500(self, client_factory, caplog):
        api = API()
        api.add_exception_handler(Base, lambda req, resp, exc: object())
        api.add_route("/", raising(Base()))

        assert told(client_factory(api).get("/")) == FAILURE
        assert "returned builtins.object" in str(caplog.records[0].exc_info[1])

    def test_a_handler_registered_late_answers(self, client_factory):
        api = API()
        api.add_route("/", raising(Base("late")))
        client = client_factory(api)
        before = client.get("/")

        api.add_exception_handler(Base, answering("base"))

        assert before.status_code == 500
        assert client.get("/").text == "base: late"

    def test_the_decorator_gives_the_function_back(self):
        handler = answering("base")

        assert API().exception_handler(Base)(handler) is handler


class TestRefusedHandlers:
    @pytest.mark.parametrize(
        "key",
        [200, 399, 600, True, "404", None, BaseException, KeyboardInterrupt, object, ValueError()],
        ids=str,
    )
    def test_a_key_that_is_no_exception_class_or_error_status(self, key):
        with pytest.raises(TypeError, match="takes an Exception class or a status 400 to 599"):
            API().add_exception_handler(key, answering("x"))

    def test_the_decorator_without_its_key_is_refused(self):
        """``@api.exception_handler`` over a function would otherwise register nothing."""
        with pytest.raises(TypeError, match="takes an Exception class or a status 400 to 599"):
            API().exception_handler(answering("x"))

    @pytest.mark.parametrize("handler", [None, "page"], ids=str)
    def test_what_is_no_function(self, handler):
        with pytest.raises(TypeError, match=r"a function of \(req, resp, exc\), not"):
            API().add_exception_handler(404, handler)

    @pytest.mark.parametrize(
        "handler",
        [lambda req, resp: None, lambda req, resp, exc, more: None],
        ids=["too-few", "too-many"],
    )
    def test_a_function_with_the_wrong_parameters(self, handler):
        """Otherwise the mistake shows when something has failed already."""
        with pytest.raises(TypeError, match=r"\(req, resp, exc\)"):
            API().add_exception_handler(404, handler)


class TestTheAnswerOfAnError:
    """What was said of the body that is not sent must not travel with the error."""

    @pytest.mark.parametrize("handled", [False, True], ids=["problem", "handled"])
    @pytest.mark.parametrize(
        "name",
        [
            "Accept-Ranges",
            "Cache-Control",
            "Content-Disposition",
            "Content-Encoding",
            "Content-Language",
            "Content-Length",
            "Content-Location",
            "Content-Range",
            "ETag",
            "Expires",
            "Last-Modified",
            "Location",
        ],
    )
    def test_fields_that_speak_of_the_body_are_not_sent(self, client_factory, name, handled):
        api = API()

        @api.route("/")
        def view(req, resp):
            resp.headers[name] = "7"
            raise Base

        if handled:
            api.add_exception_handler(Base, answering("base"))

        answer = client_factory(api).get("/")

        assert answer.status_code == (400 if handled else 500)
        assert answer.headers.get(name) in (None, str(len(answer.content)))

    @pytest.mark.parametrize("handled", [False, True], ids=["problem", "handled"])
    def test_fields_and_cookies_of_the_exchange_stay(self, client_factory, handled):
        api = API()

        @api.route("/")
        def view(req, resp):
            resp.headers["X-Request-ID"] = "7"
            resp.headers["Vary"] = "Cookie"
            resp.set_cookie("visited", "yes")
            raise Base

        if handled:
            api.add_exception_handler(Base, answering("base"))

        answer = client_factory(api).get("/")

        varies = "Cookie" if handled else "Cookie, Accept"
        assert (answer.headers["X-Request-ID"], answer.headers["Vary"]) == ("7", varies)
        assert answer.cookies["visited"] == "yes"

    def test_body_status_and_media_type_are_the_errors(self, client_factory):
        api = API()

        @api.route("/")
        def view(req, resp):
            resp.html = "<p>half"
            resp.mimetype = "text/x-half"
            resp.status_code = 201
            raise Base

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert told(answer) == FAILURE


def adding(document, req, exc):
    """A problem handler that changes the document in place."""
    document["help"] = f"/help/{document['status']}"
    document["path"] = req.scope["path"]
    document["cause"] = type(exc).__name__


class TestProblemHandler:
    @SYNC
    @pytest.mark.parametrize(
        ("method", "path", "status", "cause"),
        [
            pytest.param("GET", "/nowhere", 404, "Problem", id="404"),
            pytest.param("POST", "/problem", 405, "Problem", id="405"),
            pytest.param("GET", "/problem", 409, "Problem", id="problem"),
            pytest.param("GET", "/starlette", 418, "HTTPException", id="starlettes"),
            pytest.param("GET", "/failure", 500, "LookupError", id="failure"),
            pytest.param("GET", "/missing", 400, "MissingKeyError", id="missing-parameter"),
            pytest.param("GET", "/set", 403, "NoneType", id="resp.problem"),
            pytest.param("GET", "/unsendable", 500, "TypeError", id="body-that-cannot-be-sent"),
        ],
    )
    def test_it_sees_every_error(self, client_factory, sync, method, path, status, cause):
        async def adding_async(document, req, exc):
            adding(document, req, exc)

        api = API(problem_handler=adding if sync else adding_async)
        api.add_route("/problem", raising(Problem(409)), methods=["GET"])
        api.add_route("/starlette", raising(HTTPException(418)))
        api.add_route("/failure", raising(LookupError()))
        api.add_route("/missing", lambda req, resp: req.params["q"])
        api.add_route("/set", lambda req, resp: resp.problem(403))
        api.add_route("/unsendable", lambda req, resp: {"a": object()})

        answer = client_factory(api).request(method, path)

        assert answer.status_code == status
        document = answer.json()
        assert document["help"] == f"/help/{status}"
        assert document["path"] == path
        assert document["cause"] == cause

    def test_what_an_exception_handler_answers_with_a_problem_is_seen(self, client_factory):
        seen = []
        api = API(problem_handler=lambda document, req, exc: seen.append(exc))
        api.add_exception_handler(Base, lambda req, resp, exc: abort(422))
        api.add_route("/", raising(Base()))

        client_factory(api).get("/")

        assert [exc.status_code for exc in seen] == [422]

    def test_what_is_no_problem_is_not_seen(self, client_factory):
        seen = []
        api = API(problem_handler=seen.append)
        api.add_exception_handler(Base, lambda req, resp, exc: "our page")
        api.add_route("/", raising(Base()))
        api.add_route("/fine", lambda req, resp: "fine")
        client = client_factory(api)

        client.get("/")
        client.get("/fine")

        assert seen == []

    def test_an_answer_is_seen_once(self, client_factory):
        seen = []

        api = API(problem_handler=seen.append)

        @api.after_request
        def note(req, resp):
            resp.headers["X-After"] = "ran"

        client_factory(api).get("/nowhere")

        assert len(seen) == 1

    def test_after_hooks_see_what_it_made_of_the_document(self, client_factory):
        seen = []
        api = API(problem_handler=adding)
        api.add_route("/", raising(Problem(409)))
        api.after_request(lambda req, resp: seen.append(resp.media["help"]))

        client_factory(api).get("/")

        assert seen == ["/help/409"]

    @pytest.mark.parametrize(
        "handler",
        [
            pytest.param(lambda document, req, exc: {"error": "no"}, id="three"),
            pytest.param(lambda document, req: {"error": "no"}, id="two"),
            pytest.param(lambda document: {"error": "no"}, id="one"),
        ],
    )
    def test_a_dict_replaces_the_document(self, client_factory, handler):
        api = API(problem_handler=handler)

        answer = client_factory(api).get("/nowhere")

        assert (answer.status_code, answer.json()) == (404, {"error": "no"})

    def test_a_status_in_the_document_is_the_one_that_is_sent(self, client_factory):
        """RFC 9457 §3.1.2: generators MUST use the same status code."""
        api = API(problem_handler=lambda document: document.update(status=200))

        answer = client_factory(api).get("/nowhere")

        assert (answer.status_code, answer.json()["status"]) == (404, 404)

    @pytest.mark.parametrize("status", ["error", None, True], ids=repr)
    def test_a_status_that_is_none_of_http_is_left_alone(self, client_factory, status):
        api = API(problem_handler=lambda document: {"status": status})

        assert client_factory(api).get("/nowhere").json() == {"status": status}

    @SYNC
    def test_one_that_fails_leaves_the_document_as_it_was(self, client_factory, caplog, sync):
        def handler(document, req, exc):
            document.clear()
            document["errors"] = "half"
            raise LookupError(SECRET)

        async def handler_async(document, req, exc):
            handler(document, req, exc)

        api = API(problem_handler=handler if sync else handler_async)

        answer = client_factory(api).get("/nowhere")

        assert told(answer)["detail"] == "There is nothing at this path."
        (record,) = caplog.records
        assert isinstance(record.exc_info[1], LookupError)
        assert record.request_id in answer.json()["instance"]

    @pytest.mark.parametrize("result", ["text", 0, [], ()], ids=repr)
    def test_one_that_returns_no_dict_leaves_the_document_as_it_was(
        self, client_factory, caplog, result
    ):
        api = API(problem_handler=lambda document: document.clear() or result)

        answer = client_factory(api).get("/nowhere")

        assert told(answer)["title"] == "Not Found"
        (record,) = caplog.records
        reason = str(record.exc_info[1])
        assert reason == f"problem_handler returned {type(result).__name__}; return None or a dict"

    def test_one_that_gives_a_coroutine_is_told_so(self, client_factory, caplog):
        async def handler(document):
            document.clear()

        def call_it(function, document):
            return function(document)

        api = API(problem_handler=partial(call_it, handler))

        answer = client_factory(api).get("/nowhere")

        assert told(answer)["title"] == "Not Found"
        assert "make it async def" in str(caplog.records[0].exc_info[1])

    def test_what_it_does_to_findings_does_not_stay(self, client_factory):
        """An exception that is raised again and again has one list of findings."""
        taken = Problem(409, errors=[{"detail": "12A"}, "no mapping"])
        api = API(problem_handler=lambda document: document["errors"][0].update(seen=True))
        api.add_route("/", raising(taken))

        answer = client_factory(api).get("/")

        assert answer.json()["errors"] == [{"detail": "12A", "seen": True}, "no mapping"]
        assert taken.errors == [{"detail": "12A"}, "no mapping"]

    def test_one_that_puts_in_what_cannot_be_sent_changes_nothing(self, client_factory, caplog):
        api = API(problem_handler=lambda document: document.update(seat=object()))

        answer = client_factory(api).get("/nowhere")

        assert told(answer)["title"] == "Not Found"
        assert "seat" not in answer.json()
        assert len(caplog.records) == 1

    def test_a_sync_one_does_not_block_the_event_loop(self, client_factory):
        threads = []
        api = API(problem_handler=lambda document: threads.append(threading.get_ident()))

        @api.route("/")
        async def view(req, resp):
            threads.append(threading.get_ident())
            abort(404)

        client_factory(api).get("/")

        assert len(set(threads)) == 2

    @pytest.mark.parametrize("handler", [lambda: None, lambda a, b, c, d: None], ids=["0", "4"])
    def test_one_with_the_wrong_parameters_is_refused_at_once(self, handler):
        with pytest.raises(TypeError, match=r"\(document, req, exc\)"):
            API(problem_handler=handler)


class TestAnswer:
    """Problems that are kept, since floods of them come."""

    def test_it_is_the_same_as_when_it_is_raised(self, client_factory):
        api = API()
        api.add_route("/", raising(Problem(404, "There is nothing at this path.")))
        client = client_factory(api)

        raised, kept = client.get("/"), client.get("/nowhere")

        assert told(raised) == told(kept)
        assert raised.headers == kept.headers

    def test_a_handler_gets_a_copy(self):
        kept = Problem(404, "Gone.", headers={"X-A": "b"})
        handlers = ExceptionHandlers()
        handlers.add(404, answering("page"))

        with pytest.raises(Problem) as caught:
            handlers.answer(None, kept)

        assert caught.value is not kept
        assert caught.value.document() == kept.document()
        assert caught.value.headers == kept.headers

    def test_fields_that_spoke_of_another_body_go(self, client_factory):
        api = API()

        def wrap(route, exchange):
            async def wrapped(req, resp):
                resp.headers["ETag"] = '"half"'
                resp.headers["X-Tag"] = "blue"
                await exchange(req, resp)

            return wrapped

        api.around("user", wrap)

        answer = client_factory(api).get("/nowhere")

        assert answer.status_code == 404
        assert "ETag" not in answer.headers
        assert answer.headers["X-Tag"] == "blue"
