"""Enforcement: answers compared with the document, while an app is developed."""

import sys
from collections.abc import AsyncIterator
from typing import Annotated

import anyio
import msgspec
import pytest

from responder_core import API, abort
from responder_openapi import OpenAPI

pytest.importorskip("jsonschema", reason="jsonschema is not installed")


class Item(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=2)]


def make_api(mode="error"):
    api = API(extensions=[OpenAPI(validate_responses=mode)], auto_etag=True)
    headers = {"X-Count": {"required": True, "schema": {"type": "integer"}}}
    told = {200: {"description": "OK", "headers": headers}}
    untyped = {"response_model": False}

    @api.get("/right")
    async def right(req, resp) -> Item:
        return Item("tea")

    @api.get("/wrong", responses={200: {"content": {"application/json": {"schema": ITEM}}}})
    async def wrong(req, resp):
        resp.media = {"name": "x", "more": [1]}

    @api.get("/status")
    async def status(req, resp):
        resp.status_code = 418

    @api.get("/type", responses={200: {"content": {"application/json": {"schema": {}}}}})
    async def kind(req, resp):
        resp.text = "hello"

    @api.get("/header", responses=told, **untyped)
    async def header(req, resp): ...

    @api.get("/text", responses={200: {"content": {"application/json": {"schema": {}}}}})
    async def text(req, resp):
        resp.content, resp.mimetype = b"{", "application/json"

    @api.get("/teapot", responses={418: "Short and stout."})
    async def teapot(req, resp):
        abort(418)

    @api.get("/pets/{name}")
    async def pet(req, resp, *, name):
        abort(404)

    @api.get("/default", openapi_extra={"responses": {"default": {"description": "Any."}}})
    async def default(req, resp):
        resp.status_code = 418

    @api.get("/range", openapi_extra={"responses": {"4XX": {"description": "Any."}}})
    async def range_(req, resp):
        resp.status_code = 418

    @api.ndjson("/lines")
    async def lines(req, resp) -> AsyncIterator[Item]:
        yield Item("tea")

    @api.get("/left-out", include_in_schema=False)
    async def left_out(req, resp):
        resp.status_code = 418

    @api.get("/many", responses={200: {"content": {"application/json": {"schema": MANY}}}})
    async def many(req, resp):
        resp.media = list(range(50))

    return api


ITEM = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 2}},
    "additionalProperties": False,
}
MANY = {"type": "array", "items": {"type": "string"}}

WRONG = [
    ("/wrong", "the body at '/name': 'x' is too short"),
    ("/status", "the status 418 is not documented; those that are: 200, 405, 500"),
    ("/type", "the Content-Type 'text/plain' is not documented; those that are: application/json"),
    ("/header", "the field X-Count is missing"),
    ("/text", "the body is no application/json"),
    ("/many", "and more"),
]


@pytest.mark.parametrize(("path", "fault"), WRONG)
def test_what_is_not_documented_is_a_500(client_factory, caplog, path, fault):
    answer = client_factory(make_api()).get(path)

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert fault in answer.json()["detail"]
    assert answer.json()["detail"].startswith(f"GET {path} answered ")
    assert fault in caplog.text


@pytest.mark.parametrize(("path", "fault"), WRONG)
def test_or_a_record_in_the_log(client_factory, caplog, path, fault):
    answer = client_factory(make_api("log")).get(path)

    assert answer.status_code in (200, 418)
    assert fault in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/right", 200),
        ("HEAD", "/right", 200),
        ("GET", "/teapot", 418),
        ("GET", "/default", 418),
        ("GET", "/range", 418),
        ("GET", "/lines", 200),
        ("GET", "/left-out", 418),
        ("GET", "/nowhere", 404),
        ("POST", "/right", 405),
        ("GET", "/schema.json", 200),
    ],
)
def test_what_is_documented_is_left_as_it_is(client_factory, caplog, method, path, status):
    answer = client_factory(make_api()).request(method, path)

    assert answer.status_code == status
    assert caplog.text == ""


def test_every_answer_is_compared(client_factory):
    client = client_factory(make_api())

    assert [client.get("/wrong").status_code for _ in range(3)] == [500] * 3


