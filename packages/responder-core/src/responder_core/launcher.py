"""The launcher: how an app is served, and called in tests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from responder_core.testing import BASE_URL, make_async_client, make_client

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.testclient import TestClient

    from responder_core.async_client import LiveClient
    from responder_core.serving.server import ServerName
    from responder_core.types import Receive, Scope, Send


class Launcher(ABC):
    """What runs an app: ``api.run()``, and ``api.requests`` for tests."""

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
        server: ServerName = "uvicorn",
        workers: int | None = None,
        **options: Any,  # noqa: ANN401 - the server's own settings
    ) -> None:
        """Serve until told to stop: on 127.0.0.1:5042, or what ``PORT`` says.

        *workers* processes share the port; each imports the app, which is then a variable of a
        module. *options* are those of ``uvicorn.run()``, or of granian. In a file that a
        command or a worker imports, nothing is served.

        Raises:
            OSError: nothing can listen there, as the port is in use.
            ModuleNotFoundError: granian is not installed.
        """
        from responder_core.serving.server import serve
        from responder_core.serving.target import is_importing
        from responder_core.serving.workers import is_booting

        if is_importing.get() or is_booting():
            return
        serve(
            self,
            address=address,
            port=port,
            debug=debug or self.debug,
            server=server,
            workers=workers,
            **options,
        )

    def run(
        self,
        *,
        address: str | None = None,
        port: int | None = None,
        debug: bool = False,
        server: ServerName = "uvicorn",
        workers: int | None = None,
        **options: Any,  # noqa: ANN401 - the server's own settings
    ) -> None:
        """As ``serve()``."""
        self.serve(
            address=address, port=port, debug=debug, server=server, workers=workers, **options
        )

    @property
    def requests(self) -> TestClient:
        """A client that calls the app in process: ``api.requests.get("/hello").text``."""
        if self._client is None:
            self._client = self.test_client()
        return self._client

    def test_client(self, base_url: str = BASE_URL, **options: Any) -> TestClient:  # noqa: ANN401
        """A new client that calls the app in process; as a context manager, with lifespan."""
        return make_client(self, base_url, **options)

    def async_client(self, base_url: str = BASE_URL, **options: Any) -> LiveClient:  # noqa: ANN401
        """A new client for async tests: ``async with api.async_client() as client: ...``.

        It runs the lifespan of the app, gets what is streamed as it is sent, and opens WebSockets
        by ``client.websocket_connect()``.
        """
        return make_async_client(self, base_url, **options)
