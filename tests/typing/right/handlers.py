"""What a handler asks for is typed as it is written, and every decorator keeps what it is given."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from typing import Any

import msgspec
from typing_extensions import assert_type

from responder_core import (
    API,
    Cookie,
    Depends,
    File,
    Form,
    Header,
    Path,
    Query,
    Request,
    Response,
    Router,
    UploadFile,
    WebSocket,
)
from responder_core.list_query import SortKey, filter_items, parse_sort, sort_items
from responder_core.pagination import Page, Paging, paginate, set_pagination_headers


class Item(msgspec.Struct):
    name: str


def login(req: Request) -> str:
    return req.headers["authorization"]


api = API(dependencies=[Depends(login)], public=["/health"], cors_params={}, request_timeout=5.0)


@api.dependency()
async def db() -> AsyncGenerator[int, None]:
    yield 1


@api.dependency
def pool() -> int:
    return 1


@api.dependency(scope="app")
def settings() -> dict[str, str]:
    return {}


assert_type(pool(), int)
assert_type(settings(), dict[str, str])
with api.dependency_overrides({login: "ada"}, db=2):
    pass


@api.post("/{id}", status_code=201, responses={404: Item}, auth=None)
async def create(
    req: Request,
    resp: Response,
    *,
    id: int = Path(ge=1),
    item: Item,
    q: str = Query(min_length=3),
    token: str = Header(),
    theme: str | None = Cookie(None),
    user: str = Depends(login),
) -> Item:
    assert_type(id, int)
    assert_type(user, str)
    resp.background(print, "created")
    return item


@api.post("/form")
def form(
    req: Request, resp: Response, *, name: str = Form(), photo: UploadFile = File()
) -> None: ...


router = Router("/users", tags=["users"], dependencies=[Depends(login)])
api.include_router(router, prefix="/v1")
assert_type(api.group("/v2"), Router)


@router.websocket_route("/{room}", subprotocols=["v1"], idle_timeout=30)
async def chat(ws: WebSocket, *, room: int) -> None:
    await ws.accept()
    assert_type(await ws.receive_json(Item), Item)
    assert_type(await ws.receive_json(), Any)
    async for message in ws:
        assert_type(message, str | bytes)


@api.middleware("http")
async def around(req: Request, call_next: Callable[[Request], Any]) -> Any:
    return await call_next(req)


@api.background.task
def work(count: int) -> None: ...


assert_type(work(3), Future[Any])
assert_type(api.background.run(work, 3), Future[Any])


@api.get("/pages")
async def list_items(
    req: Request, resp: Response, *, paging: Paging = Query(), sort: str | None = None
) -> Page[Item]:
    items = sort_items(filter_items((Item("tea"),), {"name": "tea"}), sort, allowed={"name"})
    page = paginate(items, page=paging.page, size=paging.size)
    set_pagination_headers(req, resp, page)
    assert_type(items, list[Item])
    assert_type(page, Page[Item])
    assert_type(page.total, int | None)
    assert_type(parse_sort(["-name"]), list[SortKey])
    return page
