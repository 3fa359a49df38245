"""Views: functions, classes and callable objects, checked at registration and called alike."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from responder_core.errors import ViewError
from responder_core.hooks import describe, refuse_awaitable
from responder_core.threads import call, is_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from responder_core.types import Endpoint

STANDARD_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
"""What a view answers that names no methods. OPTIONS is answered for it."""

KNOWN_METHODS = (*STANDARD_METHODS, "OPTIONS", "QUERY")
"""The methods that a class view may have a handler for, ``on_get`` and its like."""

_REFUSED = frozenset({"CONNECT", "TRACE"})


@dataclass(frozen=True, slots=True)
class View:
    """What one method of a route runs.

    Attributes:
        call: takes ``(req, resp, **path_params)``; gives an awaitable when ``awaits``.
        awaits: whether the result is awaited.
        origin: what the program registered; for messages.
    """

    call: Callable[..., Any]
    awaits: bool
    origin: object


def normalize_methods(methods: Iterable[str]) -> tuple[str, ...]:
    """Method names in upper case, sorted, each once: ``["post", "get"]`` → ``("GET", "POST")``.

    Raises:
        ValueError: one is no method name, none is given, or it is TRACE or CONNECT.
        TypeError: a single str was given.
    """
    if isinstance(methods, str):
        msg = f"methods= is a list of names; write methods=[{methods!r}]"
        raise TypeError(msg)
    names = sorted({str(name).upper() for name in methods})
    if not names:
        msg = "methods=[] leaves a route that answers nothing; name one, or leave methods out"
        raise ValueError(msg)
    for name in names:
        if not name.isascii() or not name.replace("-", "").isalpha():
            msg = f"{name!r} is no HTTP method"
            raise ValueError(msg)
        if name in _REFUSED:
            msg = f"a route cannot answer {name}; it is refused with 405 for every path"
            raise ValueError(msg)
    return tuple(names)


def prepare_views(
    endpoint: Endpoint,
    methods: Iterable[str] | None,
    parameters: Sequence[str],
    *,
    threaded: bool,
) -> dict[str, View]:
    """What each method of an endpoint runs; *parameters* are the names in its path.

    *threaded* says whether its synchronous parts may run in worker threads.

    Raises:
        ViewError: the endpoint cannot be called with request, response and parameters.
    """
    candidate: object = endpoint
    if not callable(candidate):
        msg = f"a view is a function, a class or a callable object, not {endpoint!r}"
        raise ViewError(msg)
    wanted = None if methods is None else normalize_methods(methods)
    if inspect.isclass(endpoint):
        views = _prepare_class(endpoint, wanted, parameters, threaded=threaded)
    else:
        _check_signature(endpoint, endpoint, parameters)
        view = View(endpoint, is_async(endpoint), endpoint)
        views = dict.fromkeys(wanted or STANDARD_METHODS, view)
    if "GET" in views:
        views.setdefault("HEAD", views["GET"])
    return views


def _prepare_class(
    cls: type[Any],
    wanted: tuple[str, ...] | None,
    parameters: Sequence[str],
    *,
    threaded: bool,
) -> dict[str, View]:
    handlers = {
        method: f"on_{method.lower()}"
        for method in KNOWN_METHODS
        if hasattr(cls, f"on_{method.lower()}")
    }
    first = "on_request" if hasattr(cls, "on_request") else None
    if first is None and not handlers:
        msg = f"class view {describe(cls)} has no on_get(), on_post() … and no on_request()"
        raise ViewError(msg)
    try:
        inspect.signature(cls).bind()
    except TypeError as error:
        msg = f"class view {describe(cls)} is made for each request, without arguments: {error}"
        raise ViewError(msg) from error
    for name in (*handlers.values(), *([first] if first else [])):
        kind = inspect.getattr_static(cls, name)
        bound = isinstance(kind, (staticmethod, classmethod))
        _check_signature(getattr(cls, name), cls, parameters, bound=bound)
    if "GET" in handlers:
        handlers.setdefault("HEAD", handlers["GET"])
    answers = set(handlers) | set(STANDARD_METHODS if first else ())
    missing = set(wanted or ()) - answers
    if missing:
        names = ", ".join(f"on_{method.lower()}()" for method in sorted(missing))
        msg = f"class view {describe(cls)} lacks {names}, which methods= asks for"
        raise ViewError(msg)
    served = set(wanted or answers)
    if "GET" in served:
        served.add("HEAD")
    return {
        method: _class_view(
            cls, [name for name in (first, handlers.get(method)) if name], threaded=threaded
        )
        for method in sorted(served)
    }


def _class_view(cls: type[Any], names: Sequence[str], *, threaded: bool) -> View:
    """One method of a class view: ``on_request`` if there is one, then the method's own.

    The class is made anew for each request. What the last handler returns is the result.
    """
    origin = getattr(cls, names[-1])
    awaits = [is_async(getattr(cls, name)) for name in names]
    if len(names) == 1:
        get_handler = attrgetter(names[0])

        def call_one(req: Any, resp: Any, /, **params: Any) -> Any:  # noqa: ANN401
            return get_handler(cls())(req, resp, **params)

        return View(call_one, awaits[0], origin)
    first, second = map(attrgetter, names)
    if not any(awaits):

        def call_both(req: Any, resp: Any, /, **params: Any) -> Any:  # noqa: ANN401
            instance = cls()
            earlier = first(instance)(req, resp, **params)
            _refuse_awaitable(earlier, cls)
            later = second(instance)(req, resp, **params)
            return earlier if later is None else later

        return View(call_both, awaits=False, origin=origin)

    first_call, second_call = (
        _await if awaited else (call if threaded else _run) for awaited in awaits
    )

    async def await_both(req: Any, resp: Any, /, **params: Any) -> Any:  # noqa: ANN401
        instance = cls()
        earlier = await first_call(partial(first(instance), req, resp, **params))
        _refuse_awaitable(earlier, cls)
        later = await second_call(partial(second(instance), req, resp, **params))
        return earlier if later is None else later

    return View(await_both, awaits=True, origin=origin)


def _refuse_awaitable(result: object, cls: type[Any]) -> None:
    # A guard behind a decorator that is not async itself must not be passed over.
    if result is not None and inspect.isawaitable(result):
        refuse_awaitable(result, f"on_request() of view {describe(cls)}")


async def _await(function: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it gives
    return await function()


async def _run(function: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it gives
    return function()


def _check_signature(
    function: Callable[..., Any],
    origin: object,
    parameters: Sequence[str],
    *,
    bound: bool = True,
) -> None:
    """Refuse a view that could not be called: at registration, not at the first request."""
    signature = inspect.signature(function)
    positional = (object(),) * (2 if bound else 3)
    try:
        signature.bind(*positional, **dict.fromkeys(parameters))
    except TypeError as error:
        name = getattr(function, "__name__", "__call__")
        wanted = ", ".join(["req", "resp", *(["*", *parameters] if parameters else [])])
        if not bound:
            wanted = f"self, {wanted}"
        msg = (
            f"view {describe(function if bound else origin)} cannot be called: {error}; "
            f"write def {name}({wanted})"
        )
        raise ViewError(msg) from error


def prepare_websocket_view(
    endpoint: Endpoint, parameters: Sequence[str]
) -> Callable[[Any, dict[str, Any]], Any]:
    """A WebSocket view, checked; called with the socket and the parameters of the path.

    It gets the parameters that it names, unlike a view of requests, which must take all.

    Raises:
        ViewError: the endpoint is not ``async def`` or does not take ``(ws)``.
    """
    if not is_async(endpoint):
        msg = f"WebSocket view {describe(endpoint)} must be async; write async def view(ws)"
        raise ViewError(msg)
    signature = inspect.signature(endpoint)
    takes_all = any(item.kind is item.VAR_KEYWORD for item in signature.parameters.values())
    names = [name for name in parameters if takes_all or name in signature.parameters]
    try:
        signature.bind(object(), **dict.fromkeys(names))
    except TypeError as error:
        msg = f"WebSocket view {describe(endpoint)} cannot be called: {error}; write (ws)"
        raise ViewError(msg) from error

    def call_with(ws: Any, values: dict[str, Any]) -> Any:  # noqa: ANN401
        return endpoint(ws, **{name: values[name] for name in names})

    return call_with
