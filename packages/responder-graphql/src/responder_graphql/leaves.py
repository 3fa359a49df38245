"""Leaves: what scalars and enums give, held to what JSON has a form for.

A value that it has none for is then an error of its own field, with a path, and null as the schema
says; it would be found when the whole answer is written otherwise, and cost all of it.
"""

from __future__ import annotations

from inspect import getattr_static
from math import isfinite
from typing import TYPE_CHECKING, Any

from responder_graphql.features import standard_executor

if TYPE_CHECKING:
    from collections.abc import Callable


_WHOLE = frozenset({bool, int})


def holding_to_json(executor: type[Any] | None, write: Callable[[Any], bytes]) -> type[Any]:
    """An executor of graphql-core's, as *executor* or the standard one, that looks at leaves.

    Args:
        executor: that of the program, or None.
        write: what writes the answer.
    """
    base = executor or standard_executor()

    name = "complete_leaf_value"
    complete: Callable[..., Any] = getattr(base, name)

    def complete_leaf_value(*given: Any) -> Any:  # noqa: ANN401 - whatever a scalar gives
        value: object = complete(*given)
        if type(value) is str:
            if not value.isascii():
                value.encode()  # Half of a surrogate pair raises.
        elif type(value) is float:
            if not isfinite(value):
                msg = f"JSON has no form for {value!r}"
                raise ValueError(msg)
        elif type(value) not in _WHOLE:
            write(value)
        return value

    # graphql-core's own is static; that of a program may be either.
    is_static = isinstance(getattr_static(base, name, None), staticmethod)
    method = staticmethod(complete_leaf_value) if is_static else complete_leaf_value
    return type(base.__name__, (base,), {name: method})
