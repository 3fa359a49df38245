"""Scale: how the cost of a request grows with routes, hooks, header fields, bodies, connections.

``python benchmarks/scale.py`` measures all curves, ``routes``, ``hooks``, ``headers``, ``body``,
``connections`` or ``start`` behind it one kind alone. ``--json FILE`` writes the figures;
``curves.py`` draws them.
"""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import scale_connections
import scale_start
from apps import scale, scale_bare, scale_starlette
from command import parse_arguments, write_results
from harness import App, Inside, Message, Receive, ask, drive, http_scope, receive, started
from report import Figure, Figures, markdown_table, surroundings_line

ROUTES = (1, 10, 100, 1_000, 10_000)
HOOKS = (0, 1, 2, 5, 10, 20, 50)
FIELDS = (1, 2, 5, 10, 20, 50, 100)
SIZES = (0, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
PIECE = 64 * 1024
"""Bytes of a body in one message, as uvicorn gives them."""
WARM_UP = 200
"""Requests before a measurement, where they take less than a quarter of a second."""


@dataclass(slots=True)
class Point:
    """One point of a curve: an application and the request that it is asked."""

    curve: str
    place: int
    app: App
    scope: dict[str, Any]
    receive: Receive = receive
    status: int = 200
    inside: Inside = lambda function: function()
    count: int = 1
    repetitions: list[float] = field(default_factory=list[float])

    def prepare(self, microseconds: float) -> None:
        """Check the answer, warm up, and choose how many requests make a slice."""
        found = self.inside(lambda: ask(self.app, self.scope, self.receive)).status
        if found != self.status:
            raise RuntimeError(f"{self.curve} at {self.place} answers {found}.")
        begin = time.perf_counter()
        for _ in range(WARM_UP):
            self.slice()
            if time.perf_counter() - begin > 0.25:
                break
        self.count = max(1, round(microseconds / self.slice()))

    def slice(self) -> float:
        """CPU microseconds per request, of a few requests."""

        def spend() -> float:
            begin = time.process_time_ns()
            drive(self.app, self.scope, self.count, receive=self.receive)
            return (time.process_time_ns() - begin) / 1000 / self.count

        return self.inside(spend)


def measure(points: list[Point], *, quick: bool) -> Figures:
    """CPU time per request at each point, in turns of one short slice each."""
    rounds, microseconds = (5, 1000.0) if quick else (40, 3000.0)
    with ExitStack() as stack:
        insides: dict[int, Inside] = {}
        for point in points:
            if id(point.app) not in insides:
                insides[id(point.app)] = stack.enter_context(started(point.app))
            point.inside = insides[id(point.app)]
            point.prepare(microseconds)
        gc.collect()
        gc.freeze()
        try:
            for _ in range(rounds):
                for point in points:
                    point.repetitions.append(point.slice())
        finally:
            gc.unfreeze()
    figures: Figures = {}
    for point in points:
        figures.setdefault(point.curve, {})[str(point.place)] = Figure.of(point.repetitions)
    return figures


def measure_routes(*, quick: bool) -> Figures:
    """Many routes: a hit of the last one, static and typed, and a 404."""
    points: list[Point] = []
    for name, module in (("responder", scale), ("starlette", scale_starlette)):
        for count in ROUTES:
            static, typed = (module.build_routes(kind, count) for kind in ("static", "typed"))
            hits = (
                http_scope("GET", f"/static{count - 1}"),
                http_scope("GET", f"/typed{count - 1}/7"),
            )
            points += [
                Point(f"{name}, static", count, static, hits[0]),
                Point(f"{name}, typed", count, typed, hits[1]),
                Point(f"{name}, 404", count, static, http_scope("GET", "/none"), status=404),
            ]
    return measure(points, quick=quick)


def measure_hooks(*, quick: bool) -> Figures:
    """Hooks before a view, and as many ASGI middleware of Starlette's."""
    scope = http_scope("GET", "/text")
    points: list[Point] = []
    for count in HOOKS:
        apps = {
            "responder, async hooks": scale.build_hooks(count, quick=False),
            "responder, sync hooks in place": scale.build_hooks(count, quick=True),
            "starlette, ASGI middleware": scale_starlette.build_hooks(count),
        }
        points += [Point(curve, count, app, scope) for curve, app in apps.items()]
    return measure(points, quick=quick)


def measure_headers(*, quick: bool) -> Figures:
    """Many header fields in a request: a view that reads none, and one that reads the last."""
    points: list[Point] = []
    modules = (("responder", scale), ("starlette", scale_starlette), ("bare", scale_bare))
    for name, module in modules:
        app = module.build_headers()
        for count in FIELDS:
            fields = [(b"x-field-%d" % number, b"some value") for number in range(count - 1)]
            fields.append((b"x-wanted", b"value"))
            points += [
                Point(f"{name}, reads {what}", count, app, http_scope("GET", f"/{what}", fields))
                for what in ("none", "one")
            ]
    return measure(points, quick=quick)


def measure_body(*, quick: bool) -> Figures:
    """Long bodies: as bytes, and as a list of JSON objects that are validated."""
    points: list[Point] = []
    modules = (("responder", scale), ("starlette", scale_starlette), ("bare", scale_bare))
    for name, module in modules:
        app = module.build_bodies()
        for size in SIZES[:-1] if quick else SIZES:
            for what, body in (("raw", bytes(size)), ("json", items(size))):
                fields = [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(body)),
                ]
                scope = http_scope("POST", f"/{what}", fields)
                points.append(Point(f"{name}, {what}", size, app, scope, giving(body)))
    return measure(points, quick=quick)


