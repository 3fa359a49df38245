"""The queue, and the jobs that workers do."""

from __future__ import annotations

import os

import httpx2
import procrastinate
import psycopg

DATABASE = os.environ.get("JOBS_DATABASE", "postgresql:///tea")
WAREHOUSE = os.environ.get("WAREHOUSE_URL", "http://127.0.0.1:5043")
# Seconds without a sign of life after which a worker counts as dead.
DEAD_AFTER = float(os.environ.get("JOBS_DEAD_AFTER", "30"))

connector = procrastinate.PsycopgConnector(conninfo=DATABASE)
queue = procrastinate.App(
    connector=connector,
    worker_defaults={
        "concurrency": 4,
        "update_heartbeat_interval": DEAD_AFTER / 3,
        "stalled_worker_timeout": DEAD_AFTER,
    },
)


class WarehouseError(Exception):
    """The warehouse could not do it now; later it may."""


@queue.task(
    retry=procrastinate.RetryStrategy(
        max_attempts=5,
        exponential_wait=3,  # After 3, 9, 27, 81 and 243 seconds.
        retry_exceptions=[WarehouseError, httpx2.TransportError, psycopg.OperationalError],
    )
)
async def ship(*, order: str) -> None:
    async with connector.pool.connection() as connection:
        rows = await connection.execute("SELECT tea, grams FROM orders WHERE id = %s", [order])
        row = await rows.fetchone()
    if row is None:
        raise LookupError(order)
    client = httpx2.AsyncClient(timeout=60)
    async with client:
        # A job may run twice. By this key the warehouse knows what it has sent already.
        answer = await client.post(
            f"{WAREHOUSE}/parcels",
            json={"tea": row[0], "grams": row[1]},
            headers={"Idempotency-Key": order},
        )
    if answer.status_code >= 500:
        raise WarehouseError(answer.status_code)
    answer.raise_for_status()  # Another try would not help here, so it is not in the list above.
    parcel = answer.json()["parcel"]
    async with connector.pool.connection() as connection:
        await connection.execute("UPDATE orders SET parcel = %s WHERE id = %s", [parcel, order])


@queue.periodic(cron="* * * * * */5")  # Every five seconds; the last field is for seconds.
@queue.task(queueing_lock="rescue", priority=100)
async def rescue(timestamp: int) -> None:
    """Put the jobs of workers that died back into the queue."""
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
        await queue.job_manager.retry_job(job)
