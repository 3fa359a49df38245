"""What requests and responses of the meta-package have beside those of the core."""

from __future__ import annotations

import pytest

import responder


def answer(view):
    api = responder.API()
    api.add_route("/", view)
    return api.requests.get("/")


def test_a_response_knows_the_formats_of_its_app():
    def view(req, resp):
        resp.media = {"same": resp.formats is req.api.formats, "names": [*resp.formats]}

    assert answer(view).json() == {
        "same": True,
        "names": ["json", "yaml", "form", "files", "msgpack"],
    }


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8"])
def test_the_encoding_that_there_is_may_be_set(charset):
    def view(req, resp):
        resp.encoding = charset
        resp.text = resp.encoding

    assert answer(view).text == "utf-8"


def test_another_encoding_says_how_to_send_it():
    def view(req, resp):
        resp.encoding = "latin-1"

    with pytest.raises(ValueError, match=r"set resp\.content = text\.encode\('latin-1'\)"):
        answer(view)


def test_what_it_says_works():
    def view(req, resp):
        resp.content = "té".encode("latin-1")
        resp.mimetype = "text/plain; charset=latin-1"

    found = answer(view)

    assert found.headers["content-type"] == "text/plain; charset=latin-1"
    assert found.text == "té"
