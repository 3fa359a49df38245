"""Dates: the fields that tell when an operation was deprecated, and when it ends."""

import datetime as dt

import pytest

from responder_core import API, abort
from responder_openapi import OpenAPI

UTC = dt.timezone.utc


@pytest.fixture
def api():
    api = API(extensions=[OpenAPI()])

    @api.get("/old", deprecated=dt.date(2026, 1, 2), sunset=dt.datetime(2027, 1, 2, 3, tzinfo=UTC))
    async def old(req, resp):
        abort(404)

    @api.get("/ending", sunset=dt.date(2027, 1, 2))
    async def ending(req, resp):
        resp.headers["Sunset"] = "mine"

    @api.get("/plain", deprecated=True)
    async def plain(req, resp): ...

    return api


@pytest.mark.parametrize(
    ("path", "deprecation", "sunset"),
    [
        ("/old", "@1767312000", "Sat, 02 Jan 2027 03:00:00 GMT"),
        ("/ending", None, "mine"),
        ("/plain", None, None),
        ("/nowhere", None, None),
    ],
)
def test_answers_say_so_errors_too(api, client_factory, path, deprecation, sunset):
    answer = client_factory(api).get(path)

    assert answer.headers.get("Deprecation") == deprecation
    assert answer.headers.get("Sunset") == sunset


def test_the_document_says_so(api, document_of):
    paths = document_of(api)["paths"]

    old = paths["/old"]["get"]
    assert (old["deprecated"], old["x-sunset"]) == (True, "2027-01-02T03:00:00+00:00")
    assert old["responses"]["200"]["headers"].keys() == {"Deprecation", "Sunset"}
    assert paths["/ending"]["get"]["responses"]["200"]["headers"].keys() == {"Sunset"}
    assert "deprecated" not in paths["/ending"]["get"]
    assert "headers" not in paths["/plain"]["get"]["responses"]["200"]


def test_an_app_without_any_has_no_wrapper():
    api = API(extensions=[OpenAPI()])
    api.get("/", deprecated=True)(lambda req, resp: None)

    assert api.registry.arounds == []
