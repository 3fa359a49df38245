"""Errors: what a Problem says, what it refuses, and what an exception is to whom."""

from __future__ import annotations

import copy
import pickle
from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from responder_core import API, errors
from responder_core.errors import (
    MissingKeyError,
    PathTemplateError,
    Problem,
    RouteConflictError,
    RouteNotFoundError,
    ViewError,
    abort,
    finding,
)


class TestProblem:
    def test_a_bare_status_is_type_title_and_status(self):
        """RFC 9457 §4.2.1: about:blank has the phrase of the status for its title."""
        document = Problem(404).document()

        assert document == {"type": "about:blank", "title": "Not Found", "status": 404}

    def test_members_stand_in_the_order_of_the_rfc(self):
        problem = Problem(
            409,
            "The seat is taken.",
            title="Taken",
            type="https://example.org/taken",
            instance="/seats/12A",
            errors=[{"detail": "12A"}],
            seat="12A",
        )

        assert list(problem.document().items()) == [
            ("type", "https://example.org/taken"),
            ("title", "Taken"),
            ("status", 409),
            ("detail", "The seat is taken."),
            ("instance", "/seats/12A"),
            ("errors", [{"detail": "12A"}]),
            ("seat", "12A"),
        ]

    @pytest.mark.parametrize(
        ("own", "given", "expected"),
        [
            pytest.param(None, None, None, id="none"),
            pytest.param(None, "urn:uuid:7", "urn:uuid:7", id="of-the-request"),
            pytest.param("/seats/12A", "urn:uuid:7", "/seats/12A", id="its-own"),
        ],
    )
    def test_a_problem_without_an_instance_gets_the_requests(self, own, given, expected):
        document = Problem(409, instance=own).document(given)

        assert document.get("instance") == expected

    def test_members_that_say_nothing_are_left_out(self):
        document = Problem(400, "", instance=None, errors=None).document()

        assert document.keys() == {"type", "title", "status"}

    def test_an_empty_list_of_findings_is_said(self):
        assert Problem(422, errors=[]).document()["errors"] == []

    def test_an_extension_may_be_none(self):
        assert Problem(400, hint=None).document()["hint"] is None

    @pytest.mark.parametrize("status", [400, 499, 500, 599], ids=str)
    def test_every_error_status_is_taken(self, status):
        assert Problem(status).document()["status"] == status

    @pytest.mark.parametrize("status", [-1, 0, 100, 200, 204, 307, 399, 600, 1000, True], ids=str)
    def test_a_status_that_is_no_error_is_refused(self, status):
        with pytest.raises(ValueError, match="400 to 599"):
            Problem(status)

    def test_a_member_of_the_enumeration_becomes_a_number(self):
        problem = Problem(HTTPStatus.NOT_FOUND)

        assert type(problem.status_code) is int

    def test_an_extension_cannot_replace_the_status(self):
        with pytest.raises(ValueError, match="'status' is no extension member"):
            Problem(400, status=200)

    @pytest.mark.parametrize("member", ["type", "title", "detail", "instance", "errors"])
    def test_standard_members_never_count_as_extensions(self, member):
        value = [{"detail": "x"}] if member == "errors" else "x"

        problem = Problem(400, **{member: value})

        assert problem.extensions == {}
        assert problem.document()[member] == value

    def test_header_fields_travel_beside_the_document(self):
        problem = Problem(429, headers={"Retry-After": "5"})

        assert problem.headers == {"Retry-After": "5"}
        assert "headers" not in problem.document()

    def test_it_is_an_exception_that_starlette_knows(self):
        assert isinstance(Problem(404), HTTPException)
        assert errors.HTTPException is HTTPException

    @settings(deadline=None)
    @given(st.integers(400, 599))
    def test_every_error_status_has_a_title(self, status):
        assert Problem(status).title

    def test_the_document_is_the_callers_own(self):
        problem = Problem(404)

        problem.document()["title"] = "Changed"

        assert problem.document()["title"] == "Not Found"

    @pytest.mark.parametrize("clone", [copy.copy, lambda exc: pickle.loads(pickle.dumps(exc))])
    def test_a_copy_says_the_same(self, clone):
        """Process pools and task queues hand exceptions over by pickle."""
        problem = Problem(409, "Taken.", title="Seat", headers={"X-A": "b"}, seat="12A")

        assert clone(problem).document() == problem.document()
        assert clone(problem).headers == problem.headers

    def test_a_copy_of_a_subclass_keeps_what_that_adds(self):
        class TakenError(Problem, ValueError):
            def __init__(self, seat):
                super().__init__(409, f"{seat} is taken.")
                self.seat = seat

        error = TakenError("12A")
        error.detail = "changed"

        clone = copy.copy(error)

        assert (clone.seat, clone.detail) == ("12A", "changed")
        assert isinstance(clone, ValueError)

    def test_its_text_is_the_status_and_the_detail(self):
        assert str(Problem(409, "Taken.")) == "409: Taken."


