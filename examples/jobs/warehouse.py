"""A stand-in for the service that the job calls: ``python -m examples.jobs.warehouse``.

It takes ten seconds for a parcel, so that there is time to kill a worker.
"""

from __future__ import annotations

import asyncio
import os

import responder

SECONDS = float(os.environ.get("WAREHOUSE_SECONDS", "10"))

api = responder.API()
parcels: dict[str, str] = {}


@api.post("/parcels")
async def send(req: responder.Request, resp: responder.Response) -> None:
    key = req.headers["Idempotency-Key"]
    print("packing for", key, flush=True)
    await asyncio.sleep(SECONDS)
    resp.media = {"parcel": parcels.setdefault(key, f"P{len(parcels) + 1}")}


if __name__ == "__main__":
    api.run(port=int(os.environ.get("PORT", "5043")))
