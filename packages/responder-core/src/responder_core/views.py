"""Views: functions, classes and callable objects, checked at registration and called alike."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responder_core.class_views import compile_plainly, compile_with, unite_arguments
from responder_core.errors import ViewError
from responder_core.hooks import describe
from responder_core.threads import is_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from responder_core.arguments import Argument
    from responder_core.sources import Parameters
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
        arguments: what it is called with beside the two, or None for all of the path.
    """

    call: Callable[..., Any]
    awaits: bool
    origin: object
    arguments: tuple[Argument, ...] | None = None


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
    parameters: Parameters,
    *,
    threaded: bool,
) -> dict[str, View]:
    """What each method of an endpoint runs.

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
        arguments = parameters.read(endpoint, endpoint)
        _refuse_body(endpoint, arguments, wanted)
        view = View(endpoint, is_async(endpoint), endpoint, arguments)
        views = dict.fromkeys(wanted or STANDARD_METHODS, view)
    if "GET" in views:
        views.setdefault("HEAD", views["GET"])
    return views


def _prepare_class(
    cls: type[Any],
    wanted: tuple[str, ...] | None,
    parameters: Parameters,
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
    made_with = parameters.read_init(cls)
    read: dict[str, tuple[Argument, ...] | None] = {}
    for name in (*handlers.values(), *([first] if first else [])):
        kind = inspect.getattr_static(cls, name)
        bound = isinstance(kind, (staticmethod, classmethod))
        read[name] = parameters.read(getattr(cls, name), cls, bound=bound)
    if "GET" in handlers:
        handlers.setdefault("HEAD", handlers["GET"])
    answers = set(handlers) | set(STANDARD_METHODS if first else ())
    missing = set(wanted or ()) - answers
    if missing:
        lacking = ", ".join(f"on_{method.lower()}()" for method in sorted(missing))
        msg = f"class view {describe(cls)} lacks {lacking}, which methods= asks for"
        raise ViewError(msg)
    served = set(wanted or answers)
    if "GET" in served:
        served.add("HEAD")
    views: dict[str, View] = {}
    for method in sorted(served):
        names = [name for name in (first, handlers.get(method)) if name]
        origin = getattr(cls, names[-1])
        if made_with or any(read[name] is not None for name in names):
            handlers_with = [(name, parameters.whole(read[name])) for name in names]
            arguments = unite_arguments(cls, handlers_with, made_with)
            _refuse_body(origin, arguments, (method,))
            call, awaits = compile_with(cls, handlers_with, made_with, threaded=threaded)
            views[method] = View(call, awaits, origin, arguments)
        else:
            call, awaits = compile_plainly(cls, names, threaded=threaded)
            views[method] = View(call, awaits, origin)
    return views


# The methods whose requests have no body that a program may count on (RFC 9110 §9.3.1).
_BODILESS = frozenset({"GET", "HEAD"})


def _refuse_body(
    function: object, arguments: Sequence[Argument] | None, methods: Sequence[str] | None
) -> None:
    """Refuse a view that wants a body of methods that have none.

    Raises:
        ViewError: it does.
    """
    if methods is None or not set(methods) <= _BODILESS:
        return
    for each in arguments or ():
        if each.origin in ("body", "form", "file") and each.required:
            msg = (
                f"view {describe(function)} takes {each.name!r} from the body, and answers "
                f"{' and '.join(methods)}, which has none; mark it with Query(), or answer POST"
            )
            raise ViewError(msg)
