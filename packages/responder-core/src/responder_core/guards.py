"""Guards: providers that run before a view for what they refuse, not for what they give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

Guards: TypeAlias = "Iterable[Any] | Any"
"""What ``dependencies=`` takes: ``Depends(guard)``, or a list of these."""


Auth: TypeAlias = "tuple[Callable[..., Any], ...] | Inherited"
"""How a route authenticates: guards, none of them for a route that is open, or as around it."""


class Inherited:
    """What ``auth=`` is where nothing was given: that of the router, or of the app."""

    def __repr__(self) -> str:
        return "INHERITED"


INHERITED = Inherited()


def list_auth(auth: object, call: str) -> Auth:
    """The guards of ``auth=``; *call* is how a message names the place.

    It takes what ``dependencies=`` takes, functions as they are too; None is no guard at all.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(auth, Inherited):
        return auth
    from responder_core.markers import Dependency, Depends

    if auth is None:
        return ()
    found: list[object] = (
        list(cast("Iterable[object]", auth)) if isinstance(auth, (list, tuple)) else [auth]
    )
    for each in found:
        if not isinstance(each, Dependency) and not callable(each):
            msg = f"{call}: auth= takes a guard, a list of these or None, not {each!r}"
            raise TypeError(msg)
    return list_guards(
        [each if isinstance(each, Dependency) else Depends(cast("Any", each)) for each in found],
        call,
    )


def innermost(*auths: Auth) -> Auth:
    """The last of several that says something, or INHERITED."""
    for auth in reversed(auths):
        if not isinstance(auth, Inherited):
            return auth
    return INHERITED


def list_guards(guards: Guards, call: str) -> tuple[Callable[..., Any], ...]:
    """The providers of ``dependencies=``; *call* is how a message names the place.

    Raises:
        TypeError: one of them is no ``Depends(...)``.
    """
    if not guards:
        return ()
    from responder_core.markers import Dependency

    found: Sequence[object] = (
        [guards]
        if isinstance(guards, Dependency) or not isinstance(guards, Iterable)
        else list(cast("Iterable[object]", guards))
    )
    providers: list[Callable[..., Any]] = []
    for each in found:
        if not isinstance(each, Dependency) or each.provider is None:
            msg = f"{call}: dependencies= takes Depends(guard) or a list of these, not {each!r}"
            raise TypeError(msg)
        providers.append(each.provider)
    return tuple(providers)
