"""Hooks: functions that run before or after a view, checked once and called alike."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, cast

from responder_core.errors import ViewError
from responder_core.threads import is_async

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_core.arguments import Argument
    from responder_core.sources import Parameters
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
        arguments: what it is called with beside the two.
        generates: whether what gives these has a teardown.
        hook: the function that was registered, for who lists it.
    """

    call: Callable[..., Any]
    awaits: bool
    threaded: bool
    arguments: tuple[Argument, ...] = ()
    generates: bool = False
    hook: Callable[..., Any] | None = None


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


def prepare_hook(
    hook: Hook,
    parameters: Parameters | None = None,
    *,
    sync_to_thread: bool = True,
    socket: bool = False,
) -> Step:
    """A hook, checked and made ready.

    *parameters* says what it may ask for beside ``(req, resp)``; without *sync_to_thread* a
    sync one runs on the event loop. A hook of a *socket* takes ``(ws)``.

    Raises:
        ViewError: it takes neither ``(req, resp)`` nor ``(req)``.
    """
    candidate: object = hook
    if not callable(candidate):
        msg = f"a hook is a function of (req, resp), not {hook!r}"
        raise ViewError(msg)
    if parameters is not None:
        count, arguments = parameters.read_hook(hook, socket=socket)
        if arguments:
            awaits = is_async(hook)
            call = _async_call(hook, count) if awaits else _sync_call(hook, count)
            threaded = not awaits and sync_to_thread
            return Step(call, awaits, threaded=threaded, arguments=arguments, hook=hook)
    count = 2 if not socket and accepts(hook, 2) else 1
    if accepts(hook, count):
        awaits = is_async(hook)
        call = _async_call(hook, count) if awaits else _sync_call(hook, count)
        return Step(call, awaits, threaded=not awaits and sync_to_thread, hook=hook)
    msg = f"hook {describe(hook)} takes {parameters_of(hook)}; write (req, resp) or (req)"
    raise ViewError(msg)


def _async_call(hook: Hook, count: int) -> Callable[..., Any]:
    if count == 2:
        return hook

    def call(req: Any, _resp: Any, **values: Any) -> Any:  # noqa: ANN401 - whatever it gives
        return hook(req, **values)

    return call


def _sync_call(hook: Hook, count: int) -> Callable[..., None]:
    def call(req: Any, resp: Any, **values: Any) -> None:  # noqa: ANN401 - a program's own
        result = hook(req, resp, **values) if count == 2 else hook(req, **values)
        if result is not None and inspect.isawaitable(result):
            # A guard behind a decorator that is not async itself must not be passed over.
            refuse_awaitable(result, f"hook {describe(hook)}")

    return call


def refuse_awaitable(result: object, who: str) -> NoReturn:
    """Refuse what a plain function gave, for nothing would await it.

    Raises:
        ViewError: always.
    """
    if inspect.iscoroutine(result):
        result.close()
    msg = f"{who} is a plain function that gave an awaitable; make it async def"
    raise ViewError(msg)


def list_hooks(
    hooks: Hooks, parameters: Parameters | None = None, *, socket: bool = False
) -> tuple[Step, ...]:
    """The hooks of ``before=`` or ``after=``, made ready."""
    if hooks is None:
        return ()
    if callable(hooks):
        return (prepare_hook(hooks, parameters, socket=socket),)
    return tuple(prepare_hook(hook, parameters, socket=socket) for hook in hooks)


def parameters_of(function: Callable[..., object]) -> str:
    """The parameters of a function as its source has them: ``"(req, resp, *, id)"``."""
    try:
        return str(inspect.signature(function))
    except ValueError:
        return "parameters that Python does not tell"


def accepts(function: Callable[..., object], count: int) -> bool:
    """Whether a function can be called with so many positional arguments and nothing else."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # It is no function, or a builtin that does not tell.
        return False
    try:
        signature.bind(*(object(),) * count)
    except TypeError:
        return False
    return True
