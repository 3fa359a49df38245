"""Hooks: functions that run before or after a view, checked once and called alike."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from responder_core.errors import ViewError
from responder_core.threads import is_async

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_core.types import Hook

Hooks: TypeAlias = "Hook | Sequence[Hook] | None"
"""What ``before=`` and ``after=`` take: one hook, several, or none."""


@dataclass(frozen=True, slots=True)
class Step:
    """A hook made ready: called with request and response, in a thread or on the loop.

    Attributes:
        call: takes ``(req, resp)``; gives an awaitable when the hook is async.
        awaits: whether the result is awaited.
        threaded: whether it runs in a worker thread.
    """

    call: Callable[[Any, Any], Any]
    awaits: bool
    threaded: bool


def describe(function: Any) -> str:  # noqa: ANN401 - whatever was registered
    """A function as an error message names it: ``view 'site.pages.index' (pages.py:12)``."""
    unwrapped: Any = inspect.unwrap(function)
    target: Any = getattr(unwrapped, "func", unwrapped)
    if not hasattr(target, "__qualname__"):
        target = cast("Any", type(target))
    name = f"{target.__module__}.{target.__qualname__}"
    code = getattr(target, "__code__", None)
    if code is None:
        return repr(name)
    filename = code.co_filename.rpartition("/")[2]
    return f"{name!r} ({filename}:{code.co_firstlineno})"


def prepare_hook(hook: Hook) -> Step:
    """A hook, checked and made ready.

    Raises:
        ViewError: it takes neither ``(req, resp)`` nor ``(req)``.
    """
    candidate: object = hook
    if not callable(candidate):
        msg = f"a hook is a function of (req, resp), not {hook!r}"
        raise ViewError(msg)
    awaits = is_async(hook)
    signature = inspect.signature(hook)
    if _accepts(signature, 2):
        return Step(hook, awaits, threaded=not awaits)
    if _accepts(signature, 1):

        def call(req: Any, _resp: Any) -> Any:  # noqa: ANN401 - whatever the hook gives
            return hook(req)

        return Step(call, awaits, threaded=not awaits)
    msg = f"hook {describe(hook)} takes {signature}; write (req, resp) or (req)"
    raise ViewError(msg)


def list_hooks(hooks: Hooks) -> tuple[Step, ...]:
    """The hooks of ``before=`` or ``after=``, made ready."""
    if hooks is None:
        return ()
    if callable(hooks):
        return (prepare_hook(hooks),)
    return tuple(map(prepare_hook, hooks))


def _accepts(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*(object(),) * count)
    except TypeError:
        return False
    return True