def test_what_http_says_by_itself_is_left_as_it_is(client_factory):
    client = client_factory(make_api())
    tag = client.get("/right").headers["etag"]

    assert client.get("/right", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/right", "application/yaml", 200),
        ("/right", "application/msgpack", 200),
        ("/wrong", "application/msgpack", 500),
        ("/pets/x", "application/json", 404),
        ("/pets/x", "text/html", 404),
        ("/pets/x", "text/plain", 404),
        ("/pets/x", "application/problem+yaml", 404),
        ("/pets/x", "application/problem+msgpack", 404),
    ],
)
def test_other_forms_of_what_is_documented(client_factory, path, accept, status):
    if "yaml" in accept:
        pytest.importorskip("yaml", reason="PyYAML is not installed")
    answer = client_factory(make_api()).get(path, headers={"Accept": accept})

    assert answer.status_code == status


def test_another_app_inside_is_left_alone(client_factory):
    """What is answered there has no route of ours."""
    outer, inner = make_api(), API()
    inner.get("/x")(lambda req, resp: None)
    outer.mount("/inner", inner)

    assert client_factory(outer).get("/inner/x").status_code == 200


def test_an_app_that_answers_nothing_is_left_alone():
    """A client that goes away before it was answered."""
    from responder_openapi.enforcement import Contract, Enforcement

    api = make_api()
    sent = []

    async def app(scope, receive, send): ...

    async def keep(message):
        sent.append(message)

    middleware = Enforcement(app, contract=Contract(api, api.extensions[0]), raises=True)
    anyio.run(middleware, {"type": "http", "method": "GET"}, None, keep)

    assert sent == []


def test_messages_of_other_kinds_are_passed_on():
    """A file that a server sends by its path, and hints that come before an answer."""
    from responder_openapi.enforcement import _Held

    sent = []

    async def keep(message):
        sent.append(message["type"])

    async def send_all():
        held = _Held(keep)
        await held.send({"type": "http.response.start", "status": 200, "headers": []})
        await held.send({"type": "http.response.pathsend", "path": "/x"})

    anyio.run(send_all)

    assert sent == ["http.response.start", "http.response.pathsend"]


def test_ranges_are_left_as_they_are(client_factory, tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    api = make_api()

    @api.get("/file")
    async def file(req, resp):
        resp.file(tmp_path / "a.txt")

    assert client_factory(api).get("/file", headers={"Range": "bytes=1-2"}).text == "el"


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_the_version_of_the_document_changes_nothing(client_factory, version):
    class Cup(msgspec.Struct):
        size: int | None = None
        count: Annotated[int, msgspec.Meta(gt=-5)] = 0

    api = API(extensions=[OpenAPI(validate_responses="error", openapi=version)])

    @api.get("/")
    async def view(req, resp) -> Cup:
        return Cup()

    assert client_factory(api).get("/").status_code == 200


def test_routes_that_are_added_later_are_compared_too(client_factory):
    api = make_api()
    client = client_factory(api)
    client.get("/right")

    @api.get("/late", name="late")
    async def late(req, resp):
        resp.status_code = 418

    assert client.get("/late").status_code == 500


def test_sockets_are_left_alone(client_factory):
    api = make_api()

    @api.websocket_route("/ws")
    async def talk(ws):
        await ws.accept()
        await ws.send_text("hello")

    with client_factory(api) as client, client.websocket_connect("/ws") as socket:
        assert socket.receive_text() == "hello"


def test_without_jsonschema_the_message_says_how_it_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonschema", None)

    with pytest.raises(ModuleNotFoundError, match=r"responder-openapi\[validation\]"):
        make_api()


def test_a_stream_of_another_status_is_told_of_all_the_same(caplog):
    """It has begun by then, so the client has it; a test sees the exception."""
    from responder_openapi import ContractError

    api = API(extensions=[OpenAPI(validate_responses="error")])

    @api.get("/lines")
    async def lines(req, resp):
        resp.status_code = 207

        async def pieces():
            yield b"a"
            yield b"b"

        resp.stream(pieces)

    with pytest.raises(ContractError, match="the status 207") as caught:
        api.test_client().get("/lines")

    assert caught.value.faults
