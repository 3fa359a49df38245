"""An app with everything, asked what nobody meant: an answer below 500 in little time, always."""

from __future__ import annotations

import json
import time
from typing import Any

import anyio
import graphene
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import responder
from tests.quality.test_parsers import (
    ADDRESS,
    DATE,
    EXAMPLES,
    FUZZ,
    LIST,
    LONGEST,
    PARTS,
    in_little_time,
    repeat,
)

pytestmark = pytest.mark.fuzz

NAMES = (
    *("accept", "accept-encoding", "accept-language", "authorization", "content-disposition"),
    *("content-encoding", "content-length", "content-type", "cookie", "expect", "forwarded"),
    *("host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"),
    *("origin", "range", "sec-fetch-site", "traceparent", "transfer-encoding", "x-csrf-token"),
    *("x-forwarded-for", "x-forwarded-proto", "x-request-id"),
)
TYPES = (
    *("application/json", "application/yaml", "application/x-msgpack", "text/plain"),
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=b"),
)
PATHS = ("/", "text", "form", "media", "items", "1", "-1", "9" * 30, "1.5", "..", "%2f", "?", "a=")
TARGETS = ("/text", "/form", "/media", "/items/1", "/items/x", "/session", "/static/..%2f", "/no")
WORDS = (
    *("{", "}", "(", ")", "[", "]", ":", "!", "$a", "@skip(if: true)", "...", "on Query", "# "),
    *('"', '"""', "\\", "\n", "query ", "mutation ", "fragment a on Query ", "a", "hello", "1e9"),
    *("__schema", "__typename", "\ufeff", "\ud800", "\0"),
)


class Query(graphene.ObjectType):
    hello = graphene.String(name=graphene.String())

    def resolve_hello(self, info, name="you"):
        return f"Hello, {name}!"


@pytest.fixture(scope="module")
def api() -> responder.API:
    """An app that reads everything of a request that it can."""
    api = responder.API(
        secret_key="an-everyday-key-of-0123456789-abcdef",
        csrf=False,
        rate_limit="1000000000/second",
        trusted_proxies=["127.0.0.1"],
        request_id=True,
        cors=True,
        gzip=True,
        title="Fuzz",
        version="1",
        docs_route="/docs",
    )
    api.graphql("/graphql", schema=graphene.Schema(query=Query))

    @api.route("/text")
    async def text(req, resp):
        resp.text = str(await req.text)
        resp.etag = "a"

    @api.route("/form")
    async def form(req, resp):
        resp.media = sorted(map(str, await req.media("form")))

    @api.route("/media")
    async def media(req, resp):
        resp.media = {"is": type(await req.media()).__name__, "query": dict(req.params)}

    @api.route("/items/{number:int}")
    async def items(req, resp, *, number: int, page: int = 1, tags=responder.Query(default=())):
        resp.content = bytes(1000)

    @api.route("/session")
    async def session(req, resp):
        resp.media = {**req.session, "cookies": dict(req.cookies), "client": str(req.client)}

    return api


def ask(
    api: responder.API, method: str, target: str, fields: list[tuple[str, str]], body: bytes
) -> int:
    """Send a request as a server would; give the status of what came back, which is one answer."""
    path, _, query = target.partition("?")
    messages: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query.encode("utf-8", "replace"),
        "root_path": "",
        "headers": [
            (b"host", b"localhost"),
            *((name.encode(), value.encode("utf-8", "replace")) for name, value in fields),
        ],
        "client": ("127.0.0.1", 5000),
        "server": ("localhost", 80),
        "extensions": {},
        "state": {},
    }

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    async def run() -> None:
        await api(scope, receive, send)

    with in_little_time(time.process_time):
        anyio.run(run)
    (status,) = [each["status"] for each in messages if each["type"] == "http.response.start"]
    return status


def texts(pieces: tuple[str, ...], longest: int) -> st.SearchStrategy[str]:
    """Texts of pieces and of anything, some of them long."""
    mixed = st.lists(st.sampled_from(pieces) | st.text(max_size=4), max_size=8).map("".join)
    return mixed | st.builds(
        lambda *parts: repeat(*parts)[:longest], mixed, mixed, st.integers(1, longest), mixed
    )


FIELDS = st.lists(
    st.tuples(st.sampled_from(NAMES), texts((*LIST, *DATE, *ADDRESS, *TYPES), 8192)), max_size=4
)
BODIES = st.lists(
    st.sampled_from([*PARTS, b"{", b"}", b"[", b'"a"', b":", b"&", b"=", b"%", b"\xff", b"\x91"])
    | st.binary(max_size=4),
    max_size=20,
).map(b"".join)
ANY = settings(FUZZ, max_examples=8 * EXAMPLES)


@ANY
@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "PATCH", "BREW"]),
    st.sampled_from(TARGETS) | texts(PATHS, 4096).map("/".__add__),
    FIELDS,
    st.sampled_from(TYPES),
    BODIES,
)
def test_no_request_is_our_fault(
    api: responder.API, method: str, target: str, fields: list, kind: str, body: bytes
) -> None:
    assert ask(api, method, target, [*fields, ("content-type", kind)], body) < 500


@ANY
@given(texts(WORDS, LONGEST), st.none() | st.dictionaries(st.text(max_size=4), st.text(max_size=4)))
def test_no_document_is_our_fault(api: responder.API, query: str, variables: Any) -> None:
    body = json.dumps({"query": query, "variables": variables}).encode()

    assert ask(api, "POST", "/graphql", [("content-type", "application/json")], body) < 500