def items(size: int) -> bytes:
    """A JSON list of about so many bytes."""
    item = b'{"id":1234567,"name":"a rather long name","price":12.5,"tags":["red","blue"]}'
    return b"[" + b",".join([item] * (size // (len(item) + 1))) + b"]"


def giving(body: bytes) -> Receive:
    """What gives a body piece by piece, and then from the start again."""
    pieces = [body[start : start + PIECE] for start in range(0, len(body), PIECE)] or [b""]
    last = len(pieces) - 1
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": number < last}
        for number, piece in enumerate(pieces)
    ]
    again = itertools.cycle(messages)

    async def receive_piece() -> Message:
        return next(again)

    return receive_piece


def print_figures(title: str, figures: Figures) -> None:
    """Print the minimum and the median of each point."""
    places = list(dict.fromkeys(place for by in figures.values() for place in by))
    rows = [
        [
            curve,
            *[f"{by[p].minimum:,.2f} ({by[p].median:,.2f})" if p in by else "–" for p in places],
        ]
        for curve, by in figures.items()
    ]
    print(markdown_table([title, *[f"{int(place):,}" for place in places]], rows))


Measure = Callable[..., dict[str, Figures]]


def alone(measure_one: Callable[..., Figures], title: str) -> Measure:
    """What measures one group of curves in process."""

    def run(*, quick: bool) -> dict[str, Figures]:
        return {title: measure_one(quick=quick)}

    return run


KINDS: dict[str, tuple[Measure, str]] = {
    "routes": (alone(measure_routes, "µs by routes"), "many routes, in process"),
    "hooks": (alone(measure_hooks, "µs by hooks"), "many hooks, in process"),
    "headers": (alone(measure_headers, "µs by header fields"), "many header fields, in process"),
    "body": (alone(measure_body, "µs by bytes of the body"), "long bodies, in process"),
    "connections": (scale_connections.measure, "many connections on uvicorn, busy and idle"),
    "start": (scale_start.measure, "the start with many routes, and their memory"),
}


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments("How costs grow.", KINDS)
    results: dict[str, Figures] = {}
    for name in arguments.names:
        print(f"{name.capitalize()}: {KINDS[name][1]}.\n", flush=True)
        for title, figures in KINDS[name][0](quick=arguments.quick).items():
            print_figures(title, figures)
            results[title] = figures
        write_results(arguments.json, results)
    print(f"CPU time: minimum (median). {surroundings_line()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
