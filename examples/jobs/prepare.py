"""Make the tables, once for each database: ``python -m examples.jobs.prepare``."""

from __future__ import annotations

import asyncio

from examples.jobs.tasks import connector, queue


async def prepare() -> None:
    async with queue.open_async():
        if not await queue.check_connection_async():
            await queue.schema_manager.apply_schema_async()
        async with connector.pool.connection() as connection:
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS orders (id uuid PRIMARY KEY, tea text NOT NULL,"
                " grams integer NOT NULL CHECK (grams > 0), job bigint NOT NULL, parcel text)"
            )


if __name__ == "__main__":
    asyncio.run(prepare())
