"""The live server: an app on a real socket, for tests of what a client in process cannot see."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import uvicorn

from responder_core.serving.uvicorn_server import make_server

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from responder_core.api import API

START_TIME = 30.0
"""Seconds that an app may take to start, and to stop."""


class LiveServer:
    """uvicorn in a thread, which serves an app on a free port of this machine.

    ::

        with LiveServer(api) as server:
            answer = httpx2.get(server.url + "/hello")

    Args:
        api: the app.
        options: those of ``uvicorn.run()``.

    Attributes:
        url: where it is served, ``"http://127.0.0.1:54321"``.
        port: the port.
    """

    def __init__(self, api: API, **options: Any) -> None:  # noqa: ANN401 - uvicorn's own settings
        settings: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": 0,
            "lifespan": "on",
            "log_config": None,
            **options,
        }
        self._begun = Event()
        config = uvicorn.Config(api, **settings)
        self._server = make_server(config, api.drain, self._begun.set)
        self._thread = Thread(target=self._run, name="live server")
        self._host: str = settings["host"]
        self.port: int = 0

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://{self._host}:{self.port}"

    def __enter__(self) -> Self:
        """Serve.

        Raises:
            RuntimeError: the app did not start; the log tells why.
        """
        self._thread.start()
        self._begun.wait(START_TIME)
        if not self._server.started:
            self.stop()
            msg = "the app did not start; its log tells why"
            raise RuntimeError(msg)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop, as a signal would: streams and sockets are told, and requests are answered.

        Raises:
            RuntimeError: it did not stop in time.
        """
        self._server.should_exit = True
        self._thread.join(START_TIME)
        if self._thread.is_alive():
            msg = f"the app did not stop within {START_TIME} s"
            raise RuntimeError(msg)

    def _run(self) -> None:
        with suppress(SystemExit):  # It has said why.
            self._server.run()
        self._begun.set()
