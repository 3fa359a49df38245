"""A tea shop: an order is answered at once, and shipped by a job."""

from __future__ import annotations

import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import responder
from examples.jobs.tasks import connector, queue, ship

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


@asynccontextmanager
async def lifespan(app: responder.API) -> AsyncGenerator[None, None]:
    async with queue.open_async():
        yield


api = responder.API(lifespan=lifespan)


@dataclass
class Order:
    """What a client sends."""

    tea: str
    grams: int


@api.post("/orders")
async def order_tea(req: responder.Request, resp: responder.Response, *, order: Order) -> None:
    number = uuid.uuid4()
    async with connector.pool.connection() as connection:  # One transaction.
        job = await ship.configure(connection=connection).defer_async(order=str(number))
        await connection.execute(
            "INSERT INTO orders (id, tea, grams, job) VALUES (%s, %s, %s, %s)",
            [number, order.tea, order.grams, job],
        )
    resp.status_code = 202
    resp.headers["Location"] = f"/orders/{number}"
    resp.media = {"id": number}


@api.get("/orders/{number:uuid}")
async def show_order(
    req: responder.Request, resp: responder.Response, *, number: uuid.UUID
) -> None:
    async with connector.pool.connection() as connection:
        rows = await connection.execute(
            "SELECT tea, grams, job, parcel FROM orders WHERE id = %s", [number]
        )
        row = await rows.fetchone()
    if row is None:
        responder.abort(404)
    tea, grams, job, parcel = row
    status = await queue.job_manager.get_job_status_async(job)
    resp.media = {"tea": tea, "grams": grams, "shipping": status.value, "parcel": parcel}
