"""An API is built from typed keywords, and every way to register keeps what it is given."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import State
from starlette.testclient import TestClient
from typing_extensions import assert_type

import responder
import responder_core
from responder_core import API, Problem, Request, Response, Route, WebSocket


@asynccontextmanager
async def lifespan(app: API) -> AsyncGenerator[None, None]:
    app.state.ready = True
    yield


api = API(
    debug=True,
    lifespan=lifespan,
    redirect_slashes=False,
    extensions=[],
    request_class=Request,
    response_class=Response,
    websocket_class=WebSocket,
)
assert_type(api, responder_core.API)
assert_type(api.state, State)
assert_type(api.requests, TestClient)
assert_type(api.test_client(base_url="http://example.org"), TestClient)


@api.get("/users/{user_id:int}", name="user", sync_to_thread=False)
def get_user(req: Request, resp: Response, *, user_id: int) -> None:
    resp.media = {"id": user_id}


@api.route("/things/{id}", methods=["GET", "POST"])
class ThingResource:
    def on_get(self, req: Request, resp: Response, *, id: str) -> None:
        resp.text = id


@api.before_request()
async def check(req: Request, resp: Response) -> None:
    if "authorization" not in req.headers:
        resp.status_code = 401


@api.after_request
def stamp(req: Request, resp: Response) -> None:
    resp.headers["X-Stamp"] = "1"


@api.route(before_request=True)
def check_again(req: Request, resp: Response) -> None: ...


@api.exception_handler(ValueError)
async def handle_value(req: Request, resp: Response, exc: ValueError) -> None:
    resp.status_code = 400


@api.exception_handler(404)
def handle_missing(req: Request, resp: Response, exc: Problem) -> None:
    resp.text = exc.detail


@api.on_event("startup")
async def prepare() -> None: ...


# The decorators return what they got, with its own type.
assert_type(get_user(Request.__new__(Request), Response.__new__(Response), user_id=7), None)
assert_type(ThingResource(), ThingResource)
checked: Callable[[Request, Response], Awaitable[None]] = check
stamped: Callable[[Request, Response], None] = stamp
checked_again: Callable[[Request, Response], None] = check_again
handled: Callable[[Request, Response, ValueError], Awaitable[None]] = handle_value
missing: Callable[[Request, Response, Problem], None] = handle_missing
prepared: Callable[[], Awaitable[None]] = prepare


def describe(route: Route) -> str:
    assert_type(route.fact(int), int | None)
    return route.path


api.add_route("/functions", stamp, before=check, after=[stamp, stamp])
api.add_route("/classes", ThingResource)
assert_type(api.url_for(get_user, user_id=7), str)
assert_type(api.url_for("user", user_id="7"), str)

# How an app is watched and served.
watched = API(
    request_id=True,
    enable_logging=True,
    log_format="json",
    metrics_route="/metrics",
    metrics_buckets=[0.1, 1],
    tracing=True,
    health_route="/readyz",
)


def serve() -> None:
    watched.run(port=8000, workers=2, server="granian", timeout_graceful_shutdown=10)


async def call() -> None:
    async with watched.async_client() as client:
        assert_type((await client.get("/")).status_code, int)
        socket = client.websocket_connect("/ws", ["chat"], headers={"X-Name": "ada"})
        async with socket as opened:
            await opened.send_json({"tea": "green"})
            assert_type(await opened.receive_text(), str)
            assert_type(await opened.receive_bytes(), bytes)
            assert_type(opened.subprotocol, str | None)


# How an app is documented.
documented = responder.API(
    title="Tea",
    version="1.0",
    contact={"name": "Ada"},
    license="MIT",
    openapi="3.1.0",
    openapi_servers=["/v1", {"url": "/v2"}],
    openapi_theme="redoc",
    docs_route="/docs",
    validate_responses="log",
)
documented.add_security_scheme("key", {"type": "apiKey"}, default=True, guard=check)
assert_type(documented.openapi.document(), dict[str, Any])
tea = responder.Router("/teas", csrf=False)
hooks = responder.API().group("/hooks", session=False, csrf=False)
assert_type(hooks, responder.Router)


@documented.schema("Tea")
class TeaModel: ...


assert_type(TeaModel(), TeaModel)


@tea.get("/{name}", summary="Show", deprecated=True, security=["key"], audience="partners")
@documented.post("/teas", tags=["teas"], examples={"a": 1}, response_examples={200: 1})
async def show_tea(req: responder.Request, resp: responder.Response) -> None: ...
