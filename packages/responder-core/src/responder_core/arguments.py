"""Arguments: what each parameter of a view, a hook or a provider is filled from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from responder_core.markers import REQUIRED, Marker
from responder_core.texts import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responder_core.paths import Parameter
    from responder_core.validation import Validator

Origin: TypeAlias = Literal[
    "path", "query", "header", "cookie", "form", "file", "body", "provider", "request", "response"
]
"""What an argument is filled from; ``request`` is the connection, a WebSocket too."""

CONNECTION = frozenset({"req", "request", "ws", "websocket"})
RESPONSE = frozenset({"resp", "response"})
"""The names by which a provider takes the request, or a socket; and the response."""

RESERVED = CONNECTION | RESPONSE
"""The names of parameters that no dependency may have."""


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """What one parameter is filled from.

    Attributes:
        name: the parameter.
        origin: where its value comes from.
        key: what the client calls it: the query parameter, the header field …
        annotation: its type, or Any.
        default, default_factory: for what was not sent; REQUIRED, or a function.
        validator: reads it, or None for what is taken as it is.
        whole: whether a model takes all parameters of the origin.
        many: whether repeated values are collected.
        provider: what gives the value, for a dependency.
        marker: what the program said of it, or None.
    """

    name: str
    origin: Origin
    key: str
    annotation: Any = Any
    default: Any = REQUIRED
    default_factory: Callable[[], Any] | None = None
    validator: Validator | None = None
    whole: bool = False
    many: bool = False
    provider: Callable[..., Any] | None = None
    marker: Marker | None = None

    @property
    def required(self) -> bool:
        """Whether the client has to send it."""
        return self.default is REQUIRED and self.default_factory is None

    def absent(self) -> Any:  # noqa: ANN401 - the default, whatever it is
        """The value of what was not sent.

        Raises:
            InvalidValue: it has to be.
        """
        if self.default_factory is not None:
            return self.default_factory()
        if self.default is REQUIRED:
            raise InvalidValue(((), "is required"))
        return self.default


@dataclass(frozen=True, slots=True)
class Context:
    """What a function's parameters can be filled from, beside markers and models.

    Attributes:
        path: the parameters of the path, by name.
        named: the providers that are registered by a name.
        socket: whether it is for a WebSocket.
        skip: how many positional parameters are passed by the framework: ``(req, resp)``.
        role: what the function is, for messages: ``"view"``.
    """

    path: Mapping[str, Parameter]
    named: Mapping[str, Callable[..., Any]]
    socket: bool = False
    skip: int = 0
    role: str = "view"
