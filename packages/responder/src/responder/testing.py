"""What tests use; ``responder_core.testing`` documents it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.testing import SSEEvent, assert_problem, collect_sse, iter_sse, parse_sse

__all__ = [
    "ASGIStreamingTransport",
    "AsyncTestClient",
    "SSEEvent",
    "assert_problem",
    "collect_sse",
    "iter_sse",
    "parse_sse",
]

if TYPE_CHECKING:
    from responder.async_client import ASGIStreamingTransport, AsyncTestClient
else:

    def __getattr__(name: str) -> object:
        # The HTTP client that they are made of is installed for tests alone.
        if name in {"ASGIStreamingTransport", "AsyncTestClient"}:
            try:
                from responder import async_client
            except ImportError as error:
                msg = "The test client needs httpx2: pip install 'responder-core[test]'"
                raise ModuleNotFoundError(msg) from error
            return getattr(async_client, name)
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
