"""The API of the meta-package: the core's, with classes of its own and every keyword passed on."""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager

import pytest

import responder
import responder_core


def view(req, resp):
    return {"req": type(req).__name__, "own": isinstance(resp, responder.Response)}


def test_it_is_an_api_of_the_core():
    assert issubclass(responder.API, responder_core.API)


def test_its_constructor_takes_what_the_cores_takes():
    own = inspect.signature(responder.API).parameters
    core = inspect.signature(responder_core.API).parameters

    assert core.keys() <= own.keys()
    keywords = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    assert all(own[name].kind in keywords for name in own)


def test_views_get_its_own_classes():
    api = responder.API()
    seen = []

    @api.route("/")
    def keep(req, resp):
        seen.extend([type(req), type(resp)])

    api.requests.get("/")

    assert seen == [responder.Request, responder.Response]


def test_a_socket_is_its_own_class():
    api = responder.API()
    seen = []

    @api.websocket_route("/")
    async def chat(ws):
        seen.append(type(ws))
        await ws.accept()
        await ws.send_text("hello")

    with api.requests.websocket_connect("/") as ws:
        assert ws.receive_text() == "hello"

    assert seen == [responder.WebSocket]


def test_classes_of_the_program_take_their_place():
    class Request(responder.Request):
        __slots__ = ()

    class Response(responder.Response):
        __slots__ = ()

    class WebSocket(responder.WebSocket):
        pass

    api = responder.API(request_class=Request, response_class=Response, websocket_class=WebSocket)
    api.add_route("/", view)

    assert api.requests.get("/").json() == {"req": "Request", "own": True}
    assert api.response_class is Response
    assert api.websocket_class is WebSocket


def test_debug_is_passed_on():
    api = responder.API(debug=True)
    api.add_route("/", lambda req, resp: 1 / 0)

    answer = api.test_client(raise_server_exceptions=False).get("/")

    assert answer.json()["exception"] == "ZeroDivisionError: division by zero"


def test_redirect_slashes_is_passed_on():
    api = responder.API(redirect_slashes=False)
    api.add_route("/page", view)

    assert api.requests.get("/page/").status_code == 404


def test_lifespan_is_passed_on():
    @asynccontextmanager
    async def lifespan(app):
        yield {"greeting": "hello"}

    api = responder.API(lifespan=lifespan)
    api.add_route("/", lambda req, resp: req.state.greeting)

    with api.test_client() as client:
        assert client.get("/").text == "hello"


def test_extensions_are_passed_on():
    class Audiences(responder.Extension):
        def install(self, api):
            api.state.installed = type(self).__name__

    assert responder.API(extensions=[Audiences()]).state.installed == "Audiences"


def test_an_unknown_route_keyword_is_refused():
    with pytest.raises(TypeError, match="has no option 'metods'; did you mean 'methods'"):
        responder.API().route("/", metods=["GET"])(view)


@pytest.mark.parametrize(
    "name",
    ["get", "post", "put", "patch", "delete", "head", "options", "query", "route"],
)
def test_its_decorators_register(name):
    """Their types are its own; their work is the core's."""
    api = responder.API()

    assert getattr(api, name)("/")(view) is view
    assert [route.endpoint for route in api.routes] == [view]


@pytest.mark.parametrize("name", ["sse", "ndjson"])
def test_its_decorators_of_typed_streams_register(name):
    api = responder.API()

    @getattr(api, name)("/")
    def numbers(req, resp) -> list[int]:
        return [1]

    assert api.requests.get("/").text.strip() in ("data: 1", "1")
    assert api.url_for(numbers) == "/"


def test_graphql_is_one_call():
    import graphene

    class Query(graphene.ObjectType):
        hello = graphene.String(name=graphene.String(default_value="world"))

        def resolve_hello(root, info, name):
            return f"hello, {name}"

    api = responder.API()
    api.graphql("/graphql", schema=graphene.Schema(query=Query))

    answer = api.requests.post("/graphql", json={"query": "{ hello }"})

    assert answer.json() == {"data": {"hello": "hello, world"}}
