"""Fixtures for pytest: ``pytest_plugins = ["responder_core.fixtures"]`` in a ``conftest.py``.

(The extra ``pytest``.) They call the app that a fixture ``api`` of the program gives::

    @pytest.fixture
    def api():
        return myservice.api


    def test_hello(client):
        assert client.get("/hello").text == "Hello, world!"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from starlette.testclient import TestClient

    from responder_core.api import API
    from responder_core.async_client import LiveClient
    from responder_core.live_server import LiveServer


@pytest.fixture
def client(api: API) -> Generator[TestClient]:
    """A client that calls the app in process, within its lifespan."""
    client = api.test_client()
    with client:
        yield client


@pytest.fixture
async def async_client(api: API) -> AsyncGenerator[LiveClient]:
    """A client for async tests (by AnyIO's plugin or pytest-asyncio), within the lifespan."""
    client = api.async_client()
    async with client:
        yield client


@pytest.fixture
def live_server(api: API) -> Generator[LiveServer]:
    """The app on a free port of this machine: ``live_server.url``."""
    from responder_core.live_server import LiveServer

    with LiveServer(api) as server:
        yield server
