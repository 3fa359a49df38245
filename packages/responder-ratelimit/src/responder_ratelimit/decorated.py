"""Decorated views: a view whose calls are counted, as ``@limiter.limit`` makes it."""

from __future__ import annotations

from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar, cast

from responder_core.threads import current_library, is_async

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from responder_core.request import Request
    from responder_core.response import Response
    from responder_ratelimit.checks import Check
    from responder_ratelimit.limiter import RateLimiter

    T = TypeVar("T")
    V = TypeVar("V", bound=Callable[..., Any])


def decorate(view: V, limiter: RateLimiter, check: Check) -> V:
    """A view that is counted before it is called; a method takes ``self`` first.

    Raises:
        TypeError: it takes no request and response.
    """
    names = list(signature(view).parameters)
    at = 1 if names[:1] == ["self"] else 0
    if len(names) < at + 2:
        msg = f"@limiter.limit is for views of (req, resp), and {view!r} takes {names}"
        raise TypeError(msg)

    async def begin(req: Request, resp: Response) -> None:
        await limiter.counting.begin(req, check, resp)
        resp.headers.update(limiter.counting.fields(req))

    if is_async(view):

        @wraps(view)
        async def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the view
            await begin(*_messages(args, kwargs, names, at))
            return await view(*args, **kwargs)

        return cast("V", counted)

    @wraps(view)
    def counted_in_thread(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the view
        run_from_thread(begin, *_messages(args, kwargs, names, at))
        return view(*args, **kwargs)

    return cast("V", counted_in_thread)


def run_from_thread(function: Callable[..., Coroutine[Any, Any, T]], *args: object) -> T:
    """Run a coroutine function on the event loop, for a view in a worker thread.

    Raises:
        TypeError: this is no worker thread.
    """
    from anyio.from_thread import run

    if current_library() is not None:
        msg = "a synchronous view is counted in a worker thread: leave sync_to_thread=False out"
        raise TypeError(msg)
    return run(function, *args)


def _messages(
    args: tuple[Any, ...], kwargs: dict[str, Any], names: list[str], at: int
) -> tuple[Request, Response]:
    """The request and the response that a view is called with."""
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    return given[names[at]], given[names[at + 1]]
