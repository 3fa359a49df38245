"""The models of an order once more, for the frameworks that take those of msgspec."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct


class Line(Struct):
    """One line of an order."""

    sku: Annotated[str, Meta(max_length=40)]
    quantity: Annotated[int, Meta(ge=1)]
    price: Annotated[float, Meta(ge=0)]


class Order(Struct):
    """An order."""

    number: int
    customer: Annotated[str, Meta(min_length=1)]
    email: str
    placed: datetime
    currency: Literal["EUR", "USD", "GBP"]
    lines: list[Line]
    express: bool = False
    note: str | None = None
