"""Testing: a client that calls an app in process, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.problems import RAISE_EXCEPTIONS

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from responder_core.types import ASGIApp, Receive, Scope, Send

BASE_URL = "http://;"
"""The default base URL, whose host is ``;``: no name that a real request could have."""


def make_client(
    app: ASGIApp,
    base_url: str = BASE_URL,
    *,
    raise_server_exceptions: bool = True,
    **options: Any,  # noqa: ANN401 - the client's own settings
) -> TestClient:
    """A client for an app: ``make_client(api).get("/hello").text``.

    An exception that no handler answers is raised in the test, unless
    *raise_server_exceptions* is off; then the client sees the 500 that a user would see.

    Raises:
        ModuleNotFoundError: the HTTP client is not installed.
    """
    try:
        from starlette.testclient import TestClient
    except (ImportError, RuntimeError) as error:
        msg = "The test client needs httpx2: pip install 'responder-core[test]'"
        raise ModuleNotFoundError(msg) from error

    async def raising_app(scope: Scope, receive: Receive, send: Send) -> None:
        scope[RAISE_EXCEPTIONS] = True
        await app(scope, receive, send)

    target = raising_app if raise_server_exceptions else app
    return TestClient(target, base_url, raise_server_exceptions=raise_server_exceptions, **options)
