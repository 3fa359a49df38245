"""FastAPI: the order and the dependencies, as its documentation writes them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, Header
from harness import App

from apps.orders import Order


def build_orders() -> App:
    """The order."""
    app = FastAPI()

    @app.post("/orders")
    async def create(order: Order) -> Order:
        return order

    return app


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
    app = FastAPI()

    @app.get("/none")
    async def none() -> dict[str, int]:
        return {"number": 3}

    @app.get("/chain")
    async def chain(number: Annotated[int, Depends(third)]) -> dict[str, int]:
        return {"number": number}

    @app.get("/header")
    async def header(
        number: Annotated[int, Depends(third)], x_token: Annotated[str, Header()]
    ) -> dict[str, int | str]:
        return {"number": number, "token": x_token}

    return app
