"""The launcher: how an app is served, and called in tests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from responder_core import server
from responder_core.testing import BASE_URL, make_async_client, make_client

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from httpx2 import AsyncClient
    from starlette.testclient import TestClient

    from responder_core.drain import Drain
    from responder_core.settings import Settings
    from responder_core.types import Receive, Scope, Send


class Launcher(ABC):
    """What runs an app: ``api.run()``, and ``api.requests`` for tests."""

    drain: Drain
    settings: Settings
    _client: TestClient | None = None

    @property
    @abstractmethod
    def debug(self) -> bool:
        """Whether a client is told what failed."""

    @abstractmethod
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection (ASGI 3)."""

    def serve(
        self,
        *,
        address: str | None = None,
        port: int | None = None,
        debug: bool = False,
        **options: Any,  # noqa: ANN401 - the server's own settings
    ) -> None:
        """Serve on uvicorn until told to stop: 127.0.0.1:5042, or what ``PORT`` says.

        *options* are those of ``uvicorn.run()``.
        """
        if self.settings.enable_logging:
            options.setdefault("access_log", False)  # There is ours.
        server.serve(
            self,
            drain=self.drain,
            address=address,
            port=port,
            debug=debug or self.debug,
            max_message_size=self.settings.max_message_size,
            **options,
        )

    def run(
        self,
        *,
        address: str | None = None,
        port: int | None = None,
        debug: bool = False,
        **options: Any,  # noqa: ANN401 - the server's own settings
    ) -> None:
        """As ``serve()``."""
        self.serve(address=address, port=port, debug=debug, **options)

    @property
    def requests(self) -> TestClient:
        """A client that calls the app in process: ``api.requests.get("/hello").text``."""
        if self._client is None:
            self._client = self.test_client()
        return self._client

    def test_client(self, base_url: str = BASE_URL, **options: Any) -> TestClient:  # noqa: ANN401
        """A new client that calls the app in process; as a context manager, with lifespan."""
        return make_client(self, base_url, **options)

    def async_client(self, base_url: str = BASE_URL, **options: Any) -> AsyncClient:  # noqa: ANN401
        """A new client for async tests: ``async with api.async_client() as client: ...``.

        It runs the lifespan of the app, and gets what is streamed as it is sent.
        """
        return make_async_client(self, base_url, **options)
