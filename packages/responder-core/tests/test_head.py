"""The head of a response: fields that views set by what they mean."""

from __future__ import annotations

import pytest

from responder_core import API


@pytest.fixture
def fields_of(client_factory):
    """The header fields that are sent for what a view does to the response."""

    def run(write):
        api = API()

        @api.route("/")
        async def view(req, resp):
            write(resp)

        return client_factory(api).get("/").headers

    return run


def test_vary_adds_to_what_is_there(fields_of):
    def write(resp):
        resp.vary("Cookie")
        resp.vary("cookie", "Origin")

    assert fields_of(write)["vary"] == "Cookie, Origin"


def test_cache_control_replaces_what_was_there(fields_of):
    def write(resp):
        resp.cache_control(no_store=True)
        resp.cache_control(public=True, max_age=60, s_maxage=None, immutable=False)

    assert fields_of(write)["cache-control"] == "public, max-age=60"


def test_created_says_what_and_where(client_factory):
    api = API()

    @api.post("/")
    async def view(req, resp):
        resp.created({"id": 7}, location="/teas/7 green", headers={"X-Tag": "a"})

    answer = client_factory(api).post("/")

    assert answer.status_code == 201
    assert answer.json() == {"id": 7}
    assert answer.headers["location"] == "/teas/7%20green"
    assert answer.headers["x-tag"] == "a"


def test_created_may_say_nothing(client_factory):
    api = API()

    @api.post("/")
    async def view(req, resp):
        resp.created()

    answer = client_factory(api).post("/")

    assert (answer.status_code, answer.content) == (201, b"")
    assert "location" not in answer.headers


def test_no_content_has_none(client_factory):
    api = API()

    @api.delete("/")
    async def view(req, resp):
        resp.text = "forgotten"
        resp.no_content(headers={"X-Tag": "a"})

    @api.delete("/plain")
    async def plain(req, resp):
        resp.no_content()

    answer = client_factory(api).delete("/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["x-tag"] == "a"
    assert client_factory(api).delete("/plain").status_code == 204


def test_compress_is_on_until_it_is_switched_off(fields_of):
    seen = []

    def write(resp):
        seen.append(resp.compress)
        resp.etag = "a"
        seen.append(resp.compress)
        resp.compress = False
        seen.append(resp.compress)

    fields_of(write)

    assert seen == [True, True, False]


def test_early_hints_are_sent_before_the_answer(talk, http_scope):
    """RFC 8297, by the message of ASGI's extension."""
    api = API()

    @api.route("/")
    async def view(req, resp):
        assert await resp.early_hints("</a.css>; rel=preload", "</b.js>\r\nX-Evil: 1")
        resp.text = "tea"

    request = {"type": "http.request", "body": b"", "more_body": False}
    hint, *answer = talk(api, http_scope(extensions={"http.response.early_hint": {}}), request)

    assert hint == {
        "type": "http.response.early_hint",
        "links": [b"</a.css>; rel=preload", b"</b.js>  X-Evil: 1"],
    }
    assert [message["type"] for message in answer] == [
        "http.response.start",
        "http.response.body",
    ]


def test_early_hints_are_left_out_where_the_server_has_none(client_factory):
    api = API()

    @api.route("/")
    async def view(req, resp):
        resp.media = await resp.early_hints("</a.css>; rel=preload")

    assert client_factory(api).get("/").json() is False
