"""Tally: where what an app has answered is counted, and how it is written.

(Text format 0.0.4 and OpenMetrics 1.0.) prometheus-client takes ten times as long to write what
500 routes have counted.
"""

from __future__ import annotations

from bisect import bisect_left
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prometheus_client.registry import Collector

    from responder_core.observation import Observation


SHARED_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the directory where several processes add up."""


class Family(NamedTuple):
    """A metric: its name, without what its samples add, its type and what it tells."""

    name: str
    kind: str
    told: str


REQUESTS = Family("responder_requests", "counter", "Requests and WebSockets that were answered.")
DURATION = Family(
    "responder_request_duration_seconds", "histogram", "Seconds from a request to its last byte."
)
SIZE = Family("responder_response_size_bytes", "summary", "Bytes of the bodies of answers.")
GAUGES = (
    Family("responder_requests_in_flight", "gauge", "Requests that are being answered."),
    Family("responder_websockets_open", "gauge", "WebSockets that are open."),
    Family("responder_threads_in_use", "gauge", "Worker threads that run something."),
    Family("responder_threads_waiting", "gauge", "Calls that wait for a worker thread."),
    Family("responder_background_pending", "gauge", "Background functions that run or wait."),
)


class Tally(Protocol):
    """Where requests are counted."""

    def add(self, method: str, path: str, noted: Observation) -> None:
        """Count a request or WebSocket that is over."""

    def set(self, gauges: Sequence[int]) -> None:
        """Keep the values of ``GAUGES``, where others ask for them."""

    def write(self, gauges: Sequence[int], encode: Callable[..., bytes], *, is_open: bool) -> bytes:
        """Everything as text, in OpenMetrics where *is_open* is set."""
        ...


class LocalTally:
    """Counts in the memory of this process.

    Args:
        bounds: seconds up to which requests are counted together.
        registry: what else there is to tell, of prometheus-client.
    """

    def __init__(self, bounds: Sequence[float], registry: Collector) -> None:
        self._registry = registry
        self._bounds = bounds
        # An app may be served on several event loops.
        self._lock = Lock()
        self._answers: dict[tuple[str, str, int], int] = {}
        self._series: dict[tuple[str, str], _Series] = {}

    def add(self, method: str, path: str, noted: Observation) -> None:
        """Count what is over; how long a WebSocket was open says nothing of an answer."""
        answer = method, path, noted.status
        with self._lock:
            self._answers[answer] = self._answers.get(answer, 0) + 1
            if noted.is_socket:
                return
            series = self._series.get(answer[:2])
            if series is None:
                series = self._series[answer[:2]] = _Series(method, path, self._bounds)
            series.counts[bisect_left(self._bounds, noted.duration)] += 1
            series.seconds += noted.duration
            series.size += noted.size

    def set(self, gauges: Sequence[int]) -> None:
        """They are asked for when they are written."""

    def write(self, gauges: Sequence[int], encode: Callable[..., bytes], *, is_open: bool) -> bytes:
        """What is counted here, then what the client library knows of."""
        with self._lock:
            lines = [*self._lines(gauges, is_open=is_open)]
        return ("\n".join(lines) + "\n").encode() + encode(self._registry)

    def _lines(self, gauges: Sequence[int], *, is_open: bool) -> Iterator[str]:
        yield from _head(REQUESTS, "" if is_open else "_total")
        for (method, path, status), count in self._answers.items():
            labels = f'method="{method}",path="{_escape(path)}",status="{status}"'
            yield f"{REQUESTS.name}_total{{{labels}}} {count}"
        yield from _head(DURATION)
        for series in self._series.values():
            yield from series.write_duration()
        yield from _head(SIZE)
        for series in self._series.values():
            yield from series.write_size()
        for family, value in zip(GAUGES, gauges, strict=True):
            yield from _head(family)
            yield f"{family.name} {value}"


class _Series:
    """What is counted of a route and method, whatever the status."""

    __slots__ = ("_buckets", "_labels", "counts", "seconds", "size")

    def __init__(self, method: str, path: str, bounds: Sequence[float]) -> None:
        self.counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0
        self.size = 0
        labels = f'method="{method}",path="{_escape(path)}"'
        self._labels = f"{{{labels}}}"
        self._buckets = [
            f'{DURATION.name}_bucket{{le="{bound}",{labels}}} ' for bound in (*bounds, "+Inf")
        ]

    def write_duration(self) -> Iterator[str]:
        total = 0
        for start, count in zip(self._buckets, self.counts, strict=True):
            total += count
            yield f"{start}{total}"
        yield f"{DURATION.name}_count{self._labels} {total}"
        yield f"{DURATION.name}_sum{self._labels} {self.seconds}"

    def write_size(self) -> Iterator[str]:
        yield f"{SIZE.name}_count{self._labels} {sum(self.counts)}"
        yield f"{SIZE.name}_sum{self._labels} {self.size}"


def _head(family: Family, suffix: str = "") -> tuple[str, str]:
    name = family.name + suffix
    return f"# HELP {name} {family.told}", f"# TYPE {name} {family.kind}"


def _escape(label: str) -> str:
    """A label's value between quotes."""
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
