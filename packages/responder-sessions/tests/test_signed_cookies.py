"""Sessions in signed cookies, through an app and a client."""

from __future__ import annotations

import pytest


@pytest.fixture
def api(api_factory):
    api = api_factory()

    @api.route("/set/{key}/{value}")
    async def write(req, resp, *, key, value):
        req.session[key] = value

    @api.route("/get/{key}")
    async def read(req, resp, *, key):
        resp.media = {"value": req.session.get(key)}

    @api.route("/plain")
    async def plain(req, resp):
        resp.text = "plain"

    @api.route("/logout")
    async def logout(req, resp):
        resp.session.destroy()

    return api


@pytest.fixture
def client(api, client_factory):
    return client_factory(api)


def test_what_was_written_is_there_next_time(client):
    client.get("/set/user/ada")

    assert client.get("/get/user").json() == {"value": "ada"}


def test_a_view_that_leaves_it_alone_sets_no_cookie(client):
    answer = client.get("/plain")

    assert "set-cookie" not in answer.headers
    assert "vary" not in answer.headers
    assert "cache-control" not in answer.headers


def test_a_view_that_only_reads_sets_no_cookie(client):
    client.get("/set/user/ada")

    answer = client.get("/get/user")

    assert "set-cookie" not in answer.headers
    assert "Cookie" in answer.headers["vary"]
    assert answer.headers["cache-control"] == "private"


def test_the_cookie_has_safe_attributes(client):
    cookie = client.get("/set/user/ada").headers["set-cookie"]

    assert cookie.startswith("session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure", "Max-Age=1209600"} <= set(
        cookie.split("; ")
    )


def test_logging_out_erases_the_cookie(client):
    client.get("/set/user/ada")

    answer = client.get("/logout")

    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert client.get("/get/user").json() == {"value": None}
