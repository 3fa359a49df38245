"""Encoding: the body of a response as bytes, in the form that the client likes best."""

from __future__ import annotations

import msgspec
import pytest

from responder_core import API
from responder_core.formats.format import Format


class Tea(msgspec.Struct):
    cups: int


def media(req, resp):
    resp.media = {"a": 1}


def upper(value):
    return repr(value).upper().encode()


@pytest.fixture
def serve(client_factory):
    def make(api, view=media):
        api.add_route("/", view)
        return client_factory(api)

    return make


def test_a_format_of_the_program_is_negotiated(serve):
    api = API()
    api.formats["shout"] = Format("shout", ("text/x-shout",), encode=upper)
    client = serve(api)

    answer = client.get("/", headers={"Accept": "text/x-shout"})

    assert answer.headers["content-type"] == "text/x-shout; charset=utf-8"
    assert answer.text == "{'A': 1}"
    assert client.get("/", headers={"Accept": "*/*"}).json() == {"a": 1}


def test_a_format_may_come_after_the_first_answer(serve):
    api = API()
    client = serve(api)
    headers = {"Accept": "text/x-shout, */*;q=0.1"}
    assert client.get("/", headers=headers).json() == {"a": 1}

    api.formats["shout"] = Format("shout", ("text/x-shout",), encode=upper)

    assert client.get("/", headers=headers).text == "{'A': 1}"


@pytest.mark.parametrize("result", ["shout", b"shout"], ids=["text", "bytes"])
def test_a_format_of_the_older_style_writes(serve, result):
    seen = []

    async def shout(r, encode=False):
        seen.append((type(r).__name__, encode, r.media))
        return result

    api = API()
    api.formats["shout"] = shout

    answer = serve(api).get("/", headers={"Accept": "application/shout"})

    assert answer.content == b"shout"
    assert answer.headers["content-type"] == "application/shout"
    assert seen == [("Response", True, {"a": 1})]


def test_one_that_waits_while_it_writes_is_refused(serve, caplog):
    class Forever:
        def __await__(self):
            yield

    async def slow(r, encode=False):
        await Forever()

    api = API()
    api.formats["slow"] = slow

    assert serve(api).get("/", headers={"Accept": "application/slow"}).status_code == 500
    assert "format 'slow' waited for something while it encoded" in caplog.text


def test_a_type_that_is_only_read_is_written_as_json(serve):
    api = API()
    api.formats["csv"] = Format("csv", ("text/csv",), decode=bytes.splitlines)

    def view(req, resp):
        resp.mimetype = "text/csv"
        resp.media = [1]

    assert serve(api, view).get("/").text == "[1]"


def test_without_json_another_format_is_first(serve):
    api = API()
    del api.formats["json"]

    answer = serve(api).get("/", headers={"Accept": "*/*"})

    assert answer.headers["content-type"] != "application/json"


def test_json_that_can_only_be_read_writes_nothing(serve, caplog):
    api = API()
    for name in list(api.formats):
        del api.formats[name]
    api.formats["json"] = Format("json", ("application/json",), decode=bytes)

    assert serve(api).get("/").status_code == 500
    assert "format 'json' has no encode=, so it cannot be written" in str(
        caplog.records[0].exc_info[1]
    )


@pytest.mark.parametrize("accept", ["application/json", "application/yaml", "*/*"])
@pytest.mark.parametrize("library", ["msgspec", "pydantic"])
def test_a_typed_result_is_negotiated_each_time(serve, accept, library):
    if "yaml" in accept:
        pytest.importorskip("yaml", reason="PyYAML is not installed")
    kind = Tea
    if library == "pydantic":
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
        kind = pydantic.create_model("Tea", cups=(int, ...))

    async def view(req, resp):
        return kind(cups=1)

    view.__annotations__["return"] = kind
    client = serve(API(), view)

    answers = [client.get("/", headers={"Accept": accept}) for _ in range(3)]

    assert {each.text for each in answers} == {"cups: 1\n" if "yaml" in accept else '{"cups":1}'}
    assert {each.headers["vary"] for each in answers} == {"Accept"}


def test_what_a_strict_app_offers_is_told(serve):
    api = API(strict_accept=True)

    document = serve(api).get("/", headers={"Accept": "image/png"}).json()

    assert "application/json" in document["detail"]
    assert "application/msgpack" in document["detail"]


@pytest.mark.parametrize("body", ["\ud800", object()], ids=["half-a-character", "object"])
def test_a_body_that_cannot_be_encoded_is_a_500(serve, caplog, body):
    def view(req, resp):
        resp.text = body

    assert serve(API(), view).get("/").status_code == 500
    assert len(caplog.records) == 1


def test_a_handler_whose_answer_cannot_be_sent_is_a_500(serve, caplog):
    api = API()

    @api.exception_handler(ZeroDivisionError)
    async def answer(req, resp, exc):
        resp.media = object()

    def view(req, resp):
        raise ZeroDivisionError

    client = serve(api, view)

    assert client.get("/").status_code == 500
    assert client.get("/").json()["detail"] == "The server failed to answer this request."


def test_an_error_is_never_a_stream(serve, caplog):
    api = API()

    @api.exception_handler(TypeError)
    async def answer(req, resp, exc):
        @resp.stream
        async def pieces():
            yield b"never"

    def view(req, resp):
        resp.media = object()

    assert serve(api, view).get("/").status_code == 500
    assert "answer errors with a value" in caplog.text


def test_a_handler_may_stream_the_answer_to_a_view_that_failed(serve):
    api = API()

    @api.exception_handler(KeyError)
    async def answer(req, resp, exc):
        @resp.stream
        async def pieces():
            yield b"sorry"

    def view(req, resp):
        raise KeyError

    assert serve(api, view).get("/").text == "sorry"
