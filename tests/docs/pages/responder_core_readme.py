"""What the README of responder-core takes for granted, and what its views answer."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

USERS = {"ada": {"name": "Ada", "version": "v1"}}


async def load(name: str) -> dict[str, str]:
    return USERS[name]


async def save(name: str, user: dict[str, str]) -> None:
    USERS[name] = user


async def clock() -> AsyncGenerator[int]:
    yield 1
    yield 2


class Pool:
    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[dict[str, str]]:
        yield {}


def admins_only() -> None: ...


def names() -> dict[str, Any]:
    return {
        "load": load,
        "save": save,
        "clock": clock,
        "pool": Pool(),
        "admins_only": admins_only,
    }


def check(page: Any) -> None:
    Path("photos").mkdir()
    Path("report.pdf").write_bytes(b"0123456789")
    client = page.api.test_client(headers={"Authorization": "Bearer of tea"})

    assert client.get("/things/7").json() == {"id": "7"}
    assert client.post("/photos", files={"photo": ("a.jpg", b"picture")}).json() == {"bytes": 7}
    assert client.get("/report", headers={"Range": "bytes=2-4"}).content == b"234"
    first = client.get("/users/ada")
    assert (
        client.get("/users/ada", headers={"If-None-Match": first.headers["ETag"]}).status_code
        == 304
    )
    other = client.put("/users/ada", json={}, headers={"If-Match": '"v0"'})
    assert other.status_code == 412
    assert client.get("/users/eve").status_code == 404
    assert "event: tick\ndata: 2" in client.get("/ticks").text
    order = client.post("/shops/1/orders", json={"sku": "tea"})
    assert (order.status_code, order.json()) == (201, {"sku": "tea", "quantity": 1})
    assert client.get("/search?q=te").status_code == 422
    assert client.get("/me").status_code == 204 or client.get("/me").text == ""
    assert page.api.requests.get("/report").json() == {"error": "unauthorized"}
