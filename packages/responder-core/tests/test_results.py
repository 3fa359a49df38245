"""Results: what a view may return, and what the client gets of it."""

from __future__ import annotations

import dataclasses
import enum
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple

import msgspec
import pytest

from responder_core import API

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
JSON = "application/json"


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Struct(msgspec.Struct):
    x: int


class Color(enum.IntEnum):
    RED = 1


class Text(str):
    __slots__ = ()


class Pair(NamedTuple):
    left: str
    right: str


def make_client(client_factory, result, *, kind="sync"):
    """A client of an app whose only view returns a value."""
    api = API()

    def view(req, resp):
        return result

    async def async_view(req, resp):
        return result

    api.add_route("/", view if kind == "sync" else async_view)
    return client_factory(api)


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("result", "content_type", "body"),
    [
        pytest.param("tea", TEXT, b"tea", id="str"),
        pytest.param("", TEXT, b"", id="empty-str"),
        pytest.param(Text("tea"), TEXT, b"tea", id="str-subclass"),
        pytest.param("grüße", TEXT, "grüße".encode(), id="unicode"),
        pytest.param(b"\x00\xff", BYTES, b"\x00\xff", id="bytes"),
        pytest.param(bytearray(b"ab"), BYTES, b"ab", id="bytearray"),
        pytest.param(memoryview(b"ab"), BYTES, b"ab", id="memoryview"),
        pytest.param({"id": 1}, JSON, b'{"id":1}', id="dict"),
        pytest.param({}, JSON, b"{}", id="empty-dict"),
        pytest.param([1, None], JSON, b"[1,null]", id="list"),
        pytest.param(True, JSON, b"true", id="true"),
        pytest.param(False, JSON, b"false", id="false"),
        pytest.param(0, JSON, b"0", id="int"),
        pytest.param(0.5, JSON, b"0.5", id="float"),
        pytest.param(Color.RED, JSON, b"1", id="int-enum"),
        pytest.param(Point(1, 2), JSON, b'{"x":1,"y":2}', id="dataclass"),
        pytest.param([Point(1, 2)], JSON, b'[{"x":1,"y":2}]', id="dataclasses"),
        pytest.param(Struct(x=1), JSON, b'{"x":1}', id="struct"),
    ],
)
def test_a_returned_value_becomes_the_body(client_factory, kind, result, content_type, body):
    answer = make_client(client_factory, result, kind=kind).get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert answer.content == body


def test_none_leaves_what_the_view_wrote(client_factory):
    api = API()

    @api.route("/")
    def view(req, resp):
        resp.text = "written"
        resp.status_code = 202

    answer = client_factory(api).get("/")

    assert (answer.status_code, answer.text) == (202, "written")


def test_none_and_nothing_written_is_an_empty_200(client_factory):
    answer = make_client(client_factory, None).get("/")

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("name", ["text", "html", "content", "media"])
def test_a_returned_value_wins_over_an_attribute_set_before(client_factory, name):
    api = API()

    @api.route("/")
    def view(req, resp):
        setattr(resp, name, "earlier")
        return {"later": True}

    answer = client_factory(api).get("/")

    assert answer.json() == {"later": True}
    assert answer.headers["content-type"] == JSON


def test_a_pydantic_model_becomes_json(client_factory):
    pydantic = pytest.importorskip("pydantic", reason="pydantic is an optional extra")

    class User(pydantic.BaseModel):
        name: str

    assert make_client(client_factory, User(name="ada")).get("/").json() == {"name": "ada"}


def test_a_pydantic_dataclass_becomes_json(client_factory):
    pytest.importorskip("pydantic", reason="pydantic is an optional extra")
    from pydantic.dataclasses import dataclass

    @dataclass
    class User:
        name: str

    assert make_client(client_factory, User(name="ada")).get("/").json() == {"name": "ada"}


def test_an_attrs_instance_becomes_json(client_factory):
    attrs = pytest.importorskip("attrs", reason="attrs is no dependency of the core")

    @attrs.define
    class User:
        name: str

    assert make_client(client_factory, User(name="ada")).get("/").json() == {"name": "ada"}


