from typing import Annotated

import responder
from responder import Cookie, Header, Path, Query

api = responder.API()

@api.get("/items/{item_id}")
async def items(
    req,
    resp,
    *,
    item_id: int = Path(ge=1),
    q: str = Query(min_length=2),
    limit: int = Query(10, le=100),
    tags: list[str] = Query([], alias="tag"),
    user_agent: Annotated[str, Header()] = "none",
    flavour: str | None = Cookie(None),
):
    return {
        "id": item_id,
        "q": q,
        "limit": limit,
        "tags": tags,
        "agent": user_agent,
        "flavour": flavour,
    }
