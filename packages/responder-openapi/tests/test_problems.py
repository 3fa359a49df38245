"""Problems: every answer that an app itself gives is told of, and is what it is told to be."""

import threading
from typing import Annotated

import msgspec
import pytest

from responder_core import API, Depends, File, Form, Problem, Router, UploadFile
from responder_openapi import OpenAPI

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")


class Item(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1)]


def keeper(req):
    token = req.headers.get("authorization")
    if token is None:
        raise Problem(401, headers={"WWW-Authenticate": "Bearer"})
    if token != "Bearer secret":
        raise Problem(403)


def make_api():
    """An app with a route of every kind, each able to fail in every way that it may."""
    openapi = OpenAPI(openapi_route=None)
    api = API(
        extensions=[openapi],
        max_request_size=10_000,
        strict_accept=True,
        request_id=True,
        allowed_hosts=["testserver"],
        sync_threads=1,
        sync_queue=0,
    )
    openapi.add_security_scheme("bearer", {"type": "http", "scheme": "bearer"}, guard=keeper)

    @api.get("/items")
    async def list_items(req, resp, *, page: int = 1) -> list[Item]:
        return [Item("tea")]

    @api.post("/items", status_code=201, auth=keeper)
    async def add_item(req, resp, *, item: Item) -> Item:
        return item

    @api.get("/items/{id:int}", dependencies=Depends(keeper))
    async def show_item(req, resp, *, id: int) -> Item:
        if id > 9:
            msg = "broken"
            raise RuntimeError(msg)
        return Item("tea")

    @api.post("/photos")
    async def add_photo(req, resp, *, photo: UploadFile = File(), title: str = Form("")) -> dict:
        return {"title": title}

    @api.get("/slow", request_timeout=0.01)
    async def be_slow(req, resp):
        import anyio

        await anyio.sleep(60)

    @api.get("/sync")
    def wait(req, resp) -> str:
        api.state.entered.set()
        api.state.leave.wait(30)
        return "done"

    router = Router("/v1", tags=["v1"])

    @router.put("/things/{name}")
    async def put_thing(req, resp, *, name: str, item: Item) -> Item:
        return item

    api.include_router(router)
    api.state.entered, api.state.leave = threading.Event(), threading.Event()
    return api


SECRET = {"Authorization": "Bearer secret"}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}

PROVOKED = [
    # method, path, options, path of the document, status
    ("GET", "/items", {}, "/items", 200),
    ("GET", "/items?page=x", {}, "/items", 422),
    ("GET", "/items", {"headers": {"Accept": "image/png"}}, "/items", 406),
    ("GET", "/items", {"headers": {"Host": "elsewhere"}}, "/items", 400),
    ("TRACE", "/items", {}, "/items", 405),
    ("POST", "/items", {"json": {"name": "a"}}, "/items", 401),
    ("POST", "/items", {"headers": {"Authorization": "x"}, "json": {"name": "a"}}, "/items", 403),
    ("POST", "/items", {"headers": SECRET, "json": {"name": "a"}}, "/items", 201),
    ("POST", "/items", {"headers": SECRET, "json": {"name": ""}}, "/items", 422),
    ("POST", "/items", {"headers": {**SECRET, **JSON}, "content": b"{"}, "/items", 400),
    ("POST", "/items", {"headers": {**SECRET, **JSON}, "content": b"x" * 20_000}, "/items", 413),
    (
        "POST",
        "/items",
        {"headers": {**SECRET, "Content-Type": "image/png"}, "content": b"x"},
        "/items",
        415,
    ),
    ("GET", "/items/1", {"headers": SECRET}, "/items/{id}", 200),
    ("GET", "/items/x", {"headers": SECRET}, "/items/{id}", 404),
    ("GET", "/items/10", {"headers": SECRET}, "/items/{id}", 500),
    ("GET", "/items/1", {}, "/items/{id}", 401),
    ("POST", "/photos", {"files": {"photo": b"x"}}, "/photos", 200),
    ("POST", "/photos", {"headers": FORM, "content": b"nothing"}, "/photos", 400),
    ("POST", "/photos", {"json": {}}, "/photos", 415),
    ("POST", "/photos", {"files": {"other": b"x"}}, "/photos", 422),
    ("POST", "/photos", {"files": {"photo": b"x" * 20_000}}, "/photos", 413),
    ("GET", "/slow", {}, "/slow", 504),
    ("PUT", "/v1/things/a", {"json": {"name": "a"}}, "/v1/things/{name}", 200),
    ("PUT", "/v1/things/a", {"json": {"name": 1}}, "/v1/things/{name}", 422),
    ("PUT", "/v1/things/a", {"headers": JSON, "content": b"{"}, "/v1/things/{name}", 400),
    ("DELETE", "/v1/things/a", {}, "/v1/things/{name}", 405),
]


