"""The launcher: how an app is served, and called in tests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, cast

from responder_core.testing import BASE_URL, make_async_client, make_client

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable

    from starlette.testclient import TestClient

    from responder_core.api import API
    from responder_core.async_client import LiveClient
    from responder_core.rsgi import RSGIDoor
    from responder_core.rsgi_scope import RawScope
    from responder_core.serving.interface import InterfaceName
    from responder_core.serving.server import ServerName
    from responder_core.types import Receive, Scope, Send


class Launcher(ABC):
    """What runs an app: ``api.run()``, and ``api.requests`` for tests."""

    _client: TestClient | None = None
    _door: RSGIDoor | None = None

    @property
    @abstractmethod
    def debug(self) -> bool:
        """Whether a client is told what failed."""

    @abstractmethod
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection (ASGI 3)."""

    def __rsgi__(self, scope: RawScope, protocol: Any) -> Awaitable[None]:  # noqa: ANN401 - of two kinds
        """Serve one connection (RSGI 1.6)."""
        return (self._door or self.rsgi_door).serve(scope, protocol)

    def __rsgi_init__(self, loop: AbstractEventLoop) -> None:
        """Start, in a worker of granian; a failure ends it."""
        self.rsgi_door.lifespan.start(loop)

    def __rsgi_del__(self, loop: AbstractEventLoop) -> None:
        """Stop, in a worker of granian."""
        self.rsgi_door.lifespan.stop(loop)

    @property
    def rsgi_door(self) -> RSGIDoor:
        """What serves the app over RSGI."""
        if self._door is None:
            from responder_core.rsgi import RSGIDoor

            self._door = RSGIDoor(cast("API", self))
        return self._door

    def serve(
        self,
        *,
        address: str | None = None,
        port: int | None = None,
        debug: bool = False,
        server: ServerName = "uvicorn",
        workers: int | None = None,
        interface: InterfaceName = "auto",
        **options: Any,  # noqa: ANN401 - the server's own settings
    ) -> None:
        """Serve until told to stop: on 127.0.0.1:5042, or what ``PORT`` says.

        *workers* processes share the port; each imports the app, which is then a variable of a
        module. *interface* is what granian speaks to the app, ``"rsgi"`` or ``"asgi"``; ``"auto"``
        is RSGI, unless something of the app needs ASGI. *options* are those of ``uvicorn.run()``,
        or of granian. In a file that a command or a worker imports, nothing is served.

        Raises:
            OSError: nothing can listen there, as the port is in use.
            ModuleNotFoundError: granian is not installed.
            ValueError: the interface cannot be that.
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
            interface=interface,
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
        interface: InterfaceName = "auto",
        **options: Any,  # noqa: ANN401 - the server's own settings
    ) -> None:
        """As ``serve()``."""
        self.serve(
            address=address,
            port=port,
            debug=debug,
            server=server,
            workers=workers,
            interface=interface,
            **options,
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
