"""The models of an order, for all frameworks that are given models of pydantic."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Line(BaseModel):
    """One line of an order."""

    sku: str = Field(max_length=40)
    quantity: int = Field(ge=1)
    price: float = Field(ge=0)


class Order(BaseModel):
    """An order."""

    number: int
    customer: str = Field(min_length=1)
    email: str
    placed: datetime
    currency: Literal["EUR", "USD", "GBP"]
    express: bool = False
    note: str | None = None
    lines: list[Line]
