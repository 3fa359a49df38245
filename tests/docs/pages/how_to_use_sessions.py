"""What docs/how-to/use-sessions.md takes for granted, and what its views answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


async def check_password(req: Any) -> SimpleNamespace:
    return SimpleNamespace(id=(await req.media())["name"])


def names() -> dict[str, Any]:
    return {
        "check_password": check_password,
        "NEW_KEY": "Nn3m0rP8zXq4vB7kT2yW9sD6fG1hJ5lC",
        "OLD_KEY": "Oa8bQ2wE5rT9yU3iP7sD1fG6hJ4kL0zX",
        "the_same_key": "Ss4dF7gH1jK9lZ2xC5vB8nM3qW6eR0tY",
    }


def check(page: Any) -> None:
    def browser() -> Any:
        # As browsers say of what a page of the same site sends.
        fields = {"user-agent": "Test", "Sec-Fetch-Site": "same-origin"}
        return page.api.test_client(base_url="https://localhost", headers=fields)

    client, elsewhere = browser(), browser()
    client.post("/login", json={"name": "Ada"})
    client.post("/cart")
    shown = client.get("/cart").json()

    assert shown == {"cart": ["tea"], "messages": ["success: Saved."]}
    elsewhere.post("/login", json={"name": "Ada"})
    assert len(client.get("/devices").json()) == 2
    client.post("/password")
    assert client.get("/devices").json() == ["Test"]
    client.post("/logout")
    with pytest.raises(KeyError):
        client.get("/cart")
