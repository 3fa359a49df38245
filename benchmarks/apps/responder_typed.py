"""Responder: the order and the dependencies, typed."""

from __future__ import annotations

from typing import Annotated

from harness import App

from apps.orders import Order
from apps.structs import Order as StructOrder
from responder_core import API, Depends, Header, Query, Request, Response


def build_orders() -> App:
    """The order."""
    api = API()

    @api.post("/orders")
    async def create(req: Request, resp: Response, *, order: Order) -> Order:
        return order

    return api


async def first() -> int:
    """The first number."""
    return 1


async def second(before: Annotated[int, Depends(first)]) -> int:
    """The second number."""
    return before + 1


async def third(before: Annotated[int, Depends(second)]) -> int:
    """The third number."""
    return before + 1


def build_chains() -> App:
    """A number from nothing and from three dependencies, and a header field beside it."""
    api = API()

    @api.get("/none")
    async def none(req: Request, resp: Response) -> None:
        resp.media = {"number": 3}

    @api.get("/chain")
    async def chain(
        req: Request, resp: Response, *, number: Annotated[int, Depends(third)]
    ) -> None:
        resp.media = {"number": number}

    @api.get("/header")
    async def header(
        req: Request,
        resp: Response,
        *,
        number: Annotated[int, Depends(third)],
        x_token: Annotated[str, Header()],
    ) -> None:
        resp.media = {"number": number, "token": x_token}

    return api


def build_typed() -> App:
    """The orders of both kinds, a query with a header field, and the dependencies."""
    api = API()

    @api.post("/orders")
    async def create(req: Request, resp: Response, *, order: Order) -> Order:
        return order

    @api.post("/structs")
    async def create_struct(req: Request, resp: Response, *, order: StructOrder) -> StructOrder:
        return order

    @api.get("/search")
    async def search(
        req: Request,
        resp: Response,
        *,
        query: Annotated[str, Query()],
        limit: Annotated[int, Query()],
        x_token: Annotated[str, Header()],
    ) -> None:
        resp.media = {"query": query, "limit": limit, "token": x_token}

    @api.get("/chain")
    async def chain(
        req: Request, resp: Response, *, number: Annotated[int, Depends(third)]
    ) -> None:
        resp.media = {"number": number}

    return api
