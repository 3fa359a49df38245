"""Request ids: one for each request, by which an answer is found again in the log."""

from __future__ import annotations

import os
import uuid

import pytest

from responder_core import API, Request
from responder_core.http.request_ids import make_request_id, request_uri

ID = "0b54c9f6-5a1e-4f0e-ac3d-7a1f4e2b8d60"


def test_an_id_is_a_uuid_of_version_4():
    """RFC 9562 §5.4, and §4.1 for the variant."""
    for _ in range(100):
        text = make_request_id()
        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)


def test_no_id_comes_twice():
    assert len({make_request_id() for _ in range(1000)}) == 1000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_processes_that_forked_make_different_ones():
    make_request_id()  # Whatever is kept for the next ones is there now.
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, "\n".join(make_request_id() for _ in range(100)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        theirs = set(pipe.read().split())

    assert len(theirs) == 100
    assert theirs.isdisjoint(make_request_id() for _ in range(100))


def test_every_other_digit_is_random():
    """Each of the 30 digits takes all its 16 values; a fixed one would stay at one."""
    columns = zip(*(make_request_id().replace("-", "") for _ in range(1000)), strict=True)

    values = [len(set(column)) for column in columns]

    assert [index for index, count in enumerate(values) if count == 1] == [12, 16]
    assert sorted(set(values)) == [1, 16]


@pytest.mark.parametrize(
    ("request_id", "expected"),
    [
        pytest.param(ID, f"urn:uuid:{ID}", id="rfc9562-4-uuid"),
        pytest.param(ID.upper(), f"urn:uuid:{ID.upper()}", id="rfc9562-4-any-case"),
        pytest.param("01J9ZK", "#01J9ZK", id="rfc3986-4.1-fragment"),
        pytest.param("a b/é\n#", "#a%20b%2F%C3%A9%0A%23", id="rfc3986-2.1-quoted"),
        pytest.param("-" * 36, "#" + "-" * 36, id="dashes"),
        pytest.param(ID + "\n", f"#{ID}%0A", id="line-behind"),
        pytest.param("\ud800", "#%3F", id="no-text"),
        pytest.param("", "#", id="empty"),
    ],
)
def test_an_id_is_a_uri_reference(request_id, expected):
    assert request_uri(request_id) == expected


class TestOfARequest:
    @pytest.fixture
    def request_of(self, http_scope):
        """Make a request of a scope."""
        return lambda **changes: Request(http_scope(**changes), None, API())

    def test_it_stays_the_same(self, request_of):
        req = request_of()

        assert req.id == req.id
        assert req.instance == f"urn:uuid:{req.id}"

    def test_it_is_made_when_it_is_first_read(self, request_of):
        req = request_of()
        assert "responder.request_id" not in req.scope

        instance = req.instance

        assert req.scope["responder.request_id"] == req.id
        assert req.instance == instance == f"urn:uuid:{req.id}"

    def test_what_stands_around_the_app_may_set_it(self, request_of):
        req = request_of(**{"responder.request_id": "edge-7"})

        assert (req.id, req.instance) == ("edge-7", "#edge-7")

    def test_what_a_client_sends_is_not_taken(self, request_of):
        req = request_of(headers=[(b"x-request-id", b"forged")])

        assert req.id != "forged"
