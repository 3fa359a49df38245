"""Observed: what ids, the access log and metrics cost, and how long it takes to tell these."""

from __future__ import annotations

import io
import json
import os
import re
import time
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING

import dispatch
from apps.responder_observed import build_many
from calls import Results, installed, print_additions
from catalogue import OBSERVED, installed_version
from harness import ask, http_scope, started
from report import Figure, figures_table, markdown_table
from targets import row
from workloads import WrongAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalogue import Contender
    from harness import App

NOTHING, ALL = OBSERVED[0].name, OBSERVED[-1].name
TOGETHER = 12.0
"""Microseconds of a request that all may cost together."""
ROUTES = 500
RENDERED = 20.0
"""Milliseconds that the metrics of so many routes may take."""

_SAMPLE = re.compile(r"(responder_[a-z_]+(?:\{[^}]*\})?) [0-9.e+-]+")

Goals = list[list[str]]


def check(contender: Contender) -> None:
    """See to it that what observes an application does.

    Raises:
        WrongAnswerError: an id, a line or a count is not there, or is and should not be.
    """
    app, names = contender.build(), contender.arguments
    stream = io.StringIO()
    with redirect_stderr(stream), started(app) as inside:
        answer = inside(lambda: ask(app, http_scope("GET", "/text")))
        told = inside(lambda: ask(app, http_scope("GET", "/metrics"))).body.decode()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    seen = [(line["path"], line["status"], line["bytes"]) for line in lines]
    count = 'responder_requests_total{method="GET",path="/text",status="200"} 1'
    found = {
        "an id": ("x-request-id" in answer.headers, bool(names)),
        "a line": (("/text", 200, 13) in seen and len(seen) == 2, "log" in names),
        "a count": (count in told, "metrics" in names),
    }
    for what, (there, meant) in found.items():
        if there != meant:
            raise WrongAnswerError(f"{contender.name}: {what} is {'' if there else 'not '}there.")


def measure_cost(*, quick: bool) -> tuple[Results, Goals]:
    """Measure what each costs beside none of them, and print tables."""
    contenders = installed(OBSERVED)
    for contender in contenders:
        check(contender)
    rounds, microseconds = (15, 2000.0) if quick else (100, 4000.0)
    # Line by line, as stderr is written.
    with (
        Path(os.devnull).open("w", buffering=1, encoding="utf-8") as null,
        redirect_stderr(null),
    ):
        figures = dispatch.measure(contenders, rounds, microseconds)
    workloads = [workload.name for workload in OBSERVED[0].workloads]
    print(figures_table(figures, workloads))
    none = figures[NOTHING]
    added = [
        (f"{name}: {workload}", none[workload], by[workload])
        for workload in workloads
        for name, by in figures.items()
        if name != NOTHING
    ]
    print_additions("µs per request, in process", added)
    goals = [
        row(f"{what}, µs more", many.minimum - one.minimum, TOGETHER)
        for what, one, many in added
        if what.startswith(ALL)
    ]
    return {"in process": figures}, goals


def build_peer(count: int) -> Callable[[], bytes]:
    """What writes the same by prometheus-client alone, with as many routes asked once."""
    from prometheus_client import (
        REGISTRY,
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
        Summary,
        disable_created_metrics,
        generate_latest,
    )

    from responder_core.metrics import BUCKETS
    from responder_core.tally import DURATION, GAUGES, REQUESTS, SIZE

    disable_created_metrics()
    registry = CollectorRegistry()
    labels = ("method", "path")
    requests = Counter(REQUESTS.name, REQUESTS.told, (*labels, "status"), registry=registry)
    duration = Histogram(DURATION.name, DURATION.told, labels, buckets=BUCKETS, registry=registry)
    size = Summary(SIZE.name, SIZE.told, labels, registry=registry)
    for family in GAUGES:
        Gauge(family.name, family.told, registry=registry).set(1)
    for number in range(count):
        path = f"/static/{number}"
        requests.labels("GET", path, "200").inc()
        duration.labels("GET", path).observe(0.0001)
        size.labels("GET", path).observe(13)
    return lambda: generate_latest(registry) + generate_latest(REGISTRY)


def samples_of(text: bytes) -> set[str]:
    """The names of all samples of ours, with their labels in order."""
    return {
        re.sub(r"\{(.*)\}", lambda found: str(sorted(found[1].split(","))), name)
        for name in _SAMPLE.findall(text.decode())
    }


def metrics_answer(app: App) -> bytes:
    """What the application tells of itself.

    Raises:
        WrongAnswerError: it does not.
    """
    answer = ask(app, http_scope("GET", "/metrics"))
    if answer.status != 200:
        raise WrongAnswerError(f"GET /metrics is answered with {answer.status}.")
    return answer.body


def spent(function: Callable[[], object]) -> float:
    """The CPU milliseconds of a call."""
    begin = time.process_time_ns()
    function()
    return (time.process_time_ns() - begin) / 1e6


def measure_metrics(*, quick: bool) -> tuple[Results, Goals]:
    """Measure how long the metrics of many routes take to be written, and print a table."""
    if installed_version("prometheus-client") is None:
        print("prometheus-client is not installed, so there are no metrics.\n")
        return {}, []
    app, peer = build_many(ROUTES), build_peer(ROUTES)
    repetitions: dict[str, list[float]] = {"responder": [], "prometheus-client": []}
    with started(app) as inside:

        def ask_each() -> None:
            for number in range(ROUTES):
                ask(app, http_scope("GET", f"/static/{number}"))

        inside(ask_each)
        # Asked before, as its own route counts only once it was answered.
        ours, theirs = inside(lambda: metrics_answer(app)), peer()
        if samples_of(ours) != samples_of(theirs) or len(samples_of(ours)) < ROUTES * 17:
            raise WrongAnswerError("The metrics are not those that prometheus-client writes.")
        for _ in range(10 if quick else 60):
            repetitions["responder"].append(spent(lambda: inside(lambda: metrics_answer(app))))
            repetitions["prometheus-client"].append(spent(peer))
    figures = {name: Figure.of(each) for name, each in repetitions.items()}
    rows = [
        [name, f"{each.minimum:.2f} ({each.median:.2f})", f"{len(text) / 1000:.0f}"]
        for (name, each), text in zip(figures.items(), (ours, theirs), strict=True)
    ]
    print(markdown_table([f"{ROUTES} routes, each asked once", "CPU ms", "kB"], rows))
    results: Results = {"metrics, ms": {name: {"CPU": each} for name, each in figures.items()}}
    return results, [row("metrics, ms", figures["responder"].median, RENDERED, ".1f")]
