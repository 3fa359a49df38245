"""The API that everything is assembled in: what an editor shows over its words."""

from __future__ import annotations

from datetime import date

from typing_extensions import assert_type

import responder
from responder_core.formats.registry import Formats
from responder_core.response import Response as CoreResponse
from responder_graphql import GraphQLView
from responder_openapi import OpenAPI
from responder_ratelimit import Limit, Rule, by_header
from responder_sessions import Session

api = responder.API(
    secret_key="a key that signs well 0123456789",
    sessions="auto",
    session_backend="memory",
    session_cookie=None,
    session_https_only=True,
    session_same_site="strict",
    session_max_age=60,
    csrf=True,
    rate_limit=["100/minute", Limit("5/second")],
    openapi="3.1.0",
    openapi_tags={"teas": "Those that there are."},
    docs_route="/docs",
    gzip=False,
    trusted_proxies=["10.0.0.0/8"],
)
assert_type(api.openapi, OpenAPI)
assert_type(api.formats, Formats)
assert_type(api.graphql("/graphql", schema=object(), batch=2, name="graph"), GraphQLView)


@api.get("/teas/{name}", rate_limit="5/minute", summary="Show", deprecated=date(2030, 1, 1))
def show(req: responder.Request, resp: responder.Response, *, name: str) -> dict[str, str]:
    assert_type(req.session, Session)
    assert_type(resp.session, Session)
    assert_type(req.csrf_token, str)
    assert_type(req.api.formats, Formats)
    req.session["tea"] = name
    resp.session = {"tea": name}
    return {"name": name}


@api.post("/login", rate_limit=Rule("5/minute", key=by_header("X-Name")), csrf=False, session=True)
def log_in(req: responder.Request, resp: responder.Response) -> None:
    assert_type(req.session.login("ada"), None)


def has_failed(_req: responder.Request, resp: responder.Response) -> bool:
    return resp.status_code == 422


async def is_new(req: responder.Request, _resp: responder.Response) -> bool:
    return bool(await req.text)


assert_type(Rule("5/minute", when=has_failed), Rule)
assert_type(Rule("5/minute", when=is_new), Rule)
guesses = Rule("5/minute", when=lambda _req, resp: resp.status_code == 401)
api.add_route(
    "/tokens", log_in, methods=["POST"], rate_limit=[guesses, Rule("9/hour", when=is_new)]
)


def call(req: responder.Request, resp: responder.Response) -> None:
    assert_type(log_in(req, resp), None)


@api.route("/teas", methods=["GET", "POST"], security=["session"], openapi_extra={"x-owner": "ada"})
class Teas:
    def on_get(self, req: responder.Request, resp: responder.Response) -> list[str]:
        return ["green"]


assert_type(Teas(), Teas)


@api.websocket_route("/chat", session=True, rate_limit="5/minute", idle_timeout=30, tags=["chat"])
async def chat(ws: responder.WebSocket) -> None:
    assert_type(ws.session, Session)
    assert_type(await ws.receive_text(), str)


@api.route("/chat/{room}", websocket=True, subprotocols=["v1"], auth=None)
async def rooms(ws: responder.WebSocket, *, room: str) -> None: ...


router = responder.Router(
    "/v1",
    tags=["v1"],
    rate_limit=False,
    session=False,
    csrf=False,
    include_in_schema=False,
    audience=["partners"],
    security=[],
    sunset=date(2030, 1, 1),
)
group = api.group("/v2", rate_limit="5/minute", deprecated=True)
assert_type(group, responder.Router)
assert_type(group.group("/teas", csrf=False), responder.Router)
core: type[CoreResponse] = responder.Response

# The decorators give back what they got, with its own type.
reveal_type(show)  # shows: (req: Request, resp: Response, *, name: str) -> dict[str, str]
reveal_type(log_in)  # shows: (req: Request, resp: Response) -> None
reveal_type(Teas)  # shows: type[Teas]
reveal_type(chat)  # shows: (ws: WebSocket) -> CoroutineType[Any, Any, None]
reveal_type(api.get("/x")(log_in))  # shows: (req: Request, resp: Response) -> None
reveal_type(router.post("/x")(log_in))  # shows: (req: Request, resp: Response) -> None
reveal_type(api.openapi)  # shows: OpenAPI
reveal_type(api.graphql("/g", schema=object()))  # shows: GraphQLView
reveal_type(api.schema("Teas")(Teas))  # shows: type[Teas]
reveal_type(api.requests.get("/").status_code)  # shows: int
reveal_type(api.before_request(log_in))  # shows: (req: Request, resp: Response) -> None


def show_members(req: responder.Request, resp: responder.Response, ws: responder.WebSocket) -> None:
    reveal_type(req.session)  # shows: Session
    reveal_type(resp.session)  # shows: Session
    reveal_type(ws.session)  # shows: Session
    reveal_type(req.params)  # shows: QueryDict
    reveal_type(req.headers.get("x"))  # shows: str | None
    reveal_type(req.stream())  # shows: AsyncIterator[bytes]
    reveal_type(resp.status_code)  # shows: int | None
    reveal_type(resp.ok)  # shows: bool
