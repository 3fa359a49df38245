"""Class views: made anew for each request, and one or two of their methods called."""

from __future__ import annotations

import inspect
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from responder_core.errors import ViewError
from responder_core.hooks import describe, refuse_awaitable
from responder_core.threads import call, is_async
from responder_core.worker_threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_core.arguments import Argument

    Handlers: TypeAlias = Sequence[tuple[str, tuple[Argument, ...]]]


def compile_plainly(
    cls: type[Any], names: Sequence[str], *, threaded: bool
) -> tuple[Callable[..., Any], bool]:
    """What calls one method of a class view, and whether it is awaited.

    ``on_request`` is called if there is one, then the method's own; what the last returns is
    the result. Each gets request, response, and the parameters of the path.
    """
    awaits = [is_async(getattr(cls, name)) for name in names]
    if len(names) == 1:
        get_handler = attrgetter(names[0])

        def call_one(req: Any, resp: Any, /, **params: Any) -> Any:  # noqa: ANN401
            return get_handler(cls())(req, resp, **params)

        return call_one, awaits[0]
    first, second = map(attrgetter, names)
    if not any(awaits):

        def call_both(req: Any, resp: Any, /, **params: Any) -> Any:  # noqa: ANN401
            instance = cls()
            earlier = first(instance)(req, resp, **params)
            _refuse_awaitable(earlier, cls)
            later = second(instance)(req, resp, **params)
            return earlier if later is None else later

        return call_both, False

    first_call, second_call = (
        _await if awaited else (call if threaded else _run) for awaited in awaits
    )

    async def await_both(req: Any, resp: Any, /, **params: Any) -> Any:  # noqa: ANN401
        instance = cls()
        earlier = await first_call(partial(first(instance), req, resp, **params))
        _refuse_awaitable(earlier, cls)
        later = await second_call(partial(second(instance), req, resp, **params))
        return earlier if later is None else later

    return await_both, True


def _refuse_awaitable(result: object, cls: type[Any]) -> None:
    # A guard behind a decorator that is not async itself must not be passed over.
    if result is not None and inspect.isawaitable(result):
        refuse_awaitable(result, f"on_request() of view {describe(cls)}")


async def _await(function: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it gives
    return await function()


async def _run(function: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it gives
    return function()


def unite_arguments(
    cls: type[Any], handlers: Handlers, made_with: tuple[Argument, ...]
) -> tuple[Argument, ...]:
    """What a class and its handlers take together; what two take by one name is read once.

    Raises:
        ViewError: they take different things by one name.
    """
    united: dict[str, Argument] = {}
    for arguments in (made_with, *(arguments for _, arguments in handlers)):
        for each in arguments:
            known = united.setdefault(each.name, each)
            if (known.origin, known.key, known.provider) != (each.origin, each.key, each.provider):
                msg = (
                    f"class view {describe(cls)} takes {each.name!r} from the {known.origin} in "
                    f"one place and from the {each.origin} in another; give one another name"
                )
                raise ViewError(msg)
    return tuple(united.values())


def compile_with(
    cls: type[Any], handlers: Handlers, made_with: tuple[Argument, ...], *, threaded: bool
) -> tuple[Callable[..., Any], bool]:
    """As ``compile_plainly()``, where the class or its handlers take arguments.

    *handlers* are their names in the order they run, each with its arguments.
    """
    init = [each.name for each in made_with]
    steps = [
        (attrgetter(name), [each.name for each in arguments], is_async(getattr(cls, name)))
        for name, arguments in handlers
    ]
    last = len(steps) - 1

    def run(req: Any, resp: Any, /, **values: Any) -> Any:  # noqa: ANN401
        instance = cls(**{name: values[name] for name in init})
        result = None
        for index, (get_handler, names, _) in enumerate(steps):
            given = get_handler(instance)(req, resp, **{name: values[name] for name in names})
            if index < last:
                _refuse_awaitable(given, cls)
            result = result if given is None else given
        return result

    async def run_async(req: Any, resp: Any, /, **values: Any) -> Any:  # noqa: ANN401
        instance = cls(**{name: values[name] for name in init})
        result = None
        for get_handler, names, awaits in steps:
            handler = partial(get_handler(instance), req, resp)
            kwargs = {name: values[name] for name in names}
            if awaits:
                given = await handler(**kwargs)
            elif threaded:
                given = await run_in_thread(partial(handler, **kwargs))
            else:
                given = handler(**kwargs)
            result = result if given is None else given
        return result

    awaits_any = any(awaits for _, _, awaits in steps)
    return (run_async if awaits_any else run), awaits_any
