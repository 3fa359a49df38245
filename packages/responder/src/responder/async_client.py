"""The async client of tests, by the names of older programs; ``api.async_client()`` is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.async_client import LiveClient, LiveTransport
from responder_core.testing import BASE_URL

if TYPE_CHECKING:
    from responder_core.types import ASGIApp

_PEER = ("testclient", 50000)


class ASGIStreamingTransport(LiveTransport):
    """Sends the requests of an ``httpx2.AsyncClient`` to an app; what is streamed arrives live."""

    def __init__(self, app: ASGIApp, raise_app_exceptions: bool = True) -> None:  # noqa: FBT001, FBT002 - a position that programs use
        super().__init__(app, raise_exceptions=raise_app_exceptions, peer=_PEER)


class AsyncTestClient(LiveClient):
    """A client for async tests: ``async with AsyncTestClient(api) as client: ...``.

    Args:
        app: the app; its lifespan runs while the client is open.
        base_url: what paths are joined to.
        raise_app_exceptions: raise what no handler answers in the test; else it is a 500.
        options: those of ``httpx2.AsyncClient``.
    """

    def __init__(
        self,
        app: ASGIApp,
        base_url: str = BASE_URL,
        *,
        raise_app_exceptions: bool = True,
        **options: Any,  # noqa: ANN401 - the client's own settings
    ) -> None:
        transport = ASGIStreamingTransport(app, raise_app_exceptions)
        super().__init__(transport, base_url=base_url, **options)
