"""Guards: providers that run before a view for what they refuse, not for what they give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

Guards: TypeAlias = "Iterable[Any] | Any"
"""What ``dependencies=`` takes: ``Depends(guard)``, or a list of these."""


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
