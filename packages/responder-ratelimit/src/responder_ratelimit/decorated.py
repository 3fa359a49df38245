"""Decorated views: a view whose calls are counted, as ``@limiter.limit`` makes it."""

from __future__ import annotations

from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar, cast

from responder_core.threads import is_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.request import Request
    from responder_core.response import Response
    from responder_ratelimit.checks import Check, Counted
    from responder_ratelimit.limiter import RateLimiter

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

    async def begin(req: Request, resp: Response) -> Counted:
        found = await limiter.count(req, check)
        resp.headers.update(limiter.fields(found.verdicts, found.mode))
        return found

    if is_async(view):

        @wraps(view)
        async def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the view
            req, resp = _messages(args, kwargs, names, at)
            found = await begin(req, resp)
            result = await view(*args, **kwargs)
            await limiter.settle(found, req, resp)
            return result

        return cast("V", counted)

    @wraps(view)
    def counted_in_thread(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the view
        from anyio.from_thread import run

        req, resp = _messages(args, kwargs, names, at)
        found = run(begin, req, resp)
        result = view(*args, **kwargs)
        run(limiter.settle, found, req, resp)
        return result

    return cast("V", counted_in_thread)


def _messages(
    args: tuple[Any, ...], kwargs: dict[str, Any], names: list[str], at: int
) -> tuple[Request, Response]:
    """The request and the response that a view is called with."""
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    return given[names[at]], given[names[at + 1]]
