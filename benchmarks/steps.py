"""Steps: one step of a request, ready to be taken again and again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from harness import ask, discard, http_scope, receive, started

Step = Callable[[], object]
"""A part, once; a coroutine that it gives is run to its end."""


def run(step: Step, count: int) -> None:
    """Take a step so many times."""
    for _ in range(count):
        found = step()
        if inspect.iscoroutine(found):
            finish(found)


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing to its end; what it gives."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError(f"{coroutine!r} waits for something.")


def inside(function: Any) -> dict[str, Any]:
    """What a function of the framework closes over."""
    return dict(inspect.getclosurevars(function).nonlocals)


def whole(app: Any, path: str) -> Step:
    """A whole request, from the scope to the last message."""
    scope = http_scope("GET", path)
    with started(app):
        ask(app, scope)
    return lambda: app(dict(scope), receive, discard)
