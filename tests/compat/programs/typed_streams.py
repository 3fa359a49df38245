from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import responder
from responder import SSE

api = responder.API()

@dataclass
class Tick:
    symbol: str
    price: float

@api.sse("/ticks/{symbol}")
async def ticks(req, resp, *, symbol) -> AsyncIterator[Tick]:
    yield SSE(Tick(symbol, 1.5), id="1")
    yield Tick(symbol, 2.5)

@api.ndjson("/rows")
def rows(req, resp) -> Iterator[Tick]:
    yield Tick("A", 1)
    yield Tick("B", 2)
