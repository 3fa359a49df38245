"""The background work of an app: its queue, made when something first asks for it."""

from __future__ import annotations

from abc import ABC
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from responder_core.background import BackgroundQueue
    from responder_core.settings import Settings

# Two threads may be the first to ask.
_lock = Lock()


class BackgroundRegistrar(ABC):
    """An app that runs functions beside its requests, once it was asked to."""

    settings: Settings
    _background: BackgroundQueue | None = None

    @property
    def background(self) -> BackgroundQueue:
        """What runs functions beside the requests: ``api.background.run(send_mail, user)``."""
        if self._background is None:
            from responder_core.background import BackgroundQueue

            with _lock:
                if self._background is None:  # pragma: no branch - another may be quicker
                    self._background = BackgroundQueue(limit=self.settings.background_limit)
        return self._background

    @property
    def background_pending(self) -> int:
        """How many background functions run or wait."""
        return 0 if self._background is None else self._background.pending

    async def drain_background(self) -> None:
        """Let the background functions end; what the end of the lifespan waits for."""
        if self._background is not None:
            await self._background.drain(self.settings.background_timeout)