@pytest.mark.parametrize(
    ("result", "status", "body"),
    [
        pytest.param(("made", 201), 201, b"made", id="status"),
        pytest.param(({"id": 1}, 201), 201, b'{"id":1}', id="media"),
        pytest.param(("made", HTTPStatus.CREATED), 201, b"made", id="enum"),
        pytest.param((None, 204), 204, b"", id="no-content"),
        pytest.param(("made", 201, None), 201, b"made", id="no-headers"),
        pytest.param(("made", 201, {}), 201, b"made", id="empty-headers"),
        pytest.param((Point(1, 2), 299), 299, b'{"x":1,"y":2}', id="unregistered-status"),
        pytest.param(("odd", 599), 599, b"odd", id="highest"),
    ],
)
def test_a_tuple_is_body_and_status(client_factory, result, status, body):
    answer = make_client(client_factory, result).get("/")

    assert (answer.status_code, answer.content) == (status, body)


@pytest.mark.parametrize(
    "headers",
    [{"X-Tag": "blue"}, MappingProxyType({"x-tag": "blue"})],
    ids=["dict", "mapping"],
)
def test_a_tuple_may_have_headers(client_factory, headers):
    answer = make_client(client_factory, ("made", 201, headers)).get("/")

    assert answer.headers["X-Tag"] == "blue"


def test_none_in_a_tuple_keeps_the_body_that_was_written(client_factory):
    api = API()

    @api.route("/")
    def view(req, resp):
        resp.html = "<p>made</p>"
        return None, 201

    answer = client_factory(api).get("/")

    assert (answer.status_code, answer.text) == (201, "<p>made</p>")


@pytest.mark.parametrize(
    ("result", "message"),
    [
        pytest.param(object(), "returned builtins.object; return None, str, bytes", id="object"),
        pytest.param({1, 2}, "returned builtins.set", id="set"),
        pytest.param(iter(()), "returned builtins.tuple_iterator", id="iterator"),
        pytest.param(Point, "returned builtins.type", id="class"),
        pytest.param(1j, "returned builtins.complex", id="complex"),
        pytest.param((), "returned a tuple of 0", id="empty-tuple"),
        pytest.param(("text",), "returned a tuple of 1", id="tuple-of-one"),
        pytest.param(("text", 200, {}, 4), "returned a tuple of 4", id="tuple-of-four"),
        pytest.param(Pair("a", "b"), "returned the status 'b'", id="named-tuple"),
        pytest.param((200, "text"), "returned the status 'text'", id="wrong-way-round"),
        pytest.param(("text", True), "returned the status True", id="bool"),
        pytest.param(("text", 199), "the status 199; a status is 200 to 599", id="too-low"),
        pytest.param(("text", 600), "returned the status 600", id="too-high"),
        pytest.param(("text", 200.0), "returned the status 200.0", id="float"),
        pytest.param(("text", 200, [("X-Tag", "a")]), "for headers; return a mapping", id="pairs"),
        pytest.param((("text", 200), 201), "a tuple inside a tuple", id="nested"),
        pytest.param((object(), 201), "returned builtins.object", id="object-in-tuple"),
    ],
)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_anything_else_is_a_500_and_an_error_that_names_the_view(
    client_factory, caplog, kind, result, message
):
    answer = make_client(client_factory, result, kind=kind).get("/")

    assert answer.status_code == 500
    assert answer.json()["title"] == "Internal Server Error"
    (record,) = caplog.records
    error = str(record.exc_info[1])
    assert message in error
    assert "view '" in error
    assert "(test_results.py:" in error


def test_headers_that_cannot_be_sent_are_a_500(client_factory, caplog):
    answer = make_client(client_factory, ("made", 201, {"X-Count": 3})).get("/")

    assert answer.status_code == 500
    assert "a header value is a str, not 3" in str(caplog.records[0].exc_info[1])


def test_a_result_is_not_sent_when_its_status_is_refused(client_factory):
    """An answer is the view's or the error's, never half of each."""
    answer = make_client(client_factory, ("half", 200, {"X-Tag": "a", "X Y": "b"})).get("/")

    assert answer.status_code == 500
    assert "half" not in answer.text
