"""The keywords that type checkers know are those that routes, sockets and routers take."""

from __future__ import annotations

from datetime import date

import pytest

import responder
from responder.options import RouterOptions, SocketOptions

KEY = "a key that signs well 0123456789"

# A value that each keyword takes.
VALUES = {
    "after": lambda req, resp: None,
    "audience": "partners",
    "auth": None,
    "before": lambda req, resp: None,
    "cancel_on_disconnect": True,
    "csrf": False,
    "dependencies": [],
    "deprecated": True,
    "description": "All of them.",
    "examples": {"small": 1},
    "idle_timeout": 5,
    "include_in_schema": False,
    "limits": responder.Limits(),
    "max_message_size": 10,
    "max_request_size": 10,
    "methods": ["GET"],
    "name": "tea",
    "openapi_extra": {"x-owner": "ada"},
    "operation_id": "listTeas",
    "params_model": None,
    "rate_limit": "5/minute",
    "request_model": None,
    "request_timeout": 1.0,
    "response_examples": {200: 1},
    "response_model": False,
    "responses": {},
    "security": [],
    "session": False,
    "static": False,
    "status_code": 200,
    "subprotocols": ["chat"],
    "summary": "Teas",
    "sunset": date(2030, 1, 1),
    "sync_to_thread": False,
    "tags": ["teas"],
}
OF_SOCKETS = {"idle_timeout", "max_message_size", "subprotocols"}
ROUTE = responder.RouteOptions.__optional_keys__ - {"before_request", "websocket"}
SOCKET = SocketOptions.__optional_keys__
ROUTER = RouterOptions.__optional_keys__


@pytest.fixture
def api():
    """An app with everything on that has keywords."""
    return responder.API(secret_key=KEY, csrf=True, docs_route="/docs")


def view(req, resp):
    resp.text = "tea"


async def chat(ws):
    await ws.accept()


def test_there_is_a_value_for_each():
    assert VALUES.keys() == ROUTE


@pytest.mark.parametrize("name", sorted(ROUTE - OF_SOCKETS))
def test_a_route_takes_it(api, name):
    api.add_route("/teas", view, **{name: VALUES[name]})

    assert api.routes[-1].path == "/teas"


@pytest.mark.parametrize("name", sorted(SOCKET))
def test_a_socket_takes_it(api, name):
    value = None if name == "before" else VALUES[name]

    api.websocket_route("/teas", **{name: value})(chat)

    assert api.routes[-1].path == "/teas"


@pytest.mark.parametrize("name", sorted(ROUTE - SOCKET - {"static"}))
def test_a_socket_refuses_what_it_has_no_use_for(api, name):
    with pytest.raises(TypeError, match=name):
        api.websocket_route("/teas", **{name: VALUES[name]})(chat)


@pytest.mark.parametrize("name", sorted(ROUTER))
def test_a_router_has_it_for_its_routes(api, name):
    router = responder.Router("/teas", **{name: VALUES[name]})
    router.get("/green")(view)
    router.websocket_route("/chat")(chat)

    api.include_router(router)

    assert [route.path for route in api.routes[-2:]] == ["/teas/green", "/teas/chat"]


def test_what_speaks_of_one_route_is_no_keyword_of_a_router():
    alone = {"summary", "description", "operation_id", "examples", "response_examples", "name"}

    assert alone <= ROUTE
    assert not alone & ROUTER
