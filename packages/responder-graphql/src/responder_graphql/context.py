"""The context: what resolvers find at ``info.context``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


STANDARD = frozenset({"connection_params", "request", "response"})
"""The names that it has, whatever the program adds."""

PROVIDED = "info_context"
"""The parameter by which the framework gives what ``context=`` gave."""


class Context(dict[str, Any]):
    """What resolvers share: ``info.context["request"]``, or ``info.context.request``.

    ``request`` is the request, or the WebSocket that the operation came over; ``response`` the
    response, whose header fields and cookies are sent, or None over a WebSocket. Beside them
    stands what ``context=`` and ``dependencies=`` give. Over a WebSocket, ``connection_params``
    is what the client sent with ``connection_init``. Names that every dict has, as ``items``, are
    found by ``info.context["items"]`` alone.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever is there
        try:
            return self[name]
        except KeyError:
            msg = f"the GraphQL context has no {name!r}; it has {', '.join(sorted(self))}"
            raise AttributeError(msg) from None

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value


def make_context(given: Mapping[str, Any], **standard: object) -> Any:  # noqa: ANN401
    """What resolvers find at ``info.context``.

    *given* are the values of ``dependencies=``, parameters of the path, and under ``PROVIDED``
    what ``context=`` gave.
    """
    if not given:
        return Context(standard)
    own = given.get(PROVIDED)
    if own is not None and not hasattr(own, "keys"):
        return own
    found = Context({**given, **standard, **(own or {})})
    found.pop(PROVIDED, None)
    return found