def resolve(document, value):
    while "$ref" in value:
        found = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def check(document, path, method, answer):
    """Hold an answer against what the document says of it."""
    item = document["paths"][path]
    # What another method is answered with, every operation of the path tells.
    operation = item.get(method.lower()) or next(iter(item.values()))
    told = resolve(document, operation["responses"][str(answer.status_code)])
    for name, header in told.get("headers", {}).items():
        if header.get("required") or name == "X-Request-ID":
            assert name in answer.headers
    if "WWW-Authenticate" in answer.headers:
        assert "WWW-Authenticate" in told["headers"]
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in told["content"]
    if kind.endswith("json"):
        schema = {**document, **told["content"][kind]["schema"]}
        jsonschema.Draft202012Validator(schema).validate(answer.json())


@pytest.mark.parametrize(
    ("method", "path", "options", "where", "status"),
    PROVOKED,
    ids=[f"{row[0]} {row[3]} {row[4]}" for row in PROVOKED],
)
def test_what_is_provoked_is_what_is_told(
    client_factory, document_of, method, path, options, where, status
):
    api = make_api()
    client = client_factory(api, base_url="http://testserver")
    answer = client.request(method, path, **options)

    assert answer.status_code == status
    check(document_of(api), where, method, answer)


def test_a_server_that_is_busy(client_factory, document_of):
    api = make_api()
    with client_factory(api, base_url="http://testserver") as client:
        first = threading.Thread(target=client.get, args=("/sync",))
        first.start()
        assert api.state.entered.wait(30)
        answer = client.get("/sync")
        api.state.leave.set()
        first.join(30)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    check(document_of(api), "/sync", "GET", answer)


def test_every_error_that_is_told_was_provoked(document_of):
    """The table above leaves nothing out but what a method has in common with others."""
    document = document_of(make_api())
    told = {
        status
        for item in document["paths"].values()
        for operation in item.values()
        for status in operation["responses"]
        if status >= "400"
    }

    assert told == {str(row[4]) for row in PROVOKED if row[4] >= 400} | {"503"}


class TestConfiguration:
    """An error is told where it may come, and nowhere else."""

    @pytest.mark.parametrize(
        ("view", "options", "api_options", "statuses"),
        [
            ("plain", {}, {}, {405, 500}),
            ("sync", {}, {}, {405, 500, 503}),
            ("sync", {"sync_to_thread": False}, {}, {405, 500}),
            ("plain", {}, {"strict_accept": True}, {405, 406, 500}),
            ("plain", {}, {"allowed_hosts": ["x"]}, {400, 405, 500}),
            ("plain", {"request_timeout": 1}, {}, {405, 500, 504}),
            ("plain", {}, {"request_timeout": 1}, {405, 500, 504}),
            ("query", {}, {}, {405, 422, 500}),
            ("plain", {"methods": ["POST"]}, {}, {400, 405, 413, 500}),
            ("plain", {"methods": ["POST"]}, {"max_request_size": None}, {405, 500}),
            ("body", {"methods": ["POST"]}, {}, {400, 405, 413, 415, 422, 500}),
            (
                "body",
                {"methods": ["POST"]},
                {"max_request_size": None},
                {400, 405, 413, 415, 422, 500},
            ),
        ],
    )
    def test_statuses(self, operation_of, view, options, api_options, statuses):
        async def plain(req, resp): ...

        def sync(req, resp): ...

        async def query(req, resp, *, q: int = 1): ...

        async def body(req, resp, *, item: Item): ...

        views = {"plain": plain, "sync": sync, "query": query, "body": body}
        found = operation_of(views[view], api_options=api_options, **options)

        assert {int(each) for each in found["responses"]} - {200} == statuses

    def test_they_may_be_left_out(self, document_of):
        api = API(extensions=[OpenAPI(openapi_route=None, errors=False)])
        api.get("/{x:int}")(lambda req, resp, *, x: None)

        document = document_of(api)

        assert document["paths"]["/{x}"]["get"]["responses"].keys() == {"200"}
        assert "components" not in document or not document["components"].get("schemas")
