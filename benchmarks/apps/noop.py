"""The application that does nothing: what the harness itself costs."""

from __future__ import annotations

from harness import App, Receive, Scope, Send


def build() -> App:
    """An application that returns at once and sends nothing."""
    return noop


async def noop(scope: Scope, receive: Receive, send: Send) -> None:
    """Return at once."""