class TestMissingKeyError:
    def test_it_is_a_key_error_for_the_program(self):
        with pytest.raises(KeyError):
            raise MissingKeyError("q", "query")

    def test_it_is_a_400_that_names_the_parameter_for_the_client(self):
        error = MissingKeyError("q", "query")

        assert error.document()["status"] == 400
        assert error.document()["detail"] == "The query parameter 'q' is required."
        assert error.key == "q"

    def test_its_text_is_one_line_whatever_the_key(self):
        assert "\n" not in str(MissingKeyError("a\nb", "query"))

    def test_a_copy_says_the_same(self):
        error = MissingKeyError("q", "query")

        clone = pickle.loads(pickle.dumps(error))

        assert clone.key == "q"
        assert clone.document() == error.document()


class TestAbort:
    def test_it_raises_a_problem_of_its_arguments(self):
        with pytest.raises(Problem) as raised:
            abort(
                422,
                detail="No.",
                headers={"X-A": "b"},
                title="Refused",
                type="https://example.org/refused",
                instance="/1",
                errors=[{"detail": "x"}],
                seat="12A",
            )

        assert raised.value.document() == {
            "type": "https://example.org/refused",
            "title": "Refused",
            "status": 422,
            "detail": "No.",
            "instance": "/1",
            "errors": [{"detail": "x"}],
            "seat": "12A",
        }
        assert raised.value.headers == {"X-A": "b"}

    def test_a_status_alone_is_enough(self):
        with pytest.raises(Problem) as raised:
            abort(404)

        assert raised.value.document() == Problem(404).document()

    @pytest.mark.parametrize("status", [200, 302])
    def test_a_status_that_is_no_error_is_refused(self, status):
        with pytest.raises(ValueError, match="400 to 599"):
            abort(status)


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (PathTemplateError, ValueError),
        (RouteConflictError, ValueError),
        (RouteNotFoundError, LookupError),
        (ViewError, TypeError),
        (MissingKeyError, Problem),
        (Problem, HTTPException),
    ],
)
def test_each_error_is_what_its_module_draws(error, base):
    assert issubclass(error, base)


def test_what_is_a_programs_fault_is_no_answer():
    """A mistake in the program must be a logged 500, never a client's 4xx."""
    for error in (PathTemplateError, RouteConflictError, RouteNotFoundError, ViewError):
        assert not issubclass(error, HTTPException)


def test_all_names_are_exported_sorted():
    assert errors.__all__ == sorted(errors.__all__)
    assert all(hasattr(errors, name) for name in errors.__all__)


class TestFinding:
    @pytest.mark.parametrize(
        ("location", "expected"),
        [
            pytest.param(
                ("body", "items", 0, "price"), {"pointer": "#/body/items/0/price"}, id="body"
            ),
            pytest.param(("body",), {"pointer": "#/body"}, id="whole-body"),
            pytest.param(["body", "a/b"], {"pointer": "#/body/a~1b"}, id="list"),
            pytest.param(("query", "limit"), {"parameter": "limit", "in": "query"}, id="query"),
            pytest.param(("header", "X-Tag"), {"parameter": "X-Tag", "in": "header"}, id="header"),
            pytest.param(("cookie", "id"), {"parameter": "id", "in": "cookie"}, id="cookie"),
            pytest.param(("path", "id"), {"parameter": "id", "in": "path"}, id="path"),
            pytest.param(
                ("query", "ids", 2),
                {"pointer": "#/query/ids/2", "parameter": "ids", "in": "query"},
                id="inside-a-parameter",
            ),
        ],
    )
    def test_a_location_tells_where(self, location, expected):
        assert finding(location, "is wrong") == {**expected, "detail": "is wrong"}

    def test_further_members_come_last(self):
        found = finding(("query", "limit"), "must be above 0", type="greater_than", minimum=1)

        assert list(found) == ["parameter", "in", "detail", "type", "minimum"]

    @pytest.mark.parametrize(
        "location", [(), ("form", "a"), ("query",), ("path",), (0,), "body"], ids=repr
    )
    def test_what_is_no_location_is_refused(self, location):
        with pytest.raises(ValueError, match="is no location; write"):
            finding(location, "x")

    def test_it_is_what_errors_holds(self, client_factory):
        api = API()

        @api.route("/")
        def view(req, resp):
            raise Problem(422, errors=[finding(("body", "price"), "must be above 0")])

        document = client_factory(api).get("/").json()

        assert document["errors"] == [{"pointer": "#/body/price", "detail": "must be above 0"}]
