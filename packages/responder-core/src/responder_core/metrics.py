"""Metrics: what an app has answered, in numbers, for Prometheus (with the extra ``metrics``).

What is counted of requests is kept and written by ``tally``, or, for several processes together,
by ``shared_tally``. What the program counts and what is known of the process is told beside it,
by prometheus-client.
"""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING

from responder_core.tally import SHARED_DIRECTORY, LocalTally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from responder_core.api import API
    from responder_core.observation import Observation
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.tally import Tally

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds up to which requests are counted together."""

OTHER = "OTHER"
"""The method of what no route answers and HTTP does not know."""

_METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)


class MetricsCollector:
    """Counts what an app answers, and tells it at ``metrics_route=``.

    Its labels are as few as the program's routes: the template of the route, with the prefixes of
    mounts, or ``unmatched``; the method, or ``OTHER`` where no route has it and HTTP neither.

    Args:
        api: the app.
        buckets: seconds up to which requests are counted together, ascending.

    Raises:
        ModuleNotFoundError: prometheus-client is not installed.
    """

    def __init__(self, api: API, buckets: Iterable[float] | None = None) -> None:
        try:
            from prometheus_client import REGISTRY
        except ImportError as error:
            msg = "Metrics need prometheus-client: pip install 'responder-core[metrics]'"
            raise ModuleNotFoundError(msg) from error
        self._api = api
        bounds = BUCKETS if buckets is None else tuple(buckets)
        self._tally: Tally
        self._is_shared = SHARED_DIRECTORY in os.environ
        if self._is_shared:
            from responder_core.shared_tally import SharedTally

            self._tally = SharedTally(bounds)
        else:
            self._tally = LocalTally(bounds, REGISTRY)
        # An app may be served on several event loops, each in a thread of its own.
        self._lock = Lock()
        self._in_flight = 0
        self._sockets = 0

    def begin(self, noted: Observation) -> None:
        """Learn of a request or WebSocket that begins."""
        self._step(noted, 1)
        if self._is_shared:
            self._tell_gauges()

    def __call__(self, noted: Observation) -> None:
        """Count one that is over."""
        self._step(noted, -1)
        method = noted.method
        if noted.template is None and method not in _METHODS:
            method = OTHER
        self._tally.add(method, noted.route, noted)
        if self._is_shared:
            self._tell_gauges()

    def _step(self, noted: Observation, step: int) -> None:
        with self._lock:
            if noted.is_socket:
                self._sockets += step
            else:
                self._in_flight += step

    def _tell_gauges(self) -> None:
        # In one step, so that what another thread has found before is not told afterwards.
        with self._lock:
            self._tally.set(self._gauges())

    async def serve(self, req: Request, resp: Response) -> None:
        """The view: in the format that the client asks for."""
        from prometheus_client.exposition import choose_encoder

        encode, kind = choose_encoder(", ".join(req.headers.get_list("accept")))
        resp.headers["Content-Type"] = kind
        resp.headers["Cache-Control"] = "no-store"
        resp.vary("Accept")
        is_open = kind.startswith("application/openmetrics-text")
        if self._is_shared:
            from responder_core.threads import run_in_thread

            resp.content = await run_in_thread(self._write, encode, is_open)
        else:
            resp.content = self._write(encode, is_open)

    def render(self) -> str:
        """Everything in the text format."""
        from prometheus_client import generate_latest

        return self._write(generate_latest, is_open=False).decode()

    def _write(self, encode: Callable[..., bytes], is_open: bool) -> bytes:  # noqa: FBT001
        if self._is_shared:
            self._tell_gauges()
        return self._tally.write(self._gauges(), encode, is_open=is_open)

    def _gauges(self) -> tuple[int, int, int, int, int]:
        threads = self._api.threads
        busy = min(threads.pending, threads.size)
        return (
            self._in_flight,
            self._sockets,
            busy,
            threads.pending - busy,
            self._api.background_pending,
        )


def serve_metrics(api: API, route: str) -> MetricsCollector:
    """Serve the metrics of an app; what ``metrics_route=`` does.

    Raises:
        ModuleNotFoundError: prometheus-client is not installed.
    """
    collector = MetricsCollector(api, api.settings.metrics_buckets)
    api.add_route(route, collector.serve, methods=["GET"], name="metrics")
    return collector
