"""Threaded resolvers: those that are no coroutine functions run in worker threads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from graphql import default_field_resolver

from responder_core.threads import is_async
from responder_core.worker_threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

# The resolvers of these read an attribute or a key, which is quicker than any thread.
_QUICK = ("graphql.", "graphene.")


def run_resolver(next_: Callable[..., Any], source: Any, info: Any, **arguments: Any) -> Any:  # noqa: ANN401
    """Middleware of graphql-core's that calls a resolver in a worker thread of the app."""
    call = partial(next_, source, info, **arguments)
    if next_ is default_field_resolver:
        # It reads an attribute or a key, and where that is a method, calls it.
        name: str = info.field_name
        found: Any
        if isinstance(source, Mapping):
            found = cast("Mapping[str, Any]", source).get(name)
        else:
            found = getattr(source, name, None)
        if not callable(found):
            return found
        call, next_ = partial(found, info, **arguments), found
    return call() if _is_quick(next_) else _run(call)


async def _run(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the resolver gives
    result = await run_in_thread(call)
    return await result if hasattr(result, "__await__") else result


def _is_quick(resolver: Any) -> bool:  # noqa: ANN401 - any callable
    """Whether a resolver is async, or one that a library made to read a value."""
    if is_async(resolver):
        return True
    function = resolver
    while isinstance(function, partial):
        function = function.func
    module: str = getattr(function, "__module__", None) or ""
    # Strawberry says so itself of the fields that have no resolver, and of async ones.
    says_so = getattr(function, "_is_default", False) or getattr(function, "is_async", False)
    return bool(says_so) or module.startswith(_QUICK)
