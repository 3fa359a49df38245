"""Views: functions, classes and callable objects, checked at registration and called alike."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responder_core.class_views import compile_plainly, compile_with, unite_arguments
from responder_core.errors import ViewError
from responder_core.hooks import describe
from responder_core.signatures import read_signature
from responder_core.threads import is_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from responder_core.arguments import Argument, Context
    from responder_core.paths import Parameter
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


class Parameters:
    """What the parameters of a route's views can be filled from.

    Args:
        path: the parameters of the path.
        named: the providers that are registered by a name.
        guarded: whether something beside the view may read the path.
    """

    def __init__(
        self,
        path: Sequence[Parameter],
        named: Mapping[str, Callable[..., Any]],
        *,
        guarded: bool = False,
    ) -> None:
        self.path = {each.name: each for each in path}
        self.named = named
        self.guarded = guarded

    def context(self, *, skip: int = 0, role: str = "view", socket: bool = False) -> Context:
        """The same for ``read_arguments()``."""
        from responder_core.arguments import Context

        return Context(self.path, self.named, socket=socket, skip=skip, role=role)

    def read(
        self, function: Callable[..., Any], origin: object, *, bound: bool = True
    ) -> tuple[Argument, ...] | None:
        """What a view is called with beside request and response; None for all of the path.

        Raises:
            ViewError: it could not be called.
        """
        signature = read_signature(function)
        skip = 2 if bound else 3
        if self._is_plain(signature, skip):
            self._check(function, origin, signature, skip)
            return None
        from responder_core.parameters import read_arguments

        arguments = read_arguments(function, self.context(skip=skip))
        provided = any(each.provider is not None for each in arguments)
        taken = {each.name: None for each in arguments}
        if not (self.guarded or provided):
            taken |= dict.fromkeys(self.path)
        self._check(function, origin, signature, skip, taken)
        if taken.keys() == self.path.keys() and all(map(_is_given, arguments)):
            return None  # The annotations say what the path gives anyway.
        return arguments

    def read_init(self, cls: type[Any]) -> tuple[Argument, ...]:
        """What a class view is made with.

        Raises:
            ViewError: it could not be made.
        """
        try:
            signature = read_signature(cls)
            signature.bind()
        except TypeError:
            pass
        else:
            if not any(_is_mark(each.default) for each in signature.parameters.values()):
                return ()
        from responder_core.parameters import read_arguments

        return read_arguments(cls, self.context(role="class view"))

    def read_hook(self, hook: Callable[..., Any]) -> tuple[int, tuple[Argument, ...]]:
        """How many of request and response a hook takes by position, and what else it takes.

        Raises:
            ViewError: something else can be filled from nothing.
        """
        try:
            signature = read_signature(hook)
        except (TypeError, ValueError):
            return 2, ()  # It does not tell; what it takes is seen when it is called.
        count, rest = 0, list[inspect.Parameter]()
        for item in signature.parameters.values():
            if item.kind in (item.VAR_POSITIONAL, item.VAR_KEYWORD):
                count = 2 if item.kind is item.VAR_POSITIONAL else count
            elif (
                item.kind is not item.KEYWORD_ONLY
                and count < 2
                and not _is_mark(item.default)
                and (not count or item.name not in self.named)
            ):
                count += 1
            else:
                rest.append(item)
        wanted = (_is_mark(each.default) or each.name in self.named for each in rest)
        if not any(wanted) and all(each.default is not each.empty for each in rest):
            return count, ()
        if not count or any(each.kind is each.POSITIONAL_ONLY for each in rest):
            return count, ()
        from responder_core.parameters import read_arguments

        return count, read_arguments(hook, self.context(skip=count, role="hook"))

    def whole(self, arguments: tuple[Argument, ...] | None) -> tuple[Argument, ...]:
        """The arguments of a view; of one that takes all of the path, these."""
        if arguments is not None:
            return arguments
        from responder_core.arguments import Argument

        return tuple(Argument(name, "path", name) for name in self.path)

    def _is_plain(self, signature: inspect.Signature, skip: int) -> bool:
        """Whether a view takes parameters of the path alone, as the path gives them."""
        found = list(signature.parameters.values())
        for item in found:
            if item.kind in (item.VAR_KEYWORD, item.VAR_POSITIONAL):
                continue
            if item.kind is not item.KEYWORD_ONLY and skip:
                skip -= 1
                continue
            if _is_mark(item.default) or item.annotation is not item.empty:
                return False
            if item.name in self.path:
                continue
            if item.name in self.named or item.default is item.empty:
                return False
        takes_all = any(item.kind is item.VAR_KEYWORD for item in found)
        return takes_all or not self.guarded or self.path.keys() <= signature.parameters.keys()

    def _check(
        self,
        function: Callable[..., Any],
        origin: object,
        signature: inspect.Signature,
        skip: int,
        taken: Mapping[str, object] | None = None,
    ) -> None:
        """Refuse a view that could not be called: at registration, not at the first request."""
        names = dict.fromkeys(self.path) if taken is None else taken
        name = getattr(function, "__name__", "__call__")
        who = describe(function if skip == 2 else origin)
        wanted = ", ".join(["req", "resp", *(["*", *names] if names else [])])
        if skip == 3:
            wanted = f"self, {wanted}"
        try:
            signature.bind(*(object(),) * skip, **names)
        except TypeError as error:
            msg = f"view {who} cannot be called: {error}; write def {name}({wanted})"
            raise ViewError(msg) from error
        for item in list(signature.parameters.values())[skip - 2 : skip]:
            if item.kind is not item.VAR_POSITIONAL and _is_other(item, function):
                msg = (
                    f"view {who} takes {item} where the framework passes request and response; "
                    f"write def {name}({wanted})"
                )
                raise ViewError(msg)


def _is_given(argument: Argument) -> bool:
    """Whether an argument is a parameter of the path, as the path gives it."""
    return argument.origin == "path" and argument.validator is None


def _is_mark(default: object) -> bool:
    """Whether a default is a marker; seen without importing them."""
    return type(default).__module__ == "responder_core.markers"


def _is_other(item: inspect.Parameter, function: Callable[..., Any]) -> bool:
    """Whether a parameter is plainly not meant for the request or the response."""
    if _is_mark(item.default):
        return True
    annotation = item.annotation
    if annotation is item.empty or not isinstance(annotation, (str, type)):
        return False
    from responder_core.annotations import is_model, is_plain
    from responder_core.signatures import evaluate

    try:
        found = evaluate(annotation, function, item.name)
    except ViewError:
        return False  # What only type checkers know.
    return is_model(found) or (found is not Any and is_plain(found))


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
