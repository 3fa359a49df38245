"""Shared tally: what several processes count together, by prometheus-client's multiprocess mode.

Each process writes into files of its own, in a directory that all of them read.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from responder_core.tally import DURATION, GAUGES, REQUESTS, SHARED_DIRECTORY, SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prometheus_client import Counter, Gauge, Histogram, Summary

    from responder_core.observation import Observation


class SharedTally:
    """Counts in files that the processes of one machine share."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._requests, self._duration, self._size, self._gauges = _make_metrics(tuple(bounds))
        self._known: Sequence[int] = ()

    def add(self, method: str, path: str, noted: Observation) -> None:
        """Count what is over."""
        self._requests.labels(method, path, str(noted.status)).inc()
        if not noted.is_socket:
            self._duration.labels(method, path).observe(noted.duration)
            self._size.labels(method, path).observe(noted.size)

    def set(self, gauges: Sequence[int]) -> None:
        """Let the others see what this process has; they cannot ask."""
        if gauges == self._known:
            return
        self._known = gauges
        for gauge, value in zip(self._gauges, gauges, strict=True):
            gauge.set(value)

    def write(self, gauges: Sequence[int], encode: Callable[..., bytes], *, is_open: bool) -> bytes:  # noqa: ARG002 - set before; the encoder knows it
        """What all processes have counted, the program's own metrics too."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        _forget_the_dead()
        registry = CollectorRegistry()
        collect: Callable[[CollectorRegistry], object] = MultiProcessCollector
        collect(registry)
        return encode(registry)


@lru_cache(maxsize=8)
def _make_metrics(
    bounds: tuple[float, ...],
) -> tuple[Counter, Histogram, Summary, tuple[Gauge, ...]]:
    """The metrics of this process: its files have each name once, however many apps there are."""
    from prometheus_client import (
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
        Summary,
    )

    own = CollectorRegistry()
    labels = ("method", "path")
    gauges = [
        Gauge(each.name, each.told, registry=own, multiprocess_mode="livesum") for each in GAUGES
    ]
    return (
        Counter(REQUESTS.name, REQUESTS.told, (*labels, "status"), registry=own),
        Histogram(DURATION.name, DURATION.told, labels, registry=own, buckets=bounds),
        Summary(SIZE.name, SIZE.told, labels, registry=own),
        tuple(gauges),
    )


def _forget_the_dead() -> None:
    """Let what processes that are gone had open count no more: a killed one could not say so."""
    if os.name != "posix":  # pragma: no cover - Windows
        return  # Elsewhere a signal of 0 is no question.
    for file in Path(os.environ[SHARED_DIRECTORY]).glob("gauge_live*_*.db"):
        number = file.stem.rpartition("_")[2]
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
        except (OSError, ValueError):
            continue  # It is another user's, or not of this kind.
