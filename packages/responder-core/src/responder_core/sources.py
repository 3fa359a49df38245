"""Sources: what the parameters of a route's functions can be filled from, and whether they are."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from responder_core.errors import ViewError
from responder_core.hooks import describe
from responder_core.signatures import read_signature
from responder_core.threads import is_async

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from responder_core.arguments import Argument, Context
    from responder_core.paths import Parameter
    from responder_core.types import Endpoint


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
        self.path: dict[str, Parameter] = {each.name: each for each in path}
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
        try:
            signature = read_signature(function)
        except ValueError as error:
            msg = (
                f"view {describe(origin)} does not tell what it takes: {error}; "
                "call it from a function (req, resp)"
            )
            raise ViewError(msg) from error
        skip = 2 if bound else 3
        if self._is_plain(signature, skip):
            self._check(function, origin, signature, skip)
            return None
        from responder_core.parameters import read_arguments

        arguments = read_arguments(function, self.context(skip=skip), signature)
        provided = any(each.provider is not None for each in arguments)
        taken = {each.name: None for each in arguments}
        if not (self.guarded or provided):
            taken |= dict.fromkeys(self.path)
        self._check(function, origin, signature, skip, taken)
        if taken.keys() == self.path.keys() and all(map(_is_given, arguments)):
            return None  # The annotations say what the path gives anyway.
        return arguments

    def read_socket(self, endpoint: Endpoint) -> tuple[Argument, ...]:
        """What a view of WebSockets is called with beside the socket: what it names.

        Raises:
            ViewError: it is not ``async def``, or could not be called.
        """
        if not is_async(endpoint):
            msg = f"WebSocket view {describe(endpoint)} must be async; write async def view(ws)"
            raise ViewError(msg)
        from responder_core.parameters import read_arguments

        arguments = read_arguments(
            endpoint, self.context(skip=1, role="WebSocket view", socket=True)
        )
        signature = read_signature(endpoint)
        try:
            signature.bind(object(), **dict.fromkeys(each.name for each in arguments))
        except TypeError as error:
            msg = f"WebSocket view {describe(endpoint)} cannot be called: {error}; write (ws)"
            raise ViewError(msg) from error
        first = next(iter(signature.parameters.values()))
        if first.kind is not first.VAR_POSITIONAL and _is_other(first, endpoint):
            msg = f"WebSocket view {describe(endpoint)} takes {first} first; write (ws)"
            raise ViewError(msg)
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
            if not any(is_marked(each, cls) for each in signature.parameters.values()):
                return ()
        from responder_core.parameters import read_arguments

        return read_arguments(cls, self.context(role="class view"))

    def read_hook(
        self, hook: Callable[..., Any], *, socket: bool = False
    ) -> tuple[int, tuple[Argument, ...]]:
        """How many of request and response a hook takes by position, and what else it takes.

        One of a *socket* takes that.

        Raises:
            ViewError: something else can be filled from nothing.
        """
        try:
            signature = read_signature(hook)
        except (TypeError, ValueError):
            return 2, ()  # It does not tell; what it takes is seen when it is called.
        most = 1 if socket else 2
        count, rest = 0, list[inspect.Parameter]()
        for item in signature.parameters.values():
            if item.kind in (item.VAR_POSITIONAL, item.VAR_KEYWORD):
                count = most if item.kind is item.VAR_POSITIONAL else count
            elif (
                item.kind is not item.KEYWORD_ONLY
                and count < most
                and not is_marked(item, hook)
                and (not count or item.name not in self.named)
            ):
                count += 1
            else:
                rest.append(item)
        wanted = (is_marked(each, hook) or each.name in self.named for each in rest)
        if not any(wanted) and all(each.default is not each.empty for each in rest):
            return count, ()
        if not count or any(each.kind is each.POSITIONAL_ONLY for each in rest):
            return count, ()
        from responder_core.parameters import read_arguments

        return count, read_arguments(hook, self.context(skip=count, role="hook", socket=socket))

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


def is_marked(item: inspect.Parameter, function: Callable[..., Any]) -> bool:
    """Whether a parameter says where it comes from, as its default or in its annotation."""
    if _is_mark(item.default):
        return True
    if item.annotation is item.empty or isinstance(item.annotation, type):
        return False
    from responder_core.annotations import metadata_of
    from responder_core.signatures import evaluate

    try:
        found = evaluate(item.annotation, function, item.name)
    except ViewError:
        return False  # What only type checkers know.
    return any(map(_is_mark, metadata_of(found)))


def _is_other(item: inspect.Parameter, function: Callable[..., Any]) -> bool:
    """Whether a parameter is plainly not meant for the request or the response."""
    if is_marked(item, function):
        return True
    if item.annotation is item.empty:
        return False
    from responder_core.annotations import is_model, is_plain, members, sequence_of
    from responder_core.signatures import evaluate

    try:
        found = evaluate(item.annotation, function, item.name)
    except ViewError:
        return False  # What only type checkers know.
    if sequence_of(found) is not None:
        return True
    return any(is_model(each) or (each is not Any and is_plain(each)) for each in members(found))
